# Shared by the tests that make a tiny signed apt archive and serve it.
# shellcheck shell=bash

# What a user has seen of one archive doesn't fit the next one of that name.
export HOME=$area/home
mkdir -p "$HOME"

# A signing key in a keyring of its own. Sets nothing; name it when signing.
make_key() { # NAME
	export GNUPGHOME=$area/gnupg
	agent_home=$GNUPGHOME # cleanup() ends the agent
	mkdir -p "$GNUPGHOME" && chmod 700 "$GNUPGHOME"
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--faked-system-time "$(date -u -d '400 days ago' +%Y%m%dT%H%M%S)" \
		--quick-generate-key "$1 <$1@example.org>" ed25519 sign never >"$area/gpg.log" 2>&1 || {
		cat "$area/gpg.log"
		return 1
	}
}
export_key() { GNUPGHOME=$area/gnupg gpg --batch --quiet --export "$1@example.org" >"$2"; }

# script_of NAME SCRIPT: standard input is that maintainer script of package NAME,
# for every make_deb from now on. payload_of NAME: sets $payload, a folder whose
# files the package has, too.
script_of() {
	mkdir -p "$area/scripts/$1"
	cat >"$area/scripts/$1/$2"
}
payload_of() {
	payload=$area/payload/$1
	mkdir -p "$payload"
}

# make_deb FOLDER NAME VERSION [CONTROL LINES]: a package with one file.
make_deb() {
	local tree=$area/deb-tree
	rm -rf "$tree"
	mkdir -p "$1" "$tree/DEBIAN" "$tree/usr/share/$2"
	printf '%s %s\n' "$2" "$3" >"$tree/usr/share/$2/$2.txt"
	[ ! -d "$area/payload/$2" ] || cp -a "$area/payload/$2/." "$tree/"
	if [ -d "$area/scripts/$2" ]; then
		cp "$area/scripts/$2"/* "$tree/DEBIAN/"
		chmod 755 "$tree/DEBIAN"/*
	fi
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\n' "$2" "$3"
		printf '%s\n' "${4:-Section: misc}"
		printf 'Description: test package\n'
	} >"$tree/DEBIAN/control"
	SOURCE_DATE_EPOCH=1700000000 dpkg-deb --root-owner-group -Zxz --build "$tree" "$1/$2_${3//:/%3a}_all.deb" >/dev/null
}

# payload_base COMMAND...: $payload is a tree with merged /usr, root, and commands that are there
# and do nothing.
payload_base() {
	local name
	payload_of tools
	mkdir -p "$payload"/{usr/bin,usr/sbin,usr/lib,etc,tmp,var/lib}
	for name in "$@"; do
		printf '\177ELF' >"$payload/usr/bin/$name" && chmod 755 "$payload/usr/bin/$name"
	done
	ln -s usr/bin "$payload/bin"; ln -s usr/sbin "$payload/sbin"; ln -s usr/lib "$payload/lib"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$payload/etc/passwd"
	printf 'root:x:0:\n' >"$payload/etc/group"
	printf 'root:*:19000:0:99999:7:::\n' >"$payload/etc/shadow"
	printf 'NAME=Tiny\nVERSION_ID=1\n' >"$payload/usr/lib/os-release"
	ln -s ../usr/lib/os-release "$payload/etc/os-release"
}

# What boots a disk. make_kernel POOL VERSION [DRIVER]: linux-image-test, whose drivers are
# built in, but for DRIVER (a path below kernel/ without .ko), which is a module.
make_kernel() {
	local modules name module=${3:-}
	payload_of linux-image-test
	rm -rf "$payload"
	modules=$payload/usr/lib/modules/6.1-test
	mkdir -p "$payload/boot" "$modules/kernel/drivers/block"
	echo kernel 1 >"$payload/boot/vmlinuz-6.1-test"
	for name in fs/ext4/ext4 fs/erofs/erofs fs/overlayfs/overlay drivers/block/loop drivers/md/dm-mod drivers/md/dm-verity \
		drivers/block/virtio_blk drivers/virtio/virtio_pci drivers/scsi/virtio_scsi drivers/scsi/sd_mod drivers/nvme/nvme \
		drivers/ata/ahci drivers/ata/ata_piix drivers/scsi/hv_storvsc drivers/scsi/vmw_pvscsi drivers/block/xen-blkfront crypto/sha256; do
		[ "$name" = "$module" ] || printf 'kernel/%s.ko\n' "$name"
	done >"$modules/modules.builtin"
	: >"$modules/modules.dep"
	if [ -n "$module" ]; then
		mkdir -p "$modules/kernel/${module%/*}"
		printf 'a driver\n' >"$modules/kernel/$module.ko"
		printf 'kernel/%s.ko:\n' "$module" >"$modules/modules.dep"
	fi
	make_deb "$1" linux-image-test "$2"
}
# make_boot POOL PROGRAM: busybox and veritysetup are that program; and a stub for UKIs.
make_boot() {
	payload_of busybox-static
	mkdir -p "$payload/usr/bin" && cp "$2" "$payload/usr/bin/busybox" && make_deb "$1" busybox-static 1 || return 1
	payload_of cryptsetup-bin
	mkdir -p "$payload/usr/sbin" && cp "$2" "$payload/usr/sbin/veritysetup" && make_deb "$1" cryptsetup-bin 1 || return 1
	payload_of systemd-boot-efi
	mkdir -p "$payload/usr/lib/systemd/boot/efi"
	/usr/bin/python3 "$root/tests/e2e/diff-change.py" stub "$payload/usr/lib/systemd/boot/efi/linuxx64.efi.stub" &&
		make_deb "$1" systemd-boot-efi 1
}

# make_indexes ARCHIVE SUITE ARCH...: Packages of everything below pool/.
make_indexes() {
	local archive=$1 suite=$2 arch
	shift 2
	for arch in "$@"; do
		mkdir -p "$archive/dists/$suite/main/binary-$arch"
		(cd "$archive" && apt-ftparchive packages pool) \
			>"$archive/dists/$suite/main/binary-$arch/Packages"
		xz -kf "$archive/dists/$suite/main/binary-$arch/Packages"
	done
}

# make_release ARCHIVE SUITE KEY [DAYS OLD [VALID DAYS [SUITE SAID]]]: signs.
make_release() {
	local archive=$1 suite=$2 key=$3 old=${4:-1} valid=${5:-30} said=${6:-$2} dir=$1/dists/$2
	rm -f "$dir/Release" "$dir/InRelease"
	(cd "$dir" && LC_ALL=C apt-ftparchive \
		-o APT::FTPArchive::Release::Origin=Test -o APT::FTPArchive::Release::Label=Test \
		-o APT::FTPArchive::Release::Suite="$said" -o APT::FTPArchive::Release::Codename="$said" \
		-o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures="amd64 arm64" release .) |
		sed "s/^Date: .*/Date: $(LC_ALL=C date -u -d "$old days ago" '+%a, %d %b %Y %H:%M:%S UTC')\\nValid-Until: $(LC_ALL=C date -u -d "$((valid - old)) days" '+%a, %d %b %Y %H:%M:%S UTC')/" \
			>"$area/Release"
	cp "$area/Release" "$dir/Release"
	# The clock of signing is that of the Release, as in a real archive.
	GNUPGHOME=$area/gnupg gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--faked-system-time "$(date -u -d "$((old > 0 ? old : 0)) days ago" +%Y%m%dT%H%M%S)" \
		--local-user "$key@example.org" --clearsign -o "$dir/InRelease" "$dir/Release" 2>>"$area/gpg.log"
}

# tiny_workspace NAME ARCHIVE-URL: a recipe `tiny` of package hello from suite
# `tiny`, and a machine configuration that knows where that is.
tiny_workspace() {
	ws=$area/$1
	mkdir -p "$ws/recipes/keys"
	cp "$area/key.pgp" "$ws/recipes/keys/test.pgp"
	cat >"$ws/recipes/tiny.yaml" <<-END
		ingot: 1
		name: tiny
		version: "1"
		architectures: [amd64]
		sources:
		  test: {type: apt, suites: [tiny], components: [main], keyring: test}
		packages: [hello]
		files:
		  - {path: /etc/motd, content: "tiny\n"}
		targets:
		  container: {type: oci, entrypoint: [/bin/true]}
	END
	mkdir -p "$HOME/.config/ingot"
	printf 'mirrors:\n  - {suite: tiny, url: "%s"}\n' "$2" >"$HOME/.config/ingot/config.yaml"
}

# tiny_setup [local]: all of it: $archive with hello 1.0, signed by $area/key.pgp and served, or
# read from its folder; $stage and $ws.
tiny_setup() {
	archive=$area/archive
	make_key alice && export_key alice "$area/key.pgp" && make_deb "$archive/pool/main" hello 1.0 &&
		make_indexes "$archive" tiny amd64 && make_release "$archive" tiny alice || return 1
	url=file://$archive
	[ "${1:-}" = local ] || serve "$archive" || return 1
	stage=$area/stage
	tiny_workspace ws "$url"
}

# What diff.sh and diff-pairs.sh source: a small archive with something to boot, and a recipe that
# is locked and built: $A holds its outputs $oci and $raw.
. "$root/tests/e2e/archive-lib.sh"
need "$(basename "$0" .sh)" apt-ftparchive gpg dpkg-deb curl jq zstd || exit 0
failed=0
golden=$root/tests/golden/diff
change() { /usr/bin/python3 "$root/tests/e2e/diff-change.py" "$@"; }

# ---- a small archive ----

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"

# Commands are there if a file is; one that is a program, for what boots.
change elf "$area/nothing" 0 || exit 1

payload_of tools
mkdir -p "$payload"/{usr/bin,usr/sbin,usr/lib,etc,tmp,var/lib,usr/share/zoneinfo/Europe}
printf 'TZif2\n' | tee "$payload/usr/share/zoneinfo/Europe/Berlin" >"$payload/usr/share/zoneinfo/Europe/Paris"
ln -s usr/bin "$payload/bin"; ln -s usr/sbin "$payload/sbin"; ln -s usr/lib "$payload/lib"
for name in cat chmod chown ln mkdir rm setcap systemctl touch true adduser addgroup; do
	printf '\177ELF' >"$payload/usr/bin/$name" && chmod 755 "$payload/usr/bin/$name"
done
printf 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n' >"$payload/etc/passwd"
printf 'root:x:0:\nwww-data:x:33:\n' >"$payload/etc/group"
printf 'root:*:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\n' >"$payload/etc/shadow"
printf 'NAME=Tiny\nVERSION_ID=1\n' >"$payload/usr/lib/os-release"
ln -s ../usr/lib/os-release "$payload/etc/os-release"
make_deb "$pool" tools 1 "Essential: yes"

hello() { # VERSION: a package with a text, a changelog and a program
	payload_of hello
	rm -rf "$payload"
	mkdir -p "$payload/usr/bin" "$payload/usr/share/doc/hello" "$payload/usr/share/hello" "$payload/usr/lib/systemd/system"
	printf 'one\ntwo %s\nthree\n' "$1" >"$payload/usr/share/hello/words.txt"
	{
		[ "$1" = 1.0 ] || printf 'hello (2.0) tiny; urgency=medium\n\n  * Says two, louder.\n\n -- T <t@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n\n'
		printf 'hello (1.0) tiny; urgency=medium\n\n  * First.\n\n -- T <t@example.org>  Sun, 01 Jan 2023 00:00:00 +0000\n'
	} | gzip -9n >"$payload/usr/share/doc/hello/changelog.Debian.gz"
	printf 'copyright\n' >"$payload/usr/share/doc/hello/copyright"
	printf '[Unit]\nDescription=hello\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
		>"$payload/usr/lib/systemd/system/hello.service"
	make_deb "$pool" hello "$1"
}
hello 1.0
elfy() { # VERSION NUMBER
	payload_of elfy
	mkdir -p "$payload/usr/bin"
	change elf "$payload/usr/bin/elfy" "$2" && chmod 755 "$payload/usr/bin/elfy" && make_deb "$pool" elfy "$1"
}
elfy 1 41 || exit 1
make_deb "$pool" extra 1 "Depends: hello"
make_deb "$pool" extra2 1
payload_of many
mkdir -p "$payload/usr/share/many"
for i in $(seq 500); do printf '%s\n' "$i" >"$payload/usr/share/many/$i"; done
make_deb "$pool" many 1
payload_of asks
mkdir -p "$payload/usr/bin"
printf '\177ELF' >"$payload/usr/bin/asks-register" && chmod 755 "$payload/usr/bin/asks-register"
script_of asks postinst <<'END'
#!/bin/sh
set -e
mkdir -p /var/lib/asks
if ! asks-register --all; then
	touch /var/lib/asks/unregistered
fi
END
make_deb "$pool" asks 1
caps() { # VERSION LINE: what its postinst does
	payload_of caps
	mkdir -p "$payload/usr/bin" && printf '\177ELF' >"$payload/usr/bin/caps" && chmod 755 "$payload/usr/bin/caps"
	printf '#!/bin/sh\nset -e\n%s\n' "$2" | script_of caps postinst
	make_deb "$pool" caps "$1"
}
caps 1 :
asks_sum=$(sha256sum <"$area/scripts/asks/postinst" | cut -d ' ' -f 1)

# What boots a disk.
kernel() { # VERSION: with 2 a driver is a module
	payload_of linux-image-test
	rm -rf "$payload"
	local modules=$payload/usr/lib/modules/6.1-test
	mkdir -p "$payload/boot" "$modules/kernel/drivers/block"
	printf 'kernel %s\n' 1 >"$payload/boot/vmlinuz-6.1-test"
	for name in fs/ext4/ext4 fs/erofs/erofs fs/overlayfs/overlay drivers/block/loop drivers/md/dm-mod drivers/md/dm-verity \
		drivers/block/virtio_blk drivers/virtio/virtio_pci drivers/scsi/virtio_scsi drivers/scsi/sd_mod drivers/nvme/nvme \
		drivers/ata/ahci drivers/ata/ata_piix drivers/scsi/hv_storvsc drivers/scsi/vmw_pvscsi drivers/block/xen-blkfront crypto/sha256; do
		case $1:$name in
		2:*/virtio_blk) ;;
		*) printf 'kernel/%s.ko\n' "$name" ;;
		esac
	done >"$modules/modules.builtin"
	: >"$modules/modules.dep"
	if [ "$1" = 2 ]; then
		printf 'a driver\n' >"$modules/kernel/drivers/block/virtio_blk.ko"
		printf 'kernel/drivers/block/virtio_blk.ko:\n' >"$modules/modules.dep"
	fi
	make_deb "$pool" linux-image-test "$1"
}
kernel 1
payload_of busybox-static
mkdir -p "$payload/usr/bin" && cp "$area/nothing" "$payload/usr/bin/busybox"
make_deb "$pool" busybox-static 1
payload_of cryptsetup-bin
mkdir -p "$payload/usr/sbin" && cp "$area/nothing" "$payload/usr/sbin/veritysetup"
make_deb "$pool" cryptsetup-bin 1
payload_of systemd-boot-efi
mkdir -p "$payload/usr/lib/systemd/boot/efi" && change stub "$payload/usr/lib/systemd/boot/efi/linuxx64.efi.stub" || exit 1
make_deb "$pool" systemd-boot-efi 1

publish() { make_indexes "$archive" tiny amd64 && make_release "$archive" tiny alice "$1"; }
publish 9 || exit 1
serve "$archive" || exit 1
stage=$area/stage

# ---- what is changed ----

tiny_workspace base "$url"
mkdir -p "$ws/recipes/files"
printf 'first\nsecond\n' >"$ws/recipes/files/site.conf"
cat >"$ws/recipes/tiny.yaml" <<'END'
ingot: 1
name: tiny
version: "1"
architectures: [amd64]
epoch: "2026-01-02T03:04:05Z"
sources:
  test: {type: apt, suites: [tiny], components: [main], keyring: test}
packages:
  - hello
  - elfy
  - asks
  - caps
essential: true
exclude:
  - "/usr/share/doc/nothing/**"
files:
  - path: /etc/motd
    content: "one\n"
  - path: /etc/site.conf
    from: files/site.conf
  - path: /etc/link
    symlink: motd
  - path: /var/lib/app
    directory: true
    owner: app
users:
  - {name: app}
hostname: tiny
timezone: Europe/Berlin
scripts:
  - package: asks
    script: postinst
    sha256: SUM
    command: asks-register --all
    do: skip-command
    reason: there is no registry
targets:
  container:
    type: oci
    entrypoint: [/bin/true, --one]
    env: [A=1]
    labels: {org.example.a: one}
    layers: 6
  vm:
    type: disk
    packages: [linux-image-test]
    root: {type: ext4, grow: false}
    cmdline: [quiet, console=ttyS0]
END
sed -i "s/SUM/$asks_sum/" "$ws/recipes/tiny.yaml"
check "the recipe is locked" leaves 0 ingot lock tiny || exit 1
check "and built" leaves 0 ingot build tiny || exit 1
cp -a "$ws" "$area/first"
A=$area/first/outputs

oci=tiny-1-container-amd64.oci.tar
raw=tiny-1-vm-amd64.raw

# What differs between machines or compilers, and no fact of the case.
normalised() {
	sed -E 's/\([0-9a-f]{12}\)/(DIGEST)/g; s/sha256[ :][0-9a-f]{16,64}/SHA256/g
		s/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g'
}

edit() { replace "$ws/recipes/tiny.yaml" "$@"; }

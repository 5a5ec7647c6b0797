#!/bin/bash
# `ingot diff --explain`: for each of many seeds, two real builds and the one cause that was
# sown. The expected texts are tests/golden/diff/CASE.txt (INGOT_GOLDEN_UPDATE=1 writes them).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "diff" apt-ftparchive gpg dpkg-deb curl jq zstd || exit 0
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

# explained CASE A B CAUSE: --explain names that cause and no other, in text and JSON.
explained() {
	local case=$1 a=$2 b=$3 cause=$4 text=$area/$1.txt
	"$INGOT" -C "$area/first" --stage "$stage" diff --explain "$a" "$b" >"$text.raw" 2>"$text.err"
	[ $? -eq 8 ] || { cat "$text.raw" "$text.err"; return 1; }
	normalised <"$text.raw" >"$text"
	"$INGOT" -C "$area/first" --stage "$stage" --json diff --explain "$a" "$b" >"$text.json" 2>/dev/null
	jq -e --arg kind "$cause" '.error.exit_status == 8 and .schema == "ingot/file-diff/1" and (.causes | length) == 1 and .causes[0].kind == $kind and
		.findings == .causes[0].differences and ([.differences[] | select(.follows == null) | .cause] | unique) == [0]' \
		"$text.json" >/dev/null || { cat "$text.raw"; jq -c .causes "$text.json"; return 1; }
	[ "$(jq -r '.causes[0].text' "$text.json" | normalised)" = "$(grep -v '^note: ' "$text" | head -n 1 | sed 's/: [0-9]* differences\{0,1\}$//')" ] ||
		{ echo "JSON names another cause"; return 1; }
	[ -z "${INGOT_GOLDEN_UPDATE:-}" ] || cp "$text" "$golden/$case.txt"
	diff -u "$golden/$case.txt" "$text"
}

# seed CASE TARGET KIND COMMAND...: what COMMAND changes in a copy of the workspace is the cause.
lock_options=()
build_options=()
seed() {
	local case=$1 target=$2 cause=$3 file=$oci
	shift 3
	[ "$target" = container ] || file=$raw
	seeded() {
		ws=$area/$case
		cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && "$@" &&
			leaves 0 ingot lock "${lock_options[@]}" tiny && leaves 0 ingot build -t "$target" "${build_options[@]}" tiny &&
			explained "$case" "$A/$file" "$ws/outputs/$file" "$cause"
	}
	check "$case" seeded "$@" || failed=1
	[ "$case" != package-upgraded ] || mv "$ws/outputs" "$area/upgraded"
	rm -rf "${area:?}/$case"
	lock_options=()
	build_options=()
}
edit() { replace "$ws/recipes/tiny.yaml" "$@"; }

seed content container recipe edit 'content: "one\n"' 'content: "one\ntwo\n"'
mode() { edit 'content: "one\n"' 'content: "one\n"
    mode: "0600"'; }
seed mode container recipe mode
seed owner container recipe edit 'directory: true
    owner: app' 'directory: true
    owner: www-data'
input() { printf 'first\nchanged\n' >"$ws/recipes/files/site.conf"; }
seed local-file container input input
executable() { chmod 755 "$ws/recipes/files/site.conf"; }
seed local-file-mode container input executable
seed symlink container recipe edit 'symlink: motd' 'symlink: site.conf'
removed_path() { edit 'users:' '  - path: /usr/share/hello/words.txt
    remove: true
users:'; }
seed removed-path container recipe removed_path
seed entrypoint container recipe edit '[/bin/true, --one]' '[/bin/true, --two]'
seed env container recipe edit 'env: [A=1]' 'env: [A=2]'
seed label container recipe edit 'org.example.a: one' 'org.example.a: two'
annotation() { edit '    layers: 6' '    annotations: {org.example.b: x}
    layers: 6'; }
seed annotation container recipe annotation
lock_options=(--reslice)
seed layers container recipe edit 'layers: 6' 'layers: 3'
compression() { edit '    layers: 6' '    compression: gzip
    layers: 6'; }
seed compressor container recipe compression
seed hostname container recipe edit 'hostname: tiny' 'hostname: other'
seed timezone container recipe edit 'timezone: Europe/Berlin' 'timezone: Europe/Paris'
seed exclude container recipe edit '/usr/share/doc/nothing/**' '/usr/share/doc/hello/**'
seed user container recipe edit '  - {name: app}' '  - {name: app}
  - {name: more, uid: 500}'
seed uid container recipe edit '{name: app}' '{name: app, uid: 777}'
seed answer container recipe edit 'do: skip-command' 'do: fail-command'
seed essential container recipe edit 'essential: true' 'essential: false'
seed epoch container recipe edit '2026-01-02' '2026-02-02'
seed package-added container package edit '  - caps' '  - caps
  - extra2'
seed package-removed container package edit '  - elfy
' ''
service() { edit 'hostname:' 'services:
  - {name: hello}
hostname:'; }
seed service vm recipe service

# An archive that has moved on.
hello 2.0 && publish 8 || exit 1
lock_options=(--update=hello)
seed package-upgraded container package true
elfy 2 42 && publish 7 || exit 1
lock_options=(--update=elfy)
seed elf container package true
caps 2 'setcap cap_net_raw+ep /usr/bin/caps' && publish 6 || exit 1
lock_options=(--update=caps)
seed xattr container package true

# One version under which other bytes are published: of one file the time is another.
hello 1.0 && touch -d @1500000000 "$area/payload/hello/usr/share/hello/words.txt" && make_deb "$pool" hello 1.0 &&
	rm "$pool/hello_2.0_all.deb" && publish 5 || exit 1
lock_options=(--update=hello)
seed mtime container package true

# Ids: the lock keeps them, until it is told to hand them out anew.
alone() { rm "$ws/recipes/tiny.lock" && edit '  - {name: app}' '  - {name: aaa}
  - {name: app}' && leaves 0 ingot lock tiny && edit '  - {name: aaa}
' '' && leaves 0 ingot lock tiny &&
	leaves 0 ingot build -t container tiny && rm -rf "$area/kept" && mv "$ws/outputs" "$area/kept"; }
renumbered() {
	local A=$area/kept
	lock_options=(--renumber)
	seed renumber container lock alone
}
renumbered

# ---- disks ----

seed cmdline vm recipe edit 'console=ttyS0' 'console=ttyS1'
seed cmdline-order vm recipe edit '[quiet, console=ttyS0]' '[console=ttyS0, quiet]'
seed root-size vm recipe edit 'grow: false' 'grow: false, size: 200M'
seed root-type vm recipe edit 'type: ext4, grow: false' 'type: erofs'
verity() { sed -i 's/type: ext4, grow: false/type: erofs/' "$ws/recipes/tiny.yaml" && leaves 0 ingot lock tiny && leaves 0 ingot build -t vm tiny &&
	mv "$ws/outputs" "$area/erofs" && edit 'type: erofs' 'type: erofs, verity: true'; }
verity_on() {
	local A=$area/erofs
	seed verity vm recipe verity
}
verity_on
signed() { openssl req -x509 -newkey rsa:2048 -nodes -keyout "$area/db.key" -out "$area/db.pem" -subj /CN=test/ -days 3650 2>"$area/openssl.log"; }
if need "secure-boot" openssl; then
	build_options=(--secure-boot-key "$area/db.key" --secure-boot-cert "$area/db.pem")
	seed secure-boot vm signature signed
fi
seed disk-file vm recipe edit 'content: "one\n"' 'content: "two\n"'
kernel 2 && publish 4 || exit 1
lock_options=(--update=linux-image-test)
seed initrd-module vm package true

# ---- what no build does ----

tampered() { # CASE FILE KIND COMMAND...: the causes files agree, the bytes don't
	local case=$1 file=$2 kind=$3
	shift 3
	changed() {
		mkdir -p "$area/$case" && cp "$A/${file%%.*}"*.json* "$area/$case/" && "$@" "$A/$file" "$area/$case/$file" &&
			explained "$case" "$A/$file" "$area/$case/$file" "$kind"
	}
	check "$case" changed "$@" || failed=1
	rm -rf "${area:?}/$case"
}
byte_of_layer() { change layer "$1" "$2" usr/share/hello/words.txt; }
tampered tampered-layer $oci tampering byte_of_layer
tampered tampered-guid $raw tampering change guid
flip() { cp "$2" "$3" && printf '\377' | dd of="$3" bs=1 seek="$1" conv=notrunc 2>"$area/dd.log"; }
tampered damaged-table $raw tampering flip 1080
tampered damaged-esp $raw tampering flip $((1048576 + 100))
start_of_root() { od -A n -t u8 -j $((1024 + 128 + 32)) -N 8 "$A/$raw" | tr -d ' '; }
tampered damaged-root $raw tampering flip $(($(start_of_root) * 512 + 1024 + 40))
retar() { change retar "$1" "$2" && change causes "${1%.oci.tar}.causes.json" "${2%.oci.tar}.causes.json" "format tar=2"; }
tampered format-version $oci format retar
recompress() { change recompress "$1" "$2" && change causes "${1%.oci.tar}.causes.json" "${2%.oci.tar}.causes.json" "compressors=zstd 1.5.9, zlib 1.2.13"; }
tampered compressor-version $oci compressor recompress

# ---- one that is not as simple ----

test_that() { check "$@" || failed=1; }
ws=$area/first
causes() { jq -r '.causes[] | "\(.kind) \(.name) \(.differences)"' "$area/diff.json"; }
compare() { ingot --json diff "$@" >"$area/diff.json" 2>"$area/diff.err"; [ $? -eq 8 ]; }
two_at_once() {
	ws=$area/two
	cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && edit '--one' '--two' && edit 'content: "one\n"' 'content: "two\n"' &&
		edit '  - caps' '  - caps
  - many' && leaves 0 ingot lock tiny && leaves 0 ingot build -t container tiny && compare --explain "$A/$oci" "$ws/outputs/$oci" &&
		[ "$(causes | sort)" = "package many 505
recipe files./etc/motd.content 1
recipe targets.container.entrypoint 1" ] || { causes; return 1; }
}
test_that "of several causes each brings its own" two_at_once
bounded() { # default output is short, -v has all
	leaves 8 ingot diff "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -lt 150 ] && says '-v shows them' &&
		leaves 8 ingot diff --explain "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -lt 60 ] &&
		leaves 8 ingot -v diff "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -gt 500 ]
}
test_that "output is bounded, unless all is asked for" bounded
same() { leaves 0 ingot diff "$A/$oci" "$A/$oci" && says identical && cp "$A/$raw" "$area/copy.raw" && leaves 0 ingot diff --explain "$A/$raw" "$area/copy.raw" && says identical; }
test_that "a file and its copy are identical" same
cut() {
	head -c 9000 "$A/$oci" >"$area/cut.tar" && leaves 11 ingot diff "$A/$oci" "$area/cut.tar" && says "cut.tar" &&
		head -c 3000000 "$A/$raw" >"$area/cut.raw" && leaves 8 ingot diff "$A/$raw" "$area/cut.raw" && says "disk > size" && says "B is damaged in" &&
		: >"$area/empty" && leaves 11 ingot diff "$area/empty" "$A/$raw" && leaves 2 ingot diff "$A/$oci" "$area" &&
		leaves 2 ingot diff "$A/$oci" "$area/first/recipes/tiny.lock" && says "of kind 'lock'"
}
test_that "what is cut off, empty or of another kind is refused" cut
mixed() { ingot -q diff "$A/$oci" "$A/$raw" >"$area/mixed"; [ $? -le 8 ] && grep -q 'paths of packages' "$area/mixed"; }
test_that "an image and a disk: what both hold" mixed
foreign() {
	change docker "$A/$oci" "$area/docker.tar" && compare --explain "$A/$oci" "$area/docker.tar" &&
		jq -e '.has_causes_b == false and (.notes[0] | test("no causes file")) and ([.differences[].area] | unique) == ["config", "index", "layers", "manifest"]' \
			"$area/diff.json" >"$area/jq"
}
test_that "an image that another tool saved is compared" foreign
without_causes() {
	mkdir -p "$area/bare" && cp "$area/upgraded/$oci" "$area/bare/b.tar" && cp "$A/$oci" "$area/bare/a.tar" &&
		leaves 8 ingot diff --explain "$area/bare/a.tar" "$area/bare/b.tar" && says "no causes file (STEM.causes.json) beside A and B" &&
		says "hello 1.0 -> 2.0: 5 differences" && says "Says two, louder" &&
		leaves 8 ingot diff --explain --causes-a "$A/${oci%.oci.tar}.causes.json" --causes-b "$area/upgraded/${oci%.oci.tar}.causes.json" \
			"$area/bare/a.tar" "$area/bare/b.tar" && says "hello 1.0 -> 2.0 (recipes/tiny.lock:"
}
test_that "without causes files packages are named by dpkg's database" without_causes
someone_elses_causes() { # whose a causes file is, the provenance says
	mkdir -p "$area/others" && cp "$A/${oci%.oci.tar}"* "$area/others/" && cp "$area/upgraded/${oci%.oci.tar}.causes.json" "$area/others/" &&
		leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" && says "the causes file of A is not the one that its provenance names" &&
		! says "causes file of B" >"$area/says" && cp "$area/upgraded/${oci%.oci.tar}.intoto.jsonl" "$area/others/" &&
		leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" && says "A is not what the statements beside it are about" &&
		rm "$area/others/${oci%.oci.tar}.intoto.jsonl" && leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" &&
		says "nothing says that the causes file of A is its own"
}
test_that "a causes file that is not the image's is told" someone_elses_causes
locks() {
	leaves 8 ingot diff "$area/first/recipes/tiny.lock" "$area/two/recipes/tiny.lock" && says "lock > package many:amd64: only in B: 1" ||
		leaves 8 ingot diff "$area/first/recipes/tiny.lock" "$area/two/recipes/tiny.lock" && says "lock > package many:amd64"
}
test_that "two locks" locks
bundles() {
	leaves 0 ingot bundle tiny -o "$area/a.bundle" && ws=$area/two && printf 'new\n' >"$ws/recipes/files/site.conf" &&
		leaves 0 ingot lock tiny && leaves 0 ingot bundle tiny -o "$area/b.bundle" && leaves 8 ingot diff "$area/a.bundle" "$area/b.bundle" &&
		says "bundle > recipes/files/site.conf" && says "+new" && says "lock > package many:amd64" && says "bundle > recipes/tiny.yaml"
}
ws=$area/first
test_that "two bundles" bundles
exit $failed

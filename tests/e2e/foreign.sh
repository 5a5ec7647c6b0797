#!/bin/bash
# Images and disks that other tools made: `report`, `diff`, `show`, `ls`, `export`, `sbom` and `why`
# read them, or say what to do; `verify` vouches for none.
. "$(dirname "$0")/lib.sh"
need "foreign" jq sgdisk mke2fs mkfs.vfat mcopy mmd sfdisk || exit 0

ws=$area/ws
mkdir -p "$ws"
stage=$area/stage
page=$area/page.html
test_that() { check "$@" || failed=1; }
image() { /usr/bin/python3 "$root/tests/e2e/foreign-image.py" "$area/$1" "${@:2}"; }
run() { "$INGOT" --stage "$stage" "$@"; }
has() { grep -qF -e "$1" "$page" || { echo "missing: $1"; return 1; }; }

# ---- container images ----

image pax.tar && image gnu.tar gnu plain && image attested.tar attested && image two.tar platforms &&
	image docker.tar docker && image evil.tar evil && image wrong.tar wrong || exit 1
pax=$area/pax.tar

absent() { ! grep -E -e "$1" <<<"$said"; }
listed() {
	leaves 0 run ls "$pax" && says "1,   3 /dev/null" && says "-rwsr-xr-x" && says "/usr/bin/hello-again" && says "/usr/lib/x" && says "/lib -> usr/lib" &&
		says "/file [security.selinux]" && says "1000  1000          4 /opt/new" && absent 'hostname|/opt/old| /lib/|\.wh\.'
}
test_that "devices, whiteouts, links into lower layers and through them, long names: as containerd unpacks them" listed
unpacked() {
	leaves 0 run export "$pax" -o "$area/tree.tar" && [ "$(tar -xOf "$area/tree.tar" opt/new)" = new ] && leaves 0 run diff "$area/tree.tar" "$pax"
}
test_that "its tree is exported, and is the same tree" unpacked
known() {
	leaves 0 run sbom --list "$pax" && says "hello" && says "dpkg's database" && leaves 0 run why "$pax" /usr/bin/hello && says "package hello" &&
		leaves 0 run show "$pax" && says "RUN make"
}
test_that "packages come from dpkg's database, layers from the history" known
reported() {
	leaves 0 run report "$pax" -o "$page" && says "nobody vouches" && has "<h1>hello <small>1.0</small>" && has "built by another tool" && has "no statement says" &&
		has "Intact, but nobody vouches for it" && has "RUN make" && has "/usr/bin/hello</td><td>setuid" && has "1.0-1" && has "joe" &&
		has "2 layers: digest, size, diff id of each; the tars inside are as their tool wrote them"
}
test_that "a page tells what is inside, that another tool built it, and that nobody vouches" reported
harmless() { leaves 0 run report "$area/evil.tar" -o "$page" && has "&lt;script&gt;" && has '\x1b[31m' && ! grep -q '<script' "$page"; }
test_that "what its labels and history say is text" harmless
strict() {
	leaves 7 run verify "$pax" && says "another tool built it" && says "'ingot report $pax'" && leaves 7 run verify --repacked "$pax" &&
		leaves 7 run verify "$area/attested.tar"
}
test_that "verify refuses it, and says where to look" strict
wrong() { rm -f "$page"; leaves 7 run report "$area/wrong.tar" -o "$page" && says "expected diff id" && [ ! -e "$page" ]; }
test_that "an image whose digests are wrong gets no page" wrong
attested() { leaves 0 run report "$area/attested.tar" -o "$page" && has "<h1>hello <small>1.0</small>" && leaves 8 run diff "$pax" "$area/attested.tar" && says "index >" && absent "layers"; }
test_that "BuildKit's index of an image and its attestation is an image" attested
gnu() { leaves 8 run diff "$pax" "$area/gnu.tar" && says "xattr security.selinux only in A" && absent "only in B: file" && absent "content"; }
test_that "headers and compression of layers are no difference of files" gnu
many() {
	leaves 11 run show "$area/two.tar" && says "holds 2 images" && says "skopeo copy --override-arch" && leaves 11 run report "$area/two.tar" -o "$page" &&
		leaves 11 run diff "$area/two.tar" "$pax" && says "skopeo copy"
}
test_that "of several images one is to be chosen, and how is said" many
docker() {
	for command in show report "diff $pax"; do
		# shellcheck disable=SC2086
		leaves 11 run $command "$area/docker.tar" && says "docker save" && says "skopeo copy docker-archive:$area/docker.tar oci-archive:FILE" || return 1
	done
}
test_that "docker save's older form is told how to become an image" docker
by_skopeo() {
	need "by skopeo" skopeo || return 0
	copy() { skopeo --insecure-policy copy -q "$@"; }
	copy "docker-archive:$area/docker.tar" "oci-archive:$area/again.tar" && leaves 0 run report "$area/again.tar" -o "$page" && leaves 8 run diff "$pax" "$area/again.tar" &&
		absent "^(layers|tree).*(only in|content)" && copy --override-arch amd64 "oci-archive:$area/two.tar:registry.example/team/hello:1.0" "oci-archive:$area/one.tar" &&
		leaves 0 run report "$area/one.tar" -o "$page"
}
test_that "and what skopeo makes of it is read" by_skopeo
by_umoci() { # who unpacks it gets what is told of it; and umoci's own layer on top is read
	need "by umoci" umoci root || return 0
	local name=registry.example/team/hello:1.0
	mkdir "$area/layout" && tar -C "$area/layout" -xf "$area/gnu.tar" && umoci unpack --image "$area/layout:$name" "$area/unpacked" >"$area/umoci" 2>&1 &&
		tar -C "$area/unpacked/rootfs" --numeric-owner -cf "$area/unpacked.tar" . && leaves 8 run diff "$area/unpacked.tar" "$area/gnu.tar" && says "mtime" && ! grep -E '(only in|content|mode|owner|target)' <<<"$said" || return 1
	echo more >"$area/unpacked/rootfs/etc/more" && rm "$area/unpacked/rootfs/opt/new" && umoci repack --image "$area/layout:$name" "$area/unpacked" >"$area/umoci" 2>&1 &&
		umoci gc --layout "$area/layout" >"$area/umoci" 2>&1 && tar -C "$area/layout" -cf "$area/repacked.tar" . && leaves 0 run ls "$area/repacked.tar" && says "/etc/more" &&
		absent "/opt/new" && leaves 0 run report "$area/repacked.tar" -o "$page" && has "umoci repack"
}
test_that "it is what umoci unpacks, and what umoci makes of it is read" by_umoci

# ---- disks ----

tree=$area/tree
mkdir -p "$tree"/{etc,usr/bin,var/lib/dpkg/info}
printf 'root:x:0:0:root:/root:/bin/bash\n' >"$tree/etc/passwd"
printf 'Package: hello\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n\n' >"$tree/var/lib/dpkg/status"
printf '/.\n/usr\n/usr/bin\n/usr/bin/hello\n' >"$tree/var/lib/dpkg/info/hello.list"
echo hello >"$tree/usr/bin/hello"
echo grub >"$area/grub.efi"
# disk NAME HOSTNAME SGDISK-OPTION...: an ESP with GRUB, and a root of ext4
disk() {
	local file=$area/$1 start size
	echo "$2" >"$tree/etc/hostname"
	rm -f "$file" "$area/esp"
	truncate -s 160M "$file"
	truncate -s 64M "$area/esp"
	mkfs.vfat -F 32 -n EFI "$area/esp" >"$area/tool" && mmd -i "$area/esp" ::/EFI ::/EFI/BOOT && mcopy -i "$area/esp" "$area/grub.efi" ::/EFI/BOOT/BOOTX64.EFI &&
		sgdisk -o -n 1:2048:+64M -t 1:ef00 -c 1:EFI -n 2:0:0 -t 2:8304 -c 2:system "${@:3}" "$file" >"$area/tool" &&
		dd if="$area/esp" of="$file" bs=1M seek=1 conv=notrunc,sparse status=none || return 1
	start=$(sgdisk -i 2 "$file" | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	size=$(sgdisk -i 2 "$file" | sed -n 's/Partition size: \([0-9]*\) .*/\1/p')
	mke2fs -q -t ext4 -O metadata_csum -d "$tree" -E offset=$((start * 512)),root_owner=0:0 "$file" $((size / 2))k
}
disk a.raw web && disk b.raw db && disk typeless.raw web -t 2:8300 || exit 1
a=$area/a.raw

looked_at() {
	leaves 0 run show "$a" && says "another tool" && says "no unified kernel image" && says "amd64" && leaves 0 run ls "$a" /etc/hostname && says "/etc/hostname" &&
		leaves 0 run export "$a" -o "$area/disk.tar" && leaves 0 run diff "$area/disk.tar" "$a" && leaves 0 run sbom --list "$a" && says "hello" &&
		leaves 0 run why "$a" /usr/bin/hello && says "package hello" &&
		run --json show "$a" | jq -e '.schema == "ingot/disk/1" and (has("uki") | not) and (.remarks | length) == 1 and .partitions[1].role == "root"' >"$area/jq"
}
test_that "a disk with GRUB and a root of ext4 is shown, listed, exported" looked_at
compared() {
	leaves 8 run diff "$a" "$area/b.raw" && says "root > etc/hostname: content" && says "-web" && says "+db" && says "A was made by another tool" &&
		absent "damaged" && absent "byte by byte"
}
test_that "two of them are compared file by file, and not called damaged" compared
typeless() { leaves 8 run diff "$a" "$area/typeless.raw" && says "partition system > type" && absent "hostname: content" && absent "only in"; }
test_that "without a type the only Linux file system is the root" typeless
mixed() { leaves 8 run diff "$pax" "$a" && says "records of /etc/passwd"; }
test_that "another tool's image and disk are compared" mixed
disk_page() { leaves 0 run report "$a" -o "$page" && has "Another tool's, and nobody vouches for it" && has "built by another tool" && has "root: ext4" && has "it boots no unified kernel image"; }
test_that "a page about a disk says that another tool built it" disk_page
disk_strict() { leaves 11 run verify "$a" && says "another tool built it" && leaves 0 run keygen -o "$area/key" --no-passphrase && leaves 11 run sign "$a" --key "$area/key.pem"; }
test_that "verify and sign refuse such a disk" disk_strict
spare() { cp --sparse=always "$a" "$area/$1"; }
odd() {
	spare boot.raw && printf 'GRUB' | dd of="$area/boot.raw" conv=notrunc status=none && leaves 0 run show "$area/boot.raw" &&
		spare grown.raw && truncate -s 200M "$area/grown.raw" && leaves 0 run show "$area/grown.raw" &&
		spare fat16.raw && truncate -s 0 "$area/esp" && truncate -s 64M "$area/esp" && mkfs.vfat -F 16 "$area/esp" >"$area/tool" &&
		dd if="$area/esp" of="$area/fat16.raw" bs=1M seek=1 conv=notrunc status=none && leaves 0 run show "$area/fat16.raw" && says "not looked into: the volume is FAT12 or FAT16" &&
		leaves 8 run diff "$a" "$area/fat16.raw" && says "partition EFI" && absent "hostname"
}
test_that "boot code, a disk that has grown, an ESP of FAT16 are no obstacle" odd
unsupported() {
	spare two.raw && sgdisk -t 1:8300 -t 2:8300 "$area/two.raw" >"$area/tool" && mke2fs -q -F -t ext4 -E offset=1048576 "$area/two.raw" 60M &&
		leaves 11 run show "$area/two.raw" && says "has 2 Linux file systems" && says "sgdisk -t" &&
		spare both.raw && sgdisk -t 1:8304 "$area/both.raw" >"$area/tool" && leaves 11 run show "$area/both.raw" && says "two partitions of the type of a root" &&
		spare btrfs.raw && printf '_BHRfS_M' | dd of="$area/btrfs.raw" bs=1 seek=$((65 * 1048576 + 65600)) conv=notrunc status=none &&
		dd if=/dev/zero of="$area/btrfs.raw" bs=1024 seek=$((65 * 1024 + 1)) count=1 conv=notrunc status=none && leaves 11 run diff "$area/btrfs.raw" "$a" && says "the root is btrfs" && says "--numeric-owner"
}
test_that "a root that can't be told or read is named, with what to do" unsupported
others() {
	truncate -s 40M "$area/mbr.raw" && echo 'start=2048, type=83' | sfdisk -q "$area/mbr.raw" && leaves 11 run diff "$area/mbr.raw" "$a" && says "only a GPT is read" && says "sgdisk -g" &&
		truncate -s 40M "$area/plain" && mke2fs -q -F -t ext4 -d "$tree" "$area/plain" && leaves 11 run ls "$area/plain" && says "without a partition table" && says "mount it" &&
		leaves 11 run report "$area/mbr.raw" -o "$page" && says "sgdisk -g" && leaves 11 run report "$area/plain" -o "$page" && says "mount it" || return 1
	need "qcow2" qemu-img || return 0
	qemu-img convert -O qcow2 "$a" "$area/a.qcow2" && leaves 11 run ls "$area/a.qcow2" && says "qemu-img convert -O raw" && leaves 11 run diff "$area/a.qcow2" "$a" && says "qemu-img convert -O raw"
}
test_that "MBR, a bare file system, qcow2: what makes them readable is said" others
sgdisk_g() { cp --sparse=always "$area/mbr.raw" "$area/g.raw" && truncate -s +1M "$area/g.raw" && mke2fs -q -F -t ext4 -d "$tree" -E offset=1048576 "$area/g.raw" 30M && sgdisk -g "$area/g.raw" >"$area/tool" && leaves 0 run ls "$area/g.raw" /etc/hostname; }
test_that "and 'sgdisk -g' of a copy does make an MBR readable" sgdisk_g
cut() { head -c 100M "$a" >"$area/cut.raw" && leaves 11 run show "$area/cut.raw" && head -c 2000 "$pax" >"$area/cut.tar" && leaves 11 run report "$area/cut.tar" -o "$page"; }
test_that "what is cut off is refused" cut
exit "${failed:-0}"

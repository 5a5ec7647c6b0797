#!/bin/bash
# Our readers of partition tables, FAT32, EROFS and dm-verity over the work of the programs
# that everybody uses, and over the same with a byte turned.
. "$(dirname "$0")/../lib.sh"
for program in sfdisk sgdisk mkfs.vfat mmd mcopy mkfs.erofs veritysetup; do
	command -v "$program" >/dev/null || PATH=$PATH:/sbin:/usr/sbin
	if ! command -v "$program" >/dev/null; then
		skip second-readers "no $program"
		exit 0
	fi
done
cmake --build "$INGOT_BUILD" --target reader_tool >"$INGOT_TEST_SCRATCH/tool.log" 2>&1 || {
	tail -n 20 "$INGOT_TEST_SCRATCH/tool.log"
	not_ok "second-readers: reader_tool is built"
	exit 1
}
read_it=$INGOT_BUILD/reader_tool
cd "$INGOT_TEST_SCRATCH" || exit 2

turn() { # FILE OFFSET: one bit of one byte
	local byte
	byte=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
	printf '%b' "\\x$(printf %02x $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
refused() { ! "$@"; }

tables() {
	truncate -s 64M sfdisk.raw sgdisk.raw
	printf 'label: gpt\nsize=20M, type=U, name=esp\nsize=10M, type=L, name=root\n' | sfdisk -q sfdisk.raw
	sgdisk -n 1:0:+20M -t 1:ef00 -n 2:0:0 sgdisk.raw >sgdisk.log
	"$read_it" gpt sfdisk.raw >rows && [ "$(wc -l <rows)" = 3 ] && grep -q ' 1048576 20971520 .* esp$' rows &&
		"$read_it" gpt sgdisk.raw >rows && [ "$(wc -l <rows)" = 3 ]
}
check "partition tables of sfdisk and sgdisk are read" tables
turn sfdisk.raw $((64 * 1024 * 1024 - 400))
check "a turned bit in the second table is refused" refused "$read_it" gpt sfdisk.raw

volume() {
	truncate -s 64M fat.img && mkfs.vfat -F 32 -s 1 -i 1A2B3C4D -n ESP fat.img &&
		head -c 3000000 /dev/zero | tr '\0' k >kernel &&
		mmd -i fat.img ::EFI ::EFI/BOOT && mcopy -i fat.img kernel ::EFI/BOOT/BOOTX64.EFI &&
		mcopy -i fat.img kernel '::EFI/a long name.efi' && "$read_it" fat fat.img >rows &&
		[ "$(grep -c "$(sha256sum <kernel | cut -d' ' -f1)" rows)" = 2 ] &&
		grep -q "^EFI/BOOT/BOOTX64.EFI 3000000 " rows && grep -q "^EFI/a long name.efi 3000000 " rows &&
		grep -q "^1a2b3c4d 'ESP' 67108864 512" rows
}
check "a volume of mkfs.vfat and mtools is read" volume
turn fat.img $((32 * 512 + 40))
check "a turned bit in a FAT is refused" refused "$read_it" fat fat.img

tree() {
	mkdir -p tree/folder/empty && head -c 9000 kernel >tree/folder/file && : >tree/nothing &&
		ln tree/folder/file tree/link && ln -s folder/file tree/symlink && mkfifo tree/pipe &&
		for i in $(seq 3000); do : >"tree/folder/empty/a-rather-long-name-$i" || return; done
	for x in 0 1; do
		mkfs.erofs -x$x -T1700000000 --quiet "erofs$x.img" tree && "$read_it" erofs "erofs$x.img" rows &&
			[ "$(wc -l <rows)" = "$(find tree -mindepth 1 | wc -l)" ] &&
			grep -q "^link	file.*$(sha256sum <tree/link | cut -d' ' -f1).*folder/file$" rows || return
	done
}
check "trees of mkfs.erofs are read" tree
turn erofs1.img 1040
check "a turned bit in the superblock is refused" refused "$read_it" erofs erofs1.img

verity() {
	root=$(veritysetup format --salt 112233 kernel.img hash.img | sed -n 's/^Root hash:[ \t]*//p')
	"$read_it" verity kernel.img hash.img "$root"
}
truncate -s 3M kernel.img
check "a hash tree of veritysetup is checked" verity
turn kernel.img 1234567
check "a turned bit in the device is found" refused "$read_it" verity kernel.img hash.img "$root"

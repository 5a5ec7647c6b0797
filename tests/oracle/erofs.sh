#!/bin/bash
# EROFS images of our writer against erofs-utils, blkid and the kernel: what comes out of
# them (by fsck.erofs --extract, and by a mount where this machine allows it) is the tree
# that went in: contents, modes, owners, times, devices, links, extended attributes.
. "$(dirname "$0")/../lib.sh"
for program in fsck.erofs dump.erofs blkid; do
	type "$program" >/dev/null 2>&1 || { skip erofs "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target fs_tool fs_read_tool >/dev/null || exit 2
tool=$INGOT_BUILD/fs_tool
work=$INGOT_TEST_SCRATCH/erofs
mkdir -p "$work/mnt"
cd "$work" || exit 2

lz4= # or lz4=1: what the tool is told
quick= # or 1: neither extracted nor mounted
unmount() { mountpoint -q mnt && umount mnt; }
trap unmount EXIT
mounts() { mount -t erofs -o loop,ro image mnt 2>/dev/null; }
rows() { python3 "$root/tests/oracle/folder_rows.py" "$1"; }

# Without extended attributes and links, which fsck.erofs of Debian 12 doesn't extract, and
# without set-id bits: it gives files their modes first and then their owners, which drops them.
without_links() {
	awk '{
		NF = $2 == "f" ? 8 : 7
		if ($2 != "d")
			$3 = (substr($3, 1, 1) % 2) substr($3, 2)
		print
	}' "$1"
}

"$tool" erofs image case:empty >/dev/null || exit 2
can_mount=
if mounts; then
	can_mount=1
	umount mnt
fi
[ "$(id -u)" = 0 ] && is_root=1 || is_root=

as_extracted() {
	rm -rf out
	# Folders have the tool's own time; ours is 0.
	fsck.erofs --extract=out image || return 1
	rows out >got.rows || return 1
	rm -rf out
	cmp <(without_links tree.rows) <(without_links got.rows) ||
		{ diff <(without_links tree.rows) <(without_links got.rows) | head; return 1; }
}

as_mounted() {
	mounts || return 1
	rows mnt >got.rows
	[ "$(stat -c %Y mnt)" = 0 ] || return 1
	umount mnt || return 1
	cmp tree.rows got.rows || { diff tree.rows got.rows | head; return 1; }
}

as_read() { "$INGOT_BUILD/fs_read_tool" erofs image | cmp - tree.rows; }

facts() { # What the image says of itself.
	local inodes blocks
	inodes=$(sed -n 's/^Filesystem inode count: *//p' dump.txt)
	blocks=$(sed -n 's/^Filesystem blocks: *//p' dump.txt)
	[ "$inodes" = "$(awk '{ print $NF ~ /^=/ ? $NF : NR }' tree.rows | sort -u | wc -l)" ] &&
		[ $((blocks * 4096)) = "$(stat -c %s image)" ] &&
		blkid -p -o export image | grep -qx TYPE=erofs &&
		blkid -p -o export image | grep -qx LABEL=root &&
		blkid -p -o export image | grep -qx UUID=30313233-3435-3637-3839-616263646500
}

holds() { # NAME TREE [WHY-NOT-EXTRACTED]: all of it
	check "$1: written" "$tool" erofs image "$2" $lz4 || return
	"$tool" rows /dev/null "$2" >tree.rows || exit 2
	check "$1: fsck.erofs is content" fsck.erofs image
	dump.erofs image >dump.txt
	check "$1: inodes, blocks, UUID and label" facts
	[ "$lz4" ] || check "$1: our reader reads the tree" as_read
	[ -z "$quick" ] || return
	if [ "${3:-}" ]; then
		skip "$1: extracted" "$3"
	elif [ "$is_root" ]; then
		check "$1: what is extracted is the tree" as_extracted
	else
		skip "$1: extracted" "owners and devices need root"
	fi
	if [ "$can_mount" ]; then
		check "$1: what the kernel shows is the tree" as_mounted
	else
		skip "$1: mounted" "no mount of EROFS here"
	fi
}

for case in "$root"/tests/golden/erofs/*/; do
	holds "$(basename "$case")" "text:${case}input.tree"
done
holds "random tree" case:random=1
holds "another" case:random=2
# Minutes to extract and to look up: in `make oracle`. fsck and our reader see all of it.
[ "${INGOT_ORACLE:-}" = all ] || quick=1
holds "70,000 names of one file" case:links=70000
holds "5 GiB with holes" case:sparse=5368709127 "fsck.erofs of Debian 12 counts in 32 bits"
check "5 GiB with holes: little of the disk is used" [ "$(stat -c %b image)" -lt 8192 ]
holds "a folder of 100,000" case:entries=100000
holds "70,000 folders in one" case:folders=70000
quick=
holds "100 MiB with holes" case:sparse=104857601

many() {
	"$tool" erofs image case:inodes=400000 >said && cat said || return 1
	fsck.erofs image || return 1
	[ "$can_mount" ] || return 0
	mounts || return 1
	[ "$(find mnt -type f -printf . | wc -c)" = 400000 ] &&
		[ "$(find mnt -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)" = \
			"$(seq 0 399999 | sed 's/^/file /' | sha256sum)" ]
}
check "400,000 inodes" many
unmount

lz4="lz4=1"
for case in tails folders xattrs hard-links; do
	holds "$case, compressed" "text:$root/tests/golden/erofs/$case/input.tree"
done
holds "random tree, compressed" case:random=1
holds "100 MiB with holes, compressed" case:sparse=104857601
mkdir -p src && cp -r "$root/src" "$root/tests/unit" src/ && cp "$tool" src/
holds "sources and a program, compressed" src

twice() {
	"$tool" erofs one case:random=3 && "$tool" erofs two case:random=3 && cmp one two
}
check "the same tree gives the same bytes" twice

flipped() { # One bit of the first inodes, which lie below the superblock's checksum.
	"$tool" erofs image case:random=4 && fsck.erofs image || return 1
	printf '\177' | dd of=image bs=1 seek=1200 conv=notrunc status=none
	fsck.erofs image 2>&1 | grep 'superblock checksum'
}
check "a flipped byte in the first block is seen" flipped

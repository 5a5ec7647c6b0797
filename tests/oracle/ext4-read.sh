#!/bin/bash
# Images that mke2fs makes of a folder, read back by our reader: what it says is what is on
# the disk. Several thousand files, links, xattrs, devices; with and without an index in
# folders, other sizes of blocks and inodes, other places of tables. What the reader does
# not know it refuses by name, and what is broken or in use it refuses, too.
. "$(dirname "$0")/../lib.sh"
for program in mke2fs e2fsck debugfs tune2fs; do
	PATH=$PATH:/sbin:/usr/sbin type "$program" >/dev/null 2>&1 ||
		{ skip ext4-read "no $program"; exit 0; }
done
PATH=$PATH:/sbin:/usr/sbin
cmake --build "$INGOT_BUILD" --target fs_read_tool >/dev/null || exit 2
work=$INGOT_TEST_SCRATCH/ext4-read
mkdir -p "$work/tree/made/many" "$work/small"
cd "$work" || exit 2

rows() { python3 "$root/tests/oracle/folder_rows.py" "$1"; }
read_image() { "$INGOT_BUILD/fs_read_tool" ext4 image; }

# Real files, and what real folders rarely have.
for folder in /usr/share/doc /usr/share/zoneinfo /usr/share/perl /usr/include/linux; do
	[ -d $folder ] && cp -a $folder tree/
done
(
	cd tree/made || exit 2
	printf 'hi\n' >file
	ln file same
	ln -s target link
	ln -s "$(printf 'x%.0s' {1..60})" link60
	printf 'x%.0s' {1..255} | xargs touch
	mkfifo -m 0620 pipe
	truncate -s 50M hole
	printf 'end' >>hole
	truncate -s 70000 hole
	seq -f 'name-%.0f-ä-long-enough-to-need-more-blocks-of-names' 800 | (cd many && xargs touch)
	setfattr -n user.note -v "$(printf 'v%.0s' {1..300})" file
	setfattr -n user.other -v 1 many
	# user 1234 may read and write
	setfattr -n system.posix_acl_access file -v \
		0x0200000001000600ffffffff02000600d204000004000400ffffffff10000600ffffffff20000400ffffffff
	if [ "$(id -u)" = 0 ]; then
		mknod char c 1 3
		mknod block b 300 70000
		chown 100000:4000000000 pipe
		setcap cap_net_raw+ep hole
	fi
) 2>/dev/null
cp -a tree/made/. small
rows tree >tree.rows
rows small >small.rows

make_image() { # FOLDER SIZE OPTION...
	local folder=$1 size=$2
	shift 2
	rm -f image
	truncate -s "$size" image && mke2fs -q -F -t ext4 -d "$folder" "$@" image 2>&1
}
is_read() { # FOLDER SIZE OPTION...
	make_image "$@" && read_image | cmp - "$1.rows"
}
is_read_indexed() {
	make_image "$@" || return 1
	e2fsck -fyD image >/dev/null 2>&1
	debugfs -R 'htree_dump /many' image 2>/dev/null | grep -q 'Root node' || return 1
	read_image | cmp - "$1.rows"
}
is_read_with_hash() { # HASH
	make_image small 40M -b 1024 || return 1
	tune2fs -E hash_alg="$1" image >/dev/null && e2fsck -fyD image >/dev/null 2>&1
	read_image | cmp - small.rows
}
is_refused() { # WORDS
	local log
	log=$(read_image 2>&1) && return 1
	grep -F "$1" <<<"$log" || { printf '%s\n' "$log"; return 1; }
}
refuses_feature() { # FEATURE [OPTION...]
	local feature=$1
	shift
	make_image small 100M -O "$feature" "$@" && is_refused "'$feature'"
}

check ext4-read/real-files is_read tree 800M
check ext4-read/blocks-1024 is_read small 60M -b 1024
check ext4-read/index is_read_indexed small 100M -b 4096
check ext4-read/index-2048 is_read_indexed small 100M -b 2048
check ext4-read/index-1024 is_read_indexed small 100M -b 1024
for hash in legacy tea half_md4; do
	check "ext4-read/hash-$hash" is_read_with_hash $hash
done
for options in '-b 4096 -I 512' '-b 4096' '-O ^flex_bg' '-O ^64bit' '-O ^has_journal' '-O ^resize_inode,meta_bg' \
	'-O ^resize_inode' '-g 8192' '-E lazy_itable_init=0' '-O orphan_file,metadata_csum_seed' \
	'-G 4' '-b 1024 -g 1024'; do
	# shellcheck disable=SC2086
	check "ext4-read/${options// /_}" is_read small 300M $options
done
for feature in bigalloc inline_data encrypt casefold quota mmp ea_inode sparse_super2; do
	check "ext4-read/refuses-$feature" refuses_feature $feature
done

needs_recovery() {
	make_image small 100M && debugfs -w -R 'feature needs_recovery' image >/dev/null 2>&1 &&
		is_refused 'its journal needs recovery'
}
is_not_clean() {
	make_image small 100M && debugfs -w -R 'set_super_value state 0' image >/dev/null 2>&1 &&
		is_refused 'is not clean'
}
lost_inode() {
	make_image small 100M && debugfs -w -R 'unlink /pipe' image >/dev/null 2>&1 &&
		is_refused 'is in use and has no name'
}
wrong_links() {
	make_image small 100M && debugfs -w -R 'sif /link links_count 2' image >/dev/null 2>&1 &&
		is_refused 'has 1 links and says 2'
}
free_block() {
	make_image small 100M || return 1
	debugfs -w -R "freeb $(debugfs -R 'blocks /many' image 2>/dev/null | cut -d' ' -f1)" image \
		>/dev/null 2>&1
	is_refused 'in use and marked free'
}
lost_block() {
	make_image small 100M || return 1
	debugfs -w -R "setb $(debugfs -R ffb image 2>/dev/null | tr -dc '0-9 ')" image \
		>/dev/null 2>&1
	is_refused 'marked as in use, but nothing uses it'
}
# mke2fs -d cuts times to 32 bits, debugfs doesn't.
is_late() {
	make_image small 100M && debugfs -w -R 'sif /file mtime @5000000000' image >/dev/null 2>&1
	read_image | grep '^/file f [0-7]* [0-9]* [0-9]* 5000000000 '
}
check ext4-read/after-2106 is_late
for fault in needs_recovery is_not_clean lost_inode wrong_links free_block lost_block; do
	check "ext4-read/finds-$fault" $fault
done

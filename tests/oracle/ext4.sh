#!/bin/bash
# ext4 images of our writer against e2fsprogs, blkid and the kernel: e2fsck finds nothing
# to say, and what the kernel shows (where this machine lets us mount) is the tree that went
# in: contents, modes, owners, times, devices, links, extended attributes.
. "$(dirname "$0")/../lib.sh"
for program in e2fsck debugfs dumpe2fs resize2fs blkid; do
	type "$program" >/dev/null 2>&1 || { skip ext4 "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target fs_tool >/dev/null || exit 2
tool=$INGOT_BUILD/fs_tool
work=$INGOT_TEST_SCRATCH/ext4
mkdir -p "$work/mnt"
cd "$work" || exit 2

printf '[options]\n\tbroken_system_clock = 1\n' >e2fsck.conf

unmount() { mountpoint -q mnt && umount mnt; }
trap unmount EXIT
mounts() { mount -t ext4 -o "loop,${1:-ro}" image mnt 2>/dev/null; }
rows() { python3 "$root/tests/oracle/folder_rows.py" "$1" | grep -v '^/\?lost+found '; }

"$tool" ext4 image case:empty >/dev/null || exit 2
can_mount=
if [ "$(id -u)" = 0 ] && mounts; then
	can_mount=1
	umount mnt
fi

is_clean() { # Five passes and a summary, nothing else. A clock that is fast stays silent.
	E2FSCK_CONFIG=$work/e2fsck.conf e2fsck -fn image >fsck.txt 2>&1 || { cat fsck.txt; return 1; }
	grep -v -e '^e2fsck ' -e '^Pass [1-5]: ' -e '^root: ' -e '^$' fsck.txt && return 1
	return 0
}

as_mounted() {
	mounts || return 1
	rows mnt >got.rows
	umount mnt || return 1
	cmp tree.rows got.rows || { diff tree.rows got.rows | head; return 1; }
}

holds() { # NAME TREE [OPTION...]: all of it
	local name=$1 tree=$2
	shift 2
	check "$name: written" "$tool" ext4 image "$tree" "$@" || return
	check "$name: e2fsck has nothing to say" is_clean
	if [ "$can_mount" ]; then
		"$tool" rows /dev/null "$tree" "$@" | grep -v '^/\?lost+found ' >tree.rows || exit 2
		check "$name: what the kernel shows is the tree" as_mounted
	else
		skip "$name: mounted" "no mount of ext4 here"
	fi
}

for case in "$root"/tests/golden/ext4/*/; do
	name=$(basename "$case")
	options=
	case $name in
	times) options='epoch=7000000000' ;;
	journal) options='journal=1 free=20971520' ;;
	grow) options='journal=1 grow_to=107374182400' ;;
	fixed) options='size=314574034' ;;
	esac
	# shellcheck disable=SC2086 # several words
	holds "$name" "text:${case}input.tree" $options
done
holds "random tree" case:random=1
holds "random tree that is written to" case:random=2 journal=1 free=100000000 grow_to=1000000000000
holds "65,000 names of one file" case:links=65000
holds "5 GiB with holes" case:sparse=5368709127
check "5 GiB with holes: little of the disk is used" [ "$(stat -c %b image)" -lt 16384 ]
holds "100 MiB" case:bytes=104857601 journal=1
holds "a folder of 100,000" case:entries=100000
# Linear, it takes the kernel minutes to look up each of them: e2fsck's word is enough.
folders() { "$tool" ext4 image case:folders=70000 && is_clean; }
check "70,000 folders in one" folders
holds "100 GiB" case:sparse=300000000 size=107374182400 journal=1
check "100 GiB: little of the disk is used" [ "$(stat -c %b image)" -lt 100000 ]

# The kernel's own view of it would read all of it.
long_file() {
	"$tool" ext4 image case:sparse=161061273600 journal=1 && is_clean &&
		[ "$(stat -c %b image)" -lt 200000 ] &&
		debugfs -R 'ex -l /sparse' image 2>/dev/null | grep -q ' 1/ 1 '
}
check "150 GiB in one file, whose extents need a block, on little disk" long_file

many() {
	"$tool" ext4 image case:inodes=400000 && is_clean || return 1
	[ "$can_mount" ] || return 0
	mounts || return 1
	[ "$(find mnt -type f -printf . | wc -c)" = 400000 ] &&
		[ "$(find mnt -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)" = \
			"$(seq 0 399999 | sed 's/^/file /' | sha256sum)" ]
}
check "400,000 inodes" many
unmount

facts() { # What the image says of itself, and what debugfs sees in it.
	"$tool" ext4 image "text:$root/tests/golden/ext4/xattrs/input.tree" >said || return 1
	dumpe2fs image >dump.txt 2>/dev/null || return 1
	[ "$(sed -n 's/^Block count: *//p' dump.txt)" = "$(sed 's/.* blocks \([0-9]*\) .*/\1/' said)" ] &&
		blkid -p -o export image | grep -qx TYPE=ext4 &&
		blkid -p -o export image | grep -qx LABEL=root &&
		blkid -p -o export image | grep -qx UUID=30313233-3435-3637-3839-616263646500 &&
		debugfs -R 'ea_list /ping' image 2>/dev/null | grep -q 'security.capability (20)' &&
		debugfs -R 'ea_get /both user.long' image 2>/dev/null | grep -q "$(printf 'l%.0s' {1..200})" &&
		[ "$(debugfs -R 'cat /big' image 2>/dev/null)" = y ] &&
		debugfs -R 'stat /listed' image 2>/dev/null | grep -q 'Type: directory'
}
check "what dumpe2fs, blkid and debugfs say" facts

journal() {
	"$tool" ext4 image case:random=6 journal=1 >/dev/null || return 1
	debugfs -R 'logdump' image 2>&1 | grep -q 'Journal starts at block 0' &&
		dumpe2fs image 2>/dev/null | grep -q '^Total journal size: *4096k'
}
check "the journal is one, and empty" journal

written_to() { # The kernel makes, changes and removes; e2fsck then has nothing to say.
	"$tool" ext4 image case:random=7 journal=1 free=50000000 >/dev/null || return 1
	mounts rw || return 1
	for i in {1..500}; do echo "$i" >"mnt/new-$i" || return 1; done
	mkdir mnt/newdir && dd if=/dev/zero of=mnt/newdir/big bs=1M count=40 status=none &&
		rm -f mnt/new-1?? && find mnt -mindepth 1 -maxdepth 1 -type f -exec chmod 600 {} + || return 1
	umount mnt
	is_clean
}
if [ "$can_mount" ]; then
	check "what the kernel has written to is sound" written_to
	unmount
fi

grown() { # TO OPTION...
	local to=$1
	shift
	"$tool" ext4 image case:random=8 journal=1 "$@" >/dev/null && truncate -s "$to" image &&
		resize2fs image && is_clean || return 1
	[ "$(dumpe2fs -h image 2>/dev/null | sed -n 's/^Block count: *//p')" = \
		$(($(stat -c %s image) / 4096)) ]
}
check "grown within a group" grown 100M grow_to=100000000
check "grown to 28 GiB" grown 28G free=100000000 grow_to=30000000000
check "grown to 500 GiB" grown 500G free=100000000 grow_to=1000000000000

online() { # With less than CAP_SYS_RESOURCE the kernel says no to all.
	"$tool" ext4 image case:random=9 journal=1 free=50000000 grow_to=100000000000 >/dev/null &&
		truncate -s 60G image && mounts rw || return 1
	resize2fs "$(findmnt -no SOURCE mnt)" || return 1
	[ "$(stat -fc %b mnt)" -gt 15000000 ] && echo more >mnt/more && umount mnt && is_clean
}
if [ "$can_mount" ] && [ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24 & 1)) = 1 ]; then
	check "grown while it is mounted" online
	unmount
else
	skip "grown while it is mounted" "needs a mount and CAP_SYS_RESOURCE"
fi

refused() { # NUMBER-IN-THE-MESSAGE OPTION...: status 1, and nothing written
	local says=$1
	shift
	"$tool" ext4 image case:bytes=1000000 "$@" 2>said
	[ $? = 1 ] && grep -q "$says" said && [ "$(stat -c %s image)" = 0 ]
}
check "too small: refused before a byte is written, with the numbers" \
	refused "needs 252 blocks.*12 inodes.*has 100 blocks" size=409600
holds "exactly fitting" case:bytes=1000000 size=1032192
check "one block too few" refused "needs 252 blocks" size=1028096

twice() { "$tool" ext4 one case:random=3 journal=1 && "$tool" ext4 two case:random=3 journal=1 && cmp one two; }
check "the same tree gives the same bytes" twice

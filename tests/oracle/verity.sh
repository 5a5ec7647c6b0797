#!/bin/bash
# dm-verity against veritysetup (cryptsetup): the same bytes and the same root hash as
# `veritysetup format` for sizes around each step of the tree, and its `verify` refuses
# a device of which one byte was flipped.
. "$(dirname "$0")/../lib.sh"
for program in veritysetup blkid; do
	type "$program" >/dev/null 2>&1 || { skip verity "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target verity_tool >/dev/null || exit 2
tool=$INGOT_BUILD/verity_tool
work=$INGOT_TEST_SCRATCH/verity
mkdir -p "$work"
cd "$work" || exit 2
uuid=6b1e6d21-a1d3-4f45-9a3e-112233445566
salt=e48da609055204e89ae53b655ca2216dd983cf3cb829f34f63a297d106d53e2d
long=$(printf 'a5%.0s' {1..256})

# No two blocks are the same.
seq 10000000 | head -c 70000000 >noise

same() { # BLOCKS SALT
	local root theirs
	head -c $(($1 * 4096)) noise >data
	rm -f theirs.hash
	theirs=$(veritysetup format --uuid "$uuid" --salt "$2" data theirs.hash |
		sed -n 's/^Root hash:[[:blank:]]*//p')
	root=$("$tool" data ours.hash "$uuid" "$2") || return 1
	echo "ours $root, theirs $theirs"
	[ -n "$theirs" ] && [ "$root" = "$theirs" ] || return 1
	cmp ours.hash theirs.hash && veritysetup verify data ours.hash "$root"
}

for blocks in 1 2 3 127 128 129 255 256 257 1000 16383 16384 16385 16512; do
	check "$blocks blocks, as veritysetup writes them" same "$blocks" "$salt"
done
check "no salt" same 129 -
check "a salt of 1 byte" same 129 5f
check "a salt of 256 bytes" same 129 "$long"

vector() {
	truncate -s 8M zeros
	[ "$("$tool" zeros zeros.hash "$uuid" "$salt")" = \
		e522df0f97da4febb882ac40f30b37dc0b444bf6df418929463fa25280f09d5c ]
}
check "the test vector of cryptsetup" vector

holes() { # Data, a hole, data: what a file system's image is like.
	head -c 1000000 noise >data
	truncate -s 40M data
	head -c 8192 noise >>data
	root=$("$tool" data ours.hash "$uuid" "$salt") && veritysetup verify data ours.hash "$root"
}
check "holes" holes

flip() { # FILE OFFSET
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

refused() { # FILE OFFSET: verify must fail, and again be content when it is put right
	flip "$1" "$2"
	! veritysetup verify data ours.hash "$root" 2>/dev/null || return 1
	flip "$1" "$2"
	veritysetup verify data ours.hash "$root"
}
head -c $((16385 * 4096)) noise >data
root=$("$tool" data ours.hash "$uuid" "$salt")
check "a flipped bit of the first block is refused" refused data 0
check "a flipped bit of the last block is refused" refused data $((16385 * 4096 - 1))
check "a flipped bit of the tree's top is refused" refused ours.hash 4096
check "a flipped bit of the tree's lowest level is refused" refused ours.hash $((4 * 4096 + 40))

blkid_says() {
	blkid -p -o export ours.hash
	blkid -p -o export ours.hash | grep -qx "UUID=$uuid" &&
		blkid -p -o export ours.hash | grep -qx TYPE=DM_verity_hash
}
check "blkid knows it" blkid_says

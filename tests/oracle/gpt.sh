#!/bin/bash
# Partition tables against sgdisk, sfdisk and blkid: no problems, the ids and places that
# were meant, and a backup from which gdisk makes a sound disk with the same partitions.
. "$(dirname "$0")/../lib.sh"
for program in sgdisk sfdisk blkid jq; do
	type "$program" >/dev/null 2>&1 || { skip gpt "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target disk_tool >/dev/null || exit 2
tool=$INGOT_BUILD/disk_tool
work=$INGOT_TEST_SCRATCH/gpt
mkdir -p "$work"
cd "$work" || exit 2

sound() { # SIZE-OF-DISK ARGUMENT...
	local size=$1
	shift
	"$tool" gpt "$@" >disk || return 1
	[ "$(stat -c %s disk)" -eq "$size" ] || { stat -c %s disk; return 1; }
	sgdisk -v disk | tee said
	grep -q 'No problems found' said && sfdisk --verify disk
}
mib=1048576
check "no partition" sound $((2 * mib)) amd64
check "one sector" sound $((3 * mib)) amd64 esp=512
check "a whole number of MiB" sound $((99 * mib)) amd64 esp=$((33 * mib)) root=$((64 * mib))
check "a sector less" sound $((99 * mib)) amd64 esp=$((33 * mib - 512)) root=$((64 * mib - 512))
check "so full that the backup needs a MiB of its own" sound $((100 * mib)) amd64 root=$((98 * mib))
# shellcheck disable=SC2046 # one word each
check "128 partitions" sound $((130 * mib)) arm64 $(for i in {1..128}; do echo root=$((512 * i)); done)
check "larger than 2 TiB: the protective record ends at its limit" \
	sound $((3 << 40)) amd64 root=$(((3 << 40) - 2 * mib))

refused() {
	! "$tool" gpt "$@" >disk 2>said && cat said && [ ! -s disk ]
}
# shellcheck disable=SC2046
check "129 partitions are refused" refused amd64 $(for i in {1..129}; do echo root=$((512 * i)); done)
check "an id that stands twice is refused" refused amd64 root=512 root=512
check "half a sector is refused" refused amd64 root=511
check "an empty partition is refused" refused amd64 root=0

"$tool" gpt amd64 esp=$((33 * mib)) root=$((64 * mib)) verity=$((mib - 4096)) >disk
fields() {
	sfdisk --json disk >json
	cat json
	[ "$(jq -r '.partitiontable | "\(.firstlba) \(.lastlba)"' json)" = "2048 $((100 * 2048 - 34))" ] &&
		[ "$(jq -r '.partitiontable.partitions[] |
			"\(.start) \(.size) \(.type) \(.name) \(.attrs // "-")"' json)" = "\
2048 67584 C12A7328-F81F-11D2-BA4B-00A0C93EC93B esp -
69632 131072 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 root GUID:59
200704 2040 2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5 verity GUID:60" ]
}
check "sfdisk reads places, types, names and flags" fields

same_ids() { # what we gave is what a hash of the argument makes a version 4 UUID
	local hash
	hash=$(printf disk | sha256sum | cut -c 1-32)
	printf -v want '%s-%s-4%s-%x%s-%s' "${hash:0:8}" "${hash:8:4}" "${hash:13:3}" \
		$((0x${hash:16:1} & 3 | 8)) "${hash:17:3}" "${hash:20:12}"
	blkid -p -o export disk
	blkid -p -o export disk | grep -qx "PTUUID=$want" &&
		[ "$(jq -r .partitiontable.id json | tr A-Z a-z)" = "$want" ]
}
check "the disk's id, as blkid and sfdisk print it" same_ids

from_backup() {
	cp disk other
	dd if=/dev/zero of=other bs=512 seek=1 count=33 conv=notrunc status=none
	printf 'r\nb\nc\ny\nw\ny\n' | gdisk other
	sgdisk -v other | grep -q 'No problems found' && sfdisk -d other | sed 's/^other/disk/' >left
	# gdisk puts its table right before the first sector that is usable
	diff <(sfdisk -d disk | grep ^disk) <(grep ^disk left)
}
if type gdisk >/dev/null 2>&1; then
	check "gdisk finds the same partitions in the backup" from_backup
else
	skip "the partitions from the backup" "no gdisk"
fi

grown() { # as on the first boot of a larger disk: the backup moves, nothing else does
	cp disk other
	truncate -s $((200 * mib)) other
	sgdisk -e other && sgdisk -v other | grep -q 'No problems found' &&
		sgdisk -i 2 other | grep -q 'Partition size: 131072 sectors'
}
check "on a larger disk sgdisk moves the backup to its end" grown

#!/bin/bash
# A root that is checked while it is read: it boots, keeps nothing, and with one changed
# byte it does not boot. `verity.sh lz4`: the same of a compressed root.
. "$(dirname "$0")/guest.sh"
guest_ready "a checked root boots" || exit 0

check "the recipe" guest_recipe verity || exit 1
replace "$recipe" "root: {type: ext4, size: auto, grow: true}" "root: {type: erofs, verity: true, compression: ${1:-none}}"
check "the disk is built" guest_build verity || exit 1
cp --sparse=always "$disk" "$area/disk.raw"
sum=$(sha256sum <"$area/disk.raw")
guest_start verity "$area/disk.raw"
check "it answers to ssh" guest_up || exit 1
guest_is_well "checked root"
check "the root is an overlay over what dm-verity checks" guest "grep '^overlay / ' /proc/mounts && grep -q verity <(sudo cat /sys/block/dm-0/dm/uuid | tr A-Z a-z)"
nginx_answers() {
	curl -s -m 60 -f "http://127.0.0.1:$guest_http/" | diff - "$root/recipes/nginx/site/index.html"
}
check "nginx answers with the site" nginx_answers
check "what must be written can be" guest "sudo touch /etc/written /usr/written && sync"
check "it switches off" guest_off
unchanged() { [ "$(sha256sum <"$area/disk.raw")" = "$sum" ]; }
check "the disk was not written" unchanged
guest_start again "$area/disk.raw"
check "second boot: it answers to ssh" guest_up || exit 1
check "second boot: what was written is gone" guest "[ ! -e /etc/written ] && [ ! -e /usr/written ]"
check "second boot: it switches off" guest_off

# flip AT: one bit of the disk
flip() {
	cp --sparse=always "$disk" "$area/flipped.raw"
	/usr/bin/python3 - "$area/flipped.raw" "$1" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0] ^ 1
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte]))
PY
}
root_start=$(sfdisk --json "$disk" | jq '.partitiontable.partitions[1].start * 512')
refuses() { # AT
	flip "$1"
	guest_start flipped "$area/flipped.raw"
	boot_wait "Kernel panic" 300 || return 1
	boot_said | grep -aiE 'verity.*corrupt|is not what the root hash' || return 1
	! boot_said | grep -a 'login:' || return 1
	boot_stop
}
check "one bit of the superblock's name: refused" refuses $((root_start + 1024 + 64))
# What systemd reads first of all: the line is in the kernel image, too, and last in the root.
# Compressed it is not there as it is.
if [ "${1:-none}" = none ]; then
	line=$(LC_ALL=C grep -abo 'PRETTY_NAME="Debian GNU/Linux' "$disk" | cut -d: -f1 | tail -n 1)
	check "one bit of a file that systemd reads: refused" refuses $((line + 16))
fi

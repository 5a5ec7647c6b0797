#!/bin/bash
# recipes/vm.yaml as a machine: it boots, serves, is a normal Debian, grows, boots again.
. "$(dirname "$0")/guest.sh"
guest_ready "a machine boots" || exit 0

check "the recipe" guest_recipe vm || exit 1
check "the disk is built" guest_build vm || exit 1
copy=$area/disk.raw
cp --sparse=always "$disk" "$copy"
built=$(stat -c %s "$copy")
# A larger disk, and nothing else: the backup partition table is not at its end then.
truncate -s $((built + 1536 * 1024 * 1024)) "$copy"
guest_start vm "$copy"
check "it answers to ssh with the key" guest_up || exit 1
guest_is_well "first boot"
check "sudo" guest_is 0 sudo -n id -u
check "the address comes by DHCP" guest "ip -4 -o addr show scope global | grep dynamic"
check "names are resolved by systemd-resolved" guest_is /run/systemd/resolve/stub-resolv.conf readlink -f /etc/resolv.conf
nginx_answers() {
	curl -s -m 60 -f "http://127.0.0.1:$guest_http/" | diff - "$root/recipes/nginx/site/index.html"
}
check "nginx answers with the site" nginx_answers
check "dpkg --audit is empty" guest_is_quiet sudo dpkg --audit
check "dpkg -V is empty" guest_is_quiet sudo dpkg -V
apt_check() { guest "sudo apt-get check -qq"; }
check "apt-get check" apt_check

grown() {
	local size
	size=$(guest "df -B1 --output=size / | tail -n 1")
	[ "$size" -gt $((built + 1024 * 1024 * 1024)) ] || { echo "the root has $size bytes"; return 1; }
}
check "the root has grown to the disk" grown
backup_table() {
	guest sudo systemd-repart --json=short >/dev/null || return 1
	guest "sudo dd if=/dev/vda bs=512 skip=\$((\$(cat /sys/block/vda/size) - 1)) count=1 2>/dev/null | head -c 8" | grep -q '^EFI PART$'
}
check "and the backup partition table is at its end" backup_table
check "the EFI system partition is not mounted" guest "! grep ' /efi ' /proc/mounts && ! grep vfat /proc/mounts"

id=$(guest cat /etc/machine-id)
keys=$(guest "sudo sha256sum /etc/ssh/ssh_host_*_key")
made_here() { [ ${#id} -eq 32 ] && [ "$(wc -l <<<"$keys")" -eq 3 ]; }
check "its id and its host keys are made by the first boot" made_here
no_socket() {
	[ "$(guest systemctl is-enabled ssh.socket)" = disabled ] &&
		[ "$(guest systemctl is-enabled ssh.service)" = enabled ]
}
check "presets were not applied again" no_socket
not_needed() {
	guest_is no systemctl show -p ConditionResult --value ldconfig.service &&
		guest_is no systemctl show -p ConditionResult --value systemd-sysusers.service
}
check "nothing is made again that was made with the image" not_needed

if [ -n "$(apt_sources trixie)" ]; then
	check "apt has sources" guest_apt trixie
	check "apt-get install hello" guest "sudo apt-get -q update && sudo apt-get -q -y install hello && hello"
	check "then dpkg -V is empty still" guest_is_quiet sudo dpkg -V
else
	skip "apt-get install hello" "this machine has no apt sources to lend"
fi
check "it switches off" guest_off

guest_start again "$copy"
check "second boot: it answers to ssh" guest_up || exit 1
guest_is_well "second boot"
same() {
	[ "$(guest cat /etc/machine-id)" = "$id" ] &&
		[ "$(guest "sudo sha256sum /etc/ssh/ssh_host_*_key")" = "$keys" ]
}
check "second boot: id and host keys are the same" same
check "second boot: it switches off" guest_off
filesystem() {
	local start
	start=$(sfdisk --json "$copy" | jq '.partitiontable.partitions[1].start * 512')
	dd if="$copy" of="$area/root.img" bs=1M iflag=skip_bytes skip="$start" conv=sparse status=none
	e2fsck -fn "$area/root.img"
}
if command -v e2fsck >/dev/null && command -v sfdisk >/dev/null; then
	check "afterwards e2fsck has nothing to say" filesystem
fi

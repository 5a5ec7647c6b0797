#!/bin/bash
# The machine of recipes/vm.yaml with Debian 12.
. "$(dirname "$0")/guest.sh"
guest_ready "Debian 12 boots" || exit 0
if [ -z "$(apt_sources bookworm)" ]; then skip "Debian 12 boots" "no apt source of bookworm here"; exit 0; fi

check "the recipe" guest_recipe debian-12 || exit 1
sed 's/13/12/; s/trixie/bookworm/g' "$root/recipes/base/debian-13.yaml" >"$ws/recipes/base/debian-12.yaml"
replace "$recipe" base/debian-13.yaml base/debian-12.yaml
check "the disk is built" guest_build debian-12 || exit 1
cp --sparse=always "$disk" "$area/disk.raw"
built=$(stat -c %s "$disk")
truncate -s $((built + 1536 * 1024 * 1024)) "$area/disk.raw"
guest_start debian-12 "$area/disk.raw"
check "it answers to ssh" guest_up || exit 1
guest_is_well "first boot"
check "it is Debian 12" guest "grep VERSION_ID=.12. /etc/os-release"
grown() {
	local size
	size=$(guest "df -B1 --output=size / | tail -n 1")
	[ "$size" -gt $((built + 1024 * 1024 * 1024)) ] || { echo "the root has $size bytes"; return 1; }
}
check "the root has grown to the disk" grown
nginx_answers() {
	curl -s -m 60 -f "http://127.0.0.1:$guest_http/" | diff - "$root/recipes/nginx/site/index.html"
}
check "nginx answers with the site" nginx_answers
check "dpkg --audit is empty" guest_is_quiet sudo dpkg --audit
check "dpkg -V is empty" guest_is_quiet sudo dpkg -V
check "apt-get check" guest sudo apt-get check -qq
check "apt has sources" guest_apt bookworm
check "apt-get install hello" guest "sudo apt-get -q update && sudo apt-get -q -y install hello && hello"
check "it switches off" guest_off
guest_start again "$area/disk.raw"
check "second boot: it answers to ssh" guest_up || exit 1
guest_is_well "second boot"
check "second boot: it switches off" guest_off

#!/bin/bash
# The machine of recipes/vm.yaml for arm64: built anywhere, run without acceleration.
. "$(dirname "$0")/guest.sh"
boot_architecture=arm64
guest_tools=(qemu-system-aarch64 ssh ssh-keygen curl)
guest_ready "an arm64 machine boots" || exit 0

check "the recipe" guest_recipe arm64 || exit 1
replace "$recipe" "architectures: [amd64]" "architectures: [arm64]"
replace "$recipe" linux-image-cloud-amd64 linux-image-cloud-arm64
replace "$recipe" console=ttyS0 console=ttyAMA0
check "the disk is built" guest_build arm64 arm64 || exit 1
cp --sparse=always "$disk" "$area/disk.raw"
truncate -s +1G "$area/disk.raw"
guest_start arm64 "$area/disk.raw"
check "it answers to ssh" guest_up 1200 || exit 1
check "it is arm64" guest_is aarch64 uname -m
guest_is_well "arm64"
nginx_answers() {
	curl -s -m 60 -f "http://127.0.0.1:$guest_http/" | diff - "$root/recipes/nginx/site/index.html"
}
check "nginx answers with the site" nginx_answers
check "dpkg --audit is empty" guest_is_quiet sudo dpkg --audit
check "dpkg -V is empty" guest_is_quiet sudo dpkg -V
check "it switches off" guest_off 300

#!/bin/bash
# An upgrade inside the machine can't strand the kernel image that the firmware starts: the
# kernel packages are held, all else is upgraded, and it boots again.
. "$(dirname "$0")/guest.sh"
guest_ready "upgrades inside a machine" || exit 0
need "upgrades inside a machine" dpkg-deb dpkg-scanpackages || exit 0

check "the recipe" guest_recipe upgrade || exit 1
# A small package whose newer version has nothing in it: its files are all conffiles.
replace "$recipe" "packages: [ca-certificates, nginx" "packages: [ca-certificates, netbase, nginx"
check "the disk is built" guest_build upgrade || exit 1
cp --sparse=always "$disk" "$area/disk.raw"
truncate -s +512M "$area/disk.raw"

# An archive with a newer kernel, and with something newer that may come.
newer() { # NAME VERSION [DEPENDS]
	mkdir -p "$area/make/DEBIAN" "$area/archive" &&
		printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@example.com>\nDescription: test\n%s' \
			"$1" "$2" "${3:+Depends: $3
}" >"$area/make/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$area/make" "$area/archive/$1_amd64.deb" &&
		rm -rf "$area/make"
}
kernel=$(ingot show "$ws/recipes/upgrade.lock" --json | jq -r '.packages.amd64[].name' | grep '^linux-image-[0-9]')
archive() {
	newer linux-image-cloud-amd64 99.1 "linux-image-99-cloud-amd64 (= 99.1)" &&
		newer linux-image-99-cloud-amd64 99.1 && newer "$kernel" 99.1 &&
		newer netbase 99:1 && (cd "$area/archive" && dpkg-scanpackages -m . >Packages) 2>"$area/scan.log" &&
		serve "$area/archive"
}
check "an archive with newer packages" archive || exit 1

guest_start upgrade "$area/disk.raw"
check "it answers to ssh" guest_up || exit 1
source_line() {
	echo "deb [trusted=yes] http://10.0.2.2:${url##*:}/ ./" | guest_puts /etc/apt/sources.list
}
check "apt has it as its source" source_line
check "apt-get upgrade" guest "sudo apt-get -q update && sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y upgrade"
check "and apt-get dist-upgrade" guest "sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y dist-upgrade"
check "what may come has come" guest_is 99:1 dpkg-query -W -f '\${Version}' netbase
held() {
	guest "! dpkg-query -W -f '\${Package} \${Version}\n' 'linux-image-*' | grep ' 99'" &&
		guest "grep -h ^Explanation: /etc/apt/preferences.d/ingot-kernel" && guest "apt-cache policy $kernel"
}
check "the kernel packages are held, with an explanation" held
check "it switches off" guest_off
guest_start again "$area/disk.raw"
check "second boot: it answers to ssh" guest_up || exit 1
guest_is_well "second boot"
modules() { guest "sudo modprobe loop && uname -r"; }
check "second boot: the kernel finds its modules" modules
check "second boot: it switches off" guest_off

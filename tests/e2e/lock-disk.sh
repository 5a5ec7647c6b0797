#!/bin/bash
# What a lock says of the packages that boot a disk, and that a stage keeps them.
. "$(dirname "$0")/lib.sh"
need "locks of disks" jq || exit 0

workspace lock-disk
recipe=$ws/recipes/vm.yaml
lock=$ws/recipes/vm.lock
# A stage of its own, which may be cleaned, with what is there already.
if [ -d "$stage" ]; then cp -a --reflink=auto "$stage" "$area/stage"; fi
stage=$area/stage

check "a recipe with a disk is locked" leaves 0 ingot lock vm || exit 1
line() { grep "{name: $1," "$lock"; }
only_boot() { line "$1" | grep -q 'why: boot, boot: only,' && ! line "$1" | grep -qE 'targets:|slice:'; }
check "busybox-static only boots: it is in no target's tree" only_boot busybox-static
check "so is systemd-boot-efi" only_boot systemd-boot-efi
by_rule() { line systemd-repart | grep -q 'why: rule grow, targets: \[vm\]'; }
check "a root that grows adds systemd-repart, by the rule grow" by_rule
why() { # WORDS PACKAGE
	leaves 0 ingot why -t vm vm "$2" && says "$1"
}
check "why names what boots" why "boots the disks" busybox-static
check "why names the rule" why grow systemd-repart

build() { leaves 0 ingot build --locked "$@" -t vm vm; }
sum() { sha256sum <"$ws/outputs/vm-1.0.0-vm-amd64.raw"; }
if check "the disk is built" build; then
	first=$(sum)
	collected() {
		leaves 0 ingot stage gc --grace 0 && rm -rf "$ws/outputs" && build --offline && [ "$(sum)" = "$first" ]
	}
	check "after 'stage gc' it is built again, the same, without a network" collected
	no_results() {
		rm -rf "$ws/outputs" "$stage/results" && build --offline && [ "$(sum)" = "$first" ]
	}
	check "so it is with downloads only" no_results
fi

# A package that the tree has as well: it boots, too.
too() {
	cp "$lock" "$area/first.lock"
	replace "$recipe" "      - dbus" "      - busybox-static
      - dbus" && leaves 0 ingot lock vm --diff && line busybox-static | grep -q 'targets: \[vm\].*boot: too'
}
check "a package of the tree that boots as well is 'boot: too'" too

verity() {
	replace "$recipe" "type: ext4, size: auto, grow: true" "type: erofs, verity: true" &&
		leaves 0 ingot lock vm --diff && says cryptsetup-bin && says systemd-repart &&
		line cryptsetup-bin | grep -q 'why: boot, boot: only' && ! line systemd-repart
}
check "verity brings cryptsetup-bin, and takes what let the root grow" verity

no_disk() {
	sed -i '/^  vm:$/,$d' "$recipe"
	leaves 0 ingot lock vm --diff && says busybox-static && says systemd-boot-efi && says cryptsetup-bin &&
		! grep -qE 'boot: (only|too)|why: (boot|rule grow)' "$lock" && ! line busybox-static
}
check "without the disk they are gone, and the diff shows it" no_disk
# Which of several packages is named as the reason for another is the first that was there.
packages() { grep -v '^made:' "$1" | sed 's/why: [^,]*, //'; }
back() {
	cp "$root/recipes/vm.yaml" "$recipe" && leaves 0 ingot lock vm &&
		diff <(packages "$area/first.lock") <(packages "$lock")
}
check "with the recipe as it was the same packages are locked" back

#!/bin/bash
# One disk, each kind of bus, both kernels of Debian 13.
. "$(dirname "$0")/guest.sh"
guest_ready "disks on other buses" || exit 0

for kernel in linux-image-cloud-amd64 linux-image-amd64; do
	name=${kernel#linux-image-}
	check "$name: the recipe" guest_recipe "$name" || continue
	replace "$recipe" linux-image-cloud-amd64 "$kernel"
	check "$name: the disk is built" guest_build "$name" || continue
	for boot_bus in virtio-blk virtio-scsi nvme sata; do
		# vm.sh boots this one.
		[ "$name $boot_bus" != "cloud-amd64 virtio-blk" ] || continue
		cp --sparse=always "$disk" "$area/disk.raw"
		guest_start "$name-$boot_bus" "$area/disk.raw"
		check "$name: a disk on $boot_bus boots" guest_up || continue
		guest_is_well "$name on $boot_bus"
		check "$name on $boot_bus: it switches off" guest_off
	done
done

#!/bin/bash
# The kernel for clouds on other buses; vm.sh boots it on virtio-blk. It has no driver of SATA.
. "$(dirname "$0")/guest.sh"
guest_ready "the cloud kernel on other buses" || exit 0
guest_boots_on linux-image-cloud-amd64 virtio-scsi nvme

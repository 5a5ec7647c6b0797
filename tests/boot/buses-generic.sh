#!/bin/bash
# The kernel for everything: on SATA, which the kernel for clouds can't drive, and as vm.sh.
. "$(dirname "$0")/guest.sh"
guest_ready "the generic kernel" || exit 0
guest_boots_on linux-image-amd64 sata virtio-blk

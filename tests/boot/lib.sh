# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder: virtual machines.
#   . "$(dirname "$0")/lib.sh"
#
#   boot_start NAME DISK [OPTION...]   starts QEMU; the options are its own
#   boot_wait TEXT SECONDS             until the serial console has said it
#   boot_wait_end SECONDS              until the machine has switched itself off
#   boot_stop                          ends it, if it is still there
#
# One machine at a time. Set before boot_start:
#   boot_firmware      plain (default) or secure: Secure Boot with OVMF's snakeoil key as db
#   boot_memory        MiB
#   boot_bus           virtio-blk (default), virtio-scsi, nvme or sata
#   boot_architecture  amd64 (default) or arm64
# INGOT_TEST_ACCEL=tcg (or kvm) says what runs it; else what works on this machine.
# Set by it: boot_pid, boot_log (serial console), boot_folder. Without an option that asks
# for one a machine has no network; forward to 127.0.0.1 only.
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

boot_firmware=plain
boot_memory=1024
boot_bus=virtio-blk
boot_architecture=amd64
boot_pid=
boot_log=
boot_folder=
boot_code=/usr/share/OVMF/OVMF_CODE_4M
boot_key=/usr/share/ovmf/PkKek-1-snakeoil.key         # passphrase: snakeoil
boot_certificate=/usr/share/ovmf/PkKek-1-snakeoil.pem

# What is missing to boot, or nothing.
boot_lacks() {
	if [ $boot_architecture = arm64 ]; then
		command -v qemu-system-aarch64 >/dev/null || { echo "qemu-system-arm"; return; }
		[ -e /usr/share/AAVMF/AAVMF_CODE.fd ] || { echo "qemu-efi-aarch64"; return; }
		return
	fi
	command -v qemu-system-x86_64 >/dev/null || { echo "qemu-system-x86"; return; }
	[ -e ${boot_code}.fd ] || { echo "ovmf"; return; }
}

# Some machines offer KVM that then can't run the firmware: it is tried for a moment.
boot_kvm_works() {
	local log=$INGOT_TEST_SCRATCH/boot-kvm.log
	if ! [ -e "$log" ]; then
		: >"$log"
		[ -w /dev/kvm ] || echo "error: no /dev/kvm" >"$log"
		cp /usr/share/OVMF/OVMF_VARS_4M.fd "$log.vars"
		[ -s "$log" ] || timeout 4 qemu-system-x86_64 -machine q35 -accel kvm -m 256 -nodefaults \
			-display none -drive "if=pflash,format=raw,unit=0,readonly=on,file=$boot_code.fd" \
			-drive "if=pflash,format=raw,unit=1,file=$log.vars" >"$log" 2>&1 </dev/null
		rm -f "$log.vars"
	fi
	! grep -qi 'error' "$log"
}
boot_accel() {
	if [ -n "${INGOT_TEST_ACCEL:-}" ]; then
		echo "$INGOT_TEST_ACCEL"
	elif [ $boot_architecture = amd64 ] && [ "$(uname -m)" = x86_64 ] && boot_kvm_works; then
		echo kvm
	else
		echo tcg
	fi
}

boot_disk_options() {
	case $boot_bus in
	virtio-blk) echo -device virtio-blk-pci,drive=disk,bootindex=1 ;;
	virtio-scsi) echo -device virtio-scsi-pci -device scsi-hd,drive=disk,bootindex=1 ;;
	nvme) echo -device nvme,drive=disk,serial=1,bootindex=1 ;;
	sata) echo -device ahci,id=sata -device ide-hd,bus=sata.0,drive=disk,bootindex=1 ;;
	esac
}

boot_start() { # NAME DISK [OPTION...]
	local name=$1 disk=$2 machine=q35 code=$boot_code.fd vars=/usr/share/OVMF/OVMF_VARS_4M.fd
	local emulator=qemu-system-x86_64 options=() accel words cpus=2
	shift 2
	boot_stop
	boot_folder=$(mktemp -d "$INGOT_TEST_SCRATCH/boot-$name.XXXXXX")
	boot_log=$boot_folder/serial.log
	if [ "$boot_firmware" = secure ]; then
		machine=q35,smm=on
		code=$boot_code.secboot.fd
		vars=/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd
		options+=(-global "driver=cfi.pflash01,property=secure,value=on")
	fi
	if [ $boot_architecture = arm64 ]; then
		emulator=qemu-system-aarch64
		machine=virt
		code=/usr/share/AAVMF/AAVMF_CODE.fd
		vars=/usr/share/AAVMF/AAVMF_VARS.fd
		options+=(-cpu cortex-a72)
	fi
	# What `ingot run` says to an emulated machine, and why, is in docs/boot.md.
	accel=$(boot_accel)
	words=no_timer_check
	[ $boot_architecture = amd64 ] || words=systemd.default_device_timeout_sec=300
	# Two emulated processors trip over a kernel that patches its own code.
	[ "$accel" != tcg ] || cpus=1
	[ "$accel" != tcg ] ||
		options+=(-smbios "type=11,value=io.systemd.stub.kernel-cmdline-extra=$words")
	cp "$vars" "$boot_folder/vars.fd"
	# shellcheck disable=SC2046
	$emulator -machine "$machine" -accel "$accel" "${options[@]}" -m "$boot_memory" \
		-smp "$cpus" -nodefaults \
		-display none -no-reboot -serial "file:$boot_log" -device virtio-rng-pci \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,unit=1,file=$boot_folder/vars.fd" \
		-drive "if=none,id=disk,format=raw,file=$disk" \
		$(boot_disk_options) "$@" \
		>"$boot_folder/qemu.log" 2>&1 </dev/null &
	boot_pid=$!
}

# The console without what drives a terminal.
boot_said() {
	[ -e "$boot_log" ] || return 0
	sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g; s/\r//g' "$boot_log"
}

boot_show() {
	cat "$boot_folder/qemu.log"
	boot_said | tail -n 40
}

boot_wait() { # TEXT SECONDS
	local end=$((SECONDS + $2))
	while [ $SECONDS -lt $end ]; do
		if boot_said | grep -aqF -- "$1"; then return 0; fi
		if ! kill -0 "$boot_pid" 2>/dev/null; then
			boot_said | grep -aqF -- "$1" && return 0
			echo "the machine ended without '$1'"
			boot_show
			return 1
		fi
		sleep 0.2
	done
	echo "no '$1' in $2 seconds"
	boot_show
	return 1
}

boot_wait_end() { # SECONDS
	local end=$((SECONDS + $1))
	while kill -0 "$boot_pid" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			echo "the machine is still on after $1 seconds"
			boot_show
			return 1
		fi
		sleep 0.2
	done
	wait "$boot_pid" 2>/dev/null
	boot_pid=
}

boot_stop() {
	[ -n "$boot_pid" ] || return 0
	kill "$boot_pid" 2>/dev/null
	wait "$boot_pid" 2>/dev/null
	boot_pid=
}
# tests/lib.sh may have set a trap of its own: it goes on.
boot_end() {
	boot_stop
	[ -z "$boot_exit" ] || eval "$boot_exit"
}
boot_exit=$(trap -p EXIT | sed "s/^trap -- '\(.*\)' EXIT\$/\1/" | sed "s/'\\\\''/'/g")
trap boot_end EXIT

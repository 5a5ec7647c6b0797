#!/bin/bash
# Secure Boot and measured boot of our unified kernel images, in QEMU with OVMF: a signed
# one boots, an unsigned or changed one does not, and PCR 11 is what we say beforehand.
# Kernel, stub and busybox are Debian's; the system is an initrd that reports and goes.
. "$(dirname "$0")/lib.sh"
work=$INGOT_TEST_SCRATCH/secure-boot
mkdir -p "$work"
lacks=$(boot_lacks)
if [ -n "$lacks" ]; then skip "Secure Boot" "needs $lacks"; exit 0; fi
cmake --build "$INGOT_BUILD" --target uki_tool >"$work/log" 2>&1 || { cat "$work/log"; not_ok "uki_tool is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name uki_tool -type f | head -n 1)
debs=${INGOT_TEST_DEBS:-$work/debs}

cat >"$work/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t securityfs sec /sys/kernel/security
echo "BOOTED $(/bin/busybox cat /proc/cmdline)"
for pcr in /sys/class/tpm/tpm0/pcr-sha256/11; do
	[ ! -e "$pcr" ] || echo "PCR11 $(/bin/busybox cat "$pcr")"
done
/bin/busybox dmesg | /bin/busybox grep -i 'secure boot' | /bin/busybox sed 's/^/KERNEL /'
/bin/busybox poweroff -f
INIT

make_initrd() { # BUSYBOX OUT
	rm -rf "$work/initrd"
	mkdir -p "$work/initrd/bin" "$work/initrd/dev"
	cp "$1" "$work/initrd/bin/busybox"
	cp "$work/init" "$work/initrd/init"
	chmod 755 "$work/initrd/init" "$work/initrd/bin/busybox"
	mknod "$work/initrd/dev/console" c 5 1
	(cd "$work/initrd" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$2"
}

make_disk() { # UKI OUT: firmware looks into FAT file systems without a partition table, too
	rm -f "$2"
	truncate -s 128M "$2"
	mkfs.vfat -F 32 "$2" >/dev/null
	mmd -i "$2" ::EFI ::EFI/BOOT
	mcopy -i "$2" "$1" ::EFI/BOOT/BOOTX64.EFI
}

boots() { # NAME UKI [OPTION...]
	make_disk "$2" "$work/$1.raw"
	boot_start "$1" "$work/$1.raw" "${@:3}"
	boot_wait "BOOTED console=ttyS0 quiet mark=abcdef" 240 && boot_wait_end 60
}
is_refused() { # NAME UKI
	make_disk "$2" "$work/$1.raw"
	boot_start "$1" "$work/$1.raw"
	boot_wait "Access Denied" 240 || return 1
	boot_stop
	! boot_said | grep -aq BOOTED
}
pcr_11_is_as_foretold() { # UKI
	local want got
	want=$("$tool" measure "$1" | sed -n '1s/ .*//p')
	got=$(boot_said | sed -n 's/^PCR11 //p' | tr 'A-F' 'a-f')
	echo "foretold $want, measured $got"
	[ -n "$want" ] && [ "$want" = "$got" ]
}
secure_boot_was_on() { boot_said | grep -aqi '^KERNEL .*secure boot enabled'; }

start_tpm() { # FOLDER
	mkdir -p "$1"
	swtpm socket --tpm2 --tpmstate "dir=$1" --ctrl "type=unixio,path=$1/socket" --terminate \
		>"$1/log" 2>&1 </dev/null &
	for _ in $(seq 50); do [ -S "$1/socket" ] && return 0; sleep 0.1; done
	return 1
}

one_release() { # RELEASE
	local release=$1 here kernel image
	bash tests/oracle/debs.sh "$release" amd64 "$debs" systemd-boot-efi busybox-static \
		linux-image-cloud-amd64 >"$work/out" 2>&1 || { cat "$work/out"; return 77; }
	here=$debs/$release-amd64
	image=$(dpkg-deb -f "$here"/linux-image-cloud-amd64_*.deb Depends | sed 's/ .*//; s/,.*//')
	bash tests/oracle/debs.sh "$release" amd64 "$debs" "$image" >"$work/out" 2>&1 || { cat "$work/out"; return 77; }
	for deb in "$here"/{systemd-boot-efi,busybox-static,"$image"}_*.deb; do
		dpkg-deb -x "$deb" "$here/root" || return 1
	done
	kernel=$(find "$here/root/boot" -name "vmlinuz-${image#linux-image-}")
	make_initrd "$(find "$here/root" -name busybox -path '*bin/busybox')" "$work/$release.initrd"
	printf 'ID=debian\n' >"$work/osrel"
	printf 'console=ttyS0 quiet mark=abcdef' >"$work/cmdline"
	printf %s "${image#linux-image-}" >"$work/uname"
	uki=$work/$release.efi
	"$tool" build "$(find "$here/root" -name linuxx64.efi.stub)" "$uki" .linux="$kernel" \
		.initrd="$work/$release.initrd" .cmdline="$work/cmdline" .osrel="$work/osrel" \
		.uname="$work/uname" || return 1
	install -m 600 $boot_key "$work/db.key"
	"$tool" sign "$uki" "$uki.signed" "$work/db.key" $boot_certificate 1700000000 snakeoil
}

for release in ${INGOT_BOOT_RELEASES:-trixie bookworm}; do
	uki=
	one_release "$release"
	status=$?
	if [ $status -eq 77 ]; then skip "$release" "$(tail -n 1 "$work/out")"; continue; fi
	if [ $status -ne 0 ]; then not_ok "$release: a signed image is made"; continue; fi

	boot_firmware=secure
	check "$release: a signed image boots with Secure Boot" boots "$release-signed" "$uki.signed"
	check "$release: and the kernel sees that it is on" secure_boot_was_on
	check "$release: an unsigned one is refused" is_refused "$release-unsigned" "$uki"
	cp "$uki.signed" "$uki.changed"
	at=$(LC_ALL=C grep -abo mark=abcdef "$uki.signed" | head -n 1 | cut -d: -f1)
	printf X | dd of="$uki.changed" bs=1 seek=$((at + 5)) conv=notrunc status=none
	check "$release: one flipped byte in .cmdline is refused" is_refused "$release-changed" "$uki.changed"

	boot_firmware=plain
	if command -v swtpm >/dev/null; then
		tpm=$(mktemp -d "$work/tpm.XXXXXX")
		check "$release: a TPM is there" start_tpm "$tpm"
		check "$release: it boots with a TPM" boots "$release-tpm" "$uki" -chardev "socket,id=tpm,path=$tpm/socket" \
			-tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0
		check "$release: PCR 11 is what we say beforehand" pcr_11_is_as_foretold "$uki"
	else
		skip "$release: PCR 11" "needs swtpm"
	fi
done

#!/bin/bash
# The disk of recipes/vm.yaml with Secure Boot: signed by a key, made again without it, booted
# with OVMF's snakeoil variables and a TPM; unsigned and changed ones are refused.
. "$(dirname "$0")/guest.sh"
guest_ready "a signed disk" && need "a signed disk" sbverify mcopy swtpm || exit 0
export INGOT_SECURE_BOOT_PASSPHRASE=snakeoil
# The package's is for everybody to read: no key that ingot takes.
install -m 600 $boot_key "$area/db.key" && boot_key=$area/db.key

unsigned_is_told() {
	guest_build signed && says "is not signed for Secure Boot" && says "recipes/signed.signatures/" &&
		cp "$disk" "$area/unsigned.raw"
}
is_signed_by_the_key() {
	leaves 0 ingot build signed --target vm --secure-boot-key "$boot_key" &&
		ls "$ws"/recipes/signed.signatures/*.p7s && cp "$disk" "$area/signed.raw" &&
		! cmp -s "$area/signed.raw" "$area/unsigned.raw"
}
# The first partition starts at 1 MiB.
firmware_file() { mcopy -n -i "$1@@1M" ::EFI/BOOT/BOOTX64.EFI "$2"; }
sbverify_accepts() { firmware_file "$1" "$area/uki.efi" && sbverify --cert $boot_certificate "$area/uki.efi"; }
only_the_signature_differs() {
	firmware_file "$area/unsigned.raw" "$area/plain.efi" || return 1
	sbattach --remove "$area/uki.efi" && cmp -n "$(stat -c %s "$area/plain.efi")" -l "$area/plain.efi" "$area/uki.efi" >"$area/bytes"
	# CheckSum is left, and the directory's entry
	[ "$(wc -l <"$area/bytes")" -le 12 ]
}
without_the_key() {
	leaves 0 ingot build signed --target vm --outputs "$area/again" &&
		cmp "$area/again/$(basename "$disk")" "$area/signed.raw"
}
another_certificate_is_refused() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=other -keyout "$area/other.key" \
		-out "$ws/recipes/keys/db.pem" 2>/dev/null
	leaves 7 ingot build signed --target vm --outputs "$area/other" && says E0702 &&
		cp $boot_certificate "$ws/recipes/keys/db.pem"
}
start_tpm() { # FOLDER
	mkdir -p "$1"
	swtpm socket --tpm2 --tpmstate "dir=$1" --ctrl "type=unixio,path=$1/socket" --terminate \
		>"$1/log" 2>&1 </dev/null &
	pids+=("$!")
	for _ in $(seq 50); do [ -S "$1/socket" ] && return 0; sleep 0.1; done
	return 1
}
# systemd extends the PCR by its phases if it finds libtss2; vm.yaml does not ask for that.
pcr_is_foretold() {
	local now phase="the stub"
	now=$(guest cat /sys/class/tpm/tpm0/pcr-sha256/11 | tr 'A-F' 'a-f') || return 1
	if guest 'ls /usr/lib/*/libtss2-esys.so.0' >/dev/null 2>&1; then phase=sysinit:ready; fi
	ingot show "$area/signed.raw" >"$area/show"
	echo "in the machine: $now, after $phase it should be:"
	cat "$area/show"
	[ ${#now} -eq 64 ] && grep -qE "^$phase +$now\$" "$area/show"
}
is_refused() { # NAME DISK
	boot_start "$1" "$2"
	boot_wait "Access Denied" 240 || return 1
	boot_stop
	! boot_said | grep -aq 'Linux version'
}

guest_recipe signed
mkdir -p "$ws/recipes/keys"
cp $boot_certificate "$ws/recipes/keys/db.pem"
replace "$recipe" "    cmdline: [console" "    secure_boot: {certificate: keys/db.pem}
    cmdline: [console"
check "without a key the disk is unsigned, and that is told" unsigned_is_told || exit 1
check "a key signs it, and the signature is kept" is_signed_by_the_key || exit 1
check "sbverify accepts what boots it" sbverify_accepts "$area/signed.raw"
check "the rest of it is the unsigned one" only_the_signature_differs
check "without the key the same signed disk is made" without_the_key
check "a signature by another certificate than the recipe's is refused" another_certificate_is_refused

boot_firmware=secure
check "a TPM is there" start_tpm "$area/tpm"
cp "$area/signed.raw" "$area/run.raw"
guest_start signed "$area/run.raw" -chardev "socket,id=tpm,path=$area/tpm/socket" \
	-tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0
if check "the signed disk boots with Secure Boot" guest_up; then
	check "the kernel says that it is on" guest 'sudo dmesg | grep -i "secure boot enabled"'
	check "PCR 11 is what 'ingot show' foretells" pcr_is_foretold
	check "it switches itself off" guest_off
fi
check "the unsigned disk is refused" is_refused unsigned "$area/unsigned.raw"
cp "$area/signed.raw" "$area/changed.raw"
at=$(LC_ALL=C grep -abo 'systemd.ssh_auto=no' "$area/changed.raw" | head -n 1 | cut -d: -f1)
printf X | dd of="$area/changed.raw" bs=1 seek="$at" conv=notrunc status=none
check "one flipped byte in .cmdline is refused" is_refused changed "$area/changed.raw"

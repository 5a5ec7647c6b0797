#!/bin/bash
# recipes/vm.yaml as a disk: the same bytes each time, and what other programs say of its parts.
. "$(dirname "$0")/lib.sh"
failed=0
test_that() { check "$@" || failed=1; }
need "disks" jq || exit 0

workspace disk
recipe=$ws/recipes/vm.yaml
out=$ws/outputs
raw=$out/vm-1.0.0-vm-amd64.raw
build() { ingot -q build vm -t vm "$@" >"$area/build.log" 2>&1 || { cat "$area/build.log"; return 1; }; }
digest() { sha256sum <"$raw" | cut -d ' ' -f 1; }
facts() { ingot --json -q build vm -t vm 2>/dev/null | jq -r ".outputs[0]$1"; }

check "the recipe is locked" ingot -q lock vm || exit 1
check "the disk is built" build || exit 1
first=$(digest)
test_that "its digest is the one that build says" test "$first" = "$(facts .sha256)"
up_to_date() { [ "$(facts .up_to_date)" = true ] && ingot -q plan vm -t vm | grep -q 'raw: up to date'; }
test_that "a finished disk is not built again" up_to_date
sparse() { [ $(($(stat -c %b "$raw") * 512)) -lt $(($(stat -c %s "$raw") * 9 / 10)) ]; }
test_that "free space is a hole" sparse
again() { # OPTION...: to the same bytes
	rm -f "$raw"
	build "$@" && [ "$(digest)" = "$first" ]
}
test_that "one thread writes the same" again -j 1
test_that "an empty stage gives the same" again --stage "$area/cold"
rm -rf "$area/cold"

# ---- what others say of it ----

part() { # NUMBER FILE
	local at
	at=$(sfdisk -J "$raw" | jq -r ".partitiontable.partitions[$1 - 1] | \"\(.start) \(.size)\"")
	dd if="$raw" of="$2" bs=64K iflag=skip_bytes,count_bytes skip=$((${at% *} * 512)) \
		count=$((${at#* } * 512)) conv=sparse status=none
}
if need "partition table" sgdisk sfdisk jq; then
	no_problem() { sgdisk -v "$raw" | tee "$area/sgdisk" | grep -q '^No problems found' && ! grep -q Caution "$area/sgdisk"; }
	test_that "sgdisk finds no problem" no_problem
	test_that "sfdisk finds no problem" sfdisk --verify "$raw"
fi
if need "ESP" fsck.fat mcopy && part 1 "$area/esp"; then
	test_that "fsck.fat finds no problem" fsck.fat -n "$area/esp"
	test_that "the ESP has the loader" mcopy -o -i "$area/esp" ::EFI/BOOT/BOOTX64.EFI "$area/uki.efi"
fi
if need "ext4" e2fsck blkid && part 2 "$area/root"; then
	test_that "e2fsck finds no problem" e2fsck -fn "$area/root"
	test_that "blkid knows it" test "$(blkid -p -s LABEL -o value "$area/root")" = root
fi

# ---- sizes ----

too_small() {
	replace "$recipe" "size: auto" "size: 128M" && ingot -q lock vm &&
		leaves 3 ingot build vm -t vm && says E0305 && says 134217728 && says "vm.yaml:" &&
		replace "$recipe" "size: 128M" "size: 700M" && ingot -q lock vm && build &&
		[ "$(facts '.partitions[1].size')" = $((700 << 20)) ]
}
test_that "a fixed size is judged at its line, or kept" too_small
full_disk() { leaves 12 ingot --outputs "$area/full" build vm -t vm && [ -z "$(ls -A "$area/full")" ]; }
if need "a full disk" tmpfs; then
	mkdir -p "$area/full"
	mount -t tmpfs -o size=64m none "$area/full" && mounts+=("$area/full")
	test_that "a full disk leaves nothing" full_disk
fi

# ---- Secure Boot ----

signed() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$area/db.key" -out "$area/db.pem" -subj /CN=test/ \
		-days 3650 2>/dev/null && build --secure-boot-key "$area/db.key" --secure-boot-cert "$area/db.pem" &&
		[ "$(facts .signed)" = true ] && first=$(digest) && part 1 "$area/esp" &&
		mcopy -o -i "$area/esp" ::EFI/BOOT/BOOTX64.EFI "$area/signed.efi"
}
if need "Secure Boot" openssl sbverify mcopy; then
	test_that "the disk is signed" signed
	test_that "sbverify accepts it" sbverify --cert "$area/db.pem" "$area/signed.efi"
	test_that "without the key the same signed disk is made" again
	rm -rf "$ws/recipes/vm.signatures"
fi

# ---- EROFS and verity, other formats ----

replace "$recipe" "type: ext4, size: 700M, grow: true" "type: erofs, verity: true"
replace "$recipe" "    type: disk" "    type: disk
    formats: [raw, qcow2]"
ingot -q lock vm
check "the disk is built with verity" build || exit 1
first=$(digest)
test_that "and again" again
if need "verity" veritysetup && part 2 "$area/root" && part 3 "$area/hash"; then
	verified() { veritysetup verify "$area/root" "$area/hash" "$(facts .root_hash)"; }
	test_that "veritysetup verifies the root" verified
	flipped() {
		printf 'X' | dd of="$area/root" bs=1 seek=5000000 conv=notrunc status=none
		! verified
	}
	test_that "and no other" flipped
fi
same_disk() { qemu-img compare "$raw" "${raw%.raw}.qcow2"; }
if need "qcow2" qemu-img; then test_that "the qcow2 is the same disk" same_disk; fi

# ---- ingot run ----

nothing() { head -c 4096 /dev/zero >"$area/nothing" && leaves 11 ingot run "$area/nothing"; }
test_that "what is no image is not started" nothing
no_program() { leaves 2 env PATH=/nowhere "$INGOT" run "$raw" && says E0205 && says qemu-system-x86; }
test_that "a missing program is named with its package" no_program
exit $failed

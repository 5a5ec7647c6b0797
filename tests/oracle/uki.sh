#!/bin/bash
# Unified kernel images from the stubs of Debian 12 and 13, before other programs' eyes:
# a reader of sections of our own kind (uki-sections.py), objdump, pesign, sbverify, sbsign.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/oracle-uki
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target uki_tool >"$work/log" 2>&1 || { cat "$work/log"; not_ok "uki_tool is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name uki_tool -type f | head -n 1)

# What goes into the sections: their sizes are what matters here.
printf 'ID=debian\n' >"$work/osrel"
printf 'root=PARTUUID=x quiet' >"$work/cmdline"
printf '6.1.0-test' >"$work/uname"
head -c 3000001 "$tool" >"$work/linux"
tail -c 100003 "$tool" >"$work/initrd"
names="linux osrel cmdline uname initrd"
parts=()
for name in $names; do parts+=(".$name=$work/$name"); done

openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj "/O=Test/CN=uki" \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
openssl rsa -in "$work/key.pem" -aes256 -passout pass:secret -out "$work/locked.pem" 2>/dev/null

sections_are_kept() { # STUB UKI: what was in the stub is there, and what was added
	python3 tests/oracle/uki-sections.py "$1" "$2" "${parts[@]}" || return 1
	"$tool" list "$2" >"$work/list" || return 1
	for name in $names; do
		grep -qx "\.$name $(stat -c %s "$work/$name") $(sha256sum <"$work/$name" | cut -d' ' -f1)" \
			"$work/list" || return 1
	done
}
hashes_agree() { # FILE: with pesign, which pads to 8 bytes as every signer does
	[ "hash: $("$tool" hash "$1")" = "$(pesign -h -P -i "$1")" ]
}
signs_the_same_every_time() { # UKI SIGNED
	"$tool" sign "$1" "$2" "$work/key.pem" "$work/cert.pem" 1700000000 &&
		"$tool" sign "$1" "$2.again" "$work/locked.pem" "$work/cert.pem" 1700000000 secret &&
		cmp "$2" "$2.again"
}
sbsign_signs_the_same_digest() { # UKI
	sbsign --key "$work/key.pem" --cert "$work/cert.pem" --output "$1.sbsign" "$1" 2>/dev/null &&
		"$tool" check "$1.sbsign" "$work/cert.pem" &&
		[ "$("$tool" hash "$1.sbsign")" = "$("$tool" hash "$1")" ]
}
a_detached_one_by_sbsign_is_attached() { # UKI
	sbsign --detached --key "$work/key.pem" --cert "$work/cert.pem" --output "$1.p7s" "$1" 2>/dev/null &&
		"$tool" attach "$1" "$1.attached" "$1.p7s" && sbverify --cert "$work/cert.pem" "$1.attached"
}
a_changed_byte_is_seen() { # SIGNED
	cp "$1" "$1.bad"
	at=$(LC_ALL=C grep -abo 'root=PARTUUID=x quiet' "$1" | head -n 1 | cut -d: -f1)
	printf X | dd of="$1.bad" bs=1 seek="$at" conv=notrunc status=none
	! sbverify --cert "$work/cert.pem" "$1.bad" 2>/dev/null && ! "$tool" check "$1.bad" 2>/dev/null
}

for release in bookworm trixie; do
	for arch in amd64 arm64; do
		bash tests/oracle/debs.sh $release $arch "$work/debs" systemd-boot-efi >"$work/out" 2>&1
		status=$?
		if [ $status -eq 77 ]; then
			skip "$release $arch" "$(tail -n 1 "$work/out")"
			continue
		fi
		here=$work/debs/$release-$arch
		dpkg-deb -x "$here"/systemd-boot-efi_*.deb "$here/root" || { cat "$work/out"; not_ok "$release $arch: the stub is there"; continue; }
		stub=$(find "$here/root" -name 'linux*.efi.stub')
		uki=$work/$release-$arch.efi signed=$work/$release-$arch.signed.efi
		check "$release $arch: a UKI is built" "$tool" build "$stub" "$uki" "${parts[@]}" || continue
		check "$release $arch: sections are those of the stub and what was added" sections_are_kept "$stub" "$uki"
		if [ $arch = amd64 ]; then
			objdump -h "$uki" | awk '$2 ~ /^\./ { print $2, "0x" $3 }' |
				while read -r name size; do echo "$name $((size))"; done >"$work/theirs"
			"$tool" list "$uki" | awk '/^\./ { print $1, $2 }' >"$work/ours"
			check "$release $arch: objdump lists the same sections" diff "$work/theirs" "$work/ours"
		fi
		check "$release $arch: pesign's hash of it is ours" hashes_agree "$uki"
		check "$release $arch: pesign's hash of the stub is ours" hashes_agree "$stub"
		check "$release $arch: it is signed the same every time" signs_the_same_every_time "$uki" "$signed"
		check "$release $arch: sbverify accepts the signature" sbverify --cert "$work/cert.pem" "$signed"
		check "$release $arch: pesign's hash does not see the signature" hashes_agree "$signed"
		check "$release $arch: what sbsign signs is accepted, and has the same digest" sbsign_signs_the_same_digest "$uki"
		check "$release $arch: sbsign's detached signature is attached" a_detached_one_by_sbsign_is_attached "$uki"
		check "$release $arch: a changed byte is seen" a_changed_byte_is_seen "$signed"
		check "$release $arch: the stub's version is known" "$tool" measure "$uki"
	done
done
if [ -e "$work/bookworm-amd64.efi" ]; then
	# Debian 12's headers have 7 rows left.
	stub=$(find "$work/debs/bookworm-amd64" -name 'linuxx64.efi.stub')
	check "bookworm amd64: seven sections fit" "$tool" build "$stub" "$work/full.efi" "${parts[@]}" \
		.ucode="$work/uname" .splash="$work/uname"
	"$tool" build "$stub" "$work/full.efi" "${parts[@]}" .ucode="$work/uname" .splash="$work/uname" \
		.dtb="$work/uname" 2>"$work/err"
	check "bookworm amd64: eight are refused with the numbers" \
		grep -q "room for 7 more sections, 8 are needed" "$work/err"
fi

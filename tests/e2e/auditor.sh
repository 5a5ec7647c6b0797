#!/bin/bash
# The auditor's two commands with a real recipe: nginx of Debian, signed, bundled, rebuilt without
# a network, judged by two.
. "$(dirname "$0")/lib.sh"
need "an auditor" jq || exit 0
workspace ws
image=$ws/outputs/nginx-1.0.0-container-amd64.oci.tar
bundle=$area/nginx.bundle

check "lock" leaves 0 ingot lock nginx || exit 1
keys() { for k in maker alice bob; do leaves 0 ingot keygen -o "$area/$k" --no-passphrase || return 1; done; }
check "keys" keys
check "the maker builds and signs" leaves 0 ingot build nginx --arch amd64 --sign-key "$area/maker.pem" || exit 1
check "and bundles" leaves 0 ingot bundle nginx --arch amd64 -o "$bundle" || exit 1
vouched() { leaves 0 "$INGOT" verify "$image" --key "$area/maker.pub" && says "is verified"; }
check "verify" vouched
check "by nobody known: status 9" leaves 9 "$INGOT" verify "$image" --key "$area/alice.pub"

offline=()
if need "without a network" root unshare; then offline=(unshare -n); fi
rebuilds() { # KEY: in an empty folder, with no stage and no home
	mkdir -p "$area/$1.home"
	HOME=$area/$1.home TMPDIR=$area/$1.home leaves 0 "${offline[@]}" "$INGOT" verify "$image" --rebuild --bundle "$bundle" --sign-key "$area/$1.pem" &&
		says "identical to the last bit" && says "evidence    ok" && says "effects     ok"
}
check "alice rebuilds it without a network, and signs her verdict" rebuilds alice
one() { leaves 9 "$INGOT" verify "$image" --threshold 2 --key "$area/alice.pub" --key "$area/bob.pub" && says "1 of the 2"; }
check "one is not two" one
check "bob does, too" rebuilds bob
two() { leaves 0 "$INGOT" verify "$image" --threshold 2 --key "$area/alice.pub" --key "$area/bob.pub" && says "2 of 2 rebuilders agree"; }
check "two agree" two
changed() { # one byte in a layer
	cp "$image" "$area/changed.oci.tar" && cp "$image.sigstore.json" "$area/changed.oci.tar.sigstore.json"
	printf 'X' | dd of="$area/changed.oci.tar" bs=1 seek=5000000 conv=notrunc status=none
	leaves 7 "$INGOT" verify "$area/changed.oci.tar" --key "$area/maker.pub" && says "failed  layer"
}
check "a changed byte is found in its layer" changed

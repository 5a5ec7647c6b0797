#!/bin/bash
# Who signs: a key in a token (SoftHSM), by `sign`, `build` and `verify --rebuild`; a key whose
# passphrase is typed at a terminal.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "signers" apt-ftparchive gpg dpkg-deb curl jq openssl || exit 0

tiny_setup local || exit 1
check "lock, build, bundle" eval 'ingot -q lock tiny && ingot -q build tiny && ingot -q bundle tiny -o "$area/tiny.bundle"' || exit 1
image=$ws/outputs/tiny-1-container-amd64.oci.tar
cp "$image" "$area/plain.oci.tar"
vouched() { # KEY.pub [FILE]
	leaves 0 ingot verify "${2:-$image}" --key "$1" && says "is verified"
}

# ---- typed ----

typed() { # ANSWERS COMMAND...
	local answers=$1
	shift
	said=$(/usr/bin/python3 "$root/tests/tools/type_at_terminal.py" "$answers" "$@" 2>&1)
}
unseen() { says "assphrase" && ! grep -q swordfish <<<"$said"; }
prompt() {
	typed 'swordfish|swordfish' "$INGOT" keygen -o "$area/typed" && unseen &&
		typed swordfish "$INGOT" sign "$area/plain.oci.tar" --key "$area/typed.pem" && unseen && vouched "$area/typed.pub" "$area/plain.oci.tar"
}
check "sign asks for the passphrase at a terminal, unseen" prompt
prompt_build() { typed swordfish "$INGOT" -C "$ws" --stage "$stage" build tiny --sign-key "$area/typed.pem" && unseen && vouched "$area/typed.pub"; }
check "build asks, too" prompt_build
wrong() {
	cp "$area/plain.oci.tar" "$area/wrong.oci.tar"
	typed 'shark|shark|shark' "$INGOT" sign "$area/wrong.oci.tar" --key "$area/typed.pem"
	[ $? = 2 ] && says "another passphrase" && [ ! -e "$area/wrong.oci.tar.sigstore.json" ]
}
check "three wrong ones are status 2, and nothing is written" wrong
no_terminal() { leaves 2 setsid "$INGOT" sign "$area/wrong.oci.tar" --key "$area/typed.pem" && says "passphrase"; }
check "without a terminal nothing is asked" no_terminal
rm "$image".sigstore.json

# ---- a token ----

module=/usr/lib/softhsm/libsofthsm2.so
[ -e $module ] || module=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
need "a token signs" pkcs11-tool softhsm2-util || exit 0
signer=exec:$root/docs/signers/pkcs11.sh
mkdir "$area/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$area/tokens" >"$area/softhsm.conf"
echo 4321 >"$area/pin"
export SOFTHSM2_CONF=$area/softhsm.conf PKCS11_MODULE=$module PKCS11_TOKEN=release PKCS11_PIN_FILE=$area/pin
softhsm2-util --init-token --free --label release --so-pin 1234 --pin 4321 >"$area/out" 2>&1 || cat "$area/out"
in_token() { # ID TYPE
	export PKCS11_ID=$1
	token=$area/token$1
	pkcs11-tool --module $module --token-label release --pin 4321 --keypairgen --key-type "$2" --id "$1" >"$area/out" 2>&1 &&
		leaves 0 "$INGOT" keygen -o "$token" --signer "$signer"
}
signs() {
	cp "$area/plain.oci.tar" "$token.oci.tar"
	leaves 0 "$INGOT" sign "$token.oci.tar" --signer "$signer" && vouched "$token.pub" "$token.oci.tar"
}
builds() {
	leaves 0 ingot build tiny --signer "$signer" && says "signed 2 files" && vouched "$token.pub" &&
		[ "$(jq -s 'all(.[]; .signatures != [])' "${image%.oci.tar}.intoto.jsonl")" = true ]
}
rebuilds() {
	leaves 0 "$INGOT" verify "$token.oci.tar" --rebuild --bundle "$area/tiny.bundle" --signer "$signer" && says "signed verdict" &&
		leaves 0 "$INGOT" verify "$token.oci.tar" --threshold 1 --key "$token.pub" && says "1 of 1 rebuilders agree"
}
for type in EC:prime256v1 rsa:2048; do
	id=$([ $type = rsa:2048 ] && echo 02 || echo 01)
	check "a key in a token: $type" in_token $id $type
	check "sign by it" signs
	check "build by it, statements and all" builds
	check "verify --rebuild signs its verdict by it" rebuilds
done
away() { # the PIN is wrong: nothing is signed, and a build that lies there stays
	echo 1111 >"$area/pin"
	cp "$area/plain.oci.tar" "$area/away.oci.tar"
	leaves 2 "$INGOT" sign "$area/away.oci.tar" --signer "$signer" && says "it says: pkcs11-tool" && [ ! -e "$area/away.oci.tar.sigstore.json" ]
}
check "a token that refuses is told" away

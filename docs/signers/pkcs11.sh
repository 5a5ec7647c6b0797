#!/bin/sh
# A key in a PKCS#11 token (HSM, smart card) signs for ingot; docs/keys.md has the protocol.
#
#   export PKCS11_MODULE=/usr/lib/softhsm/libsofthsm2.so   the token's library
#   export PKCS11_TOKEN=release                            its label
#   export PKCS11_ID=01                                    of the key pair, in hex
#   export PKCS11_PIN_FILE=~/.pin                          or the PIN is asked for
#   ingot sign FILE --signer exec:docs/signers/pkcs11.sh
#
# Needs pkcs11-tool (opensc), openssl and base64. ECDSA P-256, RSA, and Ed25519 if the
# token has it.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

token() {
	if [ -n "${PKCS11_PIN_FILE:-}" ]; then
		set -- --pin "env:INGOT_PIN" "$@"
		INGOT_PIN=$(head -n 1 "$PKCS11_PIN_FILE")
		export INGOT_PIN
	fi
	pkcs11-tool --module "$PKCS11_MODULE" --token-label "$PKCS11_TOKEN" --id "$PKCS11_ID" "$@" \
		>"$scratch/said" 2>&1 && return 0
	echo "error pkcs11-tool: $(tr '\n' ' ' <"$scratch/said")"
	exit 0
}

algorithm='' message='' request=''
while read -r name value; do
	case $name in
	request) request=$value ;;
	algorithm) algorithm=$value ;;
	message) message=$value ;;
	esac
done

case $request in
public-key)
	token --read-object --type pubkey --output-file "$scratch/key"
	# DER, but of an Ed25519 key PEM: openssl sees which
	openssl pkey -pubin -in "$scratch/key" -pubout -outform DER >"$scratch/der"
	echo "public-key $(base64 -w0 <"$scratch/der")"
	;;
sign)
	case $algorithm in
	ecdsa-p256-sha256)
		# the token signs a digest: of the message, which sha256 names, too
		printf '%s' "$message" | base64 -d | openssl dgst -sha256 -binary >"$scratch/in"
		token --sign --mechanism ECDSA --input-file "$scratch/in" --output-file "$scratch/out"
		echo "signature-rs $(base64 -w0 <"$scratch/out")"
		;;
	rsa-pkcs1-sha256)
		printf '%s' "$message" | base64 -d >"$scratch/in"
		token --sign --mechanism SHA256-RSA-PKCS --input-file "$scratch/in" --output-file "$scratch/out"
		echo "signature $(base64 -w0 <"$scratch/out")"
		;;
	ed25519)
		printf '%s' "$message" | base64 -d >"$scratch/in"
		token --sign --mechanism EDDSA --input-file "$scratch/in" --output-file "$scratch/out"
		echo "signature $(base64 -w0 <"$scratch/out")"
		;;
	*) echo "error no such algorithm here: $algorithm" ;;
	esac
	;;
*) echo "error not understood: $request" ;;
esac

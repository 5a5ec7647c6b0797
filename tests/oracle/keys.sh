#!/bin/bash
# Keys and signatures, between ingot and openssl, and by tokens (SoftHSM).
. "$(dirname "$0")/../lib.sh"
area=$INGOT_TEST_SCRATCH/oracle-keys
tool=$INGOT_BUILD/signer_tool
adapter=$PWD/docs/signers/pkcs11.sh
typist=$PWD/tests/tools/type_at_terminal.py
rm -rf "$area"
mkdir -p "$area" && cd "$area" || exit 2
export HOME=$area
cmake --build "$INGOT_BUILD" --target signer_tool >log 2>&1 || { cat log; not_ok "signer_tool is built"; exit 1; }
head -c 100000 /dev/urandom >message
echo secret >passphrase && chmod 600 passphrase
fails() { # STATUS WORDS COMMAND...
	local status=$1 words=$2 said
	shift 2
	said=$("$@" 2>&1 </dev/null)
	[ $? = "$status" ] && grep -qF -- "$words" <<<"$said" || { echo "$said"; return 1; }
}
openssl_verify() { # KEY.pub SIGNATURE
	case $(openssl pkey -pubin -in "$1" -noout -text | head -n 1) in
	ED25519*) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in message -sigfile "$2" ;;
	*) openssl dgst -sha256 -verify "$1" -signature "$2" message ;;
	esac
}
keygen() { "$INGOT" keygen "$@" >out; }
made() { # TYPE OPTION...
	local type=$1
	shift
	rm -f k.pem k.pub
	(umask 0 && keygen -o k --type "$type" "$@") && [ "$(stat -c %a k.pem k.pub | tr '\n' ' ')" = "600 644 " ] &&
		openssl pkey -in k.pem -passin file:passphrase -pubout | cmp - k.pub &&
		grep -q "$(openssl pkey -pubin -in k.pub -outform DER | sha256sum | cut -d' ' -f1)" out
}
signs() { # KEY.pem PASSPHRASE|- KEY.pub
	"$tool" key "$1" "$2" message signature && openssl_verify "$3" signature && "$tool" verify "$3" - message signature
}
for type in ed25519 ecdsa-p256; do
	check "openssl reads our $type key" made $type --no-passphrase
	check "and verifies its signatures" signs k.pem - k.pub
	check "openssl reads our encrypted $type key" made $type --passphrase-file passphrase
	check "and verifies its signatures, too" signs k.pem passphrase k.pub
done
check "our keys are encrypted with scrypt and AES-256" \
	bash -c 'openssl asn1parse -in k.pem | grep -q scrypt && openssl asn1parse -in k.pem | grep -q aes-256-cbc'
check "a wrong passphrase is said" fails 2 "another passphrase" "$tool" key k.pem <(echo wrong) message signature
check "no passphrase is said" fails 2 "there is no passphrase" "$tool" key k.pem - message signature
check "a passphrase through a pipe" "$tool" key k.pem <(echo secret) message signature
check "a key is never overwritten" fails 2 "already a file 'k.pem'" keygen -o k --no-passphrase
check "nor is its public half" bash -c 'rm -f j.*; echo mine >j.pub; ! '"$INGOT"' keygen -o j --no-passphrase 2>/dev/null &&
	[ ! -e j.pem ] && [ "$(cat j.pub)" = mine ]'
check "without a terminal an option is needed" fails 2 "--no-passphrase" setsid "$INGOT" keygen -o n
check "and nothing is written" test ! -e n.pem -a ! -e n.pub
check "an unknown type" fails 2 "ed25519 or ecdsa-p256" keygen -o n --type rsa
check "a folder that is not there" fails 12 "no folder" keygen -o absent/n --no-passphrase
asked() { # PASSPHRASES: as typed at a terminal
	rm -f t.pem t.pub
	python3 "$typist" "$1" "$INGOT" keygen -o t
}
typed() { asked 'secret|secret' >said && ! grep -q secret said && openssl pkey -in t.pem -passin pass:secret -noout; }
check "at a terminal the passphrase is asked for twice, unseen" typed
check "and must be the same" fails 2 "differ" asked 'secret|other'

foreign() { # openssl's key of ARGUMENTS, plain and encrypted
	openssl genpkey "$@" -out f.pem 2>/dev/null && openssl pkey -in f.pem -pubout -out f.pub && chmod 600 f.pem &&
		signs f.pem - f.pub && openssl pkey -in f.pem -aes256 -passout file:passphrase -out e.pem && chmod 600 e.pem &&
		signs e.pem passphrase f.pub
}
check "keys of openssl sign: Ed25519" foreign -algorithm ed25519
check "keys of openssl sign: P-256" foreign -algorithm EC -pkeyopt ec_paramgen_curve:P-256
check "keys of openssl sign: RSA" foreign -algorithm RSA -pkeyopt rsa_keygen_bits:3072
check "a signature of openssl is verified: RSA" bash -c "openssl dgst -sha256 -sign f.pem -out s message && '$tool' verify f.pub - message s"
other() { openssl genpkey "$@" -out o.pem 2>/dev/null && chmod 600 o.pem; }
other -algorithm EC -pkeyopt ec_paramgen_curve:P-384
check "P-384 is refused" fails 2 "only P-256" "$tool" key o.pem - message signature
other -algorithm RSA -pkeyopt rsa_keygen_bits:1024
check "RSA of 1024 bits is refused" fails 2 "1024 bits" "$tool" key o.pem - message signature
chmod 644 f.pem
check "a key that others can read is refused" fails 2 "chmod 600 f.pem" "$tool" key f.pem - message signature
chmod 600 f.pem && ln -s f.pem link.pem
check "a link to a key is refused" fails 2 "symbolic link" "$tool" key link.pem - message signature

module=/usr/lib/softhsm/libsofthsm2.so
if ! command -v pkcs11-tool softhsm2-util >/dev/null || ! [ -e $module ]; then
	skip "keys in a token" "softhsm2 or opensc is not installed"
	exit 0
fi
mkdir tokens
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$area/tokens" >softhsm.conf
echo 4321 >pin
export SOFTHSM2_CONF=$area/softhsm.conf PKCS11_MODULE=$module PKCS11_TOKEN=release PKCS11_PIN_FILE=$area/pin
softhsm2-util --init-token --free --label release --so-pin 1234 --pin 4321 >out 2>&1 || cat out
in_token() { # ID TYPE
	export PKCS11_ID=$1
	pkcs11-tool --module $module --token-label release --pin 4321 --keypairgen --key-type "$2" --id "$1" >out 2>&1 || return 1
	"$INGOT" keygen -o "token$1" --signer "exec:$adapter" && "$tool" exec "$adapter" - message signature &&
		openssl_verify "token$1.pub" signature && "$tool" verify "token$1.pub" - message signature
}
check "a key in a token signs: ECDSA P-256" in_token 01 EC:prime256v1
check "a key in a token signs: RSA" in_token 02 rsa:2048
if pkcs11-tool --module $module -M 2>/dev/null | grep -q EDDSA; then
	# pkcs11-tool hands more than 1 KiB over in parts, which no token takes for EdDSA
	truncate -s 1000 message
	check "a key in a token signs: Ed25519" in_token 03 EC:edwards25519
	check "and a log" "$INGOT" log append L message --signer "exec:$adapter" --origin log.example/token
	check "which is verified" "$INGOT" log verify L --key token03.pub
else
	skip "a key in a token signs: Ed25519" "SoftHSM is built without it"
fi
export PKCS11_ID=77
check "a key that is not in the token" fails 2 "it says: pkcs11-tool" "$tool" exec "$adapter" - message signature
echo 1111 >pin
export PKCS11_ID=01
check "a wrong PIN" fails 2 "it says: pkcs11-tool" "$tool" exec "$adapter" - message signature

#!/bin/bash
# What people name by mistake, for an output and for a key: the error says what to do, and doing
# it helps.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "mistakes" apt-ftparchive gpg dpkg-deb curl jq openssl ssh-keygen || exit 0

archive=$area/archive
make_key alice && export_key alice "$area/key.pgp" || exit 1
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
stage=$area/stage
tiny_workspace ws "file://$archive"
check "an image is built" eval 'ingot -q lock tiny && ingot -q build tiny && ingot -q bundle tiny -o "$area/tiny.bundle"' || exit 1
name=tiny-1-container-amd64.oci.tar
image=$ws/outputs/$name
cd "$area" || exit 1

# ---- where an output is wanted ----

"$INGOT" -q keygen -o release --no-passphrase >"$area/out"
# all STATUS WORDS FILE: what each command that wants an output says of FILE
all() {
	local status=$1 words=$2 command
	shift 2
	for command in verify show ls sbom export "report -o $area/r.html" "sign --key release.pem"; do
		# shellcheck disable=SC2086 # words
		leaves "$status" "$INGOT" $command "$@" && says "help: " && says "$words" || return 1
	done
	leaves "$status" "$INGOT" diff "$@" "$image" && says "help: " && says "$words"
}
near() { cp "$image" tiny.oci.tar && all 12 "did you mean 'tiny.oci.tar'?" tinny.oci.tar && leaves 12 "$INGOT" why tinny.oci.tar hello && says "did you mean"; }
check "a misspelt name: did you mean" near
in_outputs() { (cd "$ws" && all 12 "did you mean 'outputs/$name'?" "$name"); }
cp release.pem "$ws"
check "an output that lies in outputs/: did you mean" in_outputs
check "nothing like it: where outputs are" all 12 "'ingot build' writes outputs/NAME-VERSION-TARGET-ARCH.oci.tar" other.oci.tar
reference() { leaves 12 "$INGOT" verify example.com/tiny:1 && says "skopeo copy --preserve-digests docker://example.com/tiny:1"; }
check "a name in a registry: how to fetch it" reference
a_folder() { mkdir -p folder && leaves 2 "$INGOT" verify ./folder && says "name a file in it" && mkdir layout && tar -C layout -xf "$image" && leaves 2 "$INGOT" verify ./layout && says "'tar -C ./layout -cf FILE .'"; }
check "a folder: a file in it, or a tar of a layout" a_folder
beside() {
	leaves 0 ingot sign "$image" --key "$area/release.pem" && leaves 0 "$INGOT" keygen -o other --no-passphrase && leaves 0 ingot sign "$image" --key other.pem && [ "$(ls "$image".*.sigstore.json | wc -l)" = 1 ] || return 1
	for file in "$image".sigstore.json "$image".*.sigstore.json "${image%.oci.tar}".spdx.json "${image%.oci.tar}".intoto.jsonl; do
		leaves 11 "$INGOT" verify "$file" && says "name that, '$image'" || return 1
	done
}
check "what lies beside an output: which output" beside
others() {
	leaves 11 "$INGOT" verify "$ws/recipes/tiny.lock" && says "it is a lock: 'ingot show " && leaves 11 "$INGOT" verify "$ws/recipes/tiny.yaml" && says "it is a recipe: 'ingot build " &&
		leaves 11 "$INGOT" verify release.pub && says "it is a key" && leaves 11 "$INGOT" verify "$(find "$archive" -name '*.deb')" && says "it is a package" &&
		leaves 11 "$INGOT" verify "$INGOT" && says "an image is a tar with an OCI layout"
}
check "a lock, a recipe, a key, a package, a program: what it is" others
cut() { : >empty.tar && all 11 "it is empty" empty.tar && head -c 5000 "$image" >cut.tar && all 11 "is it complete?" cut.tar; }
check "an empty or cut file: is it complete" cut
pipes() { mkfifo fifo && leaves 2 "$INGOT" verify fifo && says "write it to a file"; }
check "a pipe: a file" pipes
stays() { leaves 11 "$INGOT" verify tiny.bundle && says "--rebuild --bundle tiny.bundle" && leaves 2 "$INGOT" verify - && says "write it to a file"; }
check "what was said better before stays" stays

# ---- where a key is wanted ----

cp "$image" x.tar
# the command between the first two quotes of the help, run
obey() {
	local command
	command=$(sed -n "s/^ *help: [^']*'\([^']*\)'.*/\1/p" <<<"$said")
	[ -n "$command" ] && echo "\$ $command" && bash -c "$command" 2>&1
}
# wrong WANTED FILE WORDS: 'verify' or 'sign' with it says them
wrong() {
	if [ "$1" = public ]; then leaves 2 "$INGOT" verify x.tar --key "$2"; else leaves 2 "$INGOT" sign x.tar --key "$2"; fi && says "E0204" && says "help: " && says "$3"
}
# and what is to be done makes MADE, which vouches for what SIGNER has signed
made() { # FILE WORDS SIGNER MADE
	rm -f x.tar.*json && leaves 0 "$INGOT" sign x.tar --key "$3" && wrong public "$1" "$2" && obey && leaves 0 "$INGOT" verify x.tar --key "$4"
}
cp release.pem private.pem
check "a private key: the public one" made private.pem "is a private key" release.pem private.pub
openssl req -x509 -newkey ed25519 -nodes -keyout certified.key -out cert.crt -subj /CN=x 2>"$area/out"
check "a certificate: its public key" made cert.crt "is a certificate" certified.key cert.pub
openssl x509 -in cert.crt -outform DER -out der.crt
check "in DER, too" made der.crt "is a certificate" certified.key der.pub
openssl pkey -in release.pem -outform DER -out raw.der
check "a private key in DER: the public one" made raw.der "is a private key in DER" release.pem raw.pub
openssl pkcs12 -export -in cert.crt -inkey certified.key -passout pass: -out both.p12
check "PKCS #12: the public key" eval 'wrong public both.p12 "PKCS #12" && wrong private both.p12 "openssl pkcs12 -in both.p12 -nocerts"'
openssl genrsa -out rsa.pem 2048 2>"$area/out"
chmod 600 rsa.pem ./*.key raw.der both.p12
openssl rsa -in rsa.pem -RSAPublicKey_out -out bare.pub 2>"$area/out"
check "a bare RSA key: one that is usable" made bare.pub "PKCS #1" rsa.pem bare-new.pub
for type in rsa ecdsa ed25519; do ssh-keygen -q -t $type -N '' -f ssh-$type; done
for type in rsa ecdsa; do
	cp ssh-$type copy-$type.pem
	ssh-keygen -q -p -N '' -m PKCS8 -f copy-$type.pem >"$area/out"
	check "a public key of OpenSSH ($type): one that is usable" made ssh-$type.pub "OpenSSH" copy-$type.pem ssh-$type-new.pub
	check "its private key: a copy that is" wrong private ssh-$type "'ssh-keygen -p -m PKCS8 -f COPY'"
	check "or the public half of it" made ssh-$type "OpenSSH" copy-$type.pem ssh-$type.pub
done
check "Ed25519 of OpenSSH: keygen" eval 'wrong public ssh-ed25519.pub "ingot keygen" && wrong private ssh-ed25519 "ingot keygen" && wrong private ssh-ed25519.pub "ingot keygen"'
GNUPGHOME=$area/gnupg gpg --batch --export alice@example.org >gpg.bin
GNUPGHOME=$area/gnupg gpg --batch --armor --export alice@example.org >gpg.asc
chmod 600 gpg.bin gpg.asc
check "OpenPGP, armoured or not: keygen" eval 'for f in gpg.bin gpg.asc; do wrong public $f OpenPGP && wrong private $f "ingot keygen" || exit; done'
lead() { { echo "# of the release"; cat release.pub; } >lead.pub && wrong public lead.pub "writes it anew" && openssl pkey -pubin -in lead.pub -out anew.pub && cmp anew.pub release.pub; }
check "text around a public key: how to write it anew" lead
check "two keys in a file: one a file" eval 'cat release.pub release.pub >two.pub && wrong public two.pub "may be repeated"'
check "the public half where the private one signs: the other, whatever its mode" eval 'chmod 644 release.pub && wrong private release.pub "release.pem" && ! says chmod'
check "a certificate where a key signs: its key" wrong private cert.crt "the private key that belongs to it"
check "a name without its ending: did you mean" eval 'wrong public release "did you mean" && says release.pub && wrong private release "release.pem"'
check "no such key: whose it is, how to make one" eval 'wrong public none "NAME.pub of who signs" && wrong private none "ingot keygen -o NAME"'
check "an empty file" eval ': >empty.pem && chmod 600 empty.pem && wrong public empty.pem "copied to the end" && wrong private empty.pem "copied to the end"'
folder_key() { leaves 12 "$INGOT" verify x.tar --key folder && says "name the key in it" && wrong private folder "name the file in it"; }
check "a folder: the key in it" folder_key
curve() { openssl ecparam -name secp384r1 -genkey -noout -out p384.pem && chmod 600 p384.pem && wrong private p384.pem "--type ecdsa-p256"; }
check "another curve: which one" curve

# ---- and where something else is ----

told() { # STATUS WORDS COMMAND...
	local status=$1 words=$2
	shift 2
	leaves "$status" "$INGOT" "$@" && says "help: " && says "$words"
}
check "a key without a name: -o NAME" told 2 "-o NAME writes" keygen
place() {
	local command
	for command in "report x.tar" "sbom x.tar" "export x.tar"; do
		# shellcheck disable=SC2086 # words
		told 12 "'mkdir -p absent/' makes it" $command -o absent/x && told 2 "name a file in it: 'folder/NAME'" $command -o folder || return 1
	done
	leaves 12 ingot bundle tiny -o "$area/absent/x" && says "mkdir -p" && leaves 2 ingot bundle tiny -o "$area/folder" && says "name a file in it"
}
check "a place that can't be: before the work, and which one can" place
signature() { told 12 "as 'ingot sign FILE' writes it" verify x.tar --key release.pub --signature none && told 11 "FILE.sigstore.json" verify x.tar --key release.pub --signature release.pub; }
check "no signature: what writes one" signature
verdict() { told 9 "--sign-key KEY.pem' writes one" verify x.tar --threshold 1 --key release.pub && told 12 "--sign-key KEY.pem' writes one" verify x.tar --threshold 1 --key release.pub --verdict none; }
check "no verdict: what writes one" verdict
check "no bundle: what writes one" told 12 "'ingot bundle RECIPE -o FILE' makes one" verify x.tar --rebuild --bundle none
proof() { told 12 "'ingot log prove DIR FILE' writes" verify x.tar --key release.pub --proof none --log-key release.pub && told 11 "'ingot log prove DIR FILE' writes" log verify x.tar --proof release.pub --key release.pub; }
check "no proof: what writes one" proof
log() { told 11 "'ingot log append DIR FILE..." log prove folder x.tar && told 12 "'ingot log append DIR FILE..." log verify absent --key release.pub && told 2 "ingot keygen" log append new x.tar --key copy-ecdsa.pem --origin x && told 11 "example.com/images" log append new x.tar --key release.pem --origin "a b"; }
check "no log, no key or name for one: what does" log

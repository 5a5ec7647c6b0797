#!/bin/bash
# Others check what `ingot sign` writes: the commands and the program of docs/signing.md, run as
# they stand there (openssl; @sigstore/verify of npm), and a reader of DSSE in Python. All take
# signatures by each kind of key, and refuse each that was tampered with.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/sigstore
tools=$root/tests/oracle/sigstore
mkdir -p "$work" && cd "$work" || exit 2
export XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state

# block NAME: what docs/signing.md shows behind the mark NAME.
block() { bash "$tools/block.sh" "$1"; }

stem=web-1.0.0-container-amd64
manifest=$(python3 "$tools/image.py" $stem) || exit 2
cp $stem.intoto.jsonl unsigned.jsonl
file=$stem.oci.tar

umask 077
openssl genpkey -algorithm ed25519 -out ed25519.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ecdsa.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
for type in ed25519 ecdsa rsa; do
	openssl pkey -in $type.pem -pubout -out $type.pub
done
key_id() { openssl pkey -pubin -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1; }

# ---- openssl, by the page ----

block openssl >openssl.block
block ed25519 >ed25519.block
block digest >digest.block
block subject >subject.block
block legacy >legacy.block
all_blocks() { for b in openssl ed25519 digest subject legacy; do [ -s $b.block ] || return 1; done; }
check sigstore-the-page-shows-every-command all_blocks

by_openssl() { # KEY: also whether the statement is about the file
	local key=$1.pub step=digest.block
	[ "$1" != ed25519 ] || step=ed25519.block
	# shellcheck disable=SC1090,SC1091
	(set -e; . ./openssl.block; . ./$step; . ./subject.block)
}

sign() { # KEY [OPTION...]
	local key=$1
	shift
	rm -f "$file".*.json "$file.cosign.sig"
	"$INGOT" sign "$file" --key "$key.pem" "$@"
}

for type in ed25519 ecdsa rsa; do
	cp unsigned.jsonl $stem.intoto.jsonl
	check sigstore-sign-$type sign $type
	cp "$file.sigstore.json" $type.sigstore.json
	check sigstore-openssl-$type by_openssl $type
done

# ---- the same again ----

same_again() {
	cp unsigned.jsonl $stem.intoto.jsonl
	sign "$1" >/dev/null && cp "$file.sigstore.json" once.json && cp $stem.intoto.jsonl once.jsonl &&
		"$INGOT" sign "$file" --key "$1.pem" >/dev/null &&
		cmp once.json "$file.sigstore.json" && cmp once.jsonl $stem.intoto.jsonl
}
check sigstore-ed25519-twice-is-the-same same_again ed25519
check sigstore-rsa-twice-is-the-same same_again rsa

replaced() {
	cp unsigned.jsonl $stem.intoto.jsonl
	sign ecdsa >/dev/null && "$INGOT" sign "$file" --key ecdsa.pem >/dev/null &&
		[ "$(jq -s 'map(.signatures | length) | max' $stem.intoto.jsonl)" = 1 ] && by_openssl ecdsa
}
check sigstore-ecdsa-twice-leaves-one-signature replaced

any_order() {
	local first second
	for first in ed25519 rsa; do
		second=rsa
		[ $first = ed25519 ] || second=ed25519
		cp unsigned.jsonl $stem.intoto.jsonl
		sign $first >/dev/null && "$INGOT" sign "$file" --key $second.pem >/dev/null || return 1
		[ -e "$file.$(key_id $second.pub | cut -c 1-16).sigstore.json" ] || return 1
		cp $stem.intoto.jsonl $first-first.jsonl
	done
	cmp ed25519-first.jsonl rsa-first.jsonl && [ "$(jq -s 'map(.signatures | length) | min' rsa-first.jsonl)" = 2 ]
}
check sigstore-it-does-not-matter-who-signs-first any_order

# ---- an envelope in Python, and tampering ----


lines_are_signed() {
	cp unsigned.jsonl $stem.intoto.jsonl
	sign "$1" >/dev/null && [ "$(wc -l <$stem.intoto.jsonl)" = 2 ] &&
		python3 "$tools/dsse.py" $stem.intoto.jsonl "$1.pub" "$(key_id "$1.pub")" &&
		jq -c 'del(.signatures)' $stem.intoto.jsonl | cmp - <(jq -c 'del(.signatures)' unsigned.jsonl)
}
for type in ed25519 ecdsa rsa; do
	check sigstore-python-reads-the-bundle-$type python3 "$tools/dsse.py" $type.sigstore.json $type.pub "$(key_id $type.pub)"
	check sigstore-statements-are-signed-as-they-are-$type lines_are_signed $type
done


refused_by_python() {
	local t
	rm -f tampered-*.json
	python3 "$tools/tamper.py" "$1.sigstore.json" || return 1
	for t in tampered-*.json; do
		if python3 "$tools/dsse.py" "$t" "$1.pub" "$(key_id "$1.pub")"; then
			echo "accepted: $t"
			return 1
		fi
	done
}
refused_by_ingot() { # every tampered bundle is status 7 or 11, as is and in ingot's own spelling
	local t status
	rm -f tampered-*.json
	python3 "$tools/tamper.py" "$1.sigstore.json" || return 1
	cp unsigned.jsonl $stem.intoto.jsonl
	"$INGOT" verify "$file" --key "$1.pub" --signature "$1.sigstore.json" >/dev/null || return 1
	for t in tampered-*.json; do
		{ jq -cSj . "$t" && echo; } >respelt.json
		"$INGOT" verify "$file" --key "$1.pub" --signature respelt.json >verify.log 2>&1
		status=$?
		case $t:$status in *:7 | *:11) continue ;; esac
		echo "status $status: $t"
		cat verify.log
		return 1
	done
}
for type in ed25519 ecdsa rsa; do
	check sigstore-python-refuses-tampering-$type refused_by_python $type
	check sigstore-ingot-refuses-tampering-$type refused_by_ingot $type
done

# ---- what is not signed ----

status_is() { # STATUS COMMAND...
	local expected=$1 got
	shift
	"$@"
	got=$?
	[ $got = "$expected" ] || { echo "status $got"; return 1; }
}
about_another() {
	jq -c '.payload |= (@base64d | gsub("\"sha256\":\"[0-9a-f]{4}"; "\"sha256\":\"0000") | @base64)' \
		unsigned.jsonl >$stem.intoto.jsonl
	cp $stem.intoto.jsonl before.jsonl
	rm -f "$file".*.json
	status_is 7 "$INGOT" sign "$file" --key ed25519.pem &&
		cmp before.jsonl $stem.intoto.jsonl && ! ls "$file".*.json 2>/dev/null
}
check sigstore-statements-about-another-file-are-not-signed about_another
damaged() {
	cp "$file" good.tar
	printf '\1' | dd of="$file" bs=1 seek=2000 conv=notrunc status=none
	status_is 7 "$INGOT" sign "$file" --key ed25519.pem || status_is 11 "$INGOT" sign "$file" --key ed25519.pem
	local r=$?
	mv good.tar "$file"
	return $r
}
check sigstore-a-damaged-image-is-not-signed damaged
cp unsigned.jsonl $stem.intoto.jsonl
check sigstore-no-key-is-a-usage-error status_is 2 "$INGOT" sign "$file"
stranger() {
	rm -f "$file".*.json
	echo '{"mediaType": "something else"}' >"$file.sigstore.json"
	status_is 11 "$INGOT" sign "$file" --key ed25519.pem && grep -q 'something else' "$file.sigstore.json"
	local r=$?
	rm "$file.sigstore.json"
	return $r
}
check sigstore-a-file-of-somebody-else-is-not-overwritten stranger
stale() {
	sign rsa >/dev/null || return 1
	jq -cSj '.dsseEnvelope.payload |= (@base64d | gsub("\"sha256\":\"[0-9a-f]{4}"; "\"sha256\":\"0000") | @base64)' \
		"$file.sigstore.json" >stale.json && echo >>stale.json && mv stale.json "$file.sigstore.json"
	"$INGOT" sign "$file" --key ed25519.pem >/dev/null && by_openssl ed25519
}
check sigstore-a-signature-of-another-file-is-replaced stale

# ---- cosign's older payload ----

legacy() {
	local key=ecdsa.pub
	sign ecdsa --legacy >/dev/null || return 1
	# shellcheck disable=SC1091
	(set -e; . ./legacy.block) >legacy.log || return 1
	[ "$(sed -n '$p' legacy.log)" = "$manifest" ] &&
		[ "$(jq -r '.critical.identity."docker-reference"' "$file.cosign.json")" = localhost/web:1.0.0 ] &&
		[ "$(jq -r .critical.type "$file.cosign.json")" = "cosign container image signature" ]
}
check sigstore-older-cosign legacy

# ---- @sigstore/verify ----

names="sigstore-npm-accepts sigstore-npm-refuses-tampering sigstore-npm-reads-the-statement"
no_npm() {
	for name in $names; do skip "$name" "$1"; done
	exit 0
}
command -v npm >/dev/null || no_npm "npm is not installed"
echo '{"private": true}' >package.json
# The last versions for Node 18, which Debian 12 has.
timeout 300 npm install --silent --no-audit --no-fund @sigstore/verify@2.1.1 @sigstore/bundle@3.1.0 \
	>npm.log 2>&1 || no_npm "npm can't install @sigstore/verify: $(tail -n 1 npm.log)"
block sigstore-verify >verify.js

npm_accepts() {
	local type
	for type in ed25519 ecdsa rsa; do
		node verify.js $type.sigstore.json $type.pub || return 1
		# and says so because of the key
		! node verify.js $type.sigstore.json other.pub 2>/dev/null || return 1
	done
}
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out other.pub
check sigstore-npm-accepts npm_accepts
npm_refuses() {
	local type t
	for type in ed25519 ecdsa rsa; do
		rm -f tampered-*.json
		python3 "$tools/tamper.py" $type.sigstore.json || return 1
		for t in tampered-*.json; do
			if node verify.js "$t" $type.pub 2>/dev/null; then
				echo "accepted: $type, $t"
				return 1
			fi
		done
	done
}
check sigstore-npm-refuses-tampering npm_refuses
npm_reads() {
	node -e '
		const { bundleFromJSON, isBundleWithPublicKey, isBundleWithDsseEnvelope } = require("@sigstore/bundle");
		const b = bundleFromJSON(JSON.parse(require("fs").readFileSync("ed25519.sigstore.json", "utf8")));
		const s = JSON.parse(b.content.dsseEnvelope.payload);
		console.log(isBundleWithPublicKey(b), isBundleWithDsseEnvelope(b), s.predicateType,
			s.subject.map((x) => x.name).join(" "));' >npm.read &&
		[ "$(cat npm.read)" = "true true https://sigstore.dev/cosign/sign/v1 $file $file#config $file#manifest $file#index" ]
}
check sigstore-npm-reads-the-statement npm_reads

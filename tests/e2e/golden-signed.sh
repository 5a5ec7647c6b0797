#!/bin/bash
# Golden bytes of what is written about an output: a bundle that is kept here, and what today's
# ingot makes of it. tests/golden/signed/expect.txt has a digest a line; the version of ingot,
# which statements name, is taken out. INGOT_GOLDEN_UPDATE=1 makes bundle and digests anew:
# needed when the format of locks or bundles, or the evaluator, has another version.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "golden bytes of what is signed" jq openssl sha256sum || exit 0

golden=$root/tests/golden/signed
stage=$area/stage
ws=$area/ws
mkdir -p "$ws/recipes"

new_bundle() { # from a small archive whose Release is signed now
	local archive=$area/archive
	make_key alice && export_key alice "$area/key.pgp" || return 1
	script_of hello postinst <<'SCRIPT'
#!/bin/sh
set -e
mkdir -p /var/lib/hello
SCRIPT
	payload_base mkdir
	make_deb "$archive/pool/main" tools 1 "Essential: yes"
	make_deb "$archive/pool/main" hello 1.0 "Depends: tools"
	make_indexes "$archive" tiny amd64
	make_release "$archive" tiny alice
	tiny_workspace new "file://$archive"
	replace "$ws/recipes/tiny.yaml" 'entrypoint:' 'compression: none, entrypoint:'
	printf 'words\n' >"$ws/recipes/words"
	replace "$ws/recipes/tiny.yaml" '  - {path: /etc/motd, content: "tiny\n"}' '  - {path: /etc/motd, content: "tiny\n"}
  - {path: /srv/words, from: words}'
	ingot -q lock tiny && ingot -q bundle tiny -o "$golden/tiny.bundle" || return 1
	ws=$area/ws stage=$area/empty
}
[ -z "${INGOT_GOLDEN_UPDATE:-}" ] || check "a new bundle" new_bundle || exit 1
b=$golden/tiny.bundle

unpack_recipes() {
	local manifest name digest
	manifest=$(tar -xOf "$b" index.json | jq -r '.manifests[0].digest[7:]')
	tar -xOf "$b" "blobs/sha256/$manifest" |
		jq -r '.layers[] | "\(.digest[7:]) \(.annotations["org.opencontainers.image.title"])"' |
		while read -r digest name; do
			case $name in
			recipes/*) mkdir -p "$ws/${name%/*}" && tar -xOf "$b" "blobs/sha256/$digest" >"$ws/$name" || return 1 ;;
			esac
		done
	[ -e "$ws/recipes/tiny.lock" ]
}
check "the kept bundle has a recipe and its lock" unpack_recipes || exit 1
compressors=$(sed -n 's/^compressors: "\(.*\)"$/\1/p' "$ws/recipes/tiny.lock")
if ! "$INGOT" version | grep -qF "$compressors"; then
	skip "golden bytes of what is signed" "they are of $compressors"
	exit 0
fi
# RFC 8032, section 7.1, TEST 1; and a key that is known to everybody.
keys() {
	(umask 077
	printf '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60' |
		/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' |
		openssl pkey -inform DER -out "$area/ed25519.pem"
	cp "$golden/rsa.pem" "$area/rsa.pem") && chmod 600 "$area"/*.pem
}
check "two keys whose signatures are always the same" keys
out=$ws/outputs
stem=tiny-1-container-amd64
made() {
	leaves 0 ingot --offline build tiny --locked --bundle "$b" && mkdir -p "$area/unsigned" && cp "$out/$stem.intoto.jsonl" "$area/unsigned" &&
		leaves 0 ingot sign "$out/$stem.oci.tar" --key "$area/ed25519.pem" --legacy &&
		leaves 0 ingot sign "$out/$stem.oci.tar" --key "$area/rsa.pem"
}
check "it is built without a network, and signed" made || exit 1

version=$("$INGOT" version --json 2>/dev/null | jq -r '.version // empty')
[ -n "$version" ] || version=$("$INGOT" version | sed -n 's/^ingot //p' | head -n 1)
sum() { sed "s/$version/VERSION/g" | sha256sum | cut -d ' ' -f 1; }
payload() { jq -r ".[$1].payload" <<<"$(jq -s . "$area/unsigned/$stem.intoto.jsonl")" | base64 -d; }
digests() {
	local file
	for file in "$out"/*; do
		case $file in
		*.intoto.jsonl) ;;
		*.oci.tar | *.sigstore.json | *.sig | *.payload*) printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "${file##*/}" ;;
		*) printf '%s  %s\n' "$(sum <"$file")" "${file##*/}" ;;
		esac
	done
	for file in 0 1 2; do printf '%s  %s, payload %s\n' "$(payload $file | sum)" "$stem.intoto.jsonl" $file; done
	# everything around the payloads: types, and who has signed
	printf '%s  %s, without payloads\n' "$(jq -c 'del(.payload) | .signatures |= map(.keyid)' "$out/$stem.intoto.jsonl" | sum)" "$stem.intoto.jsonl"
}
as_kept() {
	digests >"$area/got"
	[ -z "${INGOT_GOLDEN_UPDATE:-}" ] || cp "$area/got" "$golden/expect.txt"
	diff -u "$golden/expect.txt" "$area/got"
}
check "outputs, statements and signatures are those that are kept" as_kept
rebundled() {
	leaves 0 ingot --offline fetch tiny --bundle "$b" && leaves 0 ingot --offline bundle tiny -o "$area/again" && cmp "$b" "$area/again"
}
check "the bundle comes out of itself, byte for byte" rebundled
rebuilt() {
	leaves 0 ingot verify "$out/$stem.oci.tar" --rebuild --bundle "$b" --key <(openssl pkey -in "$area/rsa.pem" -pubout) --sign-key "$area/ed25519.pem" -o "$area/verdict" &&
		jq -r .dsseEnvelope.payload "$area/verdict" | base64 -d | jq -e '.predicate.result == "PASSED"'
}
check "and is rebuilt with the same bytes" rebuilt

#!/bin/bash
# Others check what `ingot sign` writes: the commands and the program of docs/signing.md, run as
# they stand there (openssl; @sigstore/verify of npm), and a reader of DSSE in Python. All take
# signatures by each kind of key, and refuse each that was tampered with.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/sigstore
mkdir -p "$work" && cd "$work" || exit 2
export XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state

# block NAME: what docs/signing.md shows behind the mark NAME.
block() {
	awk -v mark="sigstore.sh: $1 -->" '
		index($0, mark) { found = 1; next }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside' "$root/docs/signing.md"
}

# The smallest image, and the statements that a build would leave beside it.
cat >make.py <<'EOF'
import base64, hashlib, json, sys

def text(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

def member(name, data=b"", kind=b"0"):
    """One of docs/formats/tar.md."""
    mode = b"0000755" if kind == b"5" else b"0000644"
    head = (name.encode().ljust(100, b"\0") + mode + b"\0" + 2 * (b"%07o\0" % 0) + b"%011o\0" % len(data) +
            b"%011o\0" % 0 + b" " * 8 + kind + bytes(100) + b"ustar\x0000" + bytes(64) +
            2 * (b"%07o\0" % 0)).ljust(512, b"\0")
    head = head[:148] + b"%06o\0 " % sum(head) + head[156:]
    return head + data + bytes(-len(data) % 512)

def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    blobs["blobs/sha256/" + digest] = data
    return "sha256:" + digest, len(data)

name, blobs = sys.argv[1], {}
image = "application/vnd.oci.image."
layer, layer_size = blob(member("./", kind=b"5") + bytes(1024))
config, config_size = blob(text({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
    "type": "layers", "diff_ids": [layer]}, "history": [{"created_by": "test"}]}))
manifest, manifest_size = blob(text({"schemaVersion": 2, "mediaType": image + "manifest.v1+json",
    "config": {"mediaType": image + "config.v1+json", "digest": config, "size": config_size},
    "layers": [{"mediaType": image + "layer.v1.tar", "digest": layer, "size": layer_size}]}))
blobs["index.json"] = text({"schemaVersion": 2, "mediaType": image + "index.v1+json", "manifests": [{
    "mediaType": image + "manifest.v1+json", "digest": manifest, "size": manifest_size,
    "platform": {"architecture": "amd64", "os": "linux"},
    "annotations": {"io.containerd.image.name": "localhost/web:1.0.0",
                    "org.opencontainers.image.ref.name": "1.0.0"}}]})
blobs["manifest.json"] = text([{"Config": "blobs/sha256/" + config[7:], "RepoTags": ["localhost/web:1.0.0"],
                                "Layers": ["blobs/sha256/" + layer[7:]]}])
blobs["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
tar = member("blobs/", kind=b"5") + member("blobs/sha256/", kind=b"5")
for path in sorted(blobs):
    tar += member(path, blobs[path])
tar += bytes(1024)
open(name + ".oci.tar", "wb").write(tar)
file_hex = hashlib.sha256(tar).hexdigest()
with open(name + ".intoto.jsonl", "wb") as out:
    for predicate in ["https://slsa.dev/provenance/v1", "https://spdx.dev/Document/v2.3"]:
        statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate, "predicate": {"a": 1},
                     "subject": [{"name": name + ".oci.tar", "digest": {"sha256": file_hex}},
                                 {"name": name + ".oci.tar#config", "digest": {"sha256": config[7:]}}]}
        out.write(text({"payload": base64.b64encode(text(statement)).decode(), "signatures": [],
                        "payloadType": "application/vnd.in-toto+json"}) + b"\n")
print(manifest)
EOF
stem=web-1.0.0-container-amd64
manifest=$(python3 make.py $stem) || exit 2
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

cat >dsse.py <<'EOF'
"""The messages of a bundle or of lines of envelopes, by DSSE's protocol.md: openssl checks them."""
import base64, json, os, subprocess, sys, tempfile

def verify(envelope, key, key_id):
    for member in ("payload", "payloadType", "signatures"):
        envelope[member]
    body = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"].encode()
    message = b" ".join([b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(body), body])
    for s in envelope["signatures"]:
        if s["keyid"] != key_id:
            continue
        with tempfile.TemporaryDirectory() as folder:
            m, sig = os.path.join(folder, "m"), os.path.join(folder, "s")
            open(m, "wb").write(message)
            open(sig, "wb").write(base64.b64decode(s["sig"], validate=True))
            # (`openssl dgst` would not see what follows an RSA signature.)
            how = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", m, "-sigfile", sig]
            if "ed25519" not in key:
                how += ["-digest", "sha256"]
            return subprocess.run(["openssl"] + how, capture_output=True).returncode == 0
    return False

path, key, key_id = sys.argv[1:]
text = open(path).read()
found = [json.loads(line) for line in text.splitlines()]
for e in found:
    if "dsseEnvelope" in e and e["verificationMaterial"]["publicKey"]["hint"] != key_id:
        sys.exit(1)
found = [e.get("dsseEnvelope", e) for e in found]
sys.exit(0 if found and all(verify(e, key, key_id) for e in found) else 1)
EOF

lines_are_signed() {
	cp unsigned.jsonl $stem.intoto.jsonl
	sign "$1" >/dev/null && [ "$(wc -l <$stem.intoto.jsonl)" = 2 ] &&
		python3 dsse.py $stem.intoto.jsonl "$1.pub" "$(key_id "$1.pub")" &&
		jq -c 'del(.signatures)' $stem.intoto.jsonl | cmp - <(jq -c 'del(.signatures)' unsigned.jsonl)
}
for type in ed25519 ecdsa rsa; do
	check sigstore-python-reads-the-bundle-$type python3 dsse.py $type.sigstore.json $type.pub "$(key_id $type.pub)"
	check sigstore-statements-are-signed-as-they-are-$type lines_are_signed $type
done

cat >tamper.py <<'EOF'
"""BUNDLE: writes tampered-NAME.json for each thing that must not go through."""
import base64, copy, json, sys

good = json.load(open(sys.argv[1]))

def flip(text, at, bit=1):
    data = bytearray(base64.b64decode(text))
    data[at] ^= bit
    return base64.b64encode(bytes(data)).decode()

def write(name, change):
    bundle = copy.deepcopy(good)
    change(bundle, bundle["dsseEnvelope"], bundle["dsseEnvelope"]["signatures"][0])
    json.dump(bundle, open("tampered-%s.json" % name, "w"))

n_payload = len(base64.b64decode(good["dsseEnvelope"]["payload"]))
n_signature = len(base64.b64decode(good["dsseEnvelope"]["signatures"][0]["sig"]))
for at in sorted({0, 1, n_payload // 3, n_payload // 2, n_payload - 1}):
    write("payload-%d" % at, lambda b, e, s, at=at: e.update(payload=flip(e["payload"], at)))
for at in sorted({4, n_signature // 2, n_signature - 1}):
    write("signature-%d" % at, lambda b, e, s, at=at: s.update(sig=flip(s["sig"], at)))
write("signature-longer", lambda b, e, s: s.update(
    sig=base64.b64encode(base64.b64decode(s["sig"]) + b"\0").decode()))
write("signature-shorter", lambda b, e, s: s.update(
    sig=base64.b64encode(base64.b64decode(s["sig"])[:-1]).decode()))
write("payload-longer", lambda b, e, s: e.update(
    payload=base64.b64encode(base64.b64decode(e["payload"]) + b" ").decode()))
write("type", lambda b, e, s: e.update(payloadType="application/vnd.in-toto+jsom"))
write("hint-alone", lambda b, e, s: b["verificationMaterial"]["publicKey"].update(hint="0" * 64))
def other_hint(b, e, s):
    b["verificationMaterial"]["publicKey"]["hint"] = s["keyid"] = "0" * 64
write("hint", other_hint)
EOF

refused_by_python() {
	local t
	rm -f tampered-*.json
	python3 tamper.py "$1.sigstore.json" || return 1
	for t in tampered-*.json; do
		if python3 dsse.py "$t" "$1.pub" "$(key_id "$1.pub")"; then
			echo "accepted: $t"
			return 1
		fi
	done
}
refused_by_ingot() { # every tampered bundle is status 7 or 11, as is and in ingot's own spelling
	local t status
	rm -f tampered-*.json
	python3 tamper.py "$1.sigstore.json" || return 1
	cp unsigned.jsonl $stem.intoto.jsonl
	"$INGOT" verify "$file" --key "$1.pub" --signature "$1.sigstore.json" >/dev/null || return 1
	for t in tampered-*.json; do
		{ jq -cSj . "$t" && echo; } >respelt.json
		"$INGOT" verify "$file" --key "$1.pub" --signature respelt.json >verify.log 2>&1
		status=$?
		# A hint is no more than that, and not signed: the key that is given is tried.
		case $t:$status in *:7 | *:11 | tampered-hint.json:0) continue ;; esac
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
		python3 tamper.py $type.sigstore.json || return 1
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

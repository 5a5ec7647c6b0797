#!/bin/bash
# Somebody wants `ingot verify` to say yes: statements signed by the right key that say something
# else, files by another's name, verdicts of other inputs, forged effects, keys in the bundle.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "attacks" apt-ftparchive gpg dpkg-deb curl jq openssl || exit 0
failed=0
test_that() { check "$@" || failed=1; }
tools() { /usr/bin/python3 "$root/tests/e2e/bundle-change.py" "$@"; }

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"
make_key mallory || exit 1
export_key mallory "$area/mallory.pgp"
payload_of tools
mkdir -p "$payload"/{usr/bin,usr/sbin,usr/lib,etc,tmp,var/lib}
ln -s usr/bin "$payload/bin"; ln -s usr/sbin "$payload/sbin"; ln -s usr/lib "$payload/lib"
printf '\177ELF' >"$payload/usr/bin/mkdir" && chmod 755 "$payload/usr/bin/mkdir"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$payload/etc/passwd"
printf 'root:x:0:\n' >"$payload/etc/group"
printf 'NAME=Tiny\nVERSION_ID=1\n' >"$payload/usr/lib/os-release"
ln -s ../usr/lib/os-release "$payload/etc/os-release"
make_deb "$pool" tools 1 "Essential: yes"
script_of hello postinst <<'END_OF_SCRIPT'
#!/bin/sh
mkdir -p /var/lib/hello
END_OF_SCRIPT
make_deb "$pool" hello 1.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
for key in a b c; do "$INGOT" -q keygen --no-passphrase -o "$area/$key" >/dev/null || exit 1; done
built() { leaves 0 ingot -q lock tiny && leaves 0 ingot -q build tiny --sign-key "$area/a.pem" && leaves 0 ingot -q bundle tiny -o "$area/tiny.bundle"; }
check "an image is built, signed and bundled" built || exit 1
name=tiny-1-container-amd64.oci.tar
image=$ws/outputs/$name
jq -r .dsseEnvelope.payload "$image.sigstore.json" | base64 -d >"$area/good.json"

# ---- what the right key has signed ----

mkdir "$area/signed" && cp "$image" "$area/signed/$name"
file=$area/signed/$name
says_else() { # STATUS WORDS JQ [HINT]: the release key has signed the statement, changed so
	local status=$1 words=$2
	jq -c "$3" "$area/good.json" >"$area/bad.json" && tools sign "$area/bad.json" "$area/a.pem" "$file.sigstore.json" ${4:+"$4"} || return 1
	leaves "$status" "$INGOT" verify "$file" --key "$area/a.pub" && says "$words"
}
test_that "what it has signed vouches" says_else 0 "vouches for it" .
test_that "a hint that names another key is status 7" says_else 7 "says that it is by another key" . "$(printf %064d 1)"
test_that "a verdict is no signature" says_else 9 "no signature of an output" '.predicateType = "https://in-toto.io/attestation/test-result/v0.1" | .predicate = {result: "PASSED"}'
test_that "nor is a failed one" says_else 9 "no signature of an output" '.predicateType = "https://in-toto.io/attestation/test-result/v0.1" | .predicate = {result: "FAILED"}'
test_that "nor an SBOM" says_else 9 "no signature of an output" '.predicateType = "https://spdx.dev/Document"'
test_that "nor a provenance" says_else 9 "no signature of an output" '.predicateType = "https://slsa.dev/provenance/v1"'
test_that "no subject at all" says_else 11 "no subject" '.subject = []'
test_that "upper-case digits" says_else 11 "lower-case" '.subject[0].digest.sha256 |= ascii_upcase'
test_that "another algorithm's digest" says_else 11 "sha256" '.subject[0].digest = {sha512: ("0" * 128)}'
test_that "subjects of another file" says_else 7 "is not what" '.subject |= map(.digest.sha256 |= (.[1:] + .[:1]))'
test_that "of this file under another name, and of this name with other digests" says_else 7 "is not what" \
	'.subject |= (map(.name |= sub("tiny"; "other")) + map(.digest.sha256 |= (.[1:] + .[:1])))'
test_that "two digests for one subject" says_else 7 "is not what" '.subject += [.subject[0] | .digest.sha256 |= (.[1:] + .[:1])]'
test_that "another config beside the right file" says_else 7 "is not what" '.subject |= map(if (.name | endswith("#config")) then .digest.sha256 |= (.[1:] + .[:1]) else . end)'
test_that "a right digest in another role only" says_else 7 "is not what" '.subject |= [.[0] | .name += "#root-hash"]'
test_that "a subject without a name" says_else 0 "vouches for it" '.subject |= [.[0] | del(.name)]'
test_that "5,000 subjects" says_else 11 "at most" '.subject[0] as $s | .subject = [range(5000) | $s]'
invalid_text() { # an escape that is no character, and bytes that are no UTF-8
	sed 's/"name":"tiny/"name":"\\ud800tiny/' "$area/good.json" >"$area/bad.json" && tools sign "$area/bad.json" "$area/a.pem" "$file.sigstore.json" && leaves 11 "$INGOT" verify "$file" --key "$area/a.pub" &&
		sed 's/"name":"tiny/"name":"\xfftiny/' "$area/good.json" >"$area/bad.json" && tools sign "$area/bad.json" "$area/a.pem" "$file.sigstore.json" && leaves 11 "$INGOT" verify "$file" --key "$area/a.pub"
}
test_that "names that are no text" invalid_text
twice() { # one parser would take the first member, another the last
	sed 's/"predicateType"/"predicateType":"https:\/\/spdx.dev\/Document","predicateType"/' "$area/good.json" >"$area/bad.json" && tools sign "$area/bad.json" "$area/a.pem" "$file.sigstore.json" && leaves 11 "$INGOT" verify "$file" --key "$area/a.pub"
}
test_that "a member twice" twice
given_verdict() { leaves 0 "$INGOT" verify "$image" --rebuild --bundle "$area/tiny.bundle" --sign-key "$area/b.pem" -o "$area/v.json" && leaves 9 "$INGOT" verify "$image" --key "$area/b.pub" --signature "$area/v.json"; }
test_that "a rebuilder's verdict given as the signature does not vouch" given_verdict
fifo() { mkfifo "$area/fifo" && leaves 2 timeout 5 "$INGOT" verify "$area/fifo" --key "$area/a.pub"; }
test_that "a FIFO in place of the file does not keep it waiting" fifo
changing() { # written to, and its mtime set back
	cp "$image" "$area/signed/$name" && cp "$image.sigstore.json" "$file.sigstore.json"
	(while :; do touch -r "$image" "$file"; done) 2>/dev/null &
	local pid=$! status
	leaves 12 "$INGOT" verify "$file" --key "$area/a.pub" || leaves 12 "$INGOT" verify "$file" --key "$area/a.pub"
	status=$?
	kill $pid
	wait $pid 2>/dev/null
	[ $status -eq 0 ] && says "was changed while"
}
test_that "a file that is touched meanwhile is not vouched for, whatever its mtime says" changing

# ---- names that a key is trusted for ----

trust() { printf 'trust:\n  - {key: %s, names: [%s]}\n' "$area/a.pub" "$1" >"$area/config.yaml"; }
as() { # STATUS NAMES FILENAME SIGNED-NAME
	trust "$2" && rm -rf "$area/named" && mkdir -p "$area/named" "$HOME/.config/ingot" && cp "$area/config.yaml" "$HOME/.config/ingot/" && cp "$image" "$area/named/$3" || return 1
	jq -c --arg name "$4" '.subject |= map(.name |= sub("tiny-1-container-amd64.oci.tar"; $name))' "$area/good.json" >"$area/bad.json" && tools sign "$area/bad.json" "$area/a.pem" "$area/named/$3.sigstore.json" || return 1
	leaves "$1" "$INGOT" verify "$area/named/$3"
	local status=$?
	rm "$HOME/.config/ingot/config.yaml"
	return $status
}
test_that "a key for tiny vouches for tiny" as 0 tiny "$name" "$name"
test_that "and when it is called nothing special" as 0 tiny download.tar "$name"
test_that "but not when it is called an output of another recipe" as 9 tiny bank-1-container-amd64.oci.tar "$name"
test_that "nor for what was signed as another's" as 9 tiny "$name" bank-1-container-amd64.oci.tar
test_that "a key for db does not count for db-16" as 9 db db-16-1.0-container-amd64.oci.tar db-16-1.0-container-amd64.oci.tar
test_that "one for both does" as 0 "db, db-16" db-16-1.0-container-amd64.oci.tar db-16-1.0-container-amd64.oci.tar

# ---- layers that hide bytes ----

hidden() { # STATUS WORDS PYTHON: of the layer, with all digests made right again
	/usr/bin/python3 - "$image" "$area/hidden.tar" <<<"import sys, tarfile, json, hashlib, io
t = tarfile.open(sys.argv[1])
files = {m.name: t.extractfile(m).read() for m in t if m.isfile()}
text = lambda v: json.dumps(v, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
sha = lambda d: 'sha256:' + hashlib.sha256(d).hexdigest()
path = lambda d: 'blobs/sha256/' + d[7:]
index = json.loads(files['index.json']); docker = json.loads(files['manifest.json'])
old = index['manifests'][0]['digest']
manifest = json.loads(files.pop(path(old)))
layer = manifest['layers'][-1]
blob = files.pop(path(layer['digest'])); was = layer['digest']
$3
layer['digest'] = sha(blob); layer['size'] = len(blob); files[path(sha(blob))] = blob
files['manifest.json'] = files['manifest.json'].replace(path(was).encode(), path(sha(blob)).encode())
m = text(manifest); index['manifests'][0].update(digest=sha(m), size=len(m)); files[path(sha(m))] = m
files['index.json'] = text(index)
def header(name, size, kind):
    i = tarfile.TarInfo(name); i.size = size; i.mode = 0o755 if kind == b'5' else 0o644; i.type = kind
    return i
with open(sys.argv[2], 'wb') as out:
    def add(name, data, kind=b'0'):
        out.write(header(name, len(data), kind).tobuf(tarfile.USTAR_FORMAT) + data + b'\0' * (-len(data) % 512))
    data = open(sys.argv[1], 'rb').read()
    out.write(data[:1024]) # the folders
    for name in sorted(files): 
        start = data.find(name.encode() + b'\0')
        raw = bytearray(data[:512] if start < 0 else data[start:start + 512])
        b = next(i for i in range(1024, len(data), 512) if data[i:i + 5] == b'blobs')
        raw = bytearray(data[b:b + 512]); raw[0:100] = name.encode().ljust(100, b'\0'); raw[124:136] = b'%011o\0' % len(files[name])
        raw[148:156] = b' ' * 8; raw[148:156] = b'%06o\0 ' % sum(raw)
        out.write(bytes(raw) + files[name] + b'\0' * (-len(files[name]) % 512))
    out.write(b'\0' * 1024)
" || return 1
	leaves "$1" "$INGOT" verify "$area/hidden.tar" --signature "$image.sigstore.json" --key "$area/a.pub" && says "$2"
}
test_that "the same image by another writer is the same" hidden 0 "vouches for it" ""
test_that "bytes behind the last frame of a layer" hidden 7 "behind the end" "blob += b'hidden'"
test_that "a skippable frame in a layer" hidden 7 "behind the end" "blob += b'\\x50\\x2a\\x4d\\x18\\x06\\0\\0\\0hidden'"
test_that "one before it" hidden 7 "does not begin with" "blob = b'\\x50\\x2a\\x4d\\x18\\x06\\0\\0\\0hidden' + blob"
test_that "an empty frame in a layer" hidden 7 "behind the end" "blob += bytes.fromhex('28b52ffd2000010000')"
test_that "another manifest in index.json" hidden 7 "holds 2 images" "index['manifests'].append(dict(index['manifests'][0]))"
test_that "an unknown member of index.json" hidden 7 "the size of member 'index.json'" "index['x'] = 'hidden'"
test_that "an unknown member of a descriptor" hidden 7 "" "layer['data'] = 'aGlkZGVu'"
test_that "an unknown member of the manifest" hidden 7 "the manifest is not what follows" "manifest['x'] = 'hidden'"
test_that "a manifest.json that shows Docker another config" hidden 7 "" "files['manifest.json'] = files['manifest.json'].replace(docker[0]['Config'].encode(), path(was).encode())"
test_that "urls to fetch a layer from" hidden 7 "" "layer['urls'] = ['http://x/']"

# ---- bundles that come with forged inputs ----

rebuild() { # STATUS FILE OPTION...
	local want=$1
	shift
	leaves "$want" "$INGOT" verify --rebuild "$@"
}
forge() { # an effects object with a backdoor, and all that follows from it: lock, image, bundle
	cp -R "$ws" "$area/evil" || return 1
	/usr/bin/python3 - "$area/evil/recipes/tiny.lock" "$stage" <<'END_OF_PYTHON'
import hashlib, os, re, sys
lock = open(sys.argv[1]).read()
old = re.search(r"target: container, sha256: ([0-9a-f]{64})", lock).group(1)
paths = [os.path.join(d, f) for d, _, fs in os.walk(sys.argv[2] + "/objects") for f in fs]
path = next(p for p in paths if hashlib.sha256(open(p, "rb").read()).hexdigest() == old)
head, body = open(path).read().split("\n", 1)
body = body.replace("folder /var/lib/hello 0755", "folder /var/lib/backdoor 0777")
data = (re.sub(r"bytes \d+", "bytes %d" % len(body), head) + "\n" + body).encode()
new = hashlib.sha256(data).hexdigest()
to = path.replace(old, new).replace("/%s/" % old[:2], "/%s/" % new[:2])
if old[2:] in path and old not in path:
    to = os.path.join(sys.argv[2], "objects", new[:2], new[2:])
os.makedirs(os.path.dirname(to), exist_ok=True)
open(to, "wb").write(data)
open(sys.argv[1], "w").write(lock.replace(old, new))
END_OF_PYTHON
	leaves 0 "$INGOT" -q -C "$area/evil" --offline --stage "$stage" build --locked tiny && leaves 0 "$INGOT" -q -C "$area/evil" --offline --stage "$stage" bundle tiny -o "$area/evil.bundle" &&
		! cmp -s "$image" "$area/evil/outputs/$name"
}
test_that "an image can be made with forged effects" forge
forged() { rebuild 8 "$area/evil/outputs/$name" --bundle "$area/evil.bundle" && says "identical to the last bit" && says "effects     failed"; }
test_that "it is identical to its rebuild, and refused all the same: status 8" forged
forged_verdict() { rebuild 8 "$area/evil/outputs/$name" --bundle "$area/evil.bundle" --sign-key "$area/b.pem" -o "$area/forged.json" && jq -r .dsseEnvelope.payload "$area/forged.json" | base64 -d | jq -e '.predicate.result == "FAILED" and .predicate.failedTests == ["effects"]'; }
test_that "and the verdict is FAILED" forged_verdict
without_effects() {
	sed '/^effects:/,$d' "$area/evil/recipes/tiny.lock" >"$area/no-effects.lock" && /usr/bin/python3 "$root/tests/e2e/bundle-change.py" "$area/tiny.bundle" "$area/changed.bundle" replace recipes/tiny.lock "$area/no-effects.lock" || return 1
	rebuild 4 "$image" --bundle "$area/changed.bundle"
}
test_that "a lock that names no effects" without_effects

# ---- whose archive ----

fingerprint() { gpg --homedir "$area/gnupg" --with-colons --list-keys "$1" 2>/dev/null | awk -F: '$1 == "fpr" {print $10; exit}'; }
named() { rebuild 0 "$image" --bundle "$area/tiny.bundle" && says "is signed by the key $(fingerprint alice)" && says "of the bundle's own keyring"; }
test_that "the archive's key is named, and that only the bundle knows it" named
pinned() { rebuild 0 "$image" --bundle "$area/tiny.bundle" --keyring "$area/key.pgp" && says "of '$area/key.pgp'"; }
test_that "the auditor's own keyring" pinned
refused() { rebuild 7 "$image" --bundle "$area/tiny.bundle" --keyring "$area/mallory.pgp" && says "evidence    failed"; }
test_that "an archive of somebody else's key is status 7" refused
warned() { leaves 0 "$INGOT" verify --rebuild "$image" --bundle "$area/changed.bundle" --sign-key "$area/b.pem" -o "$area/v.json" && jq -r .dsseEnvelope.payload "$area/v.json" | base64 -d | jq -e '.predicate.warnedTests | index("evidence")'; }
no_evidence() {
	tools "$area/tiny.bundle" "$area/changed.bundle" drop evidence/test/tiny/InRelease && rebuild 0 "$image" --bundle "$area/changed.bundle" && says "nothing says that its packages are the archive's" &&
		warned && rebuild 7 "$image" --bundle "$area/changed.bundle" --keyring "$area/key.pgp"
}
test_that "a bundle without evidence is told, and with --keyring refused" no_evidence

# ---- links of the bundle ----

linked() { # the lock says that an input is a link to a file of the auditor's
	sed 's|^effects:|  - {path: words, kind: link, target: /etc/passwd}\n&|' "$ws/recipes/tiny.lock" >"$area/linked.lock" && tools "$area/tiny.bundle" "$area/changed.bundle" replace recipes/tiny.lock "$area/linked.lock" &&
		rebuild 4 "$image" --bundle "$area/changed.bundle"
}
test_that "an input that is a link to a file outside" linked
hostile_folder() { ln -s "$area/nowhere" "$area/link"; ! TMPDIR=$area/link "$INGOT" verify --rebuild "$image" --bundle "$area/tiny.bundle" >/dev/null 2>&1 && ! TMPDIR=$area/tiny.bundle "$INGOT" verify --rebuild "$image" --bundle "$area/tiny.bundle" >/dev/null 2>&1; }
test_that "a temporary folder that is none" hostile_folder

waits_for_nobody() {
	mkdir "$area/fifos" && cp "$area/evil/outputs/$name" "$area/fifos/" || return 1
	for kind in causes.json inputs.json intoto.jsonl spdx.json cdx.json; do
		rm -f "$area/fifos/"*.json* && mkfifo "$area/fifos/tiny-1-container-amd64.$kind" || return 1
		for command in "verify --rebuild --bundle $area/tiny.bundle" "report -o $area/report.html" sbom "diff $image"; do
			timeout 60 "$INGOT" $command "$area/fifos/$name" >/dev/null 2>&1
			[ $? -ne 124 ] || { echo "$command waits for $kind"; return 1; }
		done
	done
	mkfifo "$area/fifos/bundle" && leaves 2 timeout 20 "$INGOT" verify --rebuild "$image" --bundle "$area/fifos/bundle"
}
test_that "FIFOs in place of what lies beside keep nobody waiting" waits_for_nobody

# ---- verdicts ----

verdict() { # KEY JQ: the verdict of KEY about the image, changed so
	local key=$1
	leaves 0 "$INGOT" verify --rebuild "$image" --bundle "$area/tiny.bundle" --sign-key "$area/$key.pem" -o "$area/v.json" || return 1
	jq -r .dsseEnvelope.payload "$area/v.json" | base64 -d | jq -c "$2" >"$area/said.json"
	mkdir -p "$area/verdicts" && tools sign "$area/said.json" "$area/$key.pem" "$area/verdicts/$key.sigstore.json"
}
count() { # STATUS WORDS
	leaves "$1" "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --verdict "$area/verdicts" && says "$2"
}
of() { verdict a . && verdict b "$3" && count "$1" "$2"; }
test_that "two verdicts of one file" of 0 "2 of 2" .
test_that "a verdict of the same inputs and other digests is dissent" of 8 "DISSENTS" '.subject |= map(select(.name | endswith("#root-hash"))) + [{name: "x", digest: {sha256: ("0" * 64)}}]'
test_that "a verdict that other inputs give the same is not one of these" of 9 "1 of 2" '.predicate.configuration |= map(if .name == "lock" then .digest.sha256 |= (.[1:] + .[:1]) else . end)'
test_that "one that does not say of which inputs" of 9 "1 of 2" 'del(.predicate.configuration)'
test_that "a dissent about the file is loud" of 8 "DISSENTS" '.predicate.result = "FAILED"'
hidden_dissent() { # by another hint and name
	verdict a . && verdict b '.predicate.result = "FAILED"' && mv "$area/verdicts/b.sigstore.json" "$area/verdicts/z.sigstore.json" && tools sign "$area/said.json" "$area/b.pem" "$area/verdicts/z.sigstore.json" "$(printf %064d 1)" || return 1
	count 8 DISSENTS
	local status=$?
	rm "$area/verdicts/z.sigstore.json"
	return $status
}
test_that "so is one under another hint and name" hidden_dissent
test_that "another result is no verdict" of 9 "1 of 2" '.predicate.result = "WARNED"'
der() { openssl pkey -pubin -in "$area/a.pub" -outform DER -out "$area/a.der" && leaves 2 "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/a.der" && says "only 1 key"; }
test_that "one key in PEM and DER is one" der
test_that "a huge threshold is status 2" leaves 2 "$INGOT" verify "$image" --threshold 18446744073709551617 --key "$area/a.pub"
exit $failed

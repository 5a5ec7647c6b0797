#!/bin/bash
# Who vouches for an output, and that no byte of it can change unseen.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "verify" apt-ftparchive gpg dpkg-deb curl jq || exit 0
cmake --build "$INGOT_BUILD" --target mutate_tool small_disk_tool >"$area/tool.log" 2>&1 || {
	tail -n 20 "$area/tool.log"
	not_ok "verify: its tools are built"
	exit 1
}
mutate=$INGOT_BUILD/mutate_tool
[ -x "$mutate" ] || mutate=$INGOT_BUILD/tests/oracle/mutate_tool
tool=$INGOT_BUILD/small_disk_tool
[ -x "$tool" ] || tool=$INGOT_BUILD/tests/oracle/small_disk_tool
# How many bytes are changed: 2,000 of images; a disk is hashed each time.
n=${INGOT_MUTATIONS:-2000} n_disk=${INGOT_DISK_MUTATIONS:-100}

tiny_setup || exit 1
out=$ws/outputs
verify() { ingot verify "$@"; }
keys() {
	local name
	for name in release other; do
		leaves 0 ingot keygen -o "$area/$name" --no-passphrase || return 1
	done
	leaves 0 ingot keygen -o "$area/p256" --type ecdsa-p256 --no-passphrase
}
check "keys are made" keys || exit 1
pub=$area/release.pub

# ---- who vouches ----

built() { leaves 0 ingot lock tiny && leaves 0 ingot build --sign-key "$area/release.pem" tiny; }
check "an image is built and signed" built || exit 1
image=$out/tiny-1-container-amd64.oci.tar
signature=$image.sigstore.json
check "with its key it is vouched for" leaves 0 verify "$image" --key "$pub"
check "and says so" says "1 key vouches for it"
quiet() { [ "$(ingot -q verify "$image" --key "$pub")" = "$image is verified: 1 key vouches for it" ]; }
check "with -q in one line" quiet
nobody() { leaves 9 verify "$image" && says E0902 && says "integrity only, nobody vouches for this"; }
check "without a key nobody vouches: status 9" nobody
unknown() { leaves 9 verify "$image" --key "$area/other.pub" && says "not known here: not counted" && says "its signature names key" && says "ask who publishes it"; }
check "a signature by another key is told, and not counted" unknown
json() { ingot --json verify "$image" --key "$pub" | jq -e '.schema == "ingot/verify/1" and .vouched and .verdict == "vouched" and (.checks | length > 8) and .digests.config and (.signers | length == 1)'; }
check "--json has every check" json
one_document() {
	ingot --json verify "$image" >"$area/verify.json" 2>"$area/verify.err"
	[ $? -eq 9 ] && jq -s -e 'length == 1 and .[0].schema == "ingot/verify/1" and .[0].verdict == "nobody-vouches" and
		.[0].error.code == "E0902" and .[0].error.exit_status == 9' "$area/verify.json"
}
check "and is one document, with the error in it" one_document
no_signature() { cp "$image" "$area/alone.tar" && leaves 9 verify "$area/alone.tar" --key "$pub" && says "nobody has signed" && says "alone.tar.sigstore.json', too"; }
check "with a key and no signature the error names the file that is missing" no_signature
anywhere() { (cd / && leaves 0 "$INGOT" verify "$image" --key "$pub"); }
check "no workspace is needed" anywhere

# ---- the tar of another tool ----

layout=$area/layout repacked=$area/pulled.oci.tar
repack() { rm -f "$repacked" && tar -C "$layout" -cf "$repacked" .; }
others_tar() {
	mkdir "$layout" && tar -C "$layout" -xf "$image" && rm "$layout/manifest.json" &&
		jq . "$layout/index.json" >"$area/index.json" && mv "$area/index.json" "$layout" && repack &&
		leaves 7 verify "$repacked" --key "$pub" --signature "$signature" && says E0706 && says "'--repacked' verifies the image"
}
check "the tar of another tool is refused, and what to do is said" others_tar
with_repacked() {
	leaves 0 verify --repacked "$repacked" --key "$pub" --signature "$signature" && says "1 key vouches for it" &&
		says "tar         note" && says "name and tag are not covered"
}
check "with --repacked the image in it is verified" with_repacked
not_in_it() { # FILE TEXT: an image with a file of its own, or another manifest.json, which Docker would load
	mkdir -p "$(dirname "$layout/$1")" && printf '%s' "$2" >"$layout/$1" && repack &&
		leaves 7 verify --repacked "$repacked" --key "$pub" --signature "$signature" && says E0706 && rm "$layout/$1"
}
check "but nothing that the image does not name" not_in_it blobs/sha256/more text
check "and no manifest.json that names another" not_in_it manifest.json '[{"Config":"blobs/sha256/more","Layers":[]}]'
not_signed() { repack && leaves 7 ingot sign "$repacked" --key "$area/release.pem" && says "that 'ingot build' wrote" && [ ! -e "$repacked.sigstore.json" ]; }
check "what verify refuses is not signed" not_signed
a_folder() { leaves 2 verify "$layout" --key "$pub" && says "tar -C $layout -cf FILE"; }
check "a folder, and what to do" a_folder
a_reference() { leaves 12 verify example.com/tiny:1 --key "$pub" && says "skopeo copy --preserve-digests"; }
check "a name in a registry, and what to do" a_reference
renamed() {
	mkdir -p "$area/renamed"
	cp "$image" "$area/renamed/x.tar"
	leaves 0 verify "$area/renamed/x.tar" --signature "$signature" --key "$pub" && says "as 'tiny-1-container-amd64.oci.tar'"
}
check "a renamed file is the same file" renamed
check "standard input is refused clearly" leaves 2 verify -

# ---- policy ----

trust() { printf 'mirrors:\n  - {suite: tiny, url: "%s"}\ntrust:\n' "$url" >"$HOME/.config/ingot/config.yaml"; printf '  - {%s}\n' "$@" >>"$HOME/.config/ingot/config.yaml"; }
by_trust() { trust "key: $pub, names: [tiny]" && leaves 0 verify "$image" && says "role release"; }
check "trust in config.yaml vouches" by_trust
other_name() { trust "key: $pub, names: [web, 'db-*']" && leaves 9 verify "$image" && says "not trusted for 'tiny-1-container-amd64.oci.tar'"; }
check "a key for other names does not: status 9" other_name
developer() {
	trust "key: $pub, role: developer" && leaves 9 verify "$image" && says "has role developer" &&
		leaves 0 verify "$image" --role developer
}
check "a developer's key is not enough, unless it is asked for" developer
over() { leaves 9 verify "$image" --key "$area/other.pub"; }
check "--key goes over trust" over
bad_trust() { trust "key: keys/x.pub" && leaves 2 verify "$image" && says "no absolute path" && trust "key: $pub, role: boss" && leaves 2 verify "$image" && says "'boss' is no role"; }
check "a wrong trust is an error with its line" bad_trust
rm "$HOME/.config/ingot/config.yaml"

# ---- no network ----

no_network() { leaves 0 unshare -n "$INGOT" verify "$image" --key "$pub"; }
need "verify without a network" root unshare && check "verify works where there is no network" no_network
if need "verify opens no socket" strace; then
	no_socket() {
		ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network -o "$area/strace" "$INGOT" verify "$image" --key "$pub" >/dev/null &&
			! grep -E '^[0-9]+ +(socket|connect)' "$area/strace"
	}
	check "verify opens no socket" no_socket
fi

# ---- statements ----

jsonl=$out/tiny-1-container-amd64.intoto.jsonl
if [ -f "$jsonl" ]; then
	comma() { cp "$pub" "$area/a,b.pub" && leaves 0 verify "$image" --key "$area/a,b.pub"; }
	check "a comma in the name of a key is one of its letters" comma
	changed_sbom() {
		cp "$out/tiny-1-container-amd64.spdx.json" "$area/keep"
		sed -i 's/hello/hullo/' "$out/tiny-1-container-amd64.spdx.json"
		leaves 7 verify "$image" --key "$pub" && says "spdx.json' is not what" && says "fetch the file"
		local status=$?
		cp "$area/keep" "$out/tiny-1-container-amd64.spdx.json"
		return $status
	}
	check "a changed SBOM beside is found" changed_sbom
	changed_statement() {
		cp "$jsonl" "$area/keep"
		sed -i '1s/"payload":"\(.\{200\}\)./"payload":"\1A/' "$jsonl"
		leaves 7 verify "$image" --key "$pub" || leaves 11 verify "$image" --key "$pub"
		local status=$?
		cp "$area/keep" "$jsonl"
		return $status
	}
	check "a changed statement is found" changed_statement
	# Whoever changes both, and the digest that the provenance has: the claim is another.
	other_claim() {
		cp "$jsonl" "$area/keep"
		/usr/bin/python3 - "$jsonl" <<-'EOF' || return 1
			import base64, json, sys
			lines = [json.loads(l) for l in open(sys.argv[1])]
			for e in lines:
			    e['signatures'] = []
			    p = base64.b64decode(e['payload'])
			    if b'spdx.dev/Document' in p:
			        p = p.replace(b'"name":"hello"', b'"name":"hallo"')
			    e['payload'] = base64.b64encode(p).decode()
			open(sys.argv[1], 'w').write(''.join(json.dumps(e, sort_keys=True, separators=(',', ':')) + '\n' for e in lines))
		EOF
		leaves 7 verify "$image" --key "$pub" && says "is not the document that"
		local status=$?
		cp "$area/keep" "$jsonl"
		return $status
	}
	check "an SBOM that is not the one of its statement is found" other_claim
fi

# ---- tars that hide something ----

mkdir -p "$area/bad"
bad=$area/bad/$(basename "$image")
hides() { # NAME STATUS WORDS: what the script on standard input makes of the tar
	local name=$1 status=$2 words=$3
	/usr/bin/python3 - "$image" "$bad" <<<"import sys, io, tarfile
data = bytearray(open(sys.argv[1], 'rb').read())
def member(name, content=b'', type=b'0'):
    t = tarfile.TarInfo(name); t.size = len(content); t.type = type; t.mode = 0o644
    return t.tobuf(tarfile.USTAR_FORMAT) + content + b'\0' * (-len(content) % 512)
end = len(data) - 1024
$(cat)
open(sys.argv[2], 'wb').write(data)" || { not_ok "$name: the tar is made"; return; }
	found() { leaves "$status" verify "$bad" && says "$words"; }
	check "$name" found
}
hides "a byte behind the end" 7 "follow the end" <<<"data += b'\0'"
hides "a truncated tar" 11 "" <<<"data = data[:-1024]"
hides "half an end" 7 "" <<<"data = data[:-512]"
hides "a member that nothing names" 7 "nothing in the image names it" <<<"data[end:end] = member('evil', b'x')"
hides "a member before all others" 7 "nothing in the image names it" <<<"data[0:0] = member('evil', b'x')"
hides "a blob that nothing names" 7 "nothing in the image names it" <<<"data[end:end] = member('blobs/sha256/' + '0' * 64, b'x')"
hides "a member twice" 11 "stands twice" <<<"data[end:end] = member('index.json', b'{}')"
hides "an extended header" 7 "extended header" <<<"data[0:0] = member('x', b'16 comment=abcd\n', b'x')"
hides "a sparse file" 7 "" <<<"data[0:0] = member('evil', b'', b'S')"
hides "a user's name in a header" 11 "no tar header" <<<"data[265] = 65"
hides "the same with a right checksum" 7 "the user name of member" <<<"
data[265] = 65
data[148:156] = b'%06o\0 ' % (sum(data[:148]) + 256 + sum(data[156:512]))"
hides "a byte in padding" 7 "padding" <<<"
i = data.index(b'oci-layout') + 512 + 40
data[i] = 1"
hides "another time" 7 "the mtime of member" <<<"
data[146:147] = b'1'
data[148:156] = b'%06o\0 ' % (sum(data[:148]) + 256 + sum(data[156:512]))"

# ---- hostile signatures ----

mkdir -p "$area/hostile"
hostile=$area/hostile/$(basename "$image")
cp "$image" "$hostile"
attacked() { # NAME STATUS WORDS
	local name=$1 status=$2 words=$3
	refused() { leaves "$status" verify "$hostile" --key "$pub" && says "$words"; }
	check "$name" refused
	rm -rf "$hostile".*
}
truncate -s 2M "$hostile.sigstore.json"; attacked "a huge signature" 11 "the limit is"
ln -s /dev/zero "$hostile.sigstore.json"; attacked "a symbolic link" 7 "symbolic link"
mkdir "$hostile.sigstore.json"; attacked "a folder" 7 "is no file"
mkfifo "$hostile.sigstore.json"; attacked "a FIFO does not keep it waiting" 7 "is no file"
: >"$hostile.sigstore.json"; attacked "an empty one" 11 ""
for i in $(seq 1000); do cp "$signature" "$hostile.$(printf %016x "$i").sigstore.json"; done
attacked "1,000 signatures" 11 "more than 64 signatures"
cp "$signature" "$hostile.sigstore.json"
cp "$signature" "$hostile.0123456789abcdef.sigstore.json"
once() { leaves 0 verify "$hostile" --key "$pub" && says "1 key vouches for it"; }
check "one key counts once" once
sed -i 's/"sig":"..../"sig":"AAAA/' "$hostile.0123456789abcdef.sigstore.json"
attacked "a wrong signature by a known key, beside a right one" 7 "E0702"
cp "$signature" "$hostile.sigstore.json"
cp "$hostile" "$area/keep"
"$tool" ext4 >"$hostile"
attacked "a signature of another file: both digests are told" 7 "file: expected sha256:"

# ---- every signed byte ----

cp "$image" "$hostile"
cp "$signature" "$hostile.sigstore.json"
every_byte() { "$mutate" "$hostile" "$hostile.sigstore.json" 0 1 "$pub"; }
check "each byte of a signature counts" every_byte
p256() {
	rm -f "$hostile".*.json && leaves 0 ingot sign "$hostile" --key "$area/p256.pem" &&
		"$mutate" "$hostile" "$hostile.sigstore.json" 0 1 "$area/p256.pub"
}
check "so it is with ECDSA" p256

# ---- any byte of an output ----

flips() { # NAME FILE COUNT
	local file=$2 count=$3
	leaves 0 ingot sign "$file" --key "$area/release.pem" || { not_ok "$1"; return; }
	found() { "$mutate" "$file" "$file" "$count" 5 "$pub"; }
	check "$1: $count changed bytes are found" found
}
mkdir -p "$area/flips"
cp "$image" "$area/flips/zstd.oci.tar"
for compression in gzip none; do
	sed -i "s/type: oci,\( compression: [a-z]*,\)\?/type: oci, compression: $compression,/" "$ws/recipes/tiny.yaml"
	leaves 0 ingot build tiny || not_ok "an image with $compression is built"
	cp "$image" "$area/flips/$compression.oci.tar"
done
for compression in zstd gzip none; do flips "$compression" "$area/flips/$compression.oci.tar" "$n"; done
unsigned() {
	rm -f "$area/flips/"*.json
	"$mutate" "$area/flips/zstd.oci.tar" "$area/flips/zstd.oci.tar" "$n" 6
}
check "of an image they are found without any signature" unsigned
# Free space of the EFI system partition, with nobody who vouches for the disk.
free_space() {
	"$tool" erofs >"$area/flips/free.raw" && /usr/bin/python3 - "$area/flips/free.raw" <<-'EOF' || return 1
		import struct, sys
		with open(sys.argv[1], 'r+b') as f:
		    f.seek(1024 + 40)
		    end = (struct.unpack('<Q', f.read(8))[0] + 1) * 512
		    f.seek(end - 10)
		    f.write(b'x')
	EOF
	leaves 7 verify "$area/flips/free.raw" && says "the EFI system partition is not what follows"
}
check "a byte in free space of the EFI system partition is found" free_space
for type in ext4 erofs; do
	"$tool" $type >"$area/flips/$type.raw" || not_ok "a small disk is made"
	flips "$type" "$area/flips/$type.raw" "$n_disk"
done
# Without a signature: all but what the UKI alone has.
unsigned_disk() {
	local file=$area/flips/$1.raw start
	rm -f "$area/flips/"*.json
	start=$(od -A n -t u8 -j $((1024 + 128 + 32)) -N 8 "$file" | tr -d ' ')
	"$mutate" "$file" "$file" "$n_disk" 8 >"$area/flips/said"
	cat "$area/flips/said"
	! sed -n 's/^not found: byte \([0-9]*\),.*/\1/p' "$area/flips/said" | awk -v end=$((start * 512)) '$1 >= end || $1 < 1048576' | grep . &&
		[ "$(grep -c '^not found' "$area/flips/said")" -le $((n_disk / 25)) ]
}
for type in ext4 erofs; do check "of a disk with $type they are found without any signature, but in the UKI" unsigned_disk $type; done

#!/bin/bash
# `build --sign-key` and `sign`: what is signed, what is not, and what is left as it was.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "signing of builds" apt-ftparchive gpg dpkg-deb curl jq openssl || exit 0

archive=$area/archive
pool=$archive/pool/main
mkdir -p "$pool"
make_key alice || exit 1
export_key alice "$area/key.pgp"

# A tree with a few commands, and what boots a disk.
payload_base cat chmod chown ln mkdir rm touch true adduser addgroup
mkdir -p "$payload/usr/lib/systemd"
printf '\177ELF' >"$payload/usr/lib/systemd/systemd" && chmod 755 "$payload/usr/lib/systemd/systemd"
make_deb "$pool" tools 1 "Essential: yes"
make_deb "$pool" hello 1.0
printf '#!/bin/sh\nset -e\nlater-register --all\n' | script_of later postinst
payload_of later
mkdir -p "$payload/usr/bin"
printf '\177ELF' >"$payload/usr/bin/later-register" && chmod 755 "$payload/usr/bin/later-register"
make_deb "$pool" later 1.0
/usr/bin/python3 tests/e2e/diff-change.py elf "$area/nothing" 0 && make_kernel "$pool" 1 && make_boot "$pool" "$area/nothing" || exit 1
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
recipe=$ws/recipes/tiny.yaml
replace "$recipe" '  container: {type: oci, entrypoint: [/bin/true]}' '  container: {type: oci, entrypoint: [/bin/true]}
  vm: {type: disk, packages: [linux-image-test], root: {type: ext4, grow: false}, formats: [raw, qcow2]}'
out=$ws/outputs
oci=tiny-1-container-amd64.oci.tar
raw=tiny-1-vm-amd64.raw
qcow2=tiny-1-vm-amd64.qcow2

key=$area/key
ecdsa=$area/ecdsa
keys() {
	leaves 0 ingot keygen -o "$key" --no-passphrase && leaves 0 ingot keygen -o "$ecdsa" --type ecdsa-p256 --no-passphrase
}
check "two keys are made" keys || exit 1
id_of() { openssl pkey -pubin -in "$1.pub" -outform DER | sha256sum | cut -d ' ' -f 1; }
check "lock" leaves 0 ingot lock tiny || exit 1

# ---- build ----

no_key() {
	leaves 12 ingot build tiny --sign-key "$area/none.pem" || leaves 2 ingot build tiny --sign-key "$area/none.pem"
	local status=$?
	[ $status = 0 ] && [ ! -e "$out/$oci" ]
}
check "a key that is not there is told before anything is built" no_key
build() { leaves 0 ingot build tiny --sign-key "$key.pem"; }
signs() { build && says "signed 5 files by key $(id_of "$key")"; }
check "build --sign-key signs each output, and the statements of each target" signs || exit 1
vouched() { # FILE KEY
	leaves 0 ingot verify "$out/$1" --key "$2.pub" && says "is verified"
}
for file in $oci $raw $qcow2; do
	check "verify takes $file" vouched $file "$key"
	check "the signature beside $file names its digest" eval \
		'[ "$(jq -r .dsseEnvelope.payload "$out/$file.sigstore.json" | base64 -d | jq -r ".subject[0].digest.sha256")" = "$(sha256sum <"$out/$file" | cut -d " " -f 1)" ]'
done
every_envelope() {
	local f n=0
	for f in "$out"/*.intoto.jsonl; do
		n=$((n + 1))
		[ "$(jq -s --arg id "$(id_of "$key")" 'all(.[]; (.signatures | length) == 1 and .signatures[0].keyid == $id) and length == 3' "$f")" = true ] ||
			return 1
	done
	[ $n = 2 ]
}
check "every statement has one signature" every_envelope
sums() { (cd "$out" && sha256sum -- *); }
first=$(sums)
same() { build && [ "$(sums)" = "$first" ]; }
check "the same run again changes no byte" same
anew() { rm -r "$out" && build && [ "$(sums)" = "$first" ]; }
check "nor does one that makes all anew" anew
unsigned() { # signing adds signatures, and nothing else
	mv "$out" "$area/signed" && leaves 0 ingot build tiny && ! ls "$out"/*.sigstore.json 2>/dev/null || return 1
	local f
	for f in "$out"/*; do
		case $f in
		*.intoto.jsonl) cmp <(jq -c '.signatures = []' "$area/signed/${f##*/}") <(jq -c . "$f") || return 1 ;;
		*) cmp "$f" "$area/signed/${f##*/}" || return 1 ;;
		esac
	done
	rm -r "$out" && mv "$area/signed" "$out"
}
check "without a key all is the same but the signatures" unsigned
second() {
	build && leaves 0 ingot build tiny --sign-key "$ecdsa.pem" && vouched $raw "$key" && vouched $raw "$ecdsa" &&
		[ -e "$out/$raw.$(id_of "$ecdsa" | cut -c 1-16).sigstore.json" ] &&
		[ "$(jq -s 'all(.[]; (.signatures | length) == 2)' "$out/tiny-1-vm-amd64.intoto.jsonl")" = true ] &&
		rm -r "$out" && build
}
check "a second key signs beside the first" second
stale_lock() {
	cp "$recipe" "$area/recipe.yaml"
	replace "$recipe" 'content: "tiny\n"' 'content: "other\n"'
	leaves 4 ingot build tiny --sign-key "$key.pem"
	local status=$?
	cp "$area/recipe.yaml" "$recipe"
	return $status
}
check "--sign-key implies --locked" stale_lock
json() {
	leaves 0 ingot --json build tiny --sign-key "$key.pem" &&
		[ "$(jq -r '.signing.files | length' <<<"$said")" = 5 ] && [ "$(jq -r .signing.key_id <<<"$said")" = "$(id_of "$key")" ]
}
check "--json lists what was signed" json
altered() { # a file that has the times of the one that was built, or not
	cp "$out/$oci" "$area/good.tar"
	printf 'x' | dd of="$out/$oci" bs=1 seek=3000 conv=notrunc status=none
	build && cmp "$area/good.tar" "$out/$oci" && vouched $oci "$key"
}
check "an output that was altered is made anew before it is signed" altered
replaced() {
	cp "$out/$oci.sigstore.json" "$area/old.json"
	replace "$recipe" 'content: "tiny\n"' 'content: "other\n"'
	leaves 0 ingot build tiny -t container && says "removed '$oci.sigstore.json'" && [ ! -e "$out/$oci.sigstore.json" ] &&
		[ "$(jq -s 'all(.[]; .signatures == [])' "$out/tiny-1-container-amd64.intoto.jsonl")" = true ] &&
		leaves 9 ingot verify "$out/$oci" --key "$key.pub"
	local status=$?
	cp "$area/recipe.yaml" "$recipe"
	return $status
}
check "a build without a key removes signatures of what it replaces" replaced
back() { leaves 0 ingot build tiny && build && [ "$(sums)" = "$first" ]; }
check "and the first state comes back" back

# ---- a passphrase, a command ----

secret() {
	printf 'swordfish\n' >"$area/passphrase" && chmod 600 "$area/passphrase"
	leaves 0 ingot keygen -o "$area/locked" --passphrase-file "$area/passphrase" &&
		leaves 0 ingot build tiny --sign-key "$area/locked.pem" --passphrase-file "$area/passphrase" && vouched $oci "$area/locked" || return 1
	leaves 0 ingot sign "$out/$oci" --key "$area/locked.pem" --passphrase-file <(cat "$area/passphrase") || return 1
	printf 'wrong\n' >"$area/passphrase"
	leaves 2 ingot sign "$out/$oci" --key "$area/locked.pem" --passphrase-file "$area/passphrase"
}
check "a passphrase comes from a file or a pipe; a wrong one is status 2" secret

# ---- sign ----

alone() {
	cp "$out/$raw" "$area/alone.raw"
	leaves 0 ingot sign "$area/alone.raw" --key "$key.pem" && says "there are no statements beside" &&
		leaves 0 ingot verify "$area/alone.raw" --key "$key.pub"
}
check "a file without statements is signed alone, and that is said" alone
blind() { leaves 0 ingot sign "$out/$qcow2" --key "$key.pem" && says "what is inside was not looked at"; }
check "of another format the file alone is known, and that is said" blind
before_secure_boot() { # said by the build, and found again by who reads the disk
	local before
	before=$(sha256sum <"$out/$raw" | cut -d ' ' -f 1)
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$area/boot.key" -out "$area/boot.pem" -days 3000 -subj /CN=boot 2>/dev/null
	leaves 0 ingot build tiny -t vm --secure-boot-key "$area/boot.key" --secure-boot-cert "$area/boot.pem" --sign-key "$key.pem" &&
		[ "$(jq -r .dsseEnvelope.payload "$out/$raw.sigstore.json" | base64 -d |
			jq -r '.subject[] | select(.name | endswith("#unsigned")).digest.sha256')" = "$before" ] &&
		leaves 0 ingot --json sign "$out/$raw" --key "$key.pem" &&
		[ "$(jq -r '.files[0].digests.unsigned' <<<"$said")" = "$before" ] && rm -r "$ws/recipes/tiny.signatures"
}
check "a disk that Secure Boot signed is known by what it was before, too" before_secure_boot
both() { # of two files nothing is signed if one is wrong
	cp "$out/$oci" "$area/a.oci.tar"
	head -c 5000 "$out/$oci" >"$area/b.oci.tar"
	leaves 11 ingot sign "$area/a.oci.tar" "$area/b.oci.tar" --key "$key.pem" && [ ! -e "$area/a.oci.tar.sigstore.json" ]
}
check "all files are read before one is signed" both
foreign() {
	echo "a text" >"$area/text"
	leaves 11 ingot sign "$area/text" --key "$key.pem" && says "no container image and no disk"
}
check "what is no output is not signed" foreign

# ---- what the machine would configure ----

sum=$(sha256sum <"$area/scripts/later/postinst" | cut -c 1-64)
first_boot() {
	replace "$recipe" 'packages: [linux-image-test]' 'packages: [linux-image-test, later]'
	printf 'scripts:\n  - {package: later, script: postinst, sha256: %s, do: first-boot, reason: needs the machine}\n' "$sum" >>"$recipe"
	leaves 0 ingot lock tiny && leaves 9 ingot build tiny --sign-key "$key.pem" &&
		says "package 'later' is configured on the machine" && says "recipes/tiny.yaml"
}
check "build does not sign what the machine will configure" first_boot
other_target() { leaves 0 ingot build tiny -t container --sign-key "$key.pem"; }
check "but targets without that package" other_target
by_file() {
	leaves 0 ingot build tiny -t vm && leaves 9 ingot sign "$out/$raw" --key "$key.pem" && says "later" &&
		[ ! -e "$out/$raw.sigstore.json" ]
}
check "nor does sign: it asks the disk" by_file

#!/bin/bash
# `ingot verify --rebuild`: a verdict from nothing but a file and a bundle; what hostile bundles
# and changed images are told; verdicts, thresholds and dissent; Secure Boot without the key.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "rebuild" apt-ftparchive gpg dpkg-deb curl jq openssl gcc || exit 0
failed=0
test_that() { check "$@" || failed=1; }

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"
printf 'void _start(void) { __asm__("mov $60, %%eax; xor %%edi, %%edi; syscall"); }\n' >"$area/nothing.c"
gcc -static -nostdlib -o "$area/nothing" "$area/nothing.c" || exit 1
payload_base cat mkdir touch true
make_deb "$pool" tools 1 "Essential: yes"
script_of hello postinst <<'END'
#!/bin/sh
set -e
mkdir -p /var/lib/hello
touch /var/lib/hello/made
END
make_deb "$pool" hello 1.0
make_kernel "$pool" 1 && make_boot "$pool" "$area/nothing" || exit 1
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
printf 'hi\n' >"$ws/recipes/words"
mkdir -p "$ws/recipes/keys"
openssl req -new -x509 -newkey rsa:2048 -nodes -subj /CN=db -keyout "$area/db.key" -out "$ws/recipes/keys/db.pem" -days 3650 2>/dev/null
chmod 600 "$area/db.key"
replace "$ws/recipes/tiny.yaml" '  - {path: /etc/motd, content: "tiny\n"}' '  - {path: /etc/motd, content: "tiny\n"}
  - {path: /srv/words, from: words}'
cat >>"$ws/recipes/tiny.yaml" <<'END'
  vm:
    type: disk
    packages: [linux-image-test]
    formats: [raw, qcow2]
    root: {type: erofs, verity: true}
    secure_boot: {certificate: keys/db.pem}
END
check "it is locked and built, the disk signed" eval 'ingot -q lock tiny && ingot -q build tiny --secure-boot-key "$area/db.key"' || exit 1
b=$area/tiny.bundle
check "it is bundled" ingot -q bundle tiny -o "$b" || exit 1
image=$ws/outputs/tiny-1-container-amd64.oci.tar
disk=$ws/outputs/tiny-1-vm-amd64.raw
kill "$server" 2>/dev/null

# ---- what the statements say of a disk ----

subject() { head -n 1 "${disk%.raw}.intoto.jsonl" | jq -r .payload | base64 -d | jq -er --arg name "$(basename "$disk")$1" '.subject[] | select(.name == $name).digest.sha256'; }
partition() { # NUMBER FILE
	local at
	at=$(sfdisk -J "$disk" | jq -r ".partitiontable.partitions[$1 - 1] | \"\(.start) \(.size)\"")
	dd if="$disk" of="$2" bs=512 skip="${at% *}" count="${at#* }" status=none
}
root_hash() { # made anew from the root, by the tree's own salt
	partition 2 "$area/root" && partition 3 "$area/hash" && veritysetup verify "$area/root" "$area/hash" "$(subject '#root-hash')" || return 1
	tree_says() { veritysetup dump "$area/hash" | sed -n "s/^$1:[[:space:]]*//p"; }
	veritysetup format --salt "$(tree_says Salt)" --data-blocks "$(tree_says 'Data blocks')" "$area/root" "$area/hash2" >"$area/said" || return 1
	[ "$(sed -n 's/^Root hash:[[:space:]]*//p' "$area/said")" = "$(subject '#root-hash')" ]
}
if need "a root hash" veritysetup sfdisk blkid; then test_that "veritysetup comes to the root hash of the statements" root_hash; fi
test_that "they name the file" eval '[ "$(subject "")" = "$(sha256sum <"$disk" | cut -d " " -f 1)" ]'
unsigned() {
	mkdir "$area/unsigned" && cp -R "$ws/recipes" "$area/unsigned/" && rm -r "$area/unsigned/recipes/tiny.signatures" &&
		"$INGOT" -q -C "$area/unsigned" --offline --stage "$stage" build tiny -t vm --locked &&
		[ "$(sha256sum <"$area/unsigned/outputs/$(basename "$disk")" | cut -d ' ' -f 1)" = "$(subject '#unsigned')" ] && [ "$(subject '#unsigned')" != "$(subject '')" ]
}
test_that "and what it was before Secure Boot signed it" unsigned

# ---- identical ----

# rebuild STATUS FILE OPTION...: from another user's home, with a temporary folder of our own.
mkdir -p "$area/tmp"
rebuild() {
	local want=$1
	shift
	TMPDIR=$area/tmp leaves "$want" "$INGOT" verify --rebuild "$@" || return 1
	[ -z "$(ls -A "$area/tmp")" ] || { ls "$area/tmp"; echo "something was left behind"; return 1; }
}
test_that "an image is what its inputs give" eval 'rebuild 0 "$image" --bundle "$b" && says "identical to the last bit" && says "evidence    ok" && says "effects     ok"'
test_that "a signed disk with verity, without the private key" eval 'rebuild 0 "$disk" --bundle "$b" && says "identical to the last bit"'
test_that "a disk in another format" eval 'rebuild 0 "${disk%.raw}.qcow2" --bundle "$b" && says "identical"'
cp "$image" "$area/other-name.tar"
test_that "a file by another name" eval 'rebuild 0 "$area/other-name.tar" --bundle "$b" && says identical'
test_that "without a network" eval 'need "no network" unshare && TMPDIR=$area/tmp leaves 0 unshare -n "$INGOT" verify "$image" --rebuild --bundle "$b"'
elsewhere() { (umask 077; cd / && LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu TMPDIR=$area/tmp HOME=$area/nohome "$INGOT" -j 1 verify "$disk" --rebuild --bundle "$b"); }
test_that "in another folder, locale and umask, with one thread" elsewhere
as_nobody() {
	mkdir -p "$area/nobody" && cp "$INGOT" "$b" "$image" "$area/nobody/" && chmod 755 "$area" "$area/nobody" && chmod 644 "$area/nobody"/*.* && chmod 777 "$area/nobody"
	(cd "$area/nobody" && TMPDIR=$area/nobody HOME=$area/nobody leaves 0 setpriv --reuid=65534 --regid=65534 --clear-groups ./ingot verify ./tiny-1-container-amd64.oci.tar --rebuild --bundle ./tiny.bundle)
}
if need "another user" root setpriv; then test_that "as another user" as_nobody; fi
json() { "$INGOT" --json verify "$image" --rebuild --bundle "$b" | jq -e '.rebuild.verdict == "identical" and .rebuild.passed and .rebuild.target == "container"'; }
test_that "as JSON" json

# ---- other bundles ----

# rebundle JQ: a bundle whose manifest is changed so, with all digests made right again.
rebundle() { /usr/bin/python3 "$root/tests/e2e/bundle-change.py" "$b" "$area/changed.bundle" "$@"; }
wrong() { # STATUS WORDS CHANGE...
	local want=$1 words=$2
	shift 2
	rebundle "$@" && rebuild "$want" "$image" --bundle "$area/changed.bundle" && says "$words"
}
test_that "one byte of a package changed" wrong 7 "is damaged" flip packages/
test_that "one byte of an index changed" wrong 7 "evidence" flip evidence/test/tiny/main
# The index as zstd, which is read instead of the .xz: what comes out of it is what was signed.
fast=evidence/test/tiny/main/binary-amd64/Packages.zst
plain() { tar -xOf "$b" "blobs/sha256/$(digest_in_bundle "$fast")" | zstd -dc; }
digest_in_bundle() { tar -xOf "$b" "blobs/sha256/$(tar -xOf "$b" index.json | jq -r '.manifests[0].digest[7:]')" | jq -r --arg name "$1" '.layers[] | select(.annotations["org.opencontainers.image.title"] == $name).digest[7:]'; }
another() { # STATUS WORDS: the bundle has "$area/fast" instead
	wrong "$1" "$2" replace "$fast" "$area/fast" && says "evidence    failed"
}
if need "the index as zstd" zstd; then
	test_that "one byte of it changed" wrong 7 "evidence    failed" flip "$fast"
	test_that "the .xz is looked at, too" wrong 7 "evidence    failed" flip evidence/test/tiny/main/binary-amd64/Packages.xz
	test_that "compressed otherwise it is the same" eval 'plain | zstd -q --no-check -19 >"$area/fast" && wrong 0 "evidence    ok" replace "$fast" "$area/fast"'
	test_that "another package in it" eval 'plain | sed "s/^Size: 1/Size: 2/" | zstd -q >"$area/fast" && another 7 "Packages.zst"'
	test_that "one line more" eval '(plain; printf "\nPackage: evil\n") | zstd -q >"$area/fast" && another 11 "Packages.zst"'
	test_that "one byte less" eval 'plain | head -c -1 | zstd -q >"$area/fast" && another 7 "Packages.zst"'
	test_that "a bomb" eval 'head -c 300M /dev/zero | zstd -q >"$area/fast" && another 11 "Packages.zst"'
	test_that "a frame that is skipped" eval '(printf "\120\052\115\030\004\0\0\0evil"; plain | zstd -q) >"$area/fast" && another 7 "Packages.zst"'
	test_that "a second frame" eval '(plain | zstd -q; printf "" | zstd -q) >"$area/fast" && another 7 "Packages.zst"'
	test_that "no zstd at all" eval 'plain >"$area/fast" && another 7 "Packages.zst"'
	test_that "without it the .xz is read: bundles of older ingots" eval 'wrong 0 "identical to the last bit" drop "$fast" && says "evidence    ok"'
	test_that "without the .xz it is no evidence" eval 'wrong 0 "nothing says that its packages" drop evidence/test/tiny/main/binary-amd64/Packages.xz'
fi
test_that "a blob is missing" wrong 11 "lacks 'packages/" drop-blob packages/
test_that "a package is missing" wrong 6 "lacks hello" drop packages/test/pool/main/hello
test_that "a file that nothing names" wrong 11 "does not name" extra
test_that "files in another order" wrong 11 "out of order" reorder
test_that "a truncated file" wrong 11 "changed.bundle" truncate
test_that "a name that leads out" wrong 11 "not allowed" rename recipes/words recipes/../../words
test_that "an absolute name" wrong 11 "not allowed" rename recipes/words /tmp/words
test_that "a name outside of recipes/" wrong 11 "not below recipes/" rename recipes/words words
test_that "a file in the way of a folder" wrong 11 "in the way" rename recipes/words recipes/keys/test.pgp/x
test_that "another keyring" wrong 4 "" replace recipes/keys/test.pgp "$area/nothing"
test_that "a recipe that the lock does not fit" wrong 4 "does not fit" replace-text recipes/tiny.yaml 'tiny\n' 'TINY\n'
test_that "no bundle at all" eval 'rebuild 11 "$image" --bundle "$image"'

# ---- other images ----

for key in a b c; do "$INGOT" -q keygen --no-passphrase -o "$area/$key" >/dev/null || exit 1; done
mutate() { # the same recipe with another word: an image that claims to be ours
	cp -R "$ws" "$area/evil" && printf 'HI\n' >"$area/evil/recipes/words"
	"$INGOT" -q -C "$area/evil" --offline --stage "$stage" lock tiny && "$INGOT" -q -C "$area/evil" --offline --stage "$stage" build tiny -t container
}
test_that "a changed image can be made" mutate
evil=$area/evil/outputs/tiny-1-container-amd64.oci.tar
caught() { rebuild 8 "$evil" --bundle "$b" --sign-key "$area/a.pem" && says "srv/words" && says "rebuild     failed" && says "names another lock than the bundle's"; }
test_that "a changed image is told, with the path" caught
no_place() { rebuild 12 "$evil" --bundle "$b" --sign-key "$area/a.pem" -o "$area/nowhere/v.json" && says "the verdict can't be written" && says "-o FILE" && ! says "rebuild     failed" >/dev/null; }
test_that "a verdict that has no place is refused before the work" no_place
alone() { # all that an auditor has: an image and a bundle
	mkdir "$area/alone" && cp "$evil" "$area/alone" && rebuild 8 "$area/alone/${evil##*/}" --bundle "$b" &&
		says "srv/words" && says "in A from files./srv/words" && says "(recipes/tiny.yaml:"
}
test_that "and with the line of the recipe, without anything beside the image" alone
payload() { [ -e "$1" ] && jq -r .dsseEnvelope.payload "$1" | base64 -d; }
failed_verdict() { payload "$(echo "$evil".verdict.*.sigstore.json)" >"$area/said.json" && jq -e '.predicate.result == "FAILED" and (.predicate.failedTests | index("rebuild")) and .predicate.rebuilt.config' "$area/said.json"; }
test_that "and its verdict is signed" failed_verdict

# ---- verdicts ----

signs() {
	rebuild 0 "$image" --bundle "$b" --sign-key "$area/$1.pem" && says "signed verdict: $image.verdict."
}
test_that "a verdict is signed" signs a
twice() { cp "$image".verdict.*.json "$area/first.json" && signs a && cmp "$image".verdict.*.json "$area/first.json"; }
test_that "and the same when made again" twice
content() { payload "$area/first.json" >"$area/said.json" && jq -e '.predicateType == "https://in-toto.io/attestation/test-result/v0.1" and .predicate.result == "PASSED" and ([.predicate.configuration[].name] == ["bundle","lock","recipe","target"]) and (.predicate.passedTests | index("evidence")) and (.subject | length >= 4)' "$area/said.json"; }
test_that "it says what was judged by what" content

cp "$area/a.pub" "$area/a-again.pub"
count() { # STATUS WORDS OPTION...
	local want=$1 words=$2
	shift 2
	leaves "$want" "$INGOT" verify "$image" "$@" && says "$words"
}
test_that "options of --rebuild without it are refused" count 2 "--bundle belongs to --rebuild" --key "$area/a.pub" --bundle "$b"
test_that "and those of --threshold" count 2 "--verdict belongs to --threshold" --key "$area/a.pub" --verdict "$area"
test_that "and both at once" count 2 "two questions" --rebuild --bundle "$b" --threshold 1 --key "$area/a.pub"
test_that "one of one" count 0 "1 of 1 rebuilders agree" --threshold 1 --key "$area/a.pub"
test_that "one key under two names is one" count 2 "only 1 key of rebuilders is known" --threshold 2 --key "$area/a.pub" --key "$area/a-again.pub"
test_that "too few is status 9" count 9 "1 of the 2" --threshold 2 --key "$area/a.pub" --key "$area/a-again.pub" --key "$area/b.pub"
test_that "a threshold of 0 is status 2" count 2 "0" --threshold 0 --key "$area/a.pub"
test_that "keys of nobody are status 2" count 2 "needs keys" --threshold 1
signs b >/dev/null 2>&1
test_that "two of three" count 0 "2 of 2 rebuilders agree" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --key "$area/c.pub"
test_that "unknown keys don't count" count 9 "0 of the 1" --threshold 1 --key "$area/c.pub"
forged() { # a verdict with another's name, and one that was changed
	mkdir -p "$area/forged" && sed 's/"payload":"e/"payload":"f/' "$area/first.json" >"$area/forged/x.sigstore.json"
	leaves 9 "$INGOT" verify "$image" --threshold 1 --key "$area/a.pub" --verdict "$area/forged"
}
test_that "a changed verdict doesn't count" forged
dissent() { # C rebuilt the same inputs to something else
	mkdir -p "$area/dissent" && cp "$image".verdict.*.json "$area/dissent/"
	payload "$area/first.json" | jq -c '.subject |= map(.digest.sha256 = (.digest.sha256[1:] + "0"))' >"$area/other.json"
	/usr/bin/python3 "$root/tests/e2e/bundle-change.py" sign "$area/other.json" "$area/c.pem" "$area/dissent/c.sigstore.json" &&
		leaves 8 "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --key "$area/c.pub" --verdict "$area/dissent" && says DISSENTS &&
		leaves 0 "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --key "$area/c.pub" --verdict "$area/dissent" --allow-dissent &&
		leaves 0 "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --verdict "$area/dissent"
}
test_that "dissent by a key that counts is status 8" dissent
of_another_build() { # C was given the bundle of another build
	mkdir -p "$area/odd" && cp "$area/dissent"/*.verdict.*.json "$area/odd/" &&
		payload "$area/first.json" | jq -c '.predicate.result = "FAILED" | (.predicate.configuration[] | select(.name == "lock").digest.sha256) |= .[1:] + "0"' >"$area/odd.json" &&
		/usr/bin/python3 "$root/tests/e2e/bundle-change.py" sign "$area/odd.json" "$area/c.pem" "$area/odd/c.sigstore.json" &&
		leaves 8 "$INGOT" verify "$image" --threshold 2 --key "$area/a.pub" --key "$area/b.pub" --key "$area/c.pub" --verdict "$area/odd" &&
		says "they are others than those by which somebody agrees"
}
test_that "and by one who was given another bundle, as such" of_another_build

# ---- an auditor has no workspace ----

nowhere() { # COMMAND...: in an empty folder
	mkdir -p "$area/empty" && (cd "$area/empty" && TMPDIR=$area/tmp leaves "$@") && [ -z "$(ls -A "$area/tmp")" ]
}
for command in ls show sbom "report -o page.html" "diff $area/other-name.tar"; do
	# shellcheck disable=SC2086 # words
	test_that "no workspace is needed by ${command%% *}" nowhere 0 "$INGOT" $command "$image"
done
test_that "a file that is not there is told as such" eval 'nowhere 12 "$INGOT" diff nosuch "$image"'
unread() { (cd "$area/empty" && TMPDIR=$area/tmp "$INGOT" ls "$image" 2>&1 | true) && [ -z "$(ls -A "$area/tmp")" ]; }
test_that "a reader that goes leaves nothing behind" unread
no_folder() { TMPDIR=$area/nosuch leaves 12 "$INGOT" verify "$image" --rebuild --bundle "$b" && says "set TMPDIR"; }
test_that "a temporary folder that is not there is told as such" no_folder
signalled() { # as timeout(1) signals: the process, then its group
	TMPDIR=$area/tmp "$INGOT" verify "$disk" --rebuild --bundle "$b" >"$area/out" 2>&1 &
	local pid=$!
	sleep 0.1
	kill -INT $pid 2>/dev/null
	sleep 0.02
	kill -INT $pid 2>/dev/null
	wait $pid
	[ -z "$(ls -A "$area/tmp")" ]
}
test_that "two signals at once are one" signalled

interrupted() {
	TMPDIR=$area/tmp "$INGOT" verify "$disk" --rebuild --bundle "$b" >"$area/out" 2>&1 &
	local pid=$!
	sleep 0.05
	kill -INT $pid 2>/dev/null
	wait $pid
	[ -z "$(ls -A "$area/tmp")" ]
}
test_that "Ctrl-C leaves nothing behind" interrupted
exit $failed

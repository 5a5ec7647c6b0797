#!/bin/bash
# What a user meets when maintainer scripts do something that ingot can't evaluate,
# and what effects are to a reviewer: on a tiny archive of packages made for it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "scripts" apt-ftparchive gpg dpkg-deb curl jq script || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"

# An Essential set of commands, as far as names go: a command is there if a file is.
payload_of tools
mkdir -p "$payload/usr/bin" "$payload/etc"
for name in cat chmod chown ln mkdir rm touch; do
	printf '\177ELF' >"$payload/usr/bin/$name" && chmod 755 "$payload/usr/bin/$name"
done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$payload/etc/passwd"
printf 'root:x:0:\nadm:x:4:\n' >"$payload/etc/group"
script_of tools postinst <<'END'
#!/bin/sh
mkdir -p /var/lib/tools
END
make_deb "$archive/pool/main" tools 1 "Essential: yes"

payload_of foo
mkdir -p "$payload/usr/bin"
printf '\177ELF' >"$payload/usr/bin/foo-register" && chmod 755 "$payload/usr/bin/foo-register"
foo_postinst() { # EXTRA LINE
	script_of foo postinst <<END
#!/bin/sh
set -e
mode=all
mkdir -p /var/lib/foo
if ! foo-register --\$mode; then
	touch /var/lib/foo/unregistered
fi
foo-register --list >/dev/null
${1:-chmod 0750 /var/lib/foo}
END
}
foo_postinst
make_deb "$archive/pool/main" foo 1.2-3
script_of perlish postinst <<'END'
#!/usr/bin/perl
print "hello\n";
END
make_deb "$archive/pool/main" perlish 2.0
plain_postinst() { # MODE
	script_of plain postinst <<END
#!/bin/sh
set -e
mkdir -p /var/lib/plain
echo one >/var/lib/plain/state
chmod $1 /var/lib/plain/state
rm -f /usr/share/plain/plain.txt
END
}
plain_postinst 0600
make_deb "$archive/pool/main" plain 1.0
script_of awatcher triggers <<'END'
interest-noawait /usr/share/plain
END
script_of awatcher postinst <<'END'
#!/bin/sh
set -e
if [ "$1" = triggered ]; then
	touch /var/lib/watched
fi
END
# A package that is only unpacked is not triggered: the Essential ones come first.
make_deb "$archive/pool/main" awatcher 1.0 "Essential: yes"
# What boots a disk is locked with it.
make_deb "$archive/pool/main" busybox-static 1.0
make_deb "$archive/pool/main" systemd-boot-efi 1.0
publish() { make_indexes "$archive" tiny amd64 arm64 && make_release "$archive" tiny alice "$1"; }
publish 9
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
recipe=$ws/recipes/tiny.yaml
lock=$ws/recipes/tiny.lock
replace "$recipe" 'architectures: [amd64]' 'architectures: [amd64, arm64]'
replace "$recipe" '[hello]' '[awatcher, foo, perlish, plain]'
replace "$recipe" '  container: {type: oci, entrypoint: [/bin/true]}' '  container: {type: oci}
  other: {type: oci}'
cp "$recipe" "$area/bare.yaml"

# ---- refusals ----

refused() {
	leaves 10 ingot lock tiny && says '2 maintainer scripts do 3 things' &&
		says 'foo_1.2-3_all.deb: postinst:5' && says 'if ! foo-register --$mode; then' &&
		says '=   foo-register --all' && says 'perlish_2.0_all.deb: postinst:1' &&
		[ "$(grep -c 'foo_1.2-3_all.deb' <<<"$said")" -eq 2 ] && [ ! -e "$lock" ]
}
check "lock lists all that is refused, once, and writes no lock" refused
readable() {
	local path
	path=$(sed -n 's/^  the whole script: //p' <<<"$said" | head -n 1)
	cmp "$path" "$area/scripts/foo/postinst"
}
check "the scripts can be read" readable
block() {
	ingot lock tiny >"$area/block" 2>"$area/talk"
	cat "$area/block"
	[ "$(grep -c '^  - {package' "$area/block")" -eq 3 ] && grep -q '^scripts:' "$area/block" &&
		! grep -q '^scripts:' "$area/talk"
}
check "the block for the recipe is on standard output, the talk is not" block
unfilled() {
	cat "$area/block" >>"$recipe"
	leaves 3 ingot lock tiny && says 'is not a reason' && says 'recipes/tiny.yaml:'
}
check "an answer without a reason is refused" unfilled
json() {
	cp "$area/bare.yaml" "$recipe"
	ingot --json lock tiny >"$area/out" 2>"$area/talk"
	jq -e '.schema and .code == "E1004" and (.refused | length == 3) and (.paste | startswith("scripts:")) and
		(.refused[0] | .package == "foo" and .line == 5 and .command == "foo-register --all" and
		 .targets == ["container", "other"] and .architectures == ["amd64", "arm64"])' "$area/out"
}
check "with --json all of it is one document" json
filled() {
	sed 's/reason: ""/reason: tested/' "$area/block" >>"$recipe"
	leaves 0 ingot lock tiny && says 'evaluated,' && leaves 0 ingot lock tiny --check
}
check "with reasons the block is enough" filled
recorded() {
	grep -q 'command: foo-register --all, do: skip-command, reason: tested' "$lock" &&
		grep -q 'package: perlish, script: postinst,.*do: skip, reason: tested' "$lock" &&
		[ "$(grep -c 'target: .*, sha256:' "$lock")" -eq 4 ] && grep -q '^evaluator: [1-9]' "$lock"
}
check "answers and effects are in the lock" recorded
explained() {
	leaves 0 "$INGOT" explain E1004 && for word in skip-command fail-command effects skip first-boot; do
		says "do: $word" || return 1
	done
}
check "explain E1004 tells the five answers" explained
covered() { leaves 0 ingot check tiny --scripts && says '0 refused' && says '2 answered'; }
check "check --scripts tells how scripts fare" covered
elsewhere() {
	leaves 6 "$INGOT" -C "$ws" --stage "$area/empty" check tiny --scripts || return 1
	mv "$lock" "$lock.away" && leaves 4 ingot check tiny --scripts && mv "$lock.away" "$lock"
}
check "check --scripts fetches nothing, and needs a lock" elsewhere

# ---- what scripts do ----

effects() {
	leaves 0 ingot why tiny plain --effects && says 'file       /var/lib/plain/state 0600 0:0, 4 bytes' &&
		says 'postinst:4, postinst:5' && says 'remove     /usr/share/plain/plain.txt' &&
		ingot why tiny plain --effects --json --target other --arch arm64 |
		jq -e '.schema and (.effects | map(select(.subject == "/var/lib/plain/state")) | .[0].causes == "postinst:4, postinst:5")'
}
check "why --effects lists operations with their lines" effects
paths() {
	leaves 0 ingot why tiny /var/lib/plain/state && says 'script of plain: postinst:5' &&
		leaves 0 ingot why tiny /usr/share/plain/plain.txt && says 'removed by' && says 'plain: postinst:6' &&
		leaves 0 ingot why tiny /var/lib/watched && says 'trigger of awatcher'
}
check "why PATH names package, script and line, of removals and triggers, too" paths

# ---- the object ----

object() { sed -n 's/.*architecture: amd64, target: container, sha256: \(..\)\(.*\)}/\1\/\2/p' "$lock"; }
check "build" leaves 0 ingot build tiny
sum() { (cd "$ws/outputs" && sha256sum ./*.oci.tar); }
again() {
	sum >"$area/sums"
	rm -f "$stage/objects/$(object)" && rm -rf "$ws/outputs"
	leaves 0 ingot --offline build tiny -v && says 'were evaluated again' && [ -e "$stage/objects/$(object)" ] &&
		sum | cmp - "$area/sums"
}
check "a lost object is evaluated again, offline, to the same bytes" again
kept() {
	leaves 0 ingot stage gc && [ -e "$stage/objects/$(object)" ] && leaves 0 ingot stage fsck
}
check "gc keeps the object while there is the lock" kept
tampered() {
	cp "$lock" "$area/keep.lock"
	rm -f "$stage/objects/$(object)" && rm -rf "$ws/outputs"
	sed -i 's/\(target: container, sha256: \)..../\10000/; s/\(package: plain, digest: \)..../\10000/' "$lock"
	leaves 4 ingot build tiny && says 'plain: other effects' && says '/var/lib/plain/state' &&
		! grep -q 'foo: other' <<<"$said" && leaves 0 ingot lock tiny && cmp "$lock" "$area/keep.lock"
}
check "another result is exit 4 with the operations, and lock makes it right" tampered
read_only() {
	rm -rf "$ws/outputs"
	chmod -R a-w "$ws/recipes"
	leaves 0 ingot build tiny
	local status=$?
	chmod -R u+w "$ws/recipes"
	return $status
}
check "build writes nothing into recipes/" read_only

# ---- answers ----

changed() {
	replace "$recipe" 'command: foo-register --all, do: skip-command' 'command: foo-register --all, do: fail-command'
	leaves 4 ingot lock tiny --check && leaves 4 ingot build tiny --locked &&
		leaves 4 ingot lock tiny --dry-run --diff &&
		says 'effects  foo: container amd64, other amd64, container arm64, other arm64' &&
		says '+ file /var/lib/foo/unregistered' && leaves 0 ingot build tiny && says 'updated the lock'
}
check "an edited answer makes the lock follow, and the diff shows what it does" changed
of_command() {
	replace "$recipe" 'command: foo-register --all, do: fail-command' 'command: foo-register --all, do: effects, effects: ["directory /var/lib/bar 0750", "text /var/lib/bar/x \"hello\\n\" 0640 root adm"]'
	leaves 0 ingot lock tiny && leaves 0 ingot why tiny /var/lib/bar/x && says '0640' && says 'answered by the recipe'
}
check "effects instead of one command" of_command
malformed() {
	cp "$recipe" "$area/good.yaml"
	replace "$recipe" 'directory /var/lib/bar 0750' 'directroy /var/lib/bar 0750'
	leaves 3 ingot check tiny && says "directroy" && says 'recipes/tiny.yaml:' || return 1
	cp "$area/good.yaml" "$recipe" && replace "$recipe" 'directory /var/lib/bar 0750' 'directory /var/lib/bar 07x0'
	leaves 3 ingot check tiny && says "'07x0' is no mode" || return 1
	cp "$area/good.yaml" "$recipe" && replace "$recipe" 'directory /var/lib/bar 0750' 'owner /nowhere root root'
	leaves 3 ingot lock tiny && says "'/nowhere' is not in the tree" && says 'recipes/tiny.yaml:'
	local status=$?
	cp "$area/good.yaml" "$recipe"
	return $status
}
check "malformed effects are errors at the recipe's line" malformed
unused() {
	replace "$recipe" 'command: foo-register --list' 'command: foo-register --lost'
	leaves 10 ingot lock tiny && says 'nothing asks for this answer' && says '--lost'
	local status=$?
	cp "$area/good.yaml" "$recipe"
	return $status
}
check "an answer that nothing asks for is told" unused
digest=$(sha256sum <"$area/scripts/foo/postinst" | cut -c1-64)
first_boot() {
	cp "$area/bare.yaml" "$recipe"
	replace "$recipe" '[awatcher, foo, perlish, plain]' '[foo]'
	printf 'scripts:\n  - {package: foo, script: postinst, sha256: %s, do: first-boot, reason: later}\n' "$digest" >>"$recipe"
	leaves 3 ingot lock tiny && says "'first-boot' is for disks with a writable root" || return 1
	sed -i '/^  other:/d; s/^  container: .*/  container: {type: disk, root: {type: erofs}}/' "$recipe"
	leaves 3 ingot lock tiny && says "'first-boot' is for disks with a writable root" || return 1
	sed -i 's/^  container: .*/  container: {type: disk}/' "$recipe"
	leaves 0 ingot lock tiny && leaves 0 ingot why tiny foo --effects && says 'unpacked'
	local status=$?
	cp "$area/good.yaml" "$recipe"
	cp "$area/keep.lock" "$lock"
	return $status
}
check "first-boot is for disks that can be written" first_boot

# ---- an update ----

check "locked as before" leaves 0 ingot lock tiny
plain_postinst 0640
make_deb "$archive/pool/main" plain 1.1
publish 8
diffs() {
	leaves 4 ingot lock tiny --update --dry-run --diff && says 'changed  plain:amd64 1.0 -> 1.1' &&
		says '- file /var/lib/plain/state 0600' && says '+ file /var/lib/plain/state 0640' || return 1
	ingot lock tiny --update --dry-run --diff --format json 2>"$area/err" |
		jq -e '.schema and (.effects | length == 4) and (.effects[0].added[0] | test("0640"))' || return 1
	ingot lock tiny --update --dry-run --diff --format markdown >"$area/diff.md" 2>"$area/err"
	cat "$area/diff.md"
	grep -q '^+ file /var/lib/plain/state 0640' "$area/diff.md"
}
check "lock --diff shows what an updated script does otherwise" diffs
says_update() { leaves 0 ingot lock tiny --update && says 'the effects of scripts changed'; }
check "lock --update says that effects changed" says_update
foo_postinst 'chmod 0700 /var/lib/foo'
make_deb "$archive/pool/main" foo 1.3
publish 7
stale() {
	cp "$lock" "$area/keep.lock"
	leaves 10 ingot lock tiny --update && says 'is for another text of this script' &&
		says "$(sha256sum <"$area/scripts/foo/postinst" | cut -c1-64)" && says '- chmod 0750 /var/lib/foo' &&
		says '+ chmod 0700 /var/lib/foo' && says '# in the place of recipes/tiny.yaml' && cmp "$lock" "$area/keep.lock"
}
check "a stale answer is told with what has changed in the script" stale
side_by_side() {
	sed "s/$digest/$(sha256sum <"$area/scripts/foo/postinst" | cut -c1-64)/" "$recipe" |
		grep 'package: foo' >"$area/more"
	cat "$area/more" >>"$recipe"
	leaves 0 ingot lock tiny --update && ! grep -q 'nothing asks' <<<"$said"
}
check "answers for two texts of a script stand side by side" side_by_side

# ---- without the Essential set ----

distroless() {
	cp "$area/bare.yaml" "$recipe"
	replace "$recipe" '[awatcher, foo, perlish, plain]' '[plain]'
	echo 'essential: false' >>"$recipe"
	leaves 0 ingot lock tiny && leaves 0 ingot why tiny /var/lib/plain/state && leaves 0 ingot why tiny /var/lib/tools &&
		says 'removed by     rule essential: false' && leaves 0 ingot why tiny /usr/bin/mkdir && says removed && leaves 0 ingot build tiny
}
check "essential: false keeps what scripts did, and drops the rest" distroless
per_target() {
	cp "$area/bare.yaml" "$recipe"
	replace "$recipe" '[awatcher, foo, perlish, plain]' '[tools]'
	replace "$recipe" '  other: {type: oci}' '  other: {type: oci, packages: [plain]}'
	leaves 0 ingot lock tiny && leaves 0 ingot why tiny /var/lib/plain/state --target other &&
		leaves 2 ingot why tiny /var/lib/plain/state --target container
}
check "packages of one target have effects there only" per_target
live() {
	rm -f "$lock"
	script -qefc "env TERM=xterm $INGOT -C $ws --stage $stage lock tiny" "$area/typescript" >/dev/null </dev/null
	cat "$area/typescript"
	grep -qE 'scripts  [0-9]+ evaluated, [0-9]+\.[0-9]{2} s' "$area/typescript"
}
check "a terminal sees how many scripts were evaluated" live

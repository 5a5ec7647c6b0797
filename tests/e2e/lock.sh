#!/bin/bash
# What `ingot lock` promises to whoever reviews locks.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "locks" apt-ftparchive gpg dpkg-deb curl jq || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
for name in hello other third; do make_deb "$archive/pool/main" $name 1.0; done
make_deb "$archive/pool/main" needy 1.0 "Depends: third"
make_indexes "$archive" tiny amd64 arm64
make_release "$archive" tiny alice 3
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
lock=$ws/recipes/tiny.lock
# The machine without its mirrors: nothing that works may need them.
cut_off() { printf 'mirrors: []\n' >"$HOME/.config/ingot/config.yaml"; }
reconnect() { printf 'mirrors:\n  - {suite: tiny, url: "%s"}\n' "$url" >"$HOME/.config/ingot/config.yaml"; }

check "a first lock is written" leaves 0 ingot lock tiny
check "lock --check says that it fits" leaves 0 ingot lock tiny --check
json_fields() {
	ingot show "$lock" --json | jq -e '.schema and (.packages.amd64 | length == 1) and
		(.packages.amd64[0] | .name == "hello" and .version == "1.0" and .architecture == "all" and
		 .source == "hello" and (.path | endswith("hello_1.0_all.deb")) and
		 (.sha256 | test("^[0-9a-f]{64}$")) and .size > 100 and .why == "recipe")'
}
check "show --json names what was locked" json_fields

# No location and no time of this run is in a lock.
no_place() { ! grep -nE '127\.0\.0\.1|localhost|https?:|file:|/tmp' "$lock"; }
check "a lock holds no location" no_place
again() {
	cp "$lock" "$area/first" && rm "$lock" && leaves 0 ingot lock tiny && cmp "$lock" "$area/first"
}
check "locking from nothing gives the same bytes" again

cut_off
# shellcheck disable=SC2120 # check passes them
plain() { cp "$lock" "$area/first" && leaves 0 ingot "$@" lock tiny && cmp "$lock" "$area/first"; }
check "a plain lock needs no mirror" plain
check "a plain lock is offline" plain --offline
if is_root && command -v unshare >/dev/null; then
	alone() { leaves 0 unshare -n "$INGOT" -C "$ws" --stage "$stage" lock tiny; }
	check "a plain lock works without a network" alone
fi

# The archive moves on.
reconnect
make_deb "$archive/pool/main" hello 1.1
make_indexes "$archive" tiny amd64 arm64
make_release "$archive" tiny alice 2
plain_stays() { plain && grep -q 'hello.*1\.0' "$lock" && ! grep -q 'hello.*1\.1' "$lock"; }
check "a plain lock never moves a pin" plain_stays
there_is_news() {
	cp "$lock" "$area/first"
	leaves 4 ingot lock tiny --update --dry-run --diff && says "1.1" && cmp "$lock" "$area/first"
}
check "--update --dry-run says what is new and writes nothing" there_is_news

# Adding a package changes its lines alone, and moves nothing.
add() {
	cp "$lock" "$area/first"
	replace "$ws/recipes/tiny.yaml" '[hello]' '[hello, other]'
	leaves 4 ingot lock tiny --check || return 1
	leaves 0 ingot lock tiny || return 1
	diff "$area/first" "$lock" | grep '^[<>]' >"$area/change"
	cat "$area/change"
	grep -q '^> .*other' "$area/change" && ! grep -E '^[<>].*(hello|third)' "$area/change" &&
		[ "$(grep -c '^<' "$area/change")" -le 3 ]
}
check "adding a package changes only its lines" add
pinned() { grep -q 'hello.*1\.0' "$lock"; }
check "adding a package keeps the others' versions" pinned

update_one() {
	make_deb "$archive/pool/main" other 2.0
	make_indexes "$archive" tiny amd64 arm64
	make_release "$archive" tiny alice 1
	leaves 0 ingot lock tiny --update=other && grep -q 'other.*2\.0' "$lock" && pinned
}
check "--update=PKG moves only that package" update_one
diffs() {
	cp "$lock" "$area/first"
	ingot lock tiny --update --dry-run --diff --format json >"$area/diff.json" 2>"$area/err"
	jq -e '.schema' "$area/diff.json" && grep -q '1\.1' "$area/diff.json" || { cat "$area/diff.json" "$area/err"; return 1; }
	ingot lock tiny --update --dry-run --diff --format markdown >"$area/diff.md" 2>"$area/err"
	grep -q '^|.*hello.*1\.0.*1\.1' "$area/diff.md" || { cat "$area/diff.md" "$area/err"; return 1; }
	ingot lock tiny --update --dry-run --diff >"$area/diff.txt" 2>"$area/err"
	grep -q 'hello.*1\.0.*1\.1' "$area/diff.txt" || { cat "$area/diff.txt" "$area/err"; return 1; }
	cmp "$lock" "$area/first"
}
check "--diff in text, JSON and Markdown" diffs
update_all() { leaves 0 ingot lock tiny --update && grep -q 'hello.*1\.1' "$lock"; }
check "--update moves all" update_all
check "then nothing is new" leaves 0 ingot lock tiny --update --dry-run

# Inputs: build refreshes them itself, unless it must not write.
check "build" leaves 0 ingot build tiny
motd() { replace "$ws/recipes/tiny.yaml" 'tiny\n' "$1\\n"; }
locked_refuses() {
	cp "$lock" "$area/first"
	replace "$ws/recipes/tiny.yaml" '"tiny\n"' '"changed\n"'
	leaves 4 ingot build tiny --locked && cmp "$lock" "$area/first" &&
		leaves 4 env CI=true "$INGOT" -C "$ws" --stage "$stage" build tiny && cmp "$lock" "$area/first"
}
check "--locked and CI=true refuse a lock that is stale" locked_refuses
relocks() {
	local lines
	leaves 0 ingot build tiny --progress=none || return 1
	lines=$(grep -c 'updated the lock' <<<"$said")
	echo "$said"
	[ "$lines" -eq 1 ] && ! cmp -s "$lock" "$area/first" && leaves 0 ingot build tiny --locked
}
check "build refreshes the lock's inputs and says so" relocks
stale() {
	replace "$ws/recipes/tiny.yaml" '[hello, other]' '[hello, needy]'
	leaves 4 ingot build tiny --locked
}
check "another package makes the lock stale" stale
check "lock resolves it" leaves 0 ingot lock tiny
chain() { ingot show "$lock" --json | jq -e '.packages.amd64[] | select(.name == "third") | .why == "needy"'; }
check "the lock says which package asked for another" chain
why() { leaves 0 ingot why tiny third && says needy; }
check "why tells the chain" why

by_hand() {
	cp "$lock" "$area/first"
	sed -i 's/^packages:/pakages:/' "$lock"
	cmp -s "$lock" "$area/first" && sed -i '1s/./%/' "$lock"
	leaves 4 ingot build tiny && cp "$area/first" "$lock"
}
check "a lock that doesn't read is refused" by_hand
no_lock() { rm "$lock" && leaves 4 ingot build tiny --locked; }
check "build --locked without a lock is refused" no_lock

# A version that the mirror has dropped.
check "locked anew" leaves 0 ingot lock tiny
check "built anew" leaves 0 ingot build tiny
rm "$archive/pool/main/hello_1.1_all.deb"
rm -rf "${ws:?}/outputs"
check "the stage is enough" leaves 0 ingot build tiny
dropped() {
	rm -rf "$stage" "$ws/outputs"
	leaves 6 ingot build tiny && says hello
}
check "a version that nobody has any more is a clear exit 6" dropped
elsewhere() {
	mkdir -p "$area/elsewhere/pool/main" && cp "$area/keep.deb" "$area/elsewhere/pool/main/hello_1.1_all.deb" &&
		printf 'mirrors:\n  - {suite: tiny, url: "%s"}\n  - {suite: tiny, url: "file://%s"}\n' "$url" "$area/elsewhere" \
			>"$HOME/.config/ingot/config.yaml" && leaves 0 ingot build tiny
}
make_deb "$area/rebuilt" hello 1.1 && cp "$area/rebuilt/hello_1.1_all.deb" "$area/keep.deb"
check "it is found by its digest in another place" elsewhere

# Shared by tests/repro: one lock, one set of downloads, one reference.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

shared=$INGOT_TEST_SCRATCH/repro-shared
# A part of it is enough for `make check`: an image, and one tree as image and disk.
if [ "${INGOT_REPRO:-}" = all ]; then recipes="nginx python vm" arch=; else recipes="nginx vm" arch=--arch=amd64; fi

# Sums of all outputs in a folder, one a line, by name.
sums() { (cd "$1" && find . -type f ! -name README.md | LC_ALL=C sort | xargs sha256sum); }

# The reference, made once a run: $shared/ws with locks, $shared/fetched with
# what was downloaded and nothing decoded, $shared/sums.
prepare() {
	[ -e "$shared/sums" ] && return 0
	local recipe
	workspace ws
	mkdir -p "$shared"
	cp -R "$ws" "$shared/ws"
	ws=$shared/ws
	for recipe in $recipes; do
		leaves 0 ingot lock "$recipe" || return 1
		leaves 0 "$INGOT" -C "$ws" --stage "$shared/fetched" fetch $arch "$recipe" || return 1
	done
	chmod -R a+rX "$shared/ws"
	cold "$shared/stage"
	for recipe in $recipes; do
		leaves 0 "$INGOT" -C "$ws" --stage "$shared/stage" --outputs "$shared/outputs" build $arch --locked "$recipe" || return 1
	done
	sums "$shared/outputs" >"$shared/sums.new" && mv "$shared/sums.new" "$shared/sums"
	cat "$shared/sums"
}

# cold FOLDER: a stage with the downloads and nothing made from them.
cold() {
	rm -rf "$1"
	cp -a "$shared/fetched" "$1"
	rm -rf "$1/results"
}

# same OUTPUTS: equal to the reference, to the last byte.
same() {
	sums "$1" >"$area/sums"
	diff "$shared/sums" "$area/sums"
}

# A workspace and a cold stage of its own for one variation: $ws, $stage, $out.
variation() {
	ws=$area/${1:-ws} stage=$area/${2:-stage} out=$area/out
	rm -rf "$ws" "$out"
	mkdir -p "$(dirname "$ws")"
	cp -a "$shared/ws" "$ws"
	cold "$stage"
}

# built PREFIX...: all recipes, by a command line before `ingot`, and compared.
# The first word `--` ends the prefix; what follows it goes to ingot.
built() {
	local prefix=() recipe
	while [ $# -gt 0 ] && [ "$1" != -- ]; do prefix+=("$1"); shift; done
	[ $# -eq 0 ] || shift
	for recipe in $recipes; do
		leaves 0 "${prefix[@]}" "${ingot_binary:-$INGOT}" -C "$ws" --stage "$stage" --outputs "$out" "$@" build $arch --locked "$recipe" || return 1
	done
	same "$out"
}

#!/bin/bash
# Documents say what the program says, and their links lead somewhere.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/docs
mkdir -p "$work"

if [ -x "$INGOT" ]; then
	pages() { tests/lint/man-pages "$work/man" "$INGOT" && diff -ru docs/man "$work/man"; }
	check "each command has its manual page" pages
	if command -v man >/dev/null; then
		for page in docs/man/*.1; do
			MANWIDTH=80 man -E UTF-8 --warnings -l "$page" 2>&1 >/dev/null | sed "s,^,$page: ,"
		done | lint "the manual is formatted without a warning"
	fi
	schema() { "$INGOT" schema >"$work/schema.json" && test -s "$work/schema.json"; }
	check "the schema is printed" schema
	if [ -x "$INGOT_BUILD/recipe_tool" ]; then
		"$INGOT_BUILD/recipe_tool" markdown >"$work/recipe.md"
		check "docs/recipe.md is the schema table" diff -u docs/recipe.md "$work/recipe.md"
	fi
fi

# Relative links of our documents.
git ls-files -co --exclude-standard '*.md' | while read -r page; do
	grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//' | while read -r target; do
		[ -e "$(dirname "$page")/$target" ] || echo "$page: $target"
	done
done | lint "links lead somewhere"

# Rooms stand in the architecture page, all of them and no others.
for room in src/*/; do
	room=$(basename "$room")
	grep -qE "^  $room +" docs/architecture.md || echo "$room is not in docs/architecture.md"
	grep -qE "^$room( |$)" tests/lint/rooms || echo "$room is not in tests/lint/rooms"
done | lint "docs/architecture.md names every room"
sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p' docs/architecture.md | while read -r room; do
	[ -d "src/$room" ] || echo "there is no room $room"
done | lint "docs/architecture.md names no room that isn't there"

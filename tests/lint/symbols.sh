#!/bin/bash
# Our libraries are C without name spaces: a global symbol of ours that one of
# them exports too would silently take its place.
. "$(dirname "$0")/../lib.sh"

ours=$(find "$INGOT_BUILD/src" -name 'libingot_*.a' | sort)
if [ -z "$ours" ] || ! [ -x "$INGOT" ]; then
	skip "no symbol of ours hides one of a library" "nothing is built"
	exit 0
fi
work=$INGOT_TEST_SCRATCH/symbols
mkdir -p "$work"
# LTO archives need the compiler's nm.
nm=$(command -v gcc-nm || command -v nm)
# shellcheck disable=SC2086 # a list of files
"$nm" -g --defined-only $ours 2>/dev/null | awk 'NF == 3 { print $3 }' | sort >"$work/all"
sort -u "$work/all" >"$work/ours"
check "our symbols can be read" test -s "$work/ours"
{
	{ # those that it is linked with, and those that it loads
		ldd "$INGOT"
		readelf -p .note.dlopen "$INGOT" | grep -oE 'lib[a-z0-9]+\.so\.[0-9]+' |
			while read -r name; do /sbin/ldconfig -p | awk -v n="$name" '$1 == n { print $1, "=>", $NF; exit }'; done
	} | awk '$3 ~ /^\// { print $3 }' | while read -r library; do
		nm -D -g --defined-only "$library" 2>/dev/null | awk 'NF == 3 { print $3 }'
	done
	for library in libzstd libz liblzma; do
		file=$(gcc -print-file-name=$library.a)
		[ -f "$file" ] && nm -g --defined-only "$file" 2>/dev/null | awk 'NF == 3 { print $3 }'
	done
} | sed 's/@.*//' | sort -u >"$work/theirs"
comm -12 "$work/ours" "$work/theirs" | lint "no symbol of ours hides one of a library"
uniq -d "$work/all" | lint "no two rooms define one symbol"
grep -E '^(pool|repo|repodata|solv|solver|solvable|queue|map|stringpool|dirpool|selection|transaction|policy|dataiterator|repowriter|testcase|archive|yaml|curl|ZSTD|FSE|HUF|XXH|rnp|cr|criterion)_' "$work/ours" |
	lint "no symbol of ours starts with a library's prefix"
grep -E '^_|_t$|[A-Z]' "$work/ours" | lint "symbols are lower case, without _t"

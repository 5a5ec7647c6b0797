#!/bin/bash
# The rules of the page that a machine can hold. docs/hacking.md says why.
. "$(dirname "$0")/../lib.sh"

sources() { git ls-files -co --exclude-standard "$@"; }
words='TO''DO|FIX''ME|X''XX|HA''CK'

sources 'src/*.[ch]' 'src/*.def' 'tests/*.[ch]' | xargs -r grep -nE '(^|[^:"'"'"'])//' | grep -vE '"[^"]*//[^"]*"|/\*.*//.*|^[^:]*:[0-9]+:[ 	]*\*' |
	lint "comments are /* such */"
sources src tests docs README.md Makefile .ci cmake | xargs -r grep -nIE "\b($words)\b|not impl""emented" |
	lint "nothing is left as a note to oneself"
sources 'src/*.[ch]' | xargs -r grep -nE '^\s*typedef +(struct|union)|^#pragma pack|__attribute__\(\(packed' |
	lint "no typedef for structs, no packed structs"
sources 'src/*.h' | while read -r header; do
	grep -q '^#pragma once' "$header" || echo "$header"
done | lint "headers say #pragma once"
sources 'src/*.[ch]' 'tests/*.[ch]' | xargs -r awk 'FNR == 1 { if (n > 600) print file ": " n " lines"; n = 0; file = FILENAME }
	{ n++ } END { if (n > 600) print file ": " n " lines" }' |
	lint "no file is longer than 600 lines"
# A tab counts 8. Strings may not be broken for the page's sake.
sources 'src/*.[ch]' | xargs -r awk '{ line = $0; while (i = index(line, "\t")) line = substr(line, 1, i - 1) substr("        ", 1, 8 - (i - 1) % 8) substr(line, i + 1)
	gsub(/[\200-\277]/, "", line)
	if (length(line) > 100 && line !~ /"/) print FILENAME ":" FNR ": " length(line) " columns" }' |
	lint "no line is wider than 100 columns"
sources 'src/*.[ch]' | xargs -r grep -nE '^ {8}|[ 	]+$' | grep -vE ':[0-9]+: +\*' |
	lint "tabs of 8, no white space at the end"
sources 'src/format/*.h' | while read -r header; do
	grep -q '_private\.h$' <<<"$header" && continue
	for word in Spec Units Bytes Depends; do
		grep -qE "^ \* $word:" "$header" || echo "$header: no '$word:' in its head"
	done
done | lint "headers of formats name spec, units, bytes and dependencies"
sources 'src/*.[ch]' | sed 's,.*/,,' | sort | uniq -d | lint "a file's name stands once in the whole tree"
sources 'src/*/CMakeLists.txt' | xargs -r grep -nE 'GLOB' | lint "CMake lists files by name"
sources 'tests/*.sh' 'tests/*/run' tests/run '.ci/*' | grep -v packages | xargs -r grep -LE '^#!|^# (What every|Shared)' |
	lint "scripts say how they are run"
if command -v shellcheck >/dev/null; then
	sources 'tests/*.sh' tests/run 'tests/*/run' .ci/run .ci/deps | xargs -r shellcheck -s bash -S warning -e SC1090,SC1091,SC2034,SC2154 |
		lint "shellcheck finds nothing in the scripts"
else
	skip "shellcheck finds nothing in the scripts" "no shellcheck"
fi
# The second would hide the first, and what it tested.
find tests .ci -type f \( -name '*.sh' -o -name run \) | sort | while read -r file; do
	grep -oE '^[a-z_]+\(\)' "$file" | sort | uniq -d | sed "s|^|$file: |"
done | lint "no script defines a function twice"

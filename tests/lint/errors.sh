#!/bin/bash
# docs/errors.md is the table of src/base/errcodes.def, and the binary knows it.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/errors
mkdir -p "$work"

tests/lint/errors-page >"$work/errors.md"
check "docs/errors.md is the table of error codes" diff -u docs/errors.md "$work/errors.md"
grep -oE '^ERR_CODE\([0-9]+' src/base/errcodes.def | grep -oE '[0-9]+' >"$work/numbers"
sort -n "$work/numbers" | diff - "$work/numbers" | lint "codes are sorted"
uniq -d "$work/numbers" | lint "each code stands once"
awk '{ s = int($1 / 100); if ((s < 1 || s > 12) && s != 130) print $1 }' "$work/numbers" | lint "a code starts with an exit status"
# A code that nothing raises is a promise that nothing keeps.
sed -n 's/^ERR_CODE([0-9]*, \([A-Z_]*\),.*/\1/p' src/base/errcodes.def | while read -r name; do
	grep -rqE --include='*.[ch]' "\bERR_$name\b" src || echo "ERR_$name"
done >"$work/unused"
# Later commands (verify, bundles, policies, scripts) raise these.
grep -vE '^ERR_(DIFFERS|POLICY|SCRIPT)$' "$work/unused" | lint "each code is raised somewhere"
if [ -x "$INGOT" ]; then
	while read -r number; do
		"$INGOT" explain "E$(printf '%04d' "$number")" >/dev/null 2>&1 </dev/null || echo "$number"
	done <"$work/numbers" | lint "ingot explain knows each code"
else
	skip "ingot explain knows each code" "nothing is built"
fi

#!/bin/sh
# Wrong recipes and what is said about each.
#
#   run-recipes.sh [--update] [PROGRAM [CASE...]]
#
# PROGRAM is ingot ($INGOT, build/ingot) or recipe_tool. A case is recipe/CASE.yaml, with what lies in
# the folder recipe/CASE beside it and after recipe/CASE.sh ran in the workspace (for
# what git can't hold). Its standard error must be recipe/CASE.stderr to the byte,
# and its exit status what the code of the error says. A case whose .stderr is
# empty is right and must leave with 0. --update writes the .stderr files.
set -u
update=
if [ "${1-}" = --update ]; then
	update=1
	shift
fi
program=$(realpath "${1:-${INGOT:-$(dirname "$0")/../../build/ingot}}") || exit 2
[ $# -eq 0 ] || shift
cd "$(dirname "$0")/recipe" || exit 2
cases=$PWD
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export LC_ALL=C NO_COLOR=1 HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state"
# shellcheck disable=SC2046 # names of cases have no blanks
[ $# -gt 0 ] || set -- $(ls | sed -n 's/\.yaml$//p; s/\.sh$//p' | sort -u)

run() { # CASE: standard error into $work/stderr, returns the status
	rm -rf "$work/ws"
	mkdir -p "$work/ws/recipes" || exit 2
	[ ! -f "$cases/$1.yaml" ] || cp "$cases/$1.yaml" "$work/ws/recipes/$1.yaml"
	[ ! -d "$cases/$1" ] || cp -a "$cases/$1/." "$work/ws/recipes/"
	[ ! -f "$cases/$1.sh" ] || (cd "$work/ws" && sh "$cases/$1.sh") || exit 2
	cd "$work/ws" || exit 2
	"$program" check "recipes/$1.yaml" >"$work/stdout" 2>"$work/stderr" </dev/null
}

failed=0 n=0
for case in "$@"; do
	n=$((n + 1))
	run "$case"
	status=$?
	if [ "$update" ]; then
		cp "$work/stderr" "$cases/$case.stderr"
		continue
	fi
	code=$(sed -n '1s/^error\[E\([0-9]*\)\].*/\1/p' "$cases/$case.stderr")
	expected=0
	[ -z "$code" ] || expected=$(((1$code - 10000) / 100)) # not octal
	if ! diff -u "$cases/$case.stderr" "$work/stderr"; then
		echo "not ok recipe $case: another text"
		failed=$((failed + 1))
	elif [ "$status" -ne "$expected" ]; then
		echo "not ok recipe $case: status $status, expected $expected"
		failed=$((failed + 1))
	else
		echo "ok recipe $case"
	fi
done
echo "# $n recipes, $failed failed"
[ "$failed" -eq 0 ]

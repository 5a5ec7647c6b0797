#!/bin/bash
# Our answers against apt's, set by set (sets.txt, apt-compare.sh). `make check`
# takes Debian 13 for amd64 and every tenth set; INGOT_ORACLE=all takes all.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/oracle-apt
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target oracle_solve >"$work/log" 2>&1 || { cat "$work/log"; not_ok "oracle_solve is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_solve -type f | head -n 1)
sets=tests/oracle/sets.txt
if [ "${INGOT_ORACLE:-}" = all ]; then
	wanted="bookworm:amd64 trixie:amd64 trixie:arm64"
else
	wanted=trixie:amd64
	grep -vE '^(#|$)' $sets | awk 'NR % 10 == 1' >"$work/sets"
	sets=$work/sets
fi
for pair in $wanted; do
	release=${pair%:*} arch=${pair#*:}
	sh tests/oracle/apt-compare.sh "$tool" "$release" "$work/$release-$arch" -v "$sets" "$arch" >"$work/out" 2>"$work/err"
	status=$?
	if [ $status -eq 77 ]; then
		skip "$release $arch" "$(cat "$work/err")"
		continue
	fi
	sed -n "s/^same  *\(.*\)/ok $release $arch: \1/p; s/^absent  *\(.*\)/skip $release $arch \1: not in this release/p; s/^differs  *\(.*\)/not ok $release $arch: \1/p" "$work/out"
	if [ $status -ne 0 ] && ! grep -q '^differs' "$work/out"; then
		cat "$work/err"
		not_ok "$release $arch: the comparison ran"
	fi
done

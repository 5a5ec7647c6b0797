#!/bin/bash
# Our trees against mmdebstrap's, path by path (tree-mmdebstrap.sh, allow.txt).
# `make check` takes nginx on Debian 13; INGOT_ORACLE=all takes all.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/oracle-trees
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target oracle_compose >"$work/log" 2>&1 || { cat "$work/log"; not_ok "oracle_compose is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_compose -type f | head -n 1)
if [ "${INGOT_ORACLE:-}" = all ]; then
	wanted="bookworm:apt bookworm:nginx bookworm:python3 bookworm:curl,ca-certificates,tzdata trixie:apt trixie:nginx trixie:python3 trixie:curl,ca-certificates,tzdata"
else
	wanted=trixie:nginx
fi
for pair in $wanted; do
	release=${pair%:*} set=${pair#*:}
	sh tests/oracle/tree-mmdebstrap.sh "$tool" "$release" "$work/$release" "$set" >"$work/out" 2>&1
	case $? in
	0) ok "$release: the tree of $set is dpkg's" ;;
	77) skip "$release: $set" "$(tail -n 1 "$work/out")" ;;
	*)
		tail -n 60 "$work/out"
		not_ok "$release: the tree of $set is dpkg's"
		;;
	esac
done

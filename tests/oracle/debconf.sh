#!/bin/bash
# debconf beside the real one, in chroots: what scripts are answered, and what answers
# given beforehand change. `make check` takes Debian 13; INGOT_ORACLE=all takes both.
# INGOT_TEST_ORACLE keeps the base systems (reference.sh) between runs.
. "$(dirname "$0")/../lib.sh"
here=$root/tests/oracle
work=${INGOT_TEST_ORACLE:-$INGOT_TEST_SCRATCH/oracle-scripts}
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target oracle_compose >"$work/debconf.log" 2>&1 ||
	{ cat "$work/debconf.log"; not_ok "oracle_compose is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_compose -type f | head -n 1)

judge() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$work/debconf.log" 2>&1; then
		ok "$name"
	else
		tail -n 60 "$work/debconf.log"
		not_ok "$name"
	fi
}
releases=trixie
[ "${INGOT_ORACLE:-}" != all ] || releases="trixie bookworm"
for release in $releases; do
	sh "$here/reference.sh" "$release" "$work" base tzdata >"$work/debconf.log" 2>&1
	[ $? != 77 ] || { skip "debconf of $release" "$(tail -n 1 "$work/debconf.log")"; continue; }
	judge "debconf of $release answers scripts as the real one" sh "$here/debconf/compare.sh" \
		"$tool" "$work" "$release" "$INGOT_TEST_SCRATCH/oracle-debconf"
	judge "answers for tzdata of $release make the real tree" sh "$here/debconf/answered.sh" \
		"$tool" "$work" "$release" "$INGOT_TEST_SCRATCH/oracle-debconf" tzdata \
		"tzdata/Areas select Europe" "tzdata/Zones/Europe select Berlin"
done

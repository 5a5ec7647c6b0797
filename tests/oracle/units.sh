#!/bin/bash
# systemctl, deb-systemd-helper, update-rc.d, systemd-sysusers and systemd-tmpfiles against
# the real ones of both releases, over the small trees of units/ (units-compare.sh).
# INGOT_TEST_UNITS keeps the chroots between runs.
. "$(dirname "$0")/../lib.sh"
here=$root/tests/oracle
work=${INGOT_TEST_UNITS:-$INGOT_TEST_SCRATCH/oracle-units}
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target oracle_units >"$work/log" 2>&1 ||
	{ cat "$work/log"; not_ok "oracle_units is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_units -type f | head -n 1)

for release in bookworm trixie; do
	sh "$here/units-compare.sh" "$tool" $release "$work" >"$work/$release.out" 2>&1
	status=$?
	if [ $status -eq 77 ]; then
		skip "units of $release" "$(tail -n 1 "$work/$release.out")"
		continue
	fi
	grep -v ': equal, ' "$work/$release.out"
	while read -r _ name rest; do
		case $rest in
		equal*) ok "$release: ${name%:}" ;;
		different | refused) not_ok "$release: ${name%:} is $rest" ;;
		esac
	done <"$work/$release.out"
	[ $status -le 1 ] || not_ok "units of $release: status $status"
done

#!/bin/bash
# Our trees against those that the real dpkg makes, path by path (docs/oracle.md).
# `make check` takes three sets, INGOT_ORACLE=all takes all images, every package of
# sets/popular.*.txt by itself, and the fixed point of the images. INGOT_ORACLE may also
# name sets: "trixie:nginx bookworm:vm". INGOT_TEST_ORACLE keeps references between
# runs; INGOT_TEST_FIXED=1 takes the fixed point of whatever is named.
. "$(dirname "$0")/../lib.sh"
here=$root/tests/oracle
work=${INGOT_TEST_ORACLE:-$INGOT_TEST_SCRATCH/oracle-scripts}
results=${INGOT_TEST_ORACLE_RESULTS:-$work}
mkdir -p "$work" "$results"
cmake --build "$INGOT_BUILD" --target oracle_compose >"$work/log" 2>&1 ||
	{ cat "$work/log"; not_ok "oracle_compose is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_compose -type f | head -n 1)

images_of() { sed -n 's/^\([a-z]*\):.*/\1/p' "$here/sets/images.$1.txt"; }
popular_of() { grep -v '^#' "$here/sets/popular.$1.txt"; }
wanted_of() { # RELEASE
	local pair
	case ${INGOT_ORACLE:-part} in
	all) images_of "$1" && popular_of "$1" ;;
	part) [ "$1" = bookworm ] && echo nginx || echo nginx redis ;;
	*) for pair in $INGOT_ORACLE; do
		[ "${pair%%:*}" != "$1" ] || echo "${pair#*:}"
	done ;;
	esac
}
fixed_of() { # RELEASE
	[ "${INGOT_ORACLE:-part}" != all ] || { images_of "$1"; return; }
	[ -z "${INGOT_TEST_FIXED:-}" ] || wanted_of "$1"
}

for release in trixie bookworm; do
	wanted=$(wanted_of "$release")
	[ -n "$wanted" ] || continue
	# shellcheck disable=SC2086 # names of sets
	sh "$here/reference.sh" "$release" "$work" $wanted >"$work/$release.made" 2>&1
	status=$?
	[ "$status" != 77 ] || { skip "$release" "$(tail -n 1 "$work/$release.made")"; continue; }
	there=
	for name in $wanted; do
		if [ -e "$work/$release/$name.ref" ]; then
			there="$there $name"
		else
			skip "$release: $name" "the real apt could not install it"
		fi
	done
	[ -n "$there" ] || {
		tail -n 40 "$work/$release.made"
		not_ok "$release: the real dpkg made a tree"
		continue
	}
	# shellcheck disable=SC2086 # names of sets
	python3 "$here/verdicts.py" "$tool" "$work" "$release" "$results/$release.json" $there \
		>"$results/$release.txt" 2>&1 || :
	sed -n '/^== /,$p' "$results/$release.txt"
	while read -r verdict _ name _; do
		case $verdict in
		EQUAL) ok "$release: the tree of $name is dpkg's" ;;
		REFUSED) ok "$release: $name is refused with package, script and line" ;;
		DIFFERENT | FAILED) not_ok "$release: the tree of $name is dpkg's or refused" ;;
		esac
	done <"$results/$release.txt"
	grep -q '^== ' "$results/$release.txt" || not_ok "$release: the comparison ran to its end"
	for name in $(fixed_of "$release"); do
		sh "$here/fixed-point.sh" "$tool" "$work" "$release" "$name" \
			>"$results/$release.$name.fixed" 2>&1
		case $? in
		0) ok "$release: dpkg installs $name again and changes nothing" ;;
		10) ok "$release: $name is refused: no fixed point" ;;
		*)
			tail -n 40 "$results/$release.$name.fixed"
			not_ok "$release: dpkg installs $name again and changes nothing"
			;;
		esac
	done
done

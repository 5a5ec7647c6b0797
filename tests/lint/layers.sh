#!/bin/bash
# Arrows between rooms point downward: see the list in tests/lint/rooms.
. "$(dirname "$0")/../lib.sh"
rooms=$(sed -n 's/^\([a-z][a-z]*\).*/\1/p' tests/lint/rooms | tr '\n' ' ')

# Offending includes of the tree in $1, one a line.
upward_includes() {
	grep -rnE --include='*.[ch]' --include='*.def' '^ *# *include +"' "$1" | awk -v rooms="$rooms" -v top="$1/" '
	BEGIN { n = split(rooms, r, " "); for (i = 1; i <= n; i++) level[r[i]] = i }
	{
		path = $0; sub(/:.*/, "", path); own = substr(path, length(top) + 1)
		split(own, p, "/"); room = p[1]
		if (own !~ /\//) next # main.c may include all
		inc = $0; sub(/^[^"]*"/, "", inc); sub(/".*/, "", inc)
		split(inc, q, "/"); used = q[1]
		if (inc !~ /\// || !(used in level))
			print $0 "   <- an include starts with its room"
		else if (!(room in level))
			print $0 "   <- " room " is not in tests/lint/rooms"
		else if (level[used] > level[room])
			print $0 "   <- " room " lies below " used
		else if (room == "format" && used == "format" && p[2] != q[2] && q[2] != "blocks" && p[2] != "dsse" && p[2] != "oci" && p[2] != "sigstore")
			print $0 "   <- formats do not know each other"
	}'
}
upward_includes src | lint "no room includes a room above it"

# CMake's arrows are the same.
for list in src/*/CMakeLists.txt; do
	room=$(basename "$(dirname "$list")")
	allowed=" $(sed -n "/^$room\b/q; s/^\([a-z][a-z]*\).*/\1/p" tests/lint/rooms | tr '\n' ' ')"
	needs=$(tr '\n' ' ' <"$list" | sed -n 's/.*NEEDS \([a-z ]*\).*/\1/p')
	for need in $needs; do
		case $allowed in *" $need "*) ;; *) echo "$list: NEEDS $need" ;; esac
	done
done | lint "no CMake target links a room above it"

# The lint sees what it is for.
mkdir -p "$INGOT_TEST_SCRATCH/layers/tree"
echo '#include "stage/stage.h"' >"$INGOT_TEST_SCRATCH/layers/tree/bad.c"
check "an arrow upward is found" test -n "$(upward_includes "$INGOT_TEST_SCRATCH/layers")"

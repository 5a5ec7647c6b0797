#!/bin/bash
# The bytes don't depend on who compiled ingot, and how. `make check` takes one
# other compiler; `make repro` the whole list.
. "$(dirname "$0")/lib.sh"
check "a reference is built" prepare || exit 1

# compiled NAME CMAKE-OPTIONS...: an ingot of its own, which builds the same.
compiled() {
	local name=$1
	shift
	cmake -G Ninja -S "$root" -B "$area/build-$name" "$@" >"$area/log" 2>&1 &&
		cmake --build "$area/build-$name" --target ingot -j 2 >"$area/log" 2>&1 || {
		grep -E 'error|warning|FAILED' "$area/log" | head -n 40
		return 1
	}
}
builds_the_same() { # NAME ENVIRONMENT...
	ingot_binary=$area/build-$1/ingot
	shift
	variation
	built env "$@"
}
try() { # NAME CMAKE-OPTIONS...
	check "compiled by $1" compiled "$@" && check "$1: the same bytes" builds_the_same "$1"
	rm -rf "$area/build-$1"
}

if need "clang" clang; then
	try clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O0
fi
[ "${INGOT_REPRO:-}" = all ] || exit 0
if need "clang" clang; then
	try clang-O3 -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-O3
fi
try gcc-O0 -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O0
try gcc-O3 -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-O3
try asan -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DINGOT_SANITIZE=address,undefined
another_folder() {
	# Not a byte of the binary depends on where it was compiled.
	local one two
	mkdir -p "$area/src" && git -C "$root" ls-files -z -co --exclude-standard | (cd "$root" && xargs -0 -r tar -cf -) | tar -C "$area/src" -xf - || return 1
	cmake -G Ninja -S "$area/src" -B "$area/src/build" -DCMAKE_BUILD_TYPE=Release >"$area/log" 2>&1 &&
		cmake --build "$area/src/build" --target ingot -j 2 >"$area/log" 2>&1 || return 1
	one=$(sha256sum <"$area/src/build/ingot")
	mv "$area/src" "$area/elsewhere in the tree" && rm -rf "$area/elsewhere in the tree/build"
	cmake -G Ninja -S "$area/elsewhere in the tree" -B "$area/elsewhere in the tree/build" -DCMAKE_BUILD_TYPE=Release >"$area/log" 2>&1 &&
		cmake --build "$area/elsewhere in the tree/build" --target ingot -j 2 >"$area/log" 2>&1 || return 1
	two=$(sha256sum <"$area/elsewhere in the tree/build/ingot")
	echo "$one $two"
	[ "$one" = "$two" ]
}
check "ingot itself compiles to the same bytes in another folder" another_folder

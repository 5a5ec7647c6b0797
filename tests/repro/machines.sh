#!/bin/bash
# Other machines: an arm64 build of ingot (under qemu-user), and one on Debian
# 13 with its own libraries. Only in `make repro`: they fetch a root of Debian.
. "$(dirname "$0")/lib.sh"
if [ "${INGOT_REPRO:-}" != all ]; then
	skip "other machines" "only in make repro"
	exit 0
fi
need "other machines" root mmdebstrap clang jq || exit 0
check "a reference is built" prepare || exit 1
build_packages=$(sed -n 's/^build //p' .ci/packages | tr '\n' ',' | sed 's/,$//')

# apt_lines SUITE: this machine's own sources, for another suite.
apt_lines() {
	{
		cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
		awk -v RS= '/^Types: *deb/ { n = split($0, l, "\n"); u = s = ""
			for (i = 1; i <= n; i++) { if (l[i] ~ /^URIs:/) { u = l[i]; sub(/^[^:]*: */, "", u) } if (l[i] ~ /^Suites:/) { s = l[i]; sub(/^[^:]*: */, "", s) } }
			m = split(s, q, " "); for (j = 1; j <= m; j++) print "deb " u " " q[j] " main" }' /etc/apt/sources.list.d/*.sources 2>/dev/null
	} | sed -n "s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) \(bookworm\|trixie\)\([^ /]*\) .*/deb \2 $1\4 main/p" | sort -u
}
apt_lines trixie >"$area/trixie.list"
apt_lines bookworm >"$area/bookworm.list"

# ---- arm64: compiled against an arm64 root, run by qemu ----
arm64_root() {
	mmdebstrap --quiet --architectures=arm64 --variant=extract \
		--include=libc6-dev,libgcc-12-dev,libarchive-dev,libcurl4-openssl-dev,liblzma-dev,librnp-dev,libsolv-dev,libssl-dev,libyaml-dev,libzstd-dev,zlib1g-dev \
		bookworm "$area/arm64" - <"$area/bookworm.list" 2>&1 | grep -v '^[IW]:' | tail -n 5
	[ -e "$area/arm64/usr/include/archive.h" ] || return 1
	# Absolute links would lead out of the root.
	find "$area/arm64/usr/lib" "$area/arm64/lib" -type l | while read -r link; do
		target=$(readlink "$link")
		case $target in /*) ln -sfn "$area/arm64$target" "$link" ;; esac
	done
}
arm64_ingot() {
	cat >"$area/arm64.cmake" <<-END
		set(CMAKE_SYSTEM_NAME Linux)
		set(CMAKE_SYSTEM_PROCESSOR aarch64)
		set(CMAKE_C_COMPILER clang)
		set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
		set(CMAKE_SYSROOT $area/arm64)
		set(CMAKE_FIND_ROOT_PATH $area/arm64)
		set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
		set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
		set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
		set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
		set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld)
	END
	PKG_CONFIG_SYSROOT_DIR=$area/arm64 PKG_CONFIG_LIBDIR=$area/arm64/usr/lib/aarch64-linux-gnu/pkgconfig:$area/arm64/usr/share/pkgconfig \
		cmake -G Ninja -S "$root" -B "$area/build-arm64" -DCMAKE_TOOLCHAIN_FILE="$area/arm64.cmake" -DCMAKE_BUILD_TYPE=Release >"$area/log" 2>&1 &&
		cmake --build "$area/build-arm64" --target ingot -j 2 >>"$area/log" 2>&1 || { tail -n 30 "$area/log"; return 1; }
}
if need "an arm64 ingot" qemu-aarch64-static ld.lld; then
	if check "a root of arm64" arm64_root && check "ingot compiles for arm64" arm64_ingot; then
		variation
		ingot_binary=$area/build-arm64/ingot
		check "an arm64 ingot builds the same bytes" built qemu-aarch64-static -L "$area/arm64"
	fi
fi

# ---- Debian 13: image id and tree agree; blobs may follow another zstd ----
trixie_root() {
	mmdebstrap --quiet --variant=apt --include="$build_packages" trixie "$area/trixie" - <"$area/trixie.list" 2>&1 | tail -n 5
	[ -x "$area/trixie/usr/bin/cmake" ]
}
in_trixie() { unshare -m sh -c 'mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"; mkdir -p "$1/guest"; mount --rbind "$2" "$1/guest"; shift 2; exec chroot "$@"' sh "$area/trixie" "$area/guest" "$area/trixie" "$@"; }
trixie_ingot() {
	mkdir -p "$area/guest/src" && git ls-files -z -co --exclude-standard | xargs -0 -r tar -cf - | tar -C "$area/guest/src" -xf - || return 1
	in_trixie sh -c 'cd /guest/src && cmake --preset release && cmake --build build --target ingot -j 2' >"$area/log" 2>&1 </dev/null || { tail -n 30 "$area/log"; return 1; }
}
trixie_builds() {
	local recipe file
	variation guest/ws guest/stage
	for recipe in $recipes; do
		leaves 0 in_trixie env HOME=/tmp /guest/src/build/ingot -C /guest/ws --stage /guest/stage --outputs /guest/out build $arch --offline "$recipe" || return 1
		echo "$said" | grep -i zstd
	done
	for file in "$shared"/outputs/*.oci.tar; do
		[ "$(image_id "$file")" = "$(image_id "$area/guest/out/$(basename "$file")")" ] || { echo "$file: another image id"; return 1; }
		"$INGOT" export "$file" -o "$area/one.tar" && "$INGOT" export "$area/guest/out/$(basename "$file")" -o "$area/two.tar" &&
			cmp "$area/one.tar" "$area/two.tar" || return 1
	done
	# Nothing in a disk is compressed by a library.
	for file in "$shared"/outputs/*.raw; do
		cmp "$file" "$area/guest/out/$(basename "$file")" || return 1
	done
}
image_id() { tar -xOf "$1" manifest.json | jq -r '.[0].Config'; }
if check "a root of Debian 13" trixie_root && check "ingot compiles on Debian 13" trixie_ingot; then
	check "an ingot of Debian 13 builds the same images and trees" trixie_builds
fi

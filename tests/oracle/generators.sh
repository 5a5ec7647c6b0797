#!/bin/bash
# Files that are computed from a tree, against the real programs of that tree: a tree is
# composed, unpacked and entered, each program runs once more, and cmp compares.
# Then oracle_generate makes the same files again from the tree that the programs left.
# `make check` takes Debian 13; INGOT_ORACLE=all takes both releases.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/oracle-generators
mkdir -p "$work"
if [ "$(id -u)" != 0 ]; then
	skip "generated files equal the real programs'" "needs root, for a chroot"
	exit 0
fi
cmake --build "$INGOT_BUILD" --target oracle_compose oracle_generate >"$work/log" 2>&1 ||
	{ tail -n 20 "$work/log"; not_ok "oracle_compose and oracle_generate are built"; exit 1; }
compose=$(find "$INGOT_BUILD" -name oracle_compose -type f | head -n 1)
generate=$(find "$INGOT_BUILD" -name oracle_generate -type f | head -n 1)
arch=$(dpkg --print-architecture)
epoch=1760000000
kernel=linux-image-cloud-$arch
packages=udev,systemd,$kernel,kmod,ca-certificates,openssl,gsettings-desktop-schemas
# Java is as large as all others together: its store is read where time is no matter.
[ "${INGOT_ORACLE:-}" != all ] || packages=$packages,default-jre-headless

# What each program writes, and how it is called: NAME|FILES|COMMAND.
programs() { # kernel's version
	local modules="usr/lib/modules/$1"
	cat <<-END
	ldconfig|etc/ld.so.cache|ldconfig
	systemd-hwdb|usr/lib/udev/hwdb.bin|systemd-hwdb --usr update
	journalctl|var/lib/systemd/catalog/database|journalctl --update-catalog
	depmod|$modules/modules.dep $modules/modules.dep.bin $modules/modules.alias $modules/modules.alias.bin $modules/modules.softdep $modules/modules.symbols $modules/modules.symbols.bin $modules/modules.builtin.bin $modules/modules.builtin.alias.bin $modules/modules.devname|depmod $1
	glib-compile-schemas|usr/share/glib-2.0/schemas/gschemas.compiled|/usr/lib/*/glib-2.0/glib-compile-schemas /usr/share/glib-2.0/schemas
	update-ca-certificates|etc/ssl/certs|hook=/etc/ca-certificates/update.d/jks-keystore; [ ! -e \$hook ] || mv \$hook /; update-ca-certificates --fresh && { [ ! -e /jks-keystore ] || mv /jks-keystore \$hook; }
	END
}

# Bytes, modes and owners of files, and targets of links, below the named paths.
listing() { # root path...
	local top=$1
	shift
	(cd "$top" && for path; do
		find "$path" \( -type l -printf '%p -> %l\n' \) -o \
			\( -type f -printf '%p %m %U:%G ' -exec sh -c 'sha256sum <"$1"' - {} \; \)
	done) | sort
}

one_program() { # release root name files command
	local release=$1 root=$2 name=$3 files=$4 command=$5
	# shellcheck disable=SC2086 # paths without blanks
	listing "$root" $files >"$work/ours" 2>&1
	# systemd-hwdb names its file through /proc; the mount ends with its namespace.
	mkdir -p "$root/proc"
	if ! unshare --mount --propagation private sh -c '
		mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "$2"' - \
		"$root" "$command" >"$work/out" 2>&1; then
		tail -n 5 "$work/out"
		not_ok "$release: $name runs in the composed tree"
		return
	fi
	# shellcheck disable=SC2086
	listing "$root" $files >"$work/theirs" 2>&1
	if [ -s "$work/theirs" ] && cmp "$work/ours" "$work/theirs"; then
		ok "$release: $name makes what we made"
	else
		diff "$work/ours" "$work/theirs" | head -n 20
		not_ok "$release: $name makes what we made"
	fi
}

# keytool reads the store of certificates, and finds in it what the bundle has.
java_store() { # root
	local fingerprints=$work/fingerprints
	unshare --mount --propagation private sh -c '
		mount -t proc proc "$1/proc" &&
		exec chroot "$1" keytool -list -cacerts -storepass changeit' - "$1" \
		>"$work/out" 2>&1 || { tail -n 5 "$work/out"; return 1; }
	sed -n 's/^Certificate fingerprint (SHA-256): //p' "$work/out" | sort >"$fingerprints"
	awk -v out="$work/certificate" '/BEGIN/ { n++ } { print >(out "." n) }' \
		"$1/etc/ssl/certs/ca-certificates.crt"
	for file in "$work"/certificate.*; do
		openssl x509 -in "$file" -noout -fingerprint -sha256
	done | sed 's/.*=//' | sort >"$work/bundle"
	rm -f "$work"/certificate.*
	[ -s "$work/bundle" ] && cmp "$fingerprints" "$work/bundle"
}

# From the tree that the programs left: nothing of it is composed by us.
again() { # release root version
	local modules=/usr/lib/modules/$3 file drop=()
	for file in "$2$modules"/modules.*; do
		case $file in
		*.builtin | *.order | *.modinfo) ;;
		*) drop+=("-$modules/${file##*/}") ;;
		esac
	done
	"$generate" "$2" "$arch" "$epoch" "$work/$1.ours" "${drop[@]}" -/etc/ld.so.cache \
		-/usr/lib/udev/hwdb.bin -/var/lib/systemd/catalog -/etc/ssl/certs \
		certificates ldconfig "depmod=$3" systemd-hwdb=usr journal-catalog
}

one_release() {
	local release=$1 root=$work/$1/root status=0 version
	sh tests/oracle/reference.sh "$release" "$work/ref" "generators=$packages" \
		>"$work/out" 2>&1 || status=$?
	if [ $status = 77 ]; then
		skip "$release: generated files" "$(tail -n 1 "$work/out")"
		return
	elif [ $status != 0 ]; then
		tail -n 20 "$work/out"
		not_ok "$release: packages are there"
		return
	fi
	mkdir -p "$root"
	while read -r package version architecture; do
		echo "$work/ref/$release/pool/${package}_${version//:/%3a}_$architecture.deb"
	done <"$work/ref/$release/generators.list" >"$work/files"
	xargs -a "$work/files" "$compose" "$work/stage" "$arch" "$epoch" "$work/tree.tar" \
		>"$work/out" 2>&1 || status=$?
	if [ $status != 0 ] || ! tar -C "$root" --xattrs --numeric-owner -xpf "$work/tree.tar"; then
		tail -n 20 "$work/out"
		not_ok "$release: a tree is composed"
		return
	fi
	mkdir -p "$root/dev"
	[ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
	version=$(basename "$root"/usr/lib/modules/*)
	[ ! -e "$root/usr/bin/keytool" ] ||
		check "$release: keytool finds the bundle's certificates in our store" \
			java_store "$root"
	while IFS='|' read -r name files command; do
		one_program "$release" "$root" "$name" "$files" "$command"
	done < <(programs "$version")
	check "$release: generators make again what the programs left" again "$release" "$root" \
		"$version"
	rm -rf "$root"
}

releases=trixie
[ "${INGOT_ORACLE:-}" != all ] || releases="bookworm trixie"
for release in $releases; do
	one_release "$release"
done

#!/bin/sh
# The fixed point: in a chroot of a composed tree every package is installed once more
# by its own apt and dpkg, scripts and all, and changes nothing but what allow.txt and
# allow-again.txt list.
#
# usage: fixed-point.sh TOOL FOLDER RELEASE NAME
#
# FOLDER is that of reference.sh, which must have made NAME. Before that dpkg --audit,
# dpkg -V and apt-get check must find nothing; afterwards `apt-get install hello` works.
# Status 10: TOOL refuses the set, so there is no tree.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tool=$1 folder=$2/$3 name=$4
export SOURCE_DATE_EPOCH=1760000000 DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
export DEBCONF_NONINTERACTIVE_SEEN=true PATH="/usr/sbin:/usr/bin:/sbin:/bin"
umask 022
work=${INGOT_ORACLE_WORK:-/dev/shm/oracle-fixed.$$} pool=$folder/pool
arch=$(dpkg --print-architecture)

# In namespaces of its own: apt and dpkg of the tree, its lists and .debs from outside.
inside() {
	root=$work/root
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro,nosuid,nodev,noexec sys "$root/sys"
	mount -t tmpfs dev "$root/dev"
	for device in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	ln -s /proc/self/fd "$root/dev/fd"
	mount -t tmpfs run "$root/run"
	mkdir -m 1777 "$root/run/lock"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	mount --bind "$pool" "$root/var/cache/apt/archives"
	mount --bind "$folder/apt/state/lists" "$root/var/lib/apt/lists"
	hostname localhost
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	cp "$folder/sources" "$root/tmp/sources"
	code=0
	# shellcheck disable=SC2016 # expanded inside
	chroot "$root" sh -euc '
		audit=$(dpkg --audit) verify=$(dpkg -V) || :
		[ -z "$audit$verify" ] || { echo "audit: $audit"; echo "verify: $verify"; exit 1; }
		options="-qq -o Debug::NoLocking=true -o APT::Sandbox::User=root
			-o Dir::Etc::SourceList=/tmp/sources
			-o Dir::Etc::SourceParts=/dev/null -o DPkg::Options::=--force-unsafe-io"
		apt-get $options check
		packages=$(dpkg-query -W -f "\${Package}=\${Version} ")
		apt-get $options -y --allow-downgrades install --reinstall --no-download $packages
	' </dev/null || code=$?
	if [ "$code" = 0 ]; then
		rm "$root/usr/sbin/policy-rc.d"
		umount "$root/var/cache/apt/archives" "$root/var/lib/apt/lists" "$root/tmp" \
			"$root/run" "$root/dev" "$root/sys" "$root/proc"
		# A machine has got its number, which no image keeps.
		rm -f "$root/var/lib/dbus/machine-id"
		[ ! -e "$root/etc/machine-id" ] || : >"$root/etc/machine-id"
		python3 "$here/tree_text.py" "$root" "$work/contents" >"$work/after.ref"
		mount -t proc proc "$root/proc"
		mount --bind "$pool" "$root/var/cache/apt/archives"
		mount --bind "$folder/apt/state/lists" "$root/var/lib/apt/lists"
		mkdir -p "$root/dev" && mount -t tmpfs dev "$root/dev"
		mknod -m 666 "$root/dev/null" c 1 3
		cp "$folder/sources" "$root/tmp/sources"
		chroot "$root" apt-get -qq -y -o Debug::NoLocking=true -o APT::Sandbox::User=root \
			-o Dir::Etc::SourceList=/tmp/sources -o Dir::Etc::SourceParts=/dev/null \
			install --no-download hello </dev/null
		[ "$(chroot "$root" hello)" = "Hello, world!" ]
		umount "$root/dev" "$root/var/lib/apt/lists" "$root/var/cache/apt/archives" \
			"$root/proc"
	fi
	return "$code"
}

if [ "${5:-}" = --inside ]; then
	work=$6
	inside
	exit
fi
rm -rf "$work"
mkdir -p "$work/root" "$work/contents"
trap 'rm -rf "$work"' EXIT
while read -r package version architecture; do
	echo "$pool/${package}_$(echo "$version" | sed 's/:/%3a/g')_$architecture.deb"
done <"$folder/$name.list" >"$work/debs"
xargs -a "$work/debs" "$tool" "$folder/stage" "$arch" "$SOURCE_DATE_EPOCH" \
	"$work/before.tar" || exit 10
tar -C "$work/root" --xattrs --xattrs-include='*' --numeric-owner -xpf "$work/before.tar"
ls "$pool/"hello_*.deb >/dev/null 2>&1 ||
	(cd "$pool" && APT_CONFIG=$folder/apt/apt.conf apt-get -qq download hello)
unshare --mount --pid --fork --kill-child --uts --ipc --propagation private \
	sh "$0" "$1" "$2" "$3" "$name" --inside "$work"
cat "$here/allow.txt" "$here/allow-again.txt" >"$work/allow"
python3 "$here/compare.py" "$work/before.tar" "$work/after.ref" "$work/contents" \
	"$work/allow"

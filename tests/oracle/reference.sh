#!/bin/sh
# Reference trees: what the real dpkg makes of a set of packages.
#
# usage: reference.sh RELEASE FOLDER [--again] NAME[=PACKAGE,...]...
#
# RELEASE is bookworm or trixie. A NAME without packages is an image of
# sets/images.RELEASE.txt, else the package of that name. What a set needs is
# kept in FOLDER/RELEASE, and a set that is there is not made again:
#   NAME.ref    the tree as text (tree_text.py)
#   NAME.list   its packages: NAME VERSION ARCHITECTURE
#   NAME.log    what apt and dpkg said
#   contents/   what files hold that no package ships, by sha256
#   pool/       the .debs
# The base (Essential packages and apt) is mmdebstrap's; a set is installed on a copy
# of it the way mmdebstrap installs what --include names: apt outside, dpkg and the
# scripts inside a chroot, services kept from starting. Needs root, mmdebstrap and, for
# packages that the pool lacks, the network; where to fetch from is read from the
# host's own apt configuration.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
release=${1:?usage: reference.sh RELEASE FOLDER NAME...} folder=${2:?folder}
shift 2
again=
[ "${1:-}" != --again ] || { again=1; shift; }
export SOURCE_DATE_EPOCH=1760000000 DEBIAN_FRONTEND=noninteractive
export DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C.UTF-8 LANGUAGE=C.UTF-8 LANG=C.UTF-8
export PATH="/usr/sbin:/usr/bin:/sbin:/bin"
umask 022

skip() {
	echo "reference: $1" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "needs mmdebstrap"
unshare --mount --pid --fork --uts --ipc true 2>/dev/null || skip "may make no namespaces"

# The first URI of the host's apt configuration that serves suites like $1.
uri_for() {
	apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(RELEASE)' 2>/dev/null |
	awk -v want="$1" '
		want == "security" && /-security/ { print $1; exit }
		want == "main" && !/-security/ { print $1; exit }'
}
arch=$(dpkg --print-architecture)
mkdir -p "$folder/$release"
folder=$(cd "$folder/$release" && pwd)
work=${INGOT_ORACLE_WORK:-/dev/shm/oracle.$$}
apt=$folder/apt pool=$folder/pool

# A private apt, so that the host's own state plays no part.
private_apt() {
	main=$(uri_for main) security=$(uri_for security)
	[ -n "$main" ] && [ -n "$security" ] ||
		skip "the host's apt configuration names no mirror"
	mkdir -p "$apt/state/lists/partial" "$apt/etc/preferences.d" "$apt/etc/apt.conf.d" \
		"$apt/etc/sources.list.d" "$pool/partial" "$folder/contents" "$apt/log"
	[ -e "$apt/status" ] || : >"$apt/status"
	key=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
	{
		echo "deb [$key] $main $release main"
		echo "deb [$key] $main $release-updates main"
		echo "deb [$key] $security $release-security main"
	} >"$apt/etc/sources.list"
	cat >"$apt/apt.conf" <<-END
	Dir "$apt"; Dir::State "$apt/state"; Dir::State::status "$apt/status";
	Dir::Cache "$apt/cache"; Dir::Etc "$apt/etc"; Dir::Cache::archives "$pool";
	Dir::Etc::trustedparts "/usr/share/keyrings"; APT::Architecture "$arch";
	APT::Architectures "$arch"; APT::Sandbox::User "root"; Acquire::Languages "none";
	APT::Install-Recommends "false"; Dir::Log "$apt/log";
	END
	export APT_CONFIG="$apt/apt.conf"
	ls "$apt/state/lists/"*_Packages* >/dev/null 2>&1 || apt-get update -qq ||
		skip "the mirror can't be reached"
}

# The smallest system, made by mmdebstrap; the mirror's lists are its own matter.
# What is unpacked first decides nothing on Debian 13; Debian 12 must be told not to
# take `usrmerge`, which apt would choose.
base() {
	[ ! -d "$folder/base" ] || return 0
	sed 's/\[[^]]*\] //' "$apt/etc/sources.list" >"$folder/sources"
	if [ "$release" = bookworm ]; then
		set -- --variant=custom --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
			--include='?essential' --include=apt --include=usr-is-merged \
			--setup-hook='mkdir -p "$1/var/cache/apt/archives"'
	else
		set -- --variant=apt
	fi
	env -u APT_CONFIG mmdebstrap --quiet --mode=root "$@" --format=tar \
		"$release" "$folder/base.tar" - <"$folder/sources" 2>"$folder/base.log" ||
		{ tail -n 20 "$folder/base.log" >&2; exit 1; }
	mkdir "$folder/base.new"
	tar -C "$folder/base.new" --xattrs --xattrs-include='*' --numeric-owner \
		-xpf "$folder/base.tar"
	rm "$folder/base.tar"
	mv "$folder/base.new" "$folder/base"
}

# What mmdebstrap keeps in a chroot while scripts run, and removes afterwards.
guard() {
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mv "$root/sbin/start-stop-daemon" "$root/sbin/start-stop-daemon.REAL"
	printf '#!/bin/sh\n%s\n' \
		'echo "Warning: Fake start-stop-daemon called, doing nothing">&2' \
		>"$root/sbin/start-stop-daemon"
	chmod 755 "$root/sbin/start-stop-daemon"
}

unguard() {
	rm -f "$root/usr/sbin/policy-rc.d"
	mv "$root/sbin/start-stop-daemon.REAL" "$root/sbin/start-stop-daemon"
	for file in var/log/dpkg.log var/log/apt/history.log var/log/apt/term.log \
		var/log/alternatives.log var/cache/ldconfig/aux-cache var/log/apt/eipp.log.xz \
		var/lib/dbus/machine-id; do
		rm -f "$root/$file"
	done
	if [ -e "$root/etc/machine-id" ]; then
		rm "$root/etc/machine-id"
		: >"$root/etc/machine-id"
	fi
	find "$root/run" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
	find "$root/tmp" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
}

# Runs in namespaces of its own, so that nothing it starts or mounts outlives it.
inside() { # PACKAGES
	root=$work/root
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro,nosuid,nodev,noexec sys "$root/sys"
	mount -t devpts -o noexec,nosuid,uid=5,mode=620,ptmxmode=666 none "$root/dev/pts"
	mkdir -p "$root/var/cache/apt/archives"
	mount --bind "$pool" "$root/var/cache/apt/archives"
	hostname localhost
	guard
	code=0
	# shellcheck disable=SC2086 # names of packages
	apt-get -qq -o Dir::State::status="$root/var/lib/dpkg/status" \
		-o Dir::State::extended_states="$root/var/lib/apt/extended_states" \
		-o Dir::Cache::archives="$root/var/cache/apt/archives" \
		-o DPkg::Chroot-Directory="$root" -o Dir::Bin::dpkg=env \
		-o DPkg::Options::=--unset=TMPDIR -o DPkg::Options::=--unset=APT_CONFIG \
		-o DPkg::Options::=dpkg -o DPkg::Options::=--force-unsafe-io \
		-o APT::Keep-Downloaded-Packages=true \
		--yes install $1 </dev/null || code=$?
	umount "$root/var/cache/apt/archives" "$root/dev/pts" "$root/sys" "$root/proc"
	[ "$code" = 0 ] || return "$code"
	unguard
}

packages_of() { # NAME
	line=$(sed -n "s/^$1: *//p" "$here/sets/images.$release.txt")
	if grep -q "^$1:" "$here/sets/images.$release.txt"; then
		echo "$line"
	else
		echo "$1"
	fi
}

# $1 NAME, $2 PACKAGES
one() {
	start=$(date +%s%N)
	rm -rf "$work/root"
	mkdir -p "$work/root"
	cp -a "$folder/base/." "$work/root/"
	if [ -n "$2" ]; then
		unshare --mount --pid --fork --kill-child --uts --ipc --propagation private \
			sh "$here/reference.sh" "$release" "$folder" --inside "$work" "$2" \
			>"$folder/$1.log" 2>&1 ||
			{ echo "reference: $release $1: apt failed, see $1.log" >&2; return 1; }
	fi
	root=$work/root
	chroot "$root" dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' \
		>"$folder/$1.list"
	# A package of the base that no set fetched: the pool holds all that a set needs.
	missing=$(while read -r package version architecture; do
		file="${package}_$(echo "$version" | sed 's/:/%3a/g')_$architecture.deb"
		[ -e "$pool/$file" ] || echo "$package=$version"
	done <"$folder/$1.list")
	# shellcheck disable=SC2086 # names of packages
	[ -z "$missing" ] || (cd "$pool" && apt-get download -qq $missing)
	python3 "$here/tree_text.py" "$root" "$folder/contents" >"$folder/$1.ref.new"
	mv "$folder/$1.ref.new" "$folder/$1.ref"
	rm -rf "$work"
	echo "reference: $release $1: $(($(date +%s%N) / 1000000 - start / 1000000)) ms"
}

if [ "${1:-}" = --inside ]; then
	# The caller's FOLDER is already that of the release.
	folder=${folder%/*} apt=$folder/apt pool=$folder/pool work=$2
	rmdir "$folder/$release" 2>/dev/null || :
	inside "$3"
	exit
fi
private_apt
base
failed=0
for set; do
	name=${set%%=*}
	case $set in
	*=*) packages=$(echo "${set#*=}" | tr ',' ' ') ;;
	*) packages=$(packages_of "$name") ;;
	esac
	[ -z "$again" ] && [ -e "$folder/$name.ref" ] || one "$name" "$packages" || failed=1
done
exit "$failed"

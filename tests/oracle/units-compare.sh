#!/bin/sh
# Compares deb-systemd-helper, update-rc.d, systemctl, systemd-sysusers and
# systemd-tmpfiles with the real programs of a release, over small trees.
#
# usage: sh units-compare.sh TOOL RELEASE FOLDER [CASE]...
#
# TOOL is oracle_units; RELEASE is bookworm or trixie. A case is a file of units/: the
# part before the line "---" makes a tree in the folder $R, the part behind it are commands.
# They run once with the real programs of a chroot FOLDER/RELEASE (made by mmdebstrap if
# it is not there), which are told to work in $R, and once evaluated over a copy. Needs
# root, mmdebstrap and the network. Exit status 77: it can't run here.
set -eu
tool=$1 release=$2 folder=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C SOURCE_DATE_EPOCH=1760000000
unset TMPDIR
umask 022

skip() {
	echo "units: $1" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"
chroot=$folder/$release
if [ ! -x "$chroot/usr/bin/systemctl" ]; then
	command -v mmdebstrap >/dev/null || skip "needs mmdebstrap"
	main=$(apt-get indextargets --format '$(REPO_URI) $(SUITE)' 2>/dev/null |
		awk '!/-security/ { print $1; exit }')
	[ -n "$main" ] || skip "the host's apt configuration names no mirror"
	extra=
	[ "$release" = bookworm ] && extra="--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr
		--include=usr-is-merged"
	mkdir -p "$folder"
	# shellcheck disable=SC2086 # several options in one word
	mmdebstrap --quiet --mode=root --variant=apt $extra --include=systemd,udev,passwd \
		"$release" "$chroot" "deb $main $release main" ||
		skip "mmdebstrap can't make a $release here"
fi
version=$(chroot "$chroot" dpkg-query -W -f '${Version}' systemd)
[ $# -gt 0 ] || set -- "$here"/units/*.case
failed=0

for case in "$@"; do
	name=$(basename "$case" .case)
	grep -q "^# only: " "$case" && ! grep -q "^# only: .*$release" "$case" && continue
	work=$folder/units.$release/$name
	R=$chroot/oracle
	rm -rf "$work" "$R"
	mkdir -p "$work" "$R/etc" "$R/usr/bin" "$R/usr/sbin" "$R/usr/lib/systemd/system" "$R/var"
	ln -s usr/bin "$R/bin"
	ln -s usr/sbin "$R/sbin"
	ln -s usr/lib "$R/lib"
	printf 'root:x:0:0:root:/root:/bin/bash\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n' \
		>"$R/etc/passwd"
	printf 'root:x:0:\nadm:x:4:\nnogroup:x:65534:\n' >"$R/etc/group"
	printf 'root:*:20370:0:99999:7:::\n' >"$R/etc/shadow"
	printf 'root:*::\nadm:*::\nnogroup:*::\n' >"$R/etc/gshadow"
	chmod 0640 "$R/etc/shadow" "$R/etc/gshadow"
	for p in deb-systemd-helper systemd-sysusers systemd-tmpfiles systemctl; do
		printf '#!/bin/false\n' >"$R/usr/bin/$p"
		chmod 0755 "$R/usr/bin/$p"
	done
	cp "$R/usr/bin/systemctl" "$R/usr/sbin/update-rc.d"
	(cd "$R" && sed '/^---$/,$d' "$case" | R=. sh -eu)
	cp -a "$R" "$work/ours"
	sed '1,/^---$/d' "$case" >"$work/script"
	# What the evaluated commands do in "/", the real ones do in the folder.
	{
		cat <<-'END'
		R=/oracle S=/oracle/said
		export DPKG_MAINTSCRIPT_PACKAGE=oracle
		deb_helper() { DPKG_ROOT=$R /usr/bin/deb-systemd-helper "$@"; }
		rc_d() {
			unshare -m --propagation unchanged sh -c 'mount --bind /oracle/etc /etc
				[ -e /oracle/usr/bin/systemctl ] ||
					mount --bind /dev/null /usr/bin/systemctl
				exec update-rc.d "$@"' sh "$@"
		}
		ctl() { /usr/bin/systemctl --root=$R "$@"; }
		users() { /usr/bin/systemd-sysusers --root=$R "$@"; }
		files() { /usr/bin/systemd-tmpfiles --root=$R "$@"; }
		say() { echo "$@" >>"$R/said"; }
		END
		cat "$work/script"
	} >"$R.script"
	unshare -m sh -c "mount -t proc proc '$chroot/proc' && exec chroot '$chroot' sh /oracle.script" \
		>"$work/theirs.out" 2>"$work/theirs.err" || true
	rm -f "$R.script"
	cp -a "$R" "$work/theirs"
	rm -rf "$R"
	{
		cat <<-'END'
		#!/bin/sh
		S=/said
		deb_helper() { deb-systemd-helper "$@"; }
		rc_d() { update-rc.d "$@"; }
		ctl() { systemctl "$@"; }
		users() { systemd-sysusers "$@"; }
		files() { systemd-tmpfiles "$@"; }
		say() { echo "$@" >>/said; }
		END
		cat "$work/script"
	} >"$work/script.ours"
	for side in ours theirs; do
		script=
		[ $side = ours ] && script=$work/script.ours
		"$tool" "$work/$side" "$version" "$SOURCE_DATE_EPOCH" "$script" \
			etc/passwd,etc/group,etc/shadow,etc/gshadow,said \
			>"$work/$side.tree" 2>"$work/$side.log" ||
			echo "the tool failed" >>"$work/$side.tree"
	done
	sed -i -E '/^\/etc\/(passwd|group|shadow|gshadow)- |^\/etc\/\.pwd\.lock |^\/run\/systemd/d
		/^\/run /d' "$work/ours.tree" "$work/theirs.tree"
	if grep -q "^the tool failed" "$work/ours.tree" "$work/theirs.tree"; then
		echo "$release $name: different" && cat "$work/ours.log" "$work/theirs.log"
		failed=1
	elif grep -q ^refused "$work/ours.log"; then
		echo "$release $name: refused" && cat "$work/ours.log"
		failed=1
	elif ! diff -U0 "$work/theirs.tree" "$work/ours.tree" >"$work/diff"; then
		echo "$release $name: different"
		cat "$work/diff" "$work/ours.log"
		failed=1
	else
		echo "$release $name: equal, $(wc -l <"$work/ours.tree") lines"
	fi
done
exit $failed

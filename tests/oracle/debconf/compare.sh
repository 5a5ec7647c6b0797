#!/bin/sh
# compare.sh TOOL FOLDER RELEASE WORK - what debconf answers the scripts of build.sh under
# the real dpkg and under TOOL (oracle_compose). FOLDER is that of reference.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tool=$1 folder=$2/$3 work=$4
answer="demo/answered fixed by hand"
rm -rf "$work"
mkdir -p "$work"
sh "$here/build.sh" "$work/debs"

root=$work/root
cp -a "$folder/base" "$root"
mkdir -p "$root/debs"
cp "$work"/debs/*.deb "$root/debs"
run() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
		DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C.UTF-8 LANGUAGE=C.UTF-8 LANG=C.UTF-8 \
		unshare --mount --pid --fork --kill-child chroot "$root" "$@"
}
printf 'demo %s string %s\n' "${answer%% *}" "${answer#* }" | run debconf-set-selections
run dpkg -i debs/demo.deb debs/demo-after.deb >"$work/dpkg.log" 2>&1 ||
	{ cat "$work/dpkg.log"; exit 1; }
cp "$root/var/lib/demo-result" "$work/want"

set --
while read -r package version architecture; do
	file=$(echo "${package}_${version}_$architecture.deb" | sed 's/:/%3a/g')
	set -- "$@" "$folder/pool/$file"
done <"$folder/base.list"
PRESEED=$answer "$tool" "$work/stage" "$(dpkg --print-architecture)" 1760000000 "$work/out.tar" \
	"$@" "$work"/debs/demo.deb "$work"/debs/demo-after.deb >"$work/tool.log" 2>&1 ||
	{ tail -n 20 "$work/tool.log"; exit 1; }
name=$(tar -tf "$work/out.tar" | grep 'var/lib/demo-result$')
tar -xOf "$work/out.tar" "$name" >"$work/got"
rm -rf "$root" "$work/out.tar"
# A script's own name is dpkg's path to it, and ours the member's.
diff "$work/want" "$work/got"

#!/bin/sh
# answered.sh TOOL FOLDER RELEASE WORK SET "QUESTION TYPE VALUE"... - the tree of a set of
# reference.sh with answers given before: by debconf-set-selections and the real dpkg, and
# by TOOL. Prints where they differ.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tool=$1 folder=$2/$3 work=$4 set=$5
shift 5
rm -rf "$work"
mkdir -p "$work"
preseed=
root=$work/root
cp -a "$folder/base" "$root"
run() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
		DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C.UTF-8 LANGUAGE=C.UTF-8 LANG=C.UTF-8 \
		SOURCE_DATE_EPOCH=1760000000 \
		unshare --mount --pid --fork --kill-child chroot "$root" "$@"
}
for answer; do
	rest=${answer#* }
	echo "owner $answer" >>"$work/selections"
	preseed="$preseed${preseed:+
}${answer%% *} ${rest#* }"
done
run debconf-set-selections <"$work/selections"

# What the base lacks is installed, in the order of the list's names.
mkdir "$root/debs"
set --
while read -r package version architecture; do
	file=$folder/pool/$(echo "${package}_${version}_$architecture.deb" | sed 's/:/%3a/g')
	set -- "$@" "$file"
	grep -qx "$package $version $architecture" "$folder/base.list" ||
		cp "$file" "$root/debs/"
done <"$folder/$set.list"
run sh -c 'dpkg -i /debs/*.deb' >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; exit 1; }
rm -rf "$root/debs"

PRESEED=$preseed "$tool" "$work/stage" "$(dpkg --print-architecture)" 1760000000 "$work/out.tar" \
	"$@" >"$work/tool.log" 2>&1 || { tail -n 20 "$work/tool.log"; exit 1; }
mkdir "$work/contents"
# What reference.sh clears away, too.
rm -rf "$root"/var/log/dpkg.log "$root"/var/log/alternatives.log \
	"$root"/var/cache/ldconfig/aux-cache
find "$root/run" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
python3 "$here/../tree_text.py" "$root" "$work/contents" >"$work/theirs"
status=0
python3 "$here/../compare.py" "$work/out.tar" "$work/theirs" "$work/contents" \
	"$here/../allow.txt" || status=1
rm -rf "$root" "$work/out.tar"
exit "$status"

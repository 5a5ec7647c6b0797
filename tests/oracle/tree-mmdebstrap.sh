#!/bin/sh
# Compares composed trees with what dpkg makes of the same packages, path by path.
#
# usage: tree-mmdebstrap.sh TOOL RELEASE FOLDER [SET]...
#
# TOOL is oracle_compose; RELEASE is bookworm or trixie; FOLDER keeps packages and
# trees. A SET is a list of packages in one word, comma between them; without any:
# apt alone, nginx, python3, curl with ca-certificates and tzdata. Needs root,
# mmdebstrap and the network; where to fetch from is read from the host's own apt
# configuration. Exceptions are in allow.txt. Then all packages are installed again
# on top of the composed tree by the real dpkg, which must change nothing else.
set -eu
tool=$1 release=$2 folder=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C SOURCE_DATE_EPOCH=1760000000
[ $# -gt 0 ] || set -- apt nginx python3 curl,ca-certificates,tzdata

skip() {
	echo "tree-mmdebstrap: $1" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "needs mmdebstrap"

# The first URI of the host's apt configuration that serves suites like $1.
uri_for() {
	apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(RELEASE)' 2>/dev/null |
	awk -v want="$1" '
		want == "security" && /-security/ { print $1; exit }
		want == "main" && !/-security/ { print $1; exit }'
}
main=$(uri_for main) security=$(uri_for security)
[ -n "$main" ] && [ -n "$security" ] || skip "the host's apt configuration names no mirror"
sources="deb $main $release main
deb $main $release-updates main
deb $security $release-security main"
arch=$(dpkg --print-architecture)

# dpkg's tree, and the packages it was made of: $1 name, $2 packages.
reference() {
	extra=
	if [ "$release" = bookworm ]; then
		extra="--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=usr-is-merged"
	fi
	# shellcheck disable=SC2086 # several options in one word
	echo "$sources" | mmdebstrap --quiet --mode=root --variant=custom $extra \
		--include='?essential' --include=apt --include="$2" \
		--setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
		--customize-hook="mkdir -p '$folder/$1.info'" \
		--customize-hook="chroot \"\$1\" dpkg-query -W \
			-f '\${Package}=\${Version} \${Architecture}\n' >'$folder/$1.info/list'" \
		"$release" "$folder/$1.theirs.tar" - 2>"$folder/$1.log" ||
		{ tail -n 20 "$folder/$1.log" >&2; exit 1; }
}

# A private apt, so that the host's own state plays no part.
private_apt() {
	a=$folder/apt
	mkdir -p "$a/state/lists/partial" "$a/cache/archives/partial" "$a/etc/preferences.d" \
		"$a/etc/apt.conf.d" "$a/etc/sources.list.d"
	: >"$a/status"
	echo "$sources" >"$a/etc/sources.list"
	cat >"$a/apt.conf" <<-END
	Dir "$a"; Dir::State "$a/state"; Dir::State::status "$a/status"; Dir::Cache "$a/cache";
	Dir::Etc "$a/etc"; Dir::Etc::trustedparts "/usr/share/keyrings"; APT::Architecture "$arch";
	APT::Architectures "$arch"; APT::Sandbox::User "root"; Acquire::Languages "none";
	END
	export APT_CONFIG="$a/apt.conf"
	sed -i 's|^deb |deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' \
		"$a/etc/sources.list"
	apt-get update -qq
}

# Names of the files of $1, downloading what is not there.
packages() {
	mkdir -p "$folder/debs"
	while read -r package architecture; do
		version=$(echo "${package#*=}" | sed 's/:/%3a/g')
		file="${package%%=*}_${version}_$architecture.deb"
		[ -e "$folder/debs/$file" ] || (cd "$folder/debs" && apt-get download -qq "$package")
		echo "$folder/debs/$file"
	done <"$folder/$1.info/list"
}

# Everything installed once more by dpkg on top of our tree: $1 name.
fixed_point() {
	root=$folder/root
	rm -rf "$root"
	mkdir -p "$root"
	tar -C "$root" --xattrs --xattrs-include='*' --numeric-owner -xpf "$folder/$1.ours.tar"
	mkdir "$root/debs"
	xargs -a "$folder/$1.files" cp -t "$root/debs"
	mknod -m 666 "$root/dev/null" c 1 3
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	mount -t proc proc "$root/proc"
	code=0
	DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c '
		test -z "$(dpkg --audit)" && test -z "$(dpkg -V)" && apt-get -qq check &&
		dpkg -i /debs/*.deb' >"$folder/$1.again.log" 2>&1 || code=$?
	umount "$root/proc"
	rm -rf "$root/debs" "$root/usr/sbin/policy-rc.d"
	[ "$code" = 0 ] || { tail -n 20 "$folder/$1.again.log" >&2; return 1; }
	tar -C "$root" --xattrs --xattrs-include='*' --numeric-owner -cf "$folder/$1.again.tar" .
	rm -rf "$root"
	python3 "$here/compare_trees.py" "$folder/$1.ours.tar" "$folder/$1.again.tar" \
		"$here/allow.txt"
}

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
private_apt
failed=0
for set; do
	name=$(echo "$set" | tr ',' '-')
	echo "== $release: $set"
	reference "$name" "$set"
	packages "$name" >"$folder/$name.files"
	xargs -a "$folder/$name.files" "$tool" "$folder/stage" "$arch" "$SOURCE_DATE_EPOCH" \
		"$folder/$name.ours.tar"
	python3 "$here/compare_trees.py" "$folder/$name.ours.tar" "$folder/$name.theirs.tar" \
		"$here/allow.txt" || failed=1
	echo "-- installed once more by dpkg"
	fixed_point "$name" || failed=1
done
exit "$failed"

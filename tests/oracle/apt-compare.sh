#!/bin/sh
# Compares our solver with apt's on an empty system.
#
# usage: apt-compare.sh TOOL RELEASE FOLDER [-v] [SETS] [ARCHITECTURE]
#
# TOOL is oracle_solve; RELEASE is bookworm or trixie; FOLDER keeps a private apt
# configuration and the indexes, and is made on first use (needs the network).
# Where to fetch from is read from the host's own apt configuration. Prints one
# line a set of SETS (sets.txt): "same", "differs" (and how), or "absent". Fails if one differs.
set -eu
tool=$1 release=$2 folder=$3 verbose=${4-}
sets=${5-} arch=${6-amd64}
[ -n "$sets" ] || sets=$(cd "$(dirname "$0")" && pwd)/sets.txt
export LC_ALL=C

# The first URI of the host's apt configuration that serves suites like $1.
uri_for() {
	apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(RELEASE)' 2>/dev/null |
	awk -v want="$1" '
		want == "security" && /-security/ { print $1; exit }
		want == "main" && !/-security/ { print $1; exit }'
}

if ! [ -e "$folder/done" ]; then
	main=$(uri_for main) security=$(uri_for security)
	if [ -z "$main" ] || [ -z "$security" ]; then
		echo "apt-compare: the host's apt configuration names no Debian mirror" >&2
		exit 77
	fi
	mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" \
		"$folder/etc/apt.conf.d" "$folder/etc/preferences.d" "$folder/etc/sources.list.d"
	: > "$folder/state/status"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
	{
		echo "deb [signed-by=$keyring] $main $release main"
		echo "deb [signed-by=$keyring] $main $release-updates main"
		echo "deb [signed-by=$keyring] $security $release-security main"
	} > "$folder/etc/sources.list"
	cat > "$folder/apt.conf" <<END
Dir "$folder/";
Dir::Etc "$folder/etc";
Dir::Etc::parts "$folder/etc/apt.conf.d";
Dir::State "$folder/state";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
END
	APT_CONFIG="$folder/apt.conf" apt-get -qq update
	touch "$folder/done"
fi
export APT_CONFIG="$folder/apt.conf"

# In the order in which apt reads them: as in sources.list.
indexes() {
	for suite in "$release" "$release-updates" "$release-security"; do
		find "$folder/state/lists" -name "*_dists_${suite}_main_binary-${arch}_Packages"
	done
}
packages=$(indexes)
essential=$(awk -v RS= '/\nEssential: yes/ { print $2 }' $packages | sort -u | tr '\n' ' ')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same=0 differs=0 absent=0
while read -r line; do
	case $line in '' | '#'*) continue ;; esac
	# apt's answer depends on the order of its arguments, ours doesn't: it takes
	# what the recipe asks for in order of names, then the Essential packages.
	recommends=--no-install-recommends
	case $line in *--recommends*) recommends=--install-recommends ;; esac
	names=$(echo "$line" | tr ' ' '\n' | grep -v '^?essential$\|^--' | sort | tr '\n' ' ' || true)
	case $line in *'?essential'*) names="$names $essential" ;; esac
	if ! apt-get -s $recommends install $names > "$work/apt.out" 2> "$work/apt.err"; then
		if grep -q 'Unable to locate\|no installation candidate' "$work/apt.err"; then
			absent=$((absent + 1))
			[ -z "$verbose" ] || echo "absent   $line"
			continue
		fi
	fi
	sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' "$work/apt.out" | sort > "$work/theirs"
	"$tool" "$arch" $packages -- $line 2> "$work/ours.err" | sort > "$work/ours" || true
	if cmp -s "$work/theirs" "$work/ours"; then
		same=$((same + 1))
		[ -z "$verbose" ] || echo "same     $line ($(wc -l < "$work/ours"))"
	else
		differs=$((differs + 1))
		theirs=$(comm -23 "$work/theirs" "$work/ours" | cut -d' ' -f1 | tr '\n' ' ')
		ours=$(comm -13 "$work/theirs" "$work/ours" | cut -d' ' -f1 | tr '\n' ' ')
		echo "differs  $line: apt only: $theirs; ingot only: $ours$(head -1 "$work/ours.err")"
	fi
done < "$sets"
echo "$release $arch: $same same, $differs differ, $absent absent"
[ "$differs" -eq 0 ]

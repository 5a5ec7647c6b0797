#!/bin/bash
# Downloads packages of a release for an architecture, with an apt of its own.
#
# usage: bash tests/oracle/debs.sh RELEASE ARCHITECTURE FOLDER PACKAGE...
#
# FOLDER/RELEASE-ARCHITECTURE/ gets the .debs and keeps the indexes. Where to fetch from
# is read from the host's own apt configuration; without a mirror there it leaves with 77.
set -eu
release=$1 arch=$2 folder=$3/$1-$2
shift 3
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
		echo "debs: the host's apt configuration names no Debian mirror" >&2
		exit 77
	fi
	mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" \
		"$folder/etc/apt.conf.d" "$folder/etc/preferences.d"
	: >"$folder/state/status"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
	{
		echo "deb [signed-by=$keyring] $main $release main"
		[ "$release" = sid ] || echo "deb [signed-by=$keyring] $main $release-updates main"
		[ "$release" = sid ] || echo "deb [signed-by=$keyring] $security $release-security main"
	} >"$folder/etc/sources.list"
	cat >"$folder/apt.conf" <<CONF
Dir "$folder/";
Dir::Etc "$folder/etc";
Dir::Etc::parts "$folder/etc/apt.conf.d";
Dir::State "$folder/state";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder/cache";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
CONF
	APT_CONFIG=$folder/apt.conf apt-get -qq update
	touch "$folder/done"
fi
cd "$folder"
APT_CONFIG=$folder/apt.conf apt-get -qq download "$@"

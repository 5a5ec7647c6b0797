#!/bin/bash
# Inside the container, dpkg and apt see a normal system.
. "$(dirname "$0")/lib.sh"
need "dpkg in the container" root umoci runc skopeo jq || exit 0

workspace ws
cat >"$ws/recipes/tools.yaml" <<'END'
ingot: 1
name: tools
version: "1"
architectures: [amd64]
include: [base/debian-13.yaml]
packages: [apt, ca-certificates, nginx, passwd, python3]
targets:
  container: {type: oci, cmd: [bash]}
END
check "lock" leaves 0 ingot lock tools || exit 1
check "build" leaves 0 ingot build tools || exit 1
check "unpack" unpack "$ws/outputs/tools-1-container-amd64.oci.tar" "$area/tools" || exit 1
bundle=$area/tools
id=$$

# inside SCRIPT: a shell command in the container.
inside() {
	local script
	script=$(jq -n --arg s "$1" '$s')
	container_run "ingot-tools-$id" "$bundle" ".process.args = [\"/bin/sh\", \"-c\", $script] | .process.user = {uid: 0, gid: 0} | .process.cwd = \"/\" | ${2:-.}" 2>&1
}
empty() { # the command says nothing and leaves with 0
	local out status
	out=$(inside "$1")
	status=$?
	[ $status -eq 0 ] && [ -z "$out" ] && return 0
	echo "status $status: $out" | head -n 40
	return 1
}
listed() {
	local n
	ingot show "$ws/recipes/tools.lock" --json | jq -r '.packages.amd64[] | .name + " " + .version' | sort >"$area/locked"
	inside "dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\n'" | sed -n 's/ ii $//p; t; w /dev/stderr' 2>"$area/not-ii" | sort >"$area/listed"
	diff "$area/locked" "$area/listed"
}
check "dpkg lists exactly what was locked, all installed" listed
list_format() { inside 'dpkg -l nginx' | grep -E '^ii +nginx '; }
check "dpkg -l" list_format
check "dpkg -V is empty" empty 'dpkg -V'
check "dpkg --audit is empty" empty 'dpkg --audit'
check "apt-get check" inside 'apt-get check'
owns() { inside 'dpkg -S /usr/sbin/nginx' | grep '^nginx: /usr/sbin/nginx$'; }
check "dpkg -S finds the owner" owns
verify_sees() { inside 'echo >>/usr/sbin/nginx; dpkg -V nginx; true' | grep -E '5.* /usr/sbin/nginx$'; }
nothing_broken() { inside 'dpkg --configure -a && dpkg --get-selections | grep -v "install$"; true'; }
accounts() { inside 'id www-data && getent passwd root && pwck -r -q; grpck -r' ; }
check "the accounts are in order" accounts
links() { empty 'find / -xdev -xtype l ! -path "/proc/*" ! -path "/etc/alternatives/*" ! -path "/etc/systemd/*" ! -path "/usr/share/man/*" 2>/dev/null | xargs -r ls -ld | grep -vE "/run/|/proc/|/dev/|systemd|initctl" || true'; }
linker() { inside 'ldconfig -p | head -n 1 && test "$(ldconfig -p | wc -l)" -gt 20'; }
check "the linker's cache is there" linker

# apt: the test lends it the host's own sources and resolver.
sources=$area/sources
mkdir -p "$sources"
apt_sources trixie >"$sources/sources.list"
if [ -s "$sources/sources.list" ]; then
	cp /etc/apt/apt.conf.d/*proxy* "$sources/" 2>/dev/null
	mounted='.mounts += [{destination: "/etc/apt/sources.list", type: "bind", source: "'$sources'/sources.list", options: ["bind", "ro"]},
		{destination: "/etc/resolv.conf", type: "bind", source: "/etc/resolv.conf", options: ["bind", "ro"]},
		{destination: "/etc/hosts", type: "bind", source: "/etc/hosts", options: ["bind", "ro"]},
		{destination: "/usr/share/keyrings/debian-archive-keyring.gpg", type: "bind", source: "/usr/share/keyrings/debian-archive-keyring.gpg", options: ["bind", "ro"]}]
		| .linux.namespaces |= map(select(.type != "network")) | .process.capabilities |= map_values(. + ["CAP_FOWNER"])'
	proxies=$(env | grep -iE '^(http|https|no)_proxy=' | jq -Rn '[inputs]')
	mounted="$mounted | .process.env += $proxies"
	apt_install() {
		inside 'apt-get -q update && apt-get -q -y install hello && hello && dpkg -V && dpkg --audit' "$mounted"
	}
	check "apt-get install hello" apt_install
	says_hello() { inside hello | grep -F 'Hello, world!'; }
	check "and it says hello" says_hello
	check "then apt-get check is content" inside 'apt-get check'
	removes() { inside 'apt-get -q -y purge hello && ! dpkg -s hello' "$mounted"; }
	check "and it can be purged" removes
else
	skip "apt-get install hello" "this machine has no apt sources to lend"
fi
check "dpkg -V notices a change" verify_sees

# What was excluded is all that is missing.
workspace excluded
cp "$area/../$(basename "$area")/ws/recipes/tools.yaml" "$ws/recipes/"
replace "$ws/recipes/tools.yaml" 'packages:' $'exclude: ["/usr/share/doc/**", "!/usr/share/doc/*/copyright", "/usr/share/man/**"]\npackages:'
check "excluded: lock" leaves 0 ingot lock tools
check "excluded: build" leaves 0 ingot build tools
bundle=$area/excluded-bundle
check "excluded: unpack" unpack "$ws/outputs/tools-1-container-amd64.oci.tar" "$bundle"
missing() {
	inside 'dpkg -V; true' >"$area/verified"
	grep -v '^missing  ' "$area/verified" && return 1
	grep -oE '/.*' "$area/verified" | sort -u >"$area/missing"
	# Every file of every package that the patterns match is missing, nothing
	# else is; of folders dpkg names those that have nothing left in them.
	inside 'cat /var/lib/dpkg/info/*.md5sums' | sed 's/^[0-9a-f]*  */\//' | grep -E '^/usr/share/(doc|man)/' |
		grep -vE '^/usr/share/doc/[^/]*/copyright$' | sort -u >"$area/wanted"
	[ -s "$area/wanted" ] && [ -z "$(comm -23 "$area/wanted" "$area/missing")" ] || return 1
	! grep -vE '^/usr/share/(doc|man)/' "$area/missing" && ! grep -E '^/usr/share/doc/[^/]*/copyright$' "$area/missing"
}
check "excluded: dpkg -V lists exactly the excluded paths" missing
config() { inside 'cat /etc/dpkg/dpkg.cfg.d/*' | grep -F 'path-exclude=/usr/share/man/'; }
check "excluded: dpkg is told, too" config

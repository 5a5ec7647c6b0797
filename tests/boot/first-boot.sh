#!/bin/bash
# What each machine makes of its own: a certificate, a database cluster, and a package that
# the recipe leaves to dpkg on the machine. Made at the first start, and only then.
. "$(dirname "$0")/guest.sh"
guest_tools+=(dpkg-deb)
guest_ready "the first start makes what is the machine's own" || exit 0

check "the recipe" guest_recipe first || exit 1
# Of the machine only: a container can't finish what is left to its first start.
replace "$recipe" $'      - apt\n' $'      - apt\n      - less\n      - postgresql\n      - ssl-cert\n'
# What 'less' does when it is configured: it becomes /usr/bin/pager. Its script as it is now,
# for an answer that holds for exactly that text.
left_to_dpkg() {
	local path base
	leaves 0 ingot lock first || return 1
	path=$(sed -n 's/^ *- {name: less, .*path: \([^,}]*\),.*/\1/p' "$ws/recipes/first.lock")
	base=$(apt_sources trixie | awk '$4 == "trixie" { print $3; exit }')
	curl -s -f -m 300 -o "$area/less.deb" "${base%/}/$path" &&
		dpkg-deb --ctrl-tarfile "$area/less.deb" | tar -xO ./postinst >"$area/postinst" || return 1
	printf 'scripts:\n  - {package: less, script: postinst, sha256: %s, do: first-boot, reason: a test}\n' \
		"$(sha256sum <"$area/postinst" | cut -c1-64)" >>"$recipe"
}
if [ -n "$(apt_sources trixie)" ]; then
	check "a package is left to dpkg" left_to_dpkg || exit 1
fi
check "the disk is built" guest_build first || exit 1
nothing_yet() {
	ingot ls "$disk" >"$area/list" && grep ' /etc/ssl/private$' "$area/list" || return 1
	! grep -E 'ssl-cert-snakeoil|PG_VERSION|alternatives/pager -> /usr/bin/less' "$area/list"
}
check "the image has no key and no cluster" nothing_yet
cp --sparse=always "$disk" "$area/disk.raw"
truncate -s +1G "$area/disk.raw"
guest_start first "$area/disk.raw"
check "it answers to ssh" guest_up || exit 1
guest_is_well "first boot"
certificate() {
	guest "openssl x509 -noout -subject -in /etc/ssl/certs/ssl-cert-snakeoil.pem" &&
		guest_is "640 root ssl-cert" sudo stat -c "'%a %U %G'" /etc/ssl/private/ssl-cert-snakeoil.key
}
check "the certificate of the machine" certificate
cluster() { guest_is 7 "cd / && sudo -u postgres psql -Atc 'SELECT 3 + 4'"; }
check "a cluster of PostgreSQL answers" cluster
if [ -s "$area/postinst" ]; then
	check "dpkg has configured what was left to it" \
		guest_is "install ok installed" dpkg-query -W -f "'\${Status}'" less
	check "and its script has run" guest_is /usr/bin/less readlink -f /usr/bin/pager
fi
check "dpkg --audit is empty" guest_is_quiet sudo dpkg --audit
# The cluster's own number is in its control file, among what changes: pg_controldata shows it.
sums() {
	guest "sudo sh -c 'sha256sum /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssh/ssh_host_*_key && /usr/lib/postgresql/*/bin/pg_controldata /var/lib/postgresql/*/main | grep \"system identifier\"'"
}
sums=$(sums) || sums=
check "it switches off" guest_off
guest_start again "$area/disk.raw"
check "second boot: it answers to ssh" guest_up || exit 1
guest_is_well "second boot"
same() { [ -n "$sums" ] && [ "$(sums)" = "$sums" ]; }
check "second boot: nothing is made again" same
check "second boot: the cluster answers" cluster
check "second boot: it switches off" guest_off

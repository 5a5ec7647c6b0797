#!/bin/bash
# Services of Debian 13, and one of Debian 12, from their own packages: their scripts were
# evaluated, and what they set up (users, folders, modules, alternatives) serves.
. "$(dirname "$0")/lib.sh"
workspace ws
cp "$root"/tests/e2e/services/*.yaml "$ws/recipes/"
need "services run" root umoci runc skopeo jq curl nsenter || exit 0

# image NAME: locked, built, unpacked to $bundle.
image() {
	bundle=$area/bundle-$1
	leaves 0 ingot lock "$1" || return 1
	leaves 0 ingot build "$1" || return 1
	unpack "$ws/outputs/$1-1-container-amd64.oci.tar" "$bundle"
}

# inside NAME COMMAND...: in the running container.
inside() {
	local name=ingot-$1-$$
	shift
	runc --root "$area/run-$name" exec "$name" "$@" </dev/null
}

# runs_as NAME USER COMMAND: some process of the container is COMMAND of USER.
runs_as() {
	local name=ingot-$1-$$ uid pid
	uid=$(awk -F: -v name="$2" '$1 == name { print $3 }' "$area/bundle-$1/rootfs/etc/passwd")
	for pid in $(runc --root "$area/run-$name" ps --format json "$name" | jq '.[]'); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$3" ] &&
			[ "$(stat -c %u "/proc/$pid")" = "$uid" ] && return 0
	done
	echo "no process $3 of user $2 ($uid)"
	return 1
}

serves() { # NAME: the container runs
	container_start "ingot-$1-$$" "$area/bundle-$1"
}

redis_answers() { # NAME
	serves "$1" || return 1
	for _ in $(seq 50); do
		[ "$(inside "$1" redis-cli incr visits 2>&1)" = 1 ] && break
		sleep 0.2
	done
	[ "$(inside "$1" redis-cli get visits)" = 1 ] && runs_as "$1" redis redis-server
}
redis12_answers() { redis_answers redis12; }
haproxy_answers() {
	serves haproxy && http_get "$container_pid" http://127.0.0.1:8080/ || return 1
	[ "$body" = balanced ] && runs_as haproxy haproxy haproxy
}
apache_answers() {
	serves apache && http_get "$container_pid" http://127.0.0.1/who.php || return 1
	[ "$body" = "8 www-data" ] || { echo "$body"; return 1; }
	runs_as apache www-data apache2
}
postgresql_answers() {
	serves postgresql || return 1
	for _ in $(seq 150); do
		[ "$(inside postgresql su postgres -c "psql -Atc 'select 6 * 7'" 2>&1)" = 42 ] && break
		sleep 0.2
	done
	[ "$(inside postgresql su postgres -c "psql -Atc 'select 6 * 7'")" = 42 ] &&
		runs_as postgresql postgres postgres
}
java_answers() {
	serves java && http_get "$container_pid" http://127.0.0.1:8000/ || return 1
	[ "$body" = "served by java" ] && runs_as java app java
}
# The keystore that update-ca-certificates would have made.
java_trusts() {
	inside java keytool -list -cacerts -storepass changeit >"$area/keystore" 2>&1 || {
		cat "$area/keystore"
		return 1
	}
	[ "$(grep -c trustedCertEntry "$area/keystore")" -ge 100 ]
}

for name in redis redis12 haproxy apache postgresql java; do
	check "$name: the image is built and unpacked" image "$name" || continue
	check "$name answers, as its package's user" "${name}_answers" "$name"
	if [ "$name" = java ]; then check "java trusts the certificates of Debian" java_trusts; fi
	container_stop "ingot-$name-$$"
done

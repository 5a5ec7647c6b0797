#!/bin/bash
# `ingot run` with the disk of recipes/vm.yaml: ssh as it prints, ports of loopback only, a larger
# disk, and nothing left behind.
. "$(dirname "$0")/guest.sh"
guest_ready "ingot run starts a machine" && need "ingot run starts a machine" ss || exit 0

check "the recipe" guest_recipe vm || exit 1
check "the disk is built" guest_build vm || exit 1
before=$(sha256sum <"$disk")
guest_ssh=$(free_port)
guest_http=$(free_port)
boot_folder=$area
boot_log=$area/console
mkdir "$area/tmp"
TMPDIR=$area/tmp "$INGOT" run "$disk" --ssh-port "$guest_ssh" --port "$guest_http:8080" --disk-size 2G \
	</dev/null >"$boot_log" 2>"$area/qemu.log" &
boot_pid=$!

# What it prints is what is typed; only the key is the test's.
printed() { grep -oE 'ssh .*@127\.0\.0\.1$' "$area/qemu.log"; }
for _ in $(seq 100); do
	printed >/dev/null && break
	sleep 0.2
done
says_how() { cat "$area/qemu.log"; printed | grep -qE -- "-p $guest_ssh admin@127"; }
check "it says how to ssh in" says_how || exit 1
read -r -a guest_options < <(printed | sed 's/^ssh //; s/ admin@.*//')
guest_options+=(-i "$area/key" -o BatchMode=yes -o ConnectTimeout=60 -o IdentitiesOnly=yes -o LogLevel=ERROR)
check "it answers to ssh as printed" guest_up || exit 1
check "it is running" guest_is running systemctl is-system-running --wait
nginx_answers() {
	curl -s -m 60 -f "http://127.0.0.1:$guest_http/" | diff - "$root/recipes/nginx/site/index.html"
}
check "nginx answers at the forwarded port" nginx_answers
grown() { [ "$(guest "df -B1 --output=size / | tail -n 1")" -gt $((1500 << 20)) ]; }
check "the root has grown to --disk-size" grown
loopback() {
	ss -Hltn | awk -v a="$guest_ssh" -v b="$guest_http" '
		$4 ~ ":(" a "|" b ")$" { n++; if ($4 !~ /^127\.0\.0\.1:/) bad = 1 }
		END { exit bad || n != 2 }'
}
check "its ports are those of loopback only" loopback
ends() {
	kill -INT "$boot_pid" && boot_wait_end 30 && [ -z "$(ls -A "$area/tmp")" ] &&
		! ss -Hltn | grep -qE ":($guest_ssh|$guest_http) "
}
check "Ctrl-C ends it, and nothing is left" ends
unchanged() { [ "$(sha256sum <"$disk")" = "$before" ]; }
check "the disk is what it was" unchanged

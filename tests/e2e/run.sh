#!/bin/bash
# `ingot run`: a container in runc or crun, and what is refused. Machines: tests/boot/run.sh.
. "$(dirname "$0")/lib.sh"

workspace run
port=$(free_port)
sed -i "s/8080/$port/g" "$ws/recipes/nginx/site.conf"
image=$ws/outputs/nginx-1.0.0-container-amd64.oci.tar
mkdir "$area/tmp"
export TMPDIR=$area/tmp

head -c 4096 /dev/zero >"$area/nothing"
nothing() { leaves 11 ingot run "$area/nothing" && says "nothing that can be started"; }
check "what is no image is not started" nothing
a_folder() { leaves 2 ingot run "$area" && says "is no file"; }
check "a folder is not started" a_folder

check "the recipe is locked" ingot -q lock nginx || exit 1
check "the image is built" ingot -q build nginx --arch amd64 || exit 1
for_disks() { leaves 2 ingot run "$image" --port 8080:80 && says "for disks"; }
check "options for disks are refused" for_disks
no_program() { leaves 2 env PATH=/nowhere "$INGOT" -C "$ws" run "$image" && says E0205 && says crun; }
check "without runc and crun both are named" no_program

serves() { # PROGRAM
	mkdir -p "$area/only-$1" && ln -sf "$(command -v "$1")" "$area/only-$1/"
	PATH=$area/only-$1 "$INGOT" -C "$ws" run "$image" </dev/null >"$area/$1.log" 2>&1 &
	local pid=$! body='' end=$((SECONDS + 40))
	while [ $SECONDS -lt $end ] && kill -0 $pid 2>/dev/null; do
		body=$(curl -s -m 5 "http://127.0.0.1:$port/") && break
		sleep 0.3
	done
	kill -INT $pid
	wait $pid
	cat "$area/$1.log"
	[ "$body" = "$(cat "$ws/recipes/nginx/site/index.html")" ] && [ -z "$(ls -A "$TMPDIR")" ]
}
for program in runc crun; do
	need "a container in $program" root $program curl || continue
	# crun before 1.9 refuses hosts with both kinds of control groups, whatever it is told.
	if [ $program = crun ] && grep -qs . /sys/fs/cgroup/unified/cgroup.controllers; then
		skip "a container in crun" "crun refuses the control groups of this host"
		continue
	fi
	check "a container in $program serves, and leaves nothing" serves $program
done

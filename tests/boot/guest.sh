# Shared by tests/boot/*.sh: disks of recipes/vm.yaml, and what is asked inside a machine:
#   . "$(dirname "$0")/guest.sh"
#
#   guest_recipe NAME           recipes/NAME.yaml in a scratch workspace: vm.yaml with a key
#                               of this test; `replace "$recipe" OLD NEW` changes it further
#   guest_build NAME [ARCH]     locks and builds its disk; sets $disk
#   guest_start NAME DISK       starts a machine with a network that only loopback reaches
#   guest_up [SECONDS]          until ssh answers
#   guest COMMAND...            as the administrator, by ssh
#   guest_boots_on KERNEL BUS...  a disk of its own, once on each bus
#   guest_off                   switches it off and waits for that
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

guest_tools=(qemu-system-x86_64 qemu-img ssh ssh-keygen curl)
guest_ready() { # NAME: whether this machine can do it
	need "$1" "${guest_tools[@]}" || return 1
	local lacks
	lacks=$(boot_lacks)
	[ -z "$lacks" ] || { skip "$1" "needs $lacks"; return 1; }
}

guest_recipe() {
	local key
	workspace "${area##*/}-$1"
	recipe=$ws/recipes/$1.yaml
	[ "$1" = vm ] || sed "s/^name: vm\$/name: $1/" "$root/recipes/vm.yaml" >"$recipe"
	[ -e "$area/key" ] || ssh-keygen -q -t ed25519 -N '' -C test -f "$area/key"
	key=$(cat "$area/key.pub")
	sed -i "s|^      - ssh-ed25519 .*|      - $key|" "$recipe"
	grep -qF "$key" "$recipe"
}
guest_build() {
	disk=$ws/outputs/$1-1.0.0-vm-${2:-amd64}.raw
	leaves 0 ingot lock "$1" && leaves 0 ingot build "$1" --target vm && [ -s "$disk" ]
}

guest_start() { # NAME DISK [OPTION...]
	local name=$1 image=$2
	shift 2
	guest_ssh=$(free_port)
	guest_http=$(free_port)
	boot_start "$name" "$image" \
		-netdev "user,id=net,restrict=${guest_restrict:-off},hostfwd=tcp:127.0.0.1:$guest_ssh-:22,hostfwd=tcp:127.0.0.1:$guest_http-:8080" \
		-device virtio-net-pci,netdev=net "$@"
	guest_options=(-i "$area/key" -p "$guest_ssh" -o StrictHostKeyChecking=no -o BatchMode=yes
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=60
		-o ServerAliveInterval=30 -o IdentitiesOnly=yes)
}
# Without hardware acceleration sshd takes seconds for its greeting.
guest_up() { # [SECONDS]
	local end=$((SECONDS + ${1:-${INGOT_TEST_BOOT_PATIENCE:-420}}))
	while [ $SECONDS -lt $end ]; do
		if guest true 2>/dev/null; then return 0; fi
		kill -0 "$boot_pid" 2>/dev/null || break
		sleep 1
	done
	echo "no answer to ssh"
	boot_show
	return 1
}
guest() { ssh "${guest_options[@]}" admin@127.0.0.1 "$@" </dev/null; }

guest_is() { # WANTED COMMAND...: says exactly that
	local want=$1 said
	shift
	said=$(guest "$@" 2>&1)
	[ "$said" = "$want" ] && return 0
	printf '%s\nsaid: %s\ninstead of: %s\n' "$*" "$said" "$want"
	return 1
}
guest_is_quiet() { guest_is "" "$@"; }

guest_off() {
	guest sudo systemctl poweroff --no-block 2>/dev/null
	boot_wait_end "${1:-120}"
}

# What a machine must be after every start.
guest_is_well() { # NAME
	check "$1: it is running" guest_is running systemctl is-system-running --wait
	check "$1: no unit has failed" guest_is_quiet systemctl --failed --no-legend --plain
	check "$1: no error in the journal" guest_is "-- No entries --" sudo journalctl -p err -b --no-pager
}

# One disk with that kernel, on each bus.
guest_boots_on() { # KERNEL BUS...
	local name=${1#linux-image-} kernel=$1
	shift
	check "$name: the recipe" guest_recipe "$name" || return 1
	[ "$kernel" = linux-image-cloud-amd64 ] || replace "$recipe" linux-image-cloud-amd64 "$kernel"
	check "$name: the disk is built" guest_build "$name" || return 1
	for boot_bus; do
		cp --sparse=always "$disk" "$area/disk.raw"
		guest_start "$name-$boot_bus" "$area/disk.raw"
		check "$name: a disk on $boot_bus boots" guest_up || continue
		guest_is_well "$name on $boot_bus"
		check "$name on $boot_bus: it switches off" guest_off
	done
}

# guest_apt CODENAME: apt inside uses this host's own sources, through a proxy on loopback;
# without a list of its own it fails. 10.0.2.2 is what QEMU calls this host.
guest_apt() {
	local lines port=$area/forward.port
	lines=$(apt_sources "$1")
	[ -n "$lines" ] || { echo "this machine has no apt sources to lend"; return 1; }
	if ! [ -s "$port" ]; then
		"$root/tests/tools/forward.py" "$port" >"$area/forward.log" 2>&1 </dev/null &
		pids+=("$!")
		for _ in $(seq 100); do
			[ -s "$port" ] && break
			sleep 0.1
		done
	fi
	printf '%s\n' "$lines" | guest_puts /etc/apt/sources.list &&
		printf 'Acquire::http::Proxy "http://10.0.2.2:%d";\nAcquire::https::Proxy "http://10.0.2.2:%d";\n' \
			"$(cat "$port")" "$(cat "$port")" | guest_puts /etc/apt/apt.conf.d/90-test
}
guest_puts() { # FILE: standard input becomes that file
	ssh "${guest_options[@]}" admin@127.0.0.1 "sudo tee '$1' >/dev/null"
}

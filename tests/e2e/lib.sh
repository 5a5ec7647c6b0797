# Shared by tests/e2e and tests/repro: workspaces, containers, a tiny archive.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

if ! [ -x "$INGOT" ]; then
	not_ok "$(basename "$0" .sh): there is no $INGOT"
	exit 1
fi

# Everything that a test leaves is below here.
area=$INGOT_TEST_SCRATCH/$(basename "$(dirname "$0")")-$(basename "$0" .sh)
mkdir -p "$area"
stage=${INGOT_TEST_STAGE:-$INGOT_TEST_SCRATCH/stage}
# A user of our own: what ingot remembers between runs is not the developer's.
export HOME=$INGOT_TEST_SCRATCH/home
mkdir -p "$HOME"
unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR

pids=()
containers=()
mounts=()
cleanup() {
	local x
	for x in "${containers[@]}"; do container_stop "$x"; done
	for x in "${pids[@]}"; do
		kill "$x" 2>/dev/null
		wait "$x" 2>/dev/null
	done
	[ -z "${agent_home:-}" ] || GNUPGHOME=$agent_home gpgconf --kill all 2>/dev/null
	for x in "${mounts[@]}"; do umount -l "$x" 2>/dev/null; done
	chmod -R u+w "$area" 2>/dev/null
	[ -n "${INGOT_TEST_KEEP:-}" ] || rm -rf "$area"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# workspace NAME: a copy of the project's recipes, without locks. Sets $ws.
workspace() {
	ws=$area/$1
	mkdir -p "$ws"
	cp -R "$root/recipes" "$ws/recipes"
	find "$ws" -name '*.lock' -delete
}

# In the workspace, with the stage that all tests share.
ingot() { "$INGOT" -C "$ws" --stage "$stage" "$@"; }

# leaves STATUS COMMAND...: the command ends with that exit status. Its output
# is in $said for a look at what it said.
leaves() {
	local want=$1 status
	shift
	said=$("$@" 2>&1 </dev/null)
	status=$?
	[ $status -eq "$want" ] && return 0
	printf 'status %d instead of %d: %s\n%s\n' "$status" "$want" "$*" "$said"
	return 1
}
says() { # says WORDS: in what the last command said
	grep -qF -e "$1" <<<"$said" && return 0
	printf 'missing: %s\nsaid: %s\n' "$1" "$said"
	return 1
}

# replace FILE OLD NEW: a literal edit that must find its place.
replace() {
	/usr/bin/python3 - "$@" <<'END'
import sys
path, old, new = sys.argv[1:4]
text = open(path).read()
if old not in text:
    sys.exit("%s: no %r" % (path, old))
open(path, "w").write(text.replace(old, new))
END
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# serve FOLDER: by HTTP on loopback. Sets $url and $server (its process).
serve() {
	local port
	port=$(free_port)
	/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$1" "$port" >"$area/server.log" 2>&1 </dev/null &
	server=$!
	pids+=("$server")
	url=http://127.0.0.1:$port
	for _ in $(seq 100); do
		curl -s -o "$area/probe" "$url/" && return 0
		sleep 0.1
	done
	echo "the server does not answer"
	return 1
}

# apt_sources CODENAME: lines of sources.list for that release, from the host's own.
apt_sources() {
	{
		cat /etc/apt/sources.list 2>/dev/null
		for file in /etc/apt/sources.list.d/*.list; do [ -f "$file" ] && cat "$file"; done
		for file in /etc/apt/sources.list.d/*.sources; do
			[ -f "$file" ] && awk -v RS= '{ u = s = c = ""; n = split($0, line, "\n"); for (i = 1; i <= n; i++) { k = line[i]; v = k; sub(/:.*/, "", k); sub(/^[^:]*: */, "", v)
				if (k == "URIs") u = v; if (k == "Suites") s = v; if (k == "Components") c = v }
				m = split(s, suites, " "); for (j = 1; j <= m; j++) if (u) print "deb " u " " suites[j] " " c }' "$file"
		done
	} | sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) \(bookworm\|trixie\)\([^ /]*\) .*/deb [signed-by=\/usr\/share\/keyrings\/debian-archive-keyring.gpg] \2 '"$1"'\4 main/p' |
		sort -u
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# A container that may not mount, or has no mount(8), is no reason to fail.
can_mount() {
	local folder ok=1
	folder=$(mktemp -d "$area/mount.XXXXXX") || return 1
	mount -t tmpfs -o size=16k none "$folder" 2>/dev/null && umount "$folder" && ok=0
	rmdir "$folder"
	return $ok
}

# need NAME TOOL...: skips test NAME and fails if a tool is missing, or what `root` and `tmpfs` name.
need() {
	local name=$1 tool
	shift
	for tool in "$@"; do
		case $tool in
		root) is_root || { skip "$name" "needs root"; return 1; } ;;
		tmpfs) can_mount || { skip "$name" "no tmpfs can be mounted here"; return 1; } ;;
		*) command -v "$tool" >/dev/null || { skip "$name" "needs $tool"; return 1; } ;;
		esac
	done
}

# ---- containers ----

# unpack TAR BUNDLE: the image as an OCI bundle, by umoci. It reads no zstd
# before 0.5: there, skopeo converts the layers first.
unpack() {
	local layout=$2.layout
	rm -rf "$layout" "$2"
	mkdir -p "$layout"
	if tar -xOf "$1" index.json >/dev/null && tar -C "$layout" -xf "$1" &&
		umoci unpack --image "$layout:$(image_tag "$1")" "$2" >"$2.log" 2>&1; then
		return 0
	fi
	rm -rf "$layout" "$2"
	skopeo --insecure-policy copy --dest-compress-format gzip -q "oci-archive:$1" \
		"oci:$layout:test" &&
		umoci unpack --image "$layout:test" "$2" >"$2.log" 2>&1 || {
		cat "$2.log"
		return 1
	}
}
image_tag() { tar -xOf "$1" index.json | jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]'; }

# container_start NAME BUNDLE [JQ]: runs the bundle's process in the background
# with the capabilities that docker gives, in a network of its own. JQ changes
# config.json further. Sets $container_pid.
container_start() {
	local name=$1 bundle=$2 change=${3:-.} runtime
	local caps='["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID","CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE"]'
	jq --argjson caps "$caps" "
		.process.terminal = false | .root.readonly = false |
		.process.capabilities = {bounding: \$caps, effective: \$caps, permitted: \$caps} |
		del(.linux.resources) | $change" "$bundle/config.json" >"$bundle/config.new" &&
		mv "$bundle/config.new" "$bundle/config.json" || return 1
	container_pid=
	for runtime in runc crun; do
		command -v $runtime >/dev/null || continue
		if (cd "$bundle" && $runtime --root "$area/run-$name" run -d --pid-file "$area/$name.pid" "$name") \
			>"$area/$name.out" 2>&1 </dev/null; then
			containers+=("$runtime:$name")
			container_pid=$(cat "$area/$name.pid")
			echo "$name is run by $runtime"
			return 0
		fi
		cat "$area/$name.out"
		$runtime --root "$area/run-$name" delete -f "$name" >/dev/null 2>&1
	done
	return 1
}
container_stop() { # RUNTIME:NAME or NAME
	local name=${1#*:} runtime
	for runtime in runc crun; do
		command -v $runtime >/dev/null &&
			$runtime --root "$area/run-$name" delete -f "$name" >/dev/null 2>&1
	done
	return 0
}

# A command inside the bundle's root, as a container of its own that ends.
container_run() { # NAME BUNDLE JQ
	local runtime=runc status
	cp "$2/config.json" "$2/config.keep"
	jq ".process.terminal = false | .root.readonly = false |
		.process.capabilities = (\"CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_SETGID CAP_SETUID CAP_SETFCAP CAP_SYS_CHROOT CAP_KILL\" / \" \" | {bounding: ., effective: ., permitted: .}) |
		del(.linux.resources) | $3" "$2/config.keep" >"$2/config.json"
	command -v runc >/dev/null || runtime=crun
	(cd "$2" && $runtime --root "$area/run-$1" run "$1") </dev/null
	status=$?
	mv "$2/config.keep" "$2/config.json"
	return $status
}

# http_get PID URL: from inside the network of process PID, waiting for the
# server to come up. The body is in $body.
http_get() {
	local i
	for i in $(seq "${HTTP_PATIENCE:-300}"); do
		body=$(nsenter -t "$1" -n curl -s -m 10 -f "$2") && return 0
		kill -0 "$1" 2>/dev/null || break
		sleep 0.2
	done
	echo "no answer from $2"
	cat "$area"/*.out 2>/dev/null
	return 1
}

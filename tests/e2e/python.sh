#!/bin/bash
# recipes/python.yaml: an app from a folder, run by its own user.
. "$(dirname "$0")/lib.sh"
workspace ws

check "lock" leaves 0 ingot lock python || exit 1
check "build" leaves 0 ingot build python || exit 1
image=$ws/outputs/python-1.0.0-container-amd64.oci.tar

answers() { # NAME BUNDLE [JQ]
	container_start "$@" || return 1
	http_get "$container_pid" http://127.0.0.1:8000/ || return 1
	[ "$body" = '{"folder": "/srv/app", "uid": 990}' ] || { echo "$body"; return 1; }
	http_get "$container_pid" http://127.0.0.1:8000/hello/world || return 1
	[ "$body" = '{"greeting": "Hello, world!"}' ] || { echo "$body"; return 1; }
}
need "python runs" root umoci runc skopeo jq curl nsenter || exit 0
check "umoci unpacks it" unpack "$image" "$area/bundle-amd64"
check "the app answers, as its own user" answers "ingot-python-$$" "$area/bundle-amd64"
container_stop "ingot-python-$$"
qemu=$(command -v qemu-aarch64-static)
if [ -n "$qemu" ]; then
	check "umoci unpacks the arm64 image" unpack "${image/amd64/arm64}" "$area/bundle-arm64"
	cp "$qemu" "$area/bundle-arm64/rootfs/qemu"
	HTTP_PATIENCE=1500
	check "the app answers on arm64, under qemu" answers "ingot-python-arm64-$$" "$area/bundle-arm64" \
		'.process.args[0] = "/usr/bin/python3" | .process.args = ["/qemu"] + .process.args'
	container_stop "ingot-python-arm64-$$"
else
	skip "arm64 under qemu" "needs qemu-user-static"
fi

# A change of one file rewrites one small layer.
one_layer() {
	local before after
	before=$(tar -xOf "$image" manifest.json | jq -r '.[0].Layers[]' | sort)
	sed -i 's/Hello/Good day/' "$ws/recipes/python/app/greeting.py"
	leaves 0 ingot build python --arch amd64 || return 1
	after=$(tar -xOf "$image" manifest.json | jq -r '.[0].Layers[]' | sort)
	comm -13 <(echo "$before") <(echo "$after") >"$area/changed"
	[ "$(wc -l <"$area/changed")" -eq 1 ] && [ "$(tar -xOf "$image" "$(cat "$area/changed")" | wc -c)" -lt 100000 ]
}
check "a change of one file rewrites one small layer" one_layer

#!/bin/bash
# recipes/nginx.yaml becomes an image that the usual tools read, and a process
# that answers; for amd64 here, for arm64 under qemu-user.
. "$(dirname "$0")/lib.sh"
workspace ws

check "lock" leaves 0 ingot lock nginx || exit 1
check "the lock fits" leaves 0 ingot lock nginx --check
build() { ingot build nginx --json >"$area/build.json" 2>"$area/err" || { cat "$area/err"; return 1; }; }
check "build for amd64 and arm64" build || exit 1
json() {
	jq -e '.schema and (.outputs | length == 2) and .timings and
		(.outputs[] | .target == "container" and .size > 1000000 and (.sha256 | test("^[0-9a-f]{64}$")))' "$area/build.json"
}
check "build --json names outputs, digests and sizes" json
image=$ws/outputs/nginx-1.0.0-container-amd64.oci.tar
digests() {
	[ "$(jq -r '.outputs[] | select(.architecture == "amd64") | .sha256' "$area/build.json")" = "$(sha256sum <"$image" | cut -d' ' -f1)" ]
}
check "the digest is that of the file" digests

image_id=$(tar -xOf "$image" manifest.json | jq -r '.[0].Config' | sed 's,.*/,,')
if need "skopeo" skopeo; then
	oci() { skopeo inspect "oci-archive:$image" | jq -e '.Os == "linux" and .Architecture == "amd64"'; }
	check "skopeo reads it as an OCI archive" oci
	docker() { skopeo inspect --config "docker-archive:$image" | jq -e '.config.Entrypoint == ["nginx", "-g", "daemon off;"] and .config.StopSignal == "SIGQUIT" and (.config.ExposedPorts | has("8080/tcp"))'; }
	check "skopeo reads it as a docker archive" docker
	copy() {
		skopeo --insecure-policy copy -q "oci-archive:$image" "dir:$area/copy" && skopeo --insecure-policy copy -q "docker-archive:$image" "dir:$area/copy2"
	}
	check "skopeo copies and verifies every layer, both ways" copy
fi
layers() {
	local n
	n=$(tar -xOf "$image" manifest.json | jq '.[0].Layers | length')
	echo "$n layers"
	[ "$n" -ge 3 ] && [ "$n" -le 12 ]
}
check "the layers keep within their budget" layers
parents() { # every layer holds the parent folders of what it holds
	local layer
	for layer in $(tar -xOf "$image" manifest.json | jq -r '.[0].Layers[]'); do
		tar -xOf "$image" "$layer" | zstd -dc | tar -t | /usr/bin/python3 -c '
import sys
seen = {""}
for line in sys.stdin:
    path = line.rstrip("\n").rstrip("/")
    path = "" if path == "." else path.removeprefix("./")
    parent = path.rpartition("/")[0]
    if parent not in seen:
        sys.exit("no parent folder: " + path)
    seen.add(path)' || return 1
	done
}
if need "every layer holds its parent folders" zstd; then check "every layer holds its parent folders" parents; fi

if need "podman load" root podman; then
	podman_load() {
		podman --root "$area/podman" --runroot "$area/podman-run" --storage-driver vfs --events-backend file load -q -i "$image" &&
			[ "$(podman --root "$area/podman" --runroot "$area/podman-run" --storage-driver vfs image inspect --format '{{.Id}}' localhost/nginx:1.0.0 ||
				podman --root "$area/podman" --runroot "$area/podman-run" --storage-driver vfs images -q --no-trunc | sed 's/sha256://')" = "$image_id" ]
	}
	check "podman loads it, by the same image id" podman_load
fi

# serves NAME BUNDLE [JQ]: the page answers, and a worker that is not root does it.
serves() {
	container_start "$@" || return 1
	http_get "$container_pid" http://127.0.0.1:8080/ || return 1
	[ "$body" = "$(cat "$ws/recipes/nginx/site/index.html")" ] || { echo "$body"; return 1; }
}
worker() {
	local www
	www=$(awk -F: '$1 == "www-data" { print $3 }' "$1/rootfs/etc/passwd")
	for child in $(pgrep -P "$container_pid"); do
		[ "$(awk '/^Uid:/ { print $2 }' "/proc/$child/status")" = "$www" ] && return 0
	done
	ps -o pid,ppid,user,args --ppid "$container_pid"
	return 1
}
if need "it runs" root umoci runc skopeo jq curl nsenter; then
	check "umoci unpacks it" unpack "$image" "$area/bundle-amd64"
	check "nginx serves its page" serves "ingot-nginx-$$" "$area/bundle-amd64"
	check "its worker runs as www-data" worker "$area/bundle-amd64"
	stops() { kill -QUIT "$container_pid" && for _ in $(seq 50); do kill -0 "$container_pid" 2>/dev/null || return 0; sleep 0.1; done; return 1; }
	check "it stops at its stop signal" stops
	container_stop "ingot-nginx-$$"

	qemu=$(command -v qemu-aarch64-static)
	if [ -n "$qemu" ]; then
		check "umoci unpacks the arm64 image" unpack "${image/amd64/arm64}" "$area/bundle-arm64"
		cp "$qemu" "$area/bundle-arm64/rootfs/qemu"
		arm64_elf() { [ "$(od -An -tx1 -j18 -N2 "$area/bundle-arm64/rootfs/usr/sbin/nginx" | tr -d ' ')" = b700 ]; }
		check "it holds arm64 programs" arm64_elf
		check "nginx serves its page on arm64, under qemu" serves "ingot-arm64-$$" "$area/bundle-arm64" \
			'.process.args[0] = "/usr/sbin/nginx" | .process.args = ["/qemu"] + .process.args'
		check "its worker runs as www-data there, too" worker "$area/bundle-arm64"
		container_stop "ingot-arm64-$$"
	else
		skip "arm64 under qemu" "needs qemu-user-static"
	fi
fi

# essential: false - neither shell nor package manager, and it runs.
workspace distroless
replace "$ws/recipes/nginx.yaml" 'packages: [ca' $'essential: false\npackages: [ca'
image=$ws/outputs/nginx-1.0.0-container-amd64.oci.tar
check "distroless: lock" leaves 0 ingot lock nginx
check "distroless: build" leaves 0 ingot build nginx --arch amd64
nothing_else() {
	tar -xOf "$area/flat.tar" ./var/lib/dpkg/status 2>/dev/null >"$area/status" || tar -xOf "$area/flat.tar" var/lib/dpkg/status >"$area/status" || return 1
	tar -tf "$area/flat.tar" | sed 's,^\./,,' | grep -E '^(usr/)?s?bin/(sh|bash|dash|dpkg|apt|apt-get|perl)$' && return 1
	! grep -qE '^Package: (dash|bash|dpkg|apt|perl-base)$' "$area/status" && grep -q '^Package: nginx$' "$area/status"
}
flat() { leaves 0 ingot export "$image" -o "$area/flat.tar"; }
check "distroless: export" flat
check "distroless: no shell, no package manager, and dpkg's database agrees" nothing_else
if need "distroless: it runs" root umoci runc skopeo jq curl nsenter; then
	check "distroless: umoci unpacks it" unpack "$image" "$area/bundle-distroless"
	check "distroless: nginx serves its page" serves "ingot-distroless-$$" "$area/bundle-distroless"
	check "distroless: its worker runs as www-data" worker "$area/bundle-distroless"
	container_stop "ingot-distroless-$$"
fi

# The image id doesn't depend on the compression, and is whatever was said.
workspace gzip
replace "$ws/recipes/nginx.yaml" '    ports: [8080/tcp]' $'    ports: [8080/tcp]\n    compression: gzip'
check "gzip: lock" leaves 0 ingot lock nginx
check "gzip: build" leaves 0 ingot build nginx --arch amd64
image=$ws/outputs/nginx-1.0.0-container-amd64.oci.tar
same_id() { [ "$(tar -xOf "$image" manifest.json | jq -r '.[0].Config' | sed 's,.*/,,')" = "$image_id" ]; }
check "gzip: the image id is that of the zstd image" same_id
if need "gzip: umoci" root umoci; then check "gzip: umoci unpacks it" unpack "$image" "$area/bundle-gzip"; fi

# A budget below the lock's plan is refused with what to do; the plan is made anew
# on demand only; ids stay where they are.
workspace slices
check "slices: lock" leaves 0 ingot lock nginx
replace "$ws/recipes/nginx.yaml" '    ports: [8080/tcp]' $'    ports: [8080/tcp]\n    layers: 5'
too_small() { leaves 5 ingot build nginx --arch amd64 && says "lock --reslice"; }
check "slices: a budget below the plan is refused" too_small
reslice() {
	leaves 0 ingot lock nginx --reslice && leaves 0 ingot build nginx --arch amd64 &&
		[ "$(tar -xOf "$ws/outputs/nginx-1.0.0-container-amd64.oci.tar" manifest.json | jq '.[0].Layers | length')" -eq 5 ]
}
check "slices: --reslice makes a plan that fits" reslice
renumber() {
	cp "$ws/recipes/nginx.lock" "$area/before.lock"
	leaves 0 ingot lock nginx --renumber && cmp "$area/before.lock" "$ws/recipes/nginx.lock"
}
check "slices: --renumber hands out the same ids for the same packages" renumber

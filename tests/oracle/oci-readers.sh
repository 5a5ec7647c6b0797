#!/bin/bash
# Every reader at hand must find in an image what image-spec says is in it:
#   oci-readers.sh IMAGE.oci.tar
# skopeo (both of its readers), umoci and podman, the last two as root only.
. "$(dirname "$0")/../lib.sh"
case ${1:?usage: oci-readers.sh IMAGE.oci.tar} in
/*) image=$1 ;;
*) image=$OLDPWD/$1 ;;
esac
name=$(basename "$image")
oracle=$root/tests/oracle/oci_tree.py
work=$(mktemp -d "$INGOT_TEST_SCRATCH/readers.XXXXXX")
failed=0

tried() { # NAME COMMAND...
	check "$@" || failed=1
}
has() { command -v "$1" >/dev/null; }

same_tree() { # KIND PATH: what a reader made of it
	python3 "$oracle" "$1" "$2" >"$work/got" && diff "$work/expected" "$work/got" | head -n 20 &&
		cmp -s "$work/expected" "$work/got"
}

same_text() { [ "$1" = "$2" ] || { echo "expected $1, got $2"; return 1; }; }

if ! python3 "$oracle" image "$image" >"$work/expected"; then
	not_ok "$name: the image is sound by image-spec"
	exit 1
fi
ok "$name: the image is sound by image-spec"
id=$(python3 "$oracle" id "$image")

if has skopeo; then
	for transport in oci-archive docker-archive; do
		out=$work/$transport
		tried "$name: skopeo reads it as $transport" \
			skopeo --insecure-policy copy "$transport:$image" "dir:$out"
		tried "$name: $transport has the same image id" same_text "$id" "$(python3 "$oracle" dir-id "$out")"
		tried "$name: $transport has the same tree" same_tree dir "$out"
	done
else
	skip "$name: skopeo" not installed
fi

if ! has umoci || [ "$(id -u)" != 0 ]; then
	skip "$name: umoci" not installed, or not root
else
	python3 "$oracle" layout "$image" "$work/layout"
	tag=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"])' "$work/layout/index.json")
	tried "$name: umoci unpacks it" umoci unpack --image "$work/layout:$tag" "$work/bundle"
	tried "$name: umoci has the same tree" same_tree folder "$work/bundle/rootfs"
fi

if ! has podman || [ "$(id -u)" != 0 ]; then
	skip "$name: podman" not installed, or not root
else
	podman="podman --root $work/podman --runroot $work/run --storage-driver vfs --events-backend none"
	# shellcheck disable=SC2086 # words of a command
	tried "$name: podman loads it" $podman load -i "$image"
	# shellcheck disable=SC2086
	tried "$name: podman has the same image id" same_text "$id" "$($podman images --no-trunc -q)"
	# shellcheck disable=SC2086
	if mounted=$($podman image mount "${id#sha256:}" 2>"$work/mount.err"); then
		tried "$name: podman has the same tree" same_tree folder "$mounted"
		$podman image umount -a >/dev/null
	else
		skip "$name: podman's tree" "$(tail -n 1 "$work/mount.err")"
	fi
fi
exit $failed

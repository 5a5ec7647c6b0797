#!/bin/bash
# make demo: a recipe becomes a container image, another one a container and a disk, in a
# scratch workspace that is kept for a look.
set -eu
ingot=$(realpath "${1:-build/ingot}")
cd "$(dirname "$0")/.."
# A lock is made here, whatever environment this runs in.
unset CI

demo=$(mktemp -d "${TMPDIR:-/tmp}/ingot-demo.XXXXXX")
cp -R recipes "$demo/recipes"
find "$demo" -name '*.lock' -delete
cd "$demo"

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n$ %s\n' "$*"; }
run() {
	say "ingot $*"
	"$ingot" "$@"
}

case $(dpkg --print-architecture) in
arm64) arch=arm64 ;;
*) arch=amd64 ;;
esac
run version
run check nginx
run lock nginx
run build nginx --arch $arch
image=outputs/nginx-1.0.0-container-$arch.oci.tar
run show $image
first=$(sha256sum <$image)
rm $image
say "sha256sum $image    (built again)"
"$ingot" -q build nginx --arch $arch
sha256sum $image
[ "$first" = "$(sha256sum <$image)" ] || { echo "the second build differs" >&2; exit 1; }

# The same site as a machine.
run lock vm
run check --scripts vm
run build vm --arch amd64
disk=outputs/vm-1.0.0-vm-amd64.raw
run diff outputs/vm-1.0.0-container-amd64.oci.tar $disk

# Signed, and verified as somebody else would.
run keygen -o release --no-passphrase
run build nginx --arch $arch --sign-key release.pem
run build vm --arch amd64 --sign-key release.pem
run verify $image --key release.pub
run verify $disk --key release.pub

# What an auditor does: from a file with all inputs, without a network.
run bundle vm -o vm.bundle
run verify $disk --rebuild --bundle vm.bundle --key release.pub

# A look by another tool, where one is installed.
if command -v skopeo >/dev/null; then
	say "skopeo inspect oci-archive:$image"
	skopeo inspect --format '{{.Name}} {{.Os}}/{{.Architecture}}, {{len .Layers}} layers, {{.Digest}}' \
		"oci-archive:$image"
fi

cat <<END

The image is $demo/$image. It runs by any of:

  podman load -i $image && podman run --rm -p 8080:8080 localhost/nginx:1.0.0
  docker load -i $image && docker run --rm -p 8080:8080 localhost/nginx:1.0.0
  skopeo copy oci-archive:$image docker://REGISTRY/nginx:1.0.0
  ingot run $image

and then answers at port 8080 of this machine. (Docker reads these layers from
version 23 on; for an older one say 'compression: gzip' in the recipe's target.)

The disk is $demo/$disk. It boots by

  ingot run $disk --port 8080:8080

with QEMU and its firmware (Debian: qemu-system-x86, qemu-utils, ovmf), prints how to ssh
in, and ends by Ctrl-C. To log in put your public key into recipes/vm.yaml, and build again.

What is inside, on one page:  ingot report $image -o report.html
END

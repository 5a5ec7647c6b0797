#!/bin/bash
# Other readers against what image-spec says is in our images (oci-readers.sh).
. "$(dirname "$0")/../e2e/lib.sh"
workspace ws
check "a recipe is locked" leaves 0 ingot lock nginx || exit 1
check "and built" leaves 0 ingot build nginx --arch amd64 || exit 1
bash tests/oracle/oci-readers.sh "$ws/outputs/nginx-1.0.0-container-amd64.oci.tar"

#!/bin/bash
# Tars and images of trees that hold everything a tree can hold, read by every
# other tool at hand.
. "$(dirname "$0")/../lib.sh"
tool=$INGOT_BUILD/image_tool
area=$INGOT_TEST_SCRATCH/image
mkdir -p "$area"
if ! [ -x "$tool" ]; then
	skip "images and other readers" "there is no $tool (Criterion is not installed)"
	exit 0
fi
failed=0

readers() { check "$1: GNU tar, bsdtar and Python agree" python3 tests/oracle/tar-readers.py "$2" || failed=1; }

if command -v bsdtar >/dev/null; then
	for input in tests/golden/tar/*/input.tree; do
		name=$(basename "$(dirname "$input")")
		"$tool" tar "$input" >"$area/$name.tar" && readers "$name" "$area/$name.tar"
	done
	for seed in 1 2 3 4 5 6 7 8; do
		"$tool" random-tar $seed 200 >"$area/random.tar" && readers "random tree $seed" "$area/random.tar"
	done
else
	skip "tars and other readers" bsdtar is not installed
fi

for compression in none gzip zstd; do
	image=$area/random-$compression.oci.tar
	"$tool" random-oci 11 300 $compression arm64 "$area/stage" 2 >"$image" 2>"$area/log" || cat "$area/log"
	bash tests/oracle/oci-readers.sh "$image" || failed=1
	image=$area/layers-$compression.oci.tar
	"$tool" oci tests/golden/oci/layers/input.tree $compression amd64 "$area/stage" 2 >"$image" 2>"$area/log" ||
		cat "$area/log"
	bash tests/oracle/oci-readers.sh "$image" || failed=1
done
exit $failed

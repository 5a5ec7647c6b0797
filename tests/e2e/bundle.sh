#!/bin/bash
# `ingot bundle`: all inputs in one file, the same from any stage; an OCI artifact that passes
# through a registry; what is wrong with one is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "bundle" apt-ftparchive gpg dpkg-deb curl jq || exit 0
failed=0
test_that() { check "$@" || failed=1; }

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64
# Sources, as an archive lists them.
mkdir -p "$archive/dists/tiny/main/source" "$area/src/hello-1.0/debian/source"
printf 'text\n' >"$archive/pool/main/hello_1.0.tar.xz"
sum=$(sha256sum <"$archive/pool/main/hello_1.0.tar.xz" | cut -d ' ' -f 1)
printf 'Format: 3.0 (native)\nSource: hello\nVersion: 1.0\nChecksums-Sha256:\n %s 5 hello_1.0.tar.xz\n' "$sum" >"$archive/pool/main/hello_1.0.dsc"
{
	printf 'Package: hello\nBinary: hello\nVersion: 1.0\nDirectory: pool/main\nChecksums-Sha256:\n'
	for file in hello_1.0.dsc hello_1.0.tar.xz; do
		printf ' %s %s %s\n' "$(sha256sum <"$archive/pool/main/$file" | cut -d ' ' -f 1)" "$(stat -c %s "$archive/pool/main/$file")" "$file"
	done
} | xz >"$archive/dists/tiny/main/source/Sources.xz"
make_release "$archive" tiny alice
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
mkdir -p "$ws/recipes/files/tree/empty"
printf 'hi\n' >"$ws/recipes/files/tree/a"
: >"$ws/recipes/files/tree/nothing"
ln -s a "$ws/recipes/files/tree/link"
printf '#!/bin/sh\n' >"$ws/recipes/files/run" && chmod 755 "$ws/recipes/files/run"
tar -C "$area" -cf "$ws/recipes/files/tool.tar" key.pgp
replace "$ws/recipes/tiny.yaml" '  - {path: /etc/motd, content: "tiny\n"}' "  - {path: /etc/motd, content: \"tiny\\n\"}
  - {path: /srv/tree, from: files/tree}
  - {path: /srv/run, from: files/run}
  - {path: /opt, archive: {name: tool.tar, sha256: \"$(sha256sum <"$ws/recipes/files/tool.tar" | cut -d ' ' -f 1)\"}}"
check "it is locked and built" eval 'ingot -q lock tiny && ingot -q build tiny' || exit 1
b=$area/tiny.bundle

# ---- what is in it ----

test_that "a bundle is written" ingot -q bundle tiny -o "$b"
names() { tar -xOf "$1" "blobs/sha256/$(tar -xOf "$1" index.json | jq -r '.manifests[0].digest[7:]')" | jq -r '.layers[].annotations["org.opencontainers.image.title"]'; }
holds() {
	names "$b" >"$area/names"
	cat "$area/names"
	for name in recipes/tiny.yaml recipes/tiny.lock recipes/keys/test.pgp recipes/files/tree/a recipes/files/run \
		evidence/test/tiny/InRelease evidence/test/tiny/main/binary-amd64/Packages.xz \
		evidence/test/tiny/main/binary-amd64/Packages.zst packages/test/pool/main/hello_1.0_all.deb effects/amd64/container; do
		grep -qxF "$name" "$area/names" || { echo "no $name"; return 1; }
	done
	grep -q '^archives/.*/tool.tar$' "$area/names"
}
test_that "it has every input" holds
digests() { # each blob is what its name says
	mkdir -p "$area/x" && tar -C "$area/x" -xf "$b" && (cd "$area/x/blobs/sha256" && for f in *; do [ "$(sha256sum <"$f" | cut -d ' ' -f 1)" = "$f" ] || return 1; done)
}
test_that "every blob is what its name says" digests
same() { cmp "$b" "$area/again"; }
test_that "a second time the same bytes" eval 'ingot -q bundle tiny -o "$area/again" && same'
test_that "to standard output, too" eval 'ingot -q bundle tiny -o - >"$area/again" && same'
test_that "and from another stage" eval '"$INGOT" -q -C "$ws" --stage "$area/other" bundle tiny -o "$area/again" && same'
test_that "with another umask, time zone and folder" eval '(umask 077; cd / && TZ=Asia/Tokyo LC_ALL=C ingot -q bundle tiny -o "$area/again") && same'
test_that "the lock is not touched" eval '[ -z "$(find "$ws/recipes/tiny.lock" -newer "$b")" ]'

# ---- a workspace of it ----

unpacked() { # what runs in production, built at home
	leaves 0 "$INGOT" --stage "$area/home-stage" init --bundle "$b" "$area/home" && says "next: cd $area/home && ingot build --locked --bundle $b" &&
		cmp "$ws/recipes/tiny.yaml" "$area/home/recipes/tiny.yaml" && [ -x "$area/home/recipes/files/run" ] && [ -L "$area/home/recipes/files/tree/link" ] &&
		(cd "$area/home" && leaves 0 "$INGOT" --stage "$area/home-stage" --offline build --locked --bundle "$b") &&
		cmp "$ws/outputs/tiny-1-container-amd64.oci.tar" "$area/home/outputs/tiny-1-container-amd64.oci.tar"
}
test_that "init --bundle unpacks its recipe, which builds the same" unpacked
kept() { leaves 2 "$INGOT" init --bundle "$b" "$area/home" && says "already a folder 'recipes'" && leaves 11 "$INGOT" init --bundle "$ws/recipes/tiny.yaml" "$area/none" && [ ! -e "$area/none" ]; }
test_that "never over another one, and of nothing but a bundle" kept
shown() { leaves 11 ingot show "$b" && says "'ingot init --bundle $b DIR' unpacks its recipe" && leaves 11 ingot verify "$b" && says "is a bundle of inputs, and no output"; }
test_that "to show or verify it says what it is" shown

# ---- sources ----

sources() { ingot -q bundle tiny --sources -o "$area/src.bundle" && names "$area/src.bundle" | grep -c '^sources/test/pool/main/hello_1.0' | grep -qx 2 && names "$area/src.bundle" | grep -qx evidence/test/tiny/main/source/Sources.xz; }
test_that "--sources adds the source packages" sources
newer() { # the locked index is gone; a newer one names the version
	cp -R "$archive" "$area/kept"
	find "$area/other" -type f -path '*objects*' -exec grep -lq 'Package: hello' {} \; 2>/dev/null
	printf '\n' | xz >>"$archive/dists/tiny/main/source/Sources.xz"
	make_release "$archive" tiny alice 0
	rm -rf "$archive/dists/tiny/main/source/by-hash" "$area/s3"
	cp -R "$area/other" "$area/s3"
	leaves 0 "$INGOT" -C "$ws" --stage "$area/s3" bundle tiny --sources -o "$area/newer.bundle" && says "are gone from the mirrors" &&
		names "$area/newer.bundle" | grep -qx newer-evidence/test/tiny/InRelease
}
test_that "sources of newer evidence serve, said out loud" newer
gone() {
	xz </dev/null >"$archive/dists/tiny/main/source/Sources.xz"
	make_release "$archive" tiny alice 0
	rm -rf "$area/s3" && cp -R "$area/other" "$area/s3"
	leaves 6 "$INGOT" -C "$ws" --stage "$area/s3" bundle tiny --sources -o "$area/none.bundle" && says "hello 1.0" && [ ! -e "$area/none.bundle" ]
}
test_that "sources that nobody names are an error that lists them" gone
rm -rf "${archive:?}"/* && cp -R "$area/kept/." "$archive/"

# ---- refusals ----

stale() {
	cp "$ws/recipes/tiny.yaml" "$area/keep.yaml"
	replace "$ws/recipes/tiny.yaml" 'tiny\n' 'other\n'
	leaves 4 ingot bundle tiny -o "$area/stale.bundle" && [ ! -e "$area/stale.bundle" ]
	local r=$?
	cp "$area/keep.yaml" "$ws/recipes/tiny.yaml"
	return $r
}
test_that "a stale lock is status 4, and nothing is written" stale
test_that "no file to write to is status 2" leaves 2 ingot bundle tiny
test_that "an unknown architecture is status 2" leaves 2 ingot bundle tiny --arch s390x -o "$area/x.bundle"
full() {
	mkdir -p "$area/full"
	mount -t tmpfs -o size=16k none "$area/full" || return 1
	mounts+=("$area/full")
	leaves 12 ingot bundle tiny -o "$area/full/b" && [ -z "$(ls -A "$area/full")" ]
}
if need "a full disk" tmpfs; then test_that "a full disk leaves nothing" full; fi
bare() { # without evidence it is marked so
	rm -rf "$area/bare" && mkdir -p "$area/bare/objects"
	cp -R "$stage/objects" "$area/bare/"
	local h
	h=$(sed -n 's/^    inrelease: sha256://p' "$ws/recipes/tiny.lock")
	rm -f "$area/bare/objects/${h:0:2}/${h:2}"
	leaves 0 "$INGOT" -C "$ws" --offline --stage "$area/bare" bundle tiny -o "$area/bare.bundle" && says "without its evidence" &&
		tar -xOf "$area/bare.bundle" "blobs/sha256/$(tar -xOf "$area/bare.bundle" index.json | jq -r '.manifests[0].digest[7:]')" | jq -e '.annotations["vnd.ingot.bundle.evidence"] == "none"'
}
test_that "a bundle without evidence is marked so" bare

# ---- building from it ----

build() {
	rm -rf "$ws/outputs2"
	"$INGOT" -q -C "$ws" --offline --outputs "$ws/outputs2" --stage "$area/fromb" build tiny --locked --bundle "$b" &&
		cmp "$ws"/outputs2/*.oci.tar "$ws"/outputs/*.oci.tar
}
test_that "build --bundle needs no network and no stage" build

from_bundle() { # a stage that has only what a bundle has
	leaves 0 "$INGOT" -C "$ws" --offline --stage "$area/fetched" fetch tiny --bundle "$b" &&
		"$INGOT" -q -C "$ws" --offline --stage "$area/fetched" bundle tiny -o "$area/again" && same
}
test_that "a bundle of what came from a bundle is the same" from_bundle
relocked() { # the lock's indexes are there as the lock names them
	cp "$ws/recipes/tiny.lock" "$area/kept.lock"
	leaves 0 "$INGOT" -C "$ws" --offline --stage "$area/fetched" lock tiny && cmp "$ws/recipes/tiny.lock" "$area/kept.lock"
}
test_that "and it can be locked from, without a network" relocked

# ---- a registry ----

registry() {
	local port
	port=$(free_port)
	mkdir -p "$area/registry"
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: 127.0.0.1:%s}\n' "$area/registry" "$port" >"$area/registry.yml"
	docker-registry serve "$area/registry.yml" >"$area/registry.log" 2>&1 </dev/null &
	pids+=("$!")
	for _ in $(seq 50); do curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && break; sleep 0.1; done
	local there=docker://127.0.0.1:$port/test/tiny:bundle
	skopeo --insecure-policy copy -q --preserve-digests --dest-tls-verify=false "oci-archive:$b" "$there" &&
		[ "$(skopeo inspect --raw --tls-verify=false "$there" | sha256sum | cut -d ' ' -f 1)" = "$(tar -xOf "$b" index.json | jq -r '.manifests[0].digest[7:]')" ] &&
		skopeo --insecure-policy copy -q --preserve-digests --src-tls-verify=false "$there" "oci-archive:$area/back.bundle"
}
if need "a registry" skopeo docker-registry; then
	test_that "it passes through a registry with its digests" registry
	test_that "what comes back is a bundle" leaves 0 "$INGOT" verify "$ws"/outputs/*.oci.tar --rebuild --bundle "$area/back.bundle"
fi
exit $failed

#!/bin/bash
# `ingot diff --explain`: for each of many seeds, two real builds and the one cause that was
# sown. The expected texts are tests/golden/diff/CASE.txt (INGOT_GOLDEN_UPDATE=1 writes them).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/diff-lib.sh"

# explained CASE A B CAUSE: --explain names that cause and no other, in text and JSON.
explained() {
	local case=$1 a=$2 b=$3 cause=$4 text=$area/$1.txt
	"$INGOT" -C "$area/first" --stage "$stage" diff --explain "$a" "$b" >"$text.raw" 2>"$text.err"
	[ $? -eq 8 ] || { cat "$text.raw" "$text.err"; return 1; }
	normalised <"$text.raw" >"$text"
	"$INGOT" -C "$area/first" --stage "$stage" --json diff --explain "$a" "$b" >"$text.json" 2>/dev/null
	jq -e --arg kind "$cause" '.error.exit_status == 8 and .schema == "ingot/file-diff/1" and (.causes | length) == 1 and .causes[0].kind == $kind and
		.findings == .causes[0].differences and ([.differences[] | select(.follows == null) | .cause] | unique) == [0]' \
		"$text.json" >/dev/null || { cat "$text.raw"; jq -c .causes "$text.json"; return 1; }
	[ "$(jq -r '.causes[0].text' "$text.json" | normalised)" = "$(grep -v '^note: ' "$text" | head -n 1 | sed 's/: [0-9]* differences\{0,1\}$//')" ] ||
		{ echo "JSON names another cause"; return 1; }
	[ -z "${INGOT_GOLDEN_UPDATE:-}" ] || cp "$text" "$golden/$case.txt"
	diff -u "$golden/$case.txt" "$text"
}

# seed CASE TARGET KIND COMMAND...: what COMMAND changes in a copy of the workspace is the cause.
lock_options=()
build_options=()
seed() {
	local case=$1 target=$2 cause=$3 file=$oci
	shift 3
	[ "$target" = container ] || file=$raw
	seeded() {
		ws=$area/$case
		cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && "$@" &&
			leaves 0 ingot lock "${lock_options[@]}" tiny && leaves 0 ingot build -t "$target" "${build_options[@]}" tiny &&
			explained "$case" "$A/$file" "$ws/outputs/$file" "$cause"
	}
	check "$case" seeded "$@" || failed=1
	[ "$case" != package-upgraded ] || mv "$ws/outputs" "$area/upgraded"
	rm -rf "${area:?}/$case"
	lock_options=()
	build_options=()
}
seed content container recipe edit 'content: "one\n"' 'content: "one\ntwo\n"'
mode() { edit 'content: "one\n"' 'content: "one\n"
    mode: "0600"'; }
seed mode container recipe mode
seed owner container recipe edit 'directory: true
    owner: app' 'directory: true
    owner: www-data'
input() { printf 'first\nchanged\n' >"$ws/recipes/files/site.conf"; }
seed local-file container input input
executable() { chmod 755 "$ws/recipes/files/site.conf"; }
seed local-file-mode container input executable
seed symlink container recipe edit 'symlink: motd' 'symlink: site.conf'
removed_path() { edit 'users:' '  - path: /usr/share/hello/words.txt
    remove: true
users:'; }
seed removed-path container recipe removed_path
seed entrypoint container recipe edit '[/bin/true, --one]' '[/bin/true, --two]'
seed env container recipe edit 'env: [A=1]' 'env: [A=2]'
seed label container recipe edit 'org.example.a: one' 'org.example.a: two'
annotation() { edit '    layers: 6' '    annotations: {org.example.b: x}
    layers: 6'; }
seed annotation container recipe annotation
lock_options=(--reslice)
seed layers container recipe edit 'layers: 6' 'layers: 3'
compression() { edit '    layers: 6' '    compression: gzip
    layers: 6'; }
seed compressor container recipe compression
seed hostname container recipe edit 'hostname: tiny' 'hostname: other'
seed timezone container recipe edit 'timezone: Europe/Berlin' 'timezone: Europe/Paris'
seed exclude container recipe edit '/usr/share/doc/nothing/**' '/usr/share/doc/hello/**'
seed user container recipe edit '  - {name: app}' '  - {name: app}
  - {name: more, uid: 500}'
seed uid container recipe edit '{name: app}' '{name: app, uid: 777}'
seed answer container recipe edit 'do: skip-command' 'do: fail-command'
seed essential container recipe edit 'essential: true' 'essential: false'
seed epoch container recipe edit '2026-01-02' '2026-02-02'
seed package-added container package edit '  - caps' '  - caps
  - extra2'
seed package-removed container package edit '  - elfy
' ''
service() { edit 'hostname:' 'services:
  - {name: hello}
hostname:'; }
seed service vm recipe service

# An archive that has moved on.
hello 2.0 && publish 8 || exit 1
lock_options=(--update=hello)
seed package-upgraded container package true
elfy 2 42 && publish 7 || exit 1
lock_options=(--update=elfy)
seed elf container package true
caps 2 'setcap cap_net_raw+ep /usr/bin/caps' && publish 6 || exit 1
lock_options=(--update=caps)
seed xattr container package true

# One version under which other bytes are published: of one file the time is another.
hello 1.0 && touch -d @1500000000 "$area/payload/hello/usr/share/hello/words.txt" && make_deb "$pool" hello 1.0 &&
	rm "$pool/hello_2.0_all.deb" && publish 5 || exit 1
lock_options=(--update=hello)
seed mtime container package true

# Ids: the lock keeps them, until it is told to hand them out anew.
alone() { rm "$ws/recipes/tiny.lock" && edit '  - {name: app}' '  - {name: aaa}
  - {name: app}' && leaves 0 ingot lock tiny && edit '  - {name: aaa}
' '' && leaves 0 ingot lock tiny &&
	leaves 0 ingot build -t container tiny && rm -rf "$area/kept" && mv "$ws/outputs" "$area/kept"; }
renumbered() {
	local A=$area/kept
	lock_options=(--renumber)
	seed renumber container lock alone
}
renumbered

# ---- disks ----

seed cmdline vm recipe edit 'console=ttyS0' 'console=ttyS1'
seed cmdline-order vm recipe edit '[quiet, console=ttyS0]' '[console=ttyS0, quiet]'
seed root-size vm recipe edit 'grow: false' 'grow: false, size: 200M'
seed root-type vm recipe edit 'type: ext4, grow: false' 'type: erofs'
verity() { sed -i 's/type: ext4, grow: false/type: erofs/' "$ws/recipes/tiny.yaml" && leaves 0 ingot lock tiny && leaves 0 ingot build -t vm tiny &&
	mv "$ws/outputs" "$area/erofs" && edit 'type: erofs' 'type: erofs, verity: true'; }
verity_on() {
	local A=$area/erofs
	seed verity vm recipe verity
}
verity_on
signed() { openssl req -x509 -newkey rsa:2048 -nodes -keyout "$area/db.key" -out "$area/db.pem" -subj /CN=test/ -days 3650 2>"$area/openssl.log"; }
if need "secure-boot" openssl; then
	build_options=(--secure-boot-key "$area/db.key" --secure-boot-cert "$area/db.pem")
	seed secure-boot vm signature signed
fi
seed disk-file vm recipe edit 'content: "one\n"' 'content: "two\n"'
kernel 2 && publish 4 || exit 1
lock_options=(--update=linux-image-test)
seed initrd-module vm package true

# ---- what no build does ----

tampered() { # CASE FILE KIND COMMAND...: the causes files agree, the bytes don't
	local case=$1 file=$2 kind=$3
	shift 3
	changed() {
		mkdir -p "$area/$case" && cp "$A/${file%%.*}"*.json* "$area/$case/" && "$@" "$A/$file" "$area/$case/$file" &&
			explained "$case" "$A/$file" "$area/$case/$file" "$kind"
	}
	check "$case" changed "$@" || failed=1
	rm -rf "${area:?}/$case"
}
byte_of_layer() { change layer "$1" "$2" usr/share/hello/words.txt; }
tampered tampered-layer $oci tampering byte_of_layer
tampered tampered-guid $raw tampering change guid
flip() { cp "$2" "$3" && printf '\377' | dd of="$3" bs=1 seek="$1" conv=notrunc 2>"$area/dd.log"; }
tampered damaged-table $raw tampering flip 1080
tampered damaged-esp $raw tampering flip $((1048576 + 100))
start_of_root() { od -A n -t u8 -j $((1024 + 128 + 32)) -N 8 "$A/$raw" | tr -d ' '; }
tampered damaged-root $raw tampering flip $(($(start_of_root) * 512 + 1024 + 40))
retar() { change retar "$1" "$2" && change causes "${1%.oci.tar}.causes.json" "${2%.oci.tar}.causes.json" "format tar=2"; }
tampered format-version $oci format retar
recompress() { change recompress "$1" "$2" && change causes "${1%.oci.tar}.causes.json" "${2%.oci.tar}.causes.json" "compressors=zstd 99, zlib 99"; }
tampered compressor-version $oci compressor recompress

# ---- one that is not as simple ----

test_that() { check "$@" || failed=1; }
ws=$area/first
causes() { jq -r '.causes[] | "\(.kind) \(.name) \(.differences)"' "$area/diff.json"; }
compare() { ingot --json diff "$@" >"$area/diff.json" 2>"$area/diff.err"; [ $? -eq 8 ]; }
two_at_once() {
	ws=$area/two
	cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && edit '--one' '--two' && edit 'content: "one\n"' 'content: "two\n"' &&
		edit '  - caps' '  - caps
  - many' && leaves 0 ingot lock tiny && leaves 0 ingot build -t container tiny && compare --explain "$A/$oci" "$ws/outputs/$oci" &&
		[ "$(causes | sort)" = "package many 505
recipe files./etc/motd.content 1
recipe targets.container.entrypoint 1" ] || { causes; return 1; }
}
test_that "of several causes each brings its own" two_at_once
bounded() { # default output is short, -v has all
	leaves 8 ingot diff "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -lt 150 ] && says '-v shows them' &&
		leaves 8 ingot diff --explain "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -lt 60 ] &&
		leaves 8 ingot -v diff "$A/$oci" "$area/two/outputs/$oci" && [ "$(wc -l <<<"$said")" -gt 500 ]
}
test_that "output is bounded, unless all is asked for" bounded
same() { leaves 0 ingot diff "$A/$oci" "$A/$oci" && says identical && cp "$A/$raw" "$area/copy.raw" && leaves 0 ingot diff --explain "$A/$raw" "$area/copy.raw" && says identical; }
test_that "a file and its copy are identical" same
cut() {
	head -c 9000 "$A/$oci" >"$area/cut.tar" && leaves 11 ingot diff "$A/$oci" "$area/cut.tar" && says "cut.tar" &&
		head -c 3000000 "$A/$raw" >"$area/cut.raw" && leaves 8 ingot diff "$A/$raw" "$area/cut.raw" && says "disk > size" && says "B is damaged in" &&
		: >"$area/empty" && leaves 11 ingot diff "$area/empty" "$A/$raw" && leaves 2 ingot diff "$A/$oci" "$area" &&
		leaves 2 ingot diff "$A/$oci" "$area/first/recipes/tiny.lock" && says "of kind 'lock'"
}
test_that "what is cut off, empty or of another kind is refused" cut
mixed() { ingot -q diff "$A/$oci" "$A/$raw" >"$area/mixed"; [ $? -le 8 ] && grep -q 'paths of packages' "$area/mixed"; }
test_that "an image and a disk: what both hold" mixed
foreign() {
	change docker "$A/$oci" "$area/docker.tar" && compare --explain "$A/$oci" "$area/docker.tar" &&
		jq -e '.has_causes_b == false and (.notes[0] | test("no causes file")) and ([.differences[].area] | unique) == ["config", "index", "layers", "manifest"]' \
			"$area/diff.json" >"$area/jq"
}
test_that "an image that another tool saved is compared" foreign
without_causes() {
	mkdir -p "$area/bare" && cp "$area/upgraded/$oci" "$area/bare/b.tar" && cp "$A/$oci" "$area/bare/a.tar" &&
		leaves 8 ingot diff --explain "$area/bare/a.tar" "$area/bare/b.tar" && says "no causes file (STEM.causes.json) beside A and B" &&
		says "hello 1.0 -> 2.0: 5 differences" && says "Says two, louder" &&
		leaves 8 ingot diff --explain --causes-a "$A/${oci%.oci.tar}.causes.json" --causes-b "$area/upgraded/${oci%.oci.tar}.causes.json" \
			"$area/bare/a.tar" "$area/bare/b.tar" && says "hello 1.0 -> 2.0 (recipes/tiny.lock:"
}
test_that "without causes files packages are named by dpkg's database" without_causes
causes_alone() { [ "$(ingot -q diff --explain "$area/bare/a.tar" "$area/bare/b.tar" 2>/dev/null)" = "hello 1.0 -> 2.0: 5 differences" ]; }
test_that "with -q the causes alone, a line each" causes_alone
one_sides_causes() { # what that side has it from: the line, not what changed there
	mkdir -p "$area/one" && cp "$A/$oci" "$A/${oci%.oci.tar}.causes.json" "$area/one/" && cp "$area/upgraded/$oci" "$area/one/b.tar" &&
		leaves 8 ingot diff --explain "$area/one/$oci" "$area/one/b.tar" && says "each difference is told with what A has it from" &&
		says "hello 1.0 -> 2.0 (recipes/tiny.lock:" && change layer "$A/$oci" "$area/one/c.tar" etc/site.conf &&
		leaves 8 ingot diff --explain "$area/one/$oci" "$area/one/c.tar" && says "in A from" && says "(recipes/tiny.yaml:" &&
		leaves 8 ingot diff --explain "$area/one/c.tar" "$area/one/$oci" && says "in B from" &&
		ingot --json diff --explain "$area/one/$oci" "$area/one/c.tar" | jq -e '[.causes[].kind] == ["origin"] and (.causes[0].at | startswith("recipes/tiny.yaml:"))'
}
test_that "with the causes of one side the line that it comes from" one_sides_causes
someone_elses_causes() { # whose a causes file is, the provenance says
	mkdir -p "$area/others" && cp "$A/${oci%.oci.tar}"* "$area/others/" && cp "$area/upgraded/${oci%.oci.tar}.causes.json" "$area/others/" &&
		leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" && says "the causes file of A is not the one that its provenance names" &&
		! says "causes file of B" >"$area/says" && cp "$area/upgraded/${oci%.oci.tar}.intoto.jsonl" "$area/others/" &&
		leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" && says "A is not what the statements beside it are about" &&
		rm "$area/others/${oci%.oci.tar}.intoto.jsonl" && leaves 8 ingot diff --explain "$area/others/$oci" "$area/upgraded/$oci" &&
		says "nothing says that the causes file of A is its own"
}
test_that "a causes file that is not the image's is told" someone_elses_causes
locks() {
	leaves 8 ingot diff "$area/first/recipes/tiny.lock" "$area/two/recipes/tiny.lock" && says "lock > package many:amd64: only in B: 1" ||
		leaves 8 ingot diff "$area/first/recipes/tiny.lock" "$area/two/recipes/tiny.lock" && says "lock > package many:amd64"
}
test_that "two locks" locks
bundles() {
	leaves 0 ingot bundle tiny -o "$area/a.bundle" && ws=$area/two && printf 'new\n' >"$ws/recipes/files/site.conf" &&
		leaves 0 ingot lock tiny && leaves 0 ingot bundle tiny -o "$area/b.bundle" && leaves 8 ingot diff "$area/a.bundle" "$area/b.bundle" &&
		says "bundle > recipes/files/site.conf" && says "+new" && says "lock > package many:amd64" && says "bundle > recipes/tiny.yaml"
}
ws=$area/first
test_that "two bundles" bundles
exit $failed

#!/bin/bash
# What lies beside an output: true, complete, and the same wherever it is built.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "statements" apt-ftparchive gpg dpkg-deb curl jq skopeo || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
mkdir -p "$archive/pool/main"
make_deb "$archive/pool/main" hello 1.0 'Depends: base'
make_deb "$archive/pool/main" base 2.0-1+b1
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
stage=$area/stage
tiny_workspace ws "$url"
mkdir -p "$ws/recipes/files"
echo "a page" >"$ws/recipes/files/index.html"
replace "$ws/recipes/tiny.yaml" 'content: "tiny\n"}' 'content: "tiny\n"}
  - {path: /srv/index.html, from: files/index.html}
  - {path: /usr/share/base/base.txt, remove: true}'
stem=tiny-1-container-amd64
out=$ws/outputs
image=$out/$stem.oci.tar
endings="spdx.json cdx.json causes.json inputs.json intoto.jsonl"

check "lock" leaves 0 ingot lock tiny || exit 1
build() { leaves 0 ingot build tiny && says "$stem.{spdx,cdx,causes,inputs}.json, .intoto.jsonl"; }
check "build names the statements that it has written" build || exit 1
there() { # in folder $1, and nothing else
	[ "$(find "$1" -type f ! -name README.md -printf '%f\n' | sort | tr '\n' ' ')" = \
		"$(for e in oci.tar $endings; do echo "$stem.$e"; done | sort | tr '\n' ' ')" ] || { ls -A "$1"; return 1; }
}
check "five files lie beside the image" there "$out"
listed() {
	leaves 0 ingot --json build tiny &&
		[ "$(jq -r '.statements[0].files[]' <<<"$said" | wc -l)" = 5 ] &&
		[ "$(jq -r '.statements[0].up_to_date' <<<"$said")" = true ]
}
check "--json lists them" listed

subjects() { # as skopeo and sha256sum say
	local layout=$area/layout
	rm -rf "$layout"
	mkdir "$layout"
	tar -C "$layout" -xf "$image"
	echo "$stem.oci.tar $(sha256sum <"$image" | cut -d' ' -f1)"
	echo "$stem.oci.tar#config $(skopeo inspect --raw "oci-archive:$image" | jq -r .config.digest)"
	echo "$stem.oci.tar#manifest $(skopeo inspect "oci-archive:$image" | jq -r .Digest)"
	echo "$stem.oci.tar#index $(sha256sum <"$layout/index.json" | cut -d' ' -f1)"
}
judged() { subjects | /usr/bin/python3 tests/tools/statements.py "$out" "$stem" "$ws" "$archive"; }
check "they are what in-toto and SLSA ask for, and each digest is that of its file" judged

sums() { (cd "$1" && for e in ${2:-$endings}; do sha256sum "$stem.$e"; done); }
first=$(sums "$out")
times=$(stat -c '%n %Y %i' "$out"/*)
again() { build && says "up to date" && [ "$(stat -c '%n %Y %i' "$out"/*)" = "$times" ]; }
check "a second build has nothing to do" again
made_anew() { # FILE: lost, then damaged
	rm "$out/$stem.$1"
	build && [ "$(sums "$out")" = "$first" ] || return 1
	printf 'x' >>"$out/$stem.$1"
	build && [ "$(sums "$out")" = "$first" ]
}
planned() {
	leaves 0 ingot plan tiny && ! says "but the statements" >/dev/null || return 1
	mv "$out/$stem.cdx.json" "$area/cdx"
	leaves 0 ingot plan tiny && says "up to date, but the statements beside it" && mv "$area/cdx" "$out/$stem.cdx.json"
}
check "plan says that statements are missing" planned
for e in $endings; do check "$e is made anew if it is lost or altered" made_anew "$e"; done
copied() { # what was copied says the same: nothing is composed
	cp "$out/$stem.spdx.json" "$area/x" && cp "$area/x" "$out/$stem.spdx.json" && build && says "up to date"
}
check "a copy of a statement is as good as the statement" copied

elsewhere() { # FOLDER VARIABLE=VALUE...: another folder, user, stage
	local there=$area/$1
	shift
	mkdir -p "$there/home/.config/ingot"
	cp -a "$ws/recipes" "$there/recipes"
	printf 'mirrors:\n  - {url: "%s/"}\n' "$url" >"$there/home/.config/ingot/config.yaml"
	leaves 0 env "$@" HOME="$there/home" TZ=Asia/Tokyo LC_ALL=C "$INGOT" -C "$there" -j 1 build tiny
}
same_elsewhere() { elsewhere other && [ "$(sums "$area/other/outputs")" = "$first" ]; }
check "another folder, stage and user: the same bytes" same_elsewhere
varied() { # FOLDER OPTION... -- VARIABLE=VALUE...: the workspace, or a copy of it, built where no output is
	local there=$1 options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	[ -d "$there/recipes" ] || { mkdir -p "$there" && cp -a "$ws/recipes" "$there/recipes"; }
	rm -rf "$there/outputs"
	leaves 0 env "$@" "$INGOT" -C "$there" --stage "$stage" --offline "${options[@]}" build tiny &&
		[ "$(sums "$there/outputs" "oci.tar $endings")" = "$whole" ]
}
whole=$(sums "$out" "oci.tar $endings")
long=$area/$(printf 'long%.0s' $(seq 50))/$(printf 'er%.0s' $(seq 100))
for j in 1 2 7; do check "with -j $j: the same bytes" varied "$ws" -j $j -- TZ=UTC; done
check "a path of 500 bytes: the same bytes" varied "$long" -- PWD=/
check "the shortest path: the same bytes" eval '(cd "$ws" && varied . -- COLUMNS=20)'
for locale in tr_TR.UTF-8 C POSIX no_SUCH; do
	check "in the locale $locale: the same bytes" varied "$ws" -- LC_ALL=$locale LANG=$locale TZ=America/St_Johns
done
for mask in 000 027 077; do
	check "with umask $mask: the same bytes" eval '(umask $mask; varied "$area/umask$mask" -- TERM=dumb)'
done
as_nobody() {
	local there=$area/nobody
	mkdir -p "$there" && cp "$INGOT" "$there/ingot" && cp -R "$ws/recipes" "$stage" "$there/" && chown -R 65534:65534 "$there" && chmod 755 "$area" || return 1
	(cd / && leaves 0 setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$there" "$there/ingot" -C "$there" --stage "$there/stage" --offline build tiny) &&
		[ "$(sums "$there/outputs" "oci.tar $endings")" = "$whole" ]
}
if need "another user" root setpriv; then check "as another user: the same bytes" as_nobody; fi
plain="spdx.json cdx.json causes.json inputs.json"
named_builder() {
	elsewhere named INGOT_BUILDER_ID=https://builders.example.com/1 &&
		[ "$(sums "$area/named/outputs" "$plain")" = "$(sums "$out" "$plain")" ] &&
		[ "$(sums "$area/named/outputs")" != "$first" ] &&
		[ "$(head -n 1 "$area/named/outputs/$stem.intoto.jsonl" | jq -r .payload | base64 -d | jq -r .predicate.runDetails.builder.id)" = https://builders.example.com/1 ]
}
check "who builds is in the provenance, and only there" named_builder
by_file() {
	local there=$area/named
	printf 'builder: {id: "https://builders.example.com/1"}\n' >>"$there/home/.config/ingot/config.yaml"
	leaves 0 env HOME="$there/home" "$INGOT" -C "$there" build tiny && says "up to date"
}
check "the configuration names a builder as the variable does" by_file
wrong_builder() { leaves 2 env INGOT_BUILDER_ID=me "$INGOT" -C "$ws" --stage "$stage" build tiny && says "is no URI"; }
check "a builder is a URI" wrong_builder

# Signatures of others stay, as long as what they signed does.
sign_all() {
	/usr/bin/python3 - "$out/$stem.intoto.jsonl" <<-'END'
		import json, sys
		lines = [json.loads(l) for l in open(sys.argv[1])]
		for i, e in enumerate(lines):
		    e["signatures"] = [{"keyid": "k%d" % i, "sig": "c2lnbmF0dXJl"}]
		open(sys.argv[1], "w").write("".join(json.dumps(e) + "\n" for e in lines))
	END
}
n_signed() { jq -c '.signatures | length' "$out/$stem.intoto.jsonl" | tr -d '\n'; }
signatures_stay() {
	sign_all && build && says "up to date" && [ "$(n_signed)" = 111 ] &&
		rm "$out/$stem.cdx.json" && build && [ "$(n_signed)" = 111 ]
}
check "signatures stay while nothing changes" signatures_stay
signatures_go() {
	leaves 0 env INGOT_BUILDER_ID=urn:example:two "$INGOT" -C "$ws" --stage "$stage" build tiny && [ "$(n_signed)" = 011 ] || { n_signed; return 1; }
	echo "another page" >>"$ws/recipes/files/index.html"
	build && [ "$(n_signed)" = 000 ] && judged
}
check "a signature goes with the statement that changes" signatures_go

# A comment moves lines; what is built stays.
comment() {
	local image_before inputs_before causes_before
	image_before=$(sums "$out" oci.tar) inputs_before=$(sums "$out" inputs.json) causes_before=$(sums "$out" causes.json)
	sed -i '1i # a comment' "$ws/recipes/tiny.yaml"
	build && [ "$(sums "$out" oci.tar)" = "$image_before" ] && [ "$(sums "$out" inputs.json)" = "$inputs_before" ] &&
		[ "$(sums "$out" causes.json)" != "$causes_before" ] && judged
}
check "a comment in the recipe moves its lines in the causes, and no more" comment

line_of() { grep -n -F -e "$1" "$ws/recipes/$2" | head -n 1 | cut -d: -f1; }
why() { leaves 0 ingot why "$image" "$2" && says "$1"; }
check "why names the recipe's line of a file" why "recipes/tiny.yaml:$(line_of files/index.html tiny.yaml):" /srv/index.html
check "and of what was removed" why "recipes/tiny.yaml:$(line_of 'remove: true' tiny.yaml):" /usr/share/base/base.txt
check "why names the package of a path" why "package hello" /usr/share/hello/hello.txt
check "and the lock's line of a package" why "recipes/tiny.lock:$(line_of 'name: base,' tiny.lock)" base
check "and the recipe's line that asks for it" why "recipes/tiny.yaml:$(line_of 'packages:' tiny.yaml)" base
absent() { leaves 2 ingot why "$image" /nowhere && says "no path '/nowhere'"; }
check "why says that a path is not there" absent
without() {
	cp "$image" "$area/pulled.tar"
	leaves 0 ingot why "$area/pulled.tar" /usr/share/hello/hello.txt && says "dpkg's database" && says "package hello"
}
check "without causes why asks dpkg's database, and says so" without
damaged() {
	cp "$image" "$area/bad.oci.tar" && sed 's/^\[2,/[9,/' "$out/$stem.causes.json" >"$area/bad.causes.json"
	leaves 11 ingot why "$area/bad.oci.tar" /etc/motd && says "is damaged: line"
}
check "damaged causes are named with their line" damaged

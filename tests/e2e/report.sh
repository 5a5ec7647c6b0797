#!/bin/bash
# `ingot report`: one page about an image, from a small archive. Deterministic, whole, and
# nothing in it is loaded from elsewhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "report" apt-ftparchive gpg dpkg-deb curl jq tidy || exit 0

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"
payload_of hello
mkdir -p "$payload/usr/bin" "$payload/tmp" "$payload/usr/share/doc/hello"
head -c 30000 /dev/zero >"$payload/usr/bin/hello"
chmod 4755 "$payload/usr/bin/hello"
printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: T\nLicense: Expat\n Some text.\n' \
	>"$payload/usr/share/doc/hello/copyright"
make_deb "$pool" hello 1.0 "Depends: libhello"
make_deb "$pool" libhello 2.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
tiny_workspace ws "$url"
replace "$ws/recipes/tiny.yaml" 'files:' $'files:\n  - {path: "/etc/<b>bold", content: "x", mode: "0666"}'
replace "$ws/recipes/tiny.yaml" 'entrypoint: [/bin/true]' \
	"entrypoint: [/bin/true], labels: {evil: \"<script>alert('\\\"')</script>\"}"
check "the small archive is locked" leaves 0 ingot lock tiny || exit 1
check "an image is built" leaves 0 ingot build tiny || exit 1
image=$ws/outputs/tiny-1-container-amd64.oci.tar
page=$area/page.html

check "a page is written" leaves 0 ingot report "$image" -o "$page"
check "and it says that nobody vouches" says "nobody vouches"
has() { grep -qF -e "$1" "$page" || { echo "missing: $1"; return 1; }; }
told() {
	has "nobody vouches for it" && has "libhello" && has "recipes/tiny.yaml" &&
		has "<td class=\"any\">MIT</td>" && has "/usr/bin/hello</td><td>setuid</td>" && has "asked for" &&
		has "tiny-1-container-amd64.spdx.json" && has "/etc/&lt;b&gt;bold</td><td>file</td>"
}
check "packages, licences, causes, rights and statements are in it" told
harmless() {
	has "&lt;script&gt;alert(&#39;&quot;&#39;)&lt;/script&gt;" && ! grep -q '<script\|<b>bold' "$page" &&
		! grep -qE ' (src|srcset|action|poster|data)=|url\(|@import|<(link|iframe|object|embed|img|base|form)' "$page" &&
		! grep -oE 'href="[^"]*"' "$page" | grep -v '^href="#[a-z]*"$' && has "default-src 'none'"
}
check "no script and nothing from elsewhere, whatever a label says" harmless
anchors() { # every link leads somewhere, no id stands twice
	grep -oE 'href="#[a-z]+"' "$page" | sed 's/.*#//; s/"//' | while read -r id; do
		[ "$(grep -c " id=\"$id\"" "$page")" = 1 ] || echo "$id"
	done | grep . && return 1
	[ -z "$(grep -oE ' id="[^"]*"' "$page" | sort | uniq -d)" ]
}
check "its links lead to its own headings" anchors
headings() { # h1, then no step deeper than one
	grep -oE '<h[1-6]' "$page" | tr -d '<h' | awk 'NR == 1 && $1 != 1 || $1 > last + 1 { exit 1 } { last = $1 }'
}
check "headings are in order" headings
valid() { # tidy 5.6 does not know <div> in <dl> (HTML 5.2) and proprietary details
	tidy -q -e "$page" 2>&1 | grep -vE '</?(dl|dt|dd|div)>|proprietary attribute|trimming empty <i>' | tee "$area/tidy"
	! [ -s "$area/tidy" ]
}
check "tidy finds nothing wrong" valid
again() { ingot report "$image" >"$area/again" && cmp "$area/again" "$page"; }
check "the same image gives the same bytes, through a pipe too" again
moved() {
	mkdir -p "$area/elsewhere" && cp "$ws/outputs/"* "$area/elsewhere/" &&
		(cd "$area/elsewhere" && TZ=Asia/Tokyo LC_ALL=C "$INGOT" --stage "$stage" report ./tiny-1-container-amd64.oci.tar) >"$area/again" &&
		cmp "$area/again" "$page"
}
check "wherever it lies" moved
alone() {
	mkdir -p "$area/alone" && cp "$image" "$area/alone/x.oci.tar" &&
		ingot report "$area/alone/x.oci.tar" -o "$area/alone.html" &&
		grep -q "neither a signature nor a statement" "$area/alone.html" && grep -q "libhello" "$area/alone.html"
}
check "an image without statements has a page, too" alone

check "a key is made" leaves 0 ingot keygen -o "$area/k" --no-passphrase
check "the image is signed" leaves 0 ingot sign --key "$area/k.pem" "$image"
vouched() {
	ingot report "$image" -k "$area/k.pub" -o "$page" --json >"$area/json" 2>/dev/null &&
		[ "$(jq -r .vouched "$area/json")" = true ] && has '<p class="verdict ok"><b>Verified</b>' &&
		[ "$(jq -r .sha256 "$area/json")" = "$(sha256sum <"$page" | cut -d' ' -f1)" ]
}
check "with the key, the page says who vouches" vouched
repacked() {
	mkdir -p "$area/layout" && tar -C "$area/layout" -xf "$image" && tar -C "$area/layout" -cf "$area/repacked.tar" . &&
		leaves 7 ingot report "$area/repacked.tar" -o "$area/repacked.html" && says "'--repacked'" &&
		leaves 0 ingot report --repacked "$area/repacked.tar" -o "$area/repacked.html" && grep -q "another tool" "$area/repacked.html"
}
check "an image in another tool's tar has a page, if that is asked for" repacked
spoilt() { # a layer's byte, which no two values share
	local file=$area/elsewhere/tiny-1-container-amd64.oci.tar
	cp "$ws/outputs/"tiny-1-container* "$area/elsewhere/" && rm -f "$area/spoilt.html" || return 1
	/usr/bin/python3 - "$file" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    data = f.read()
		    at = data.index(bytes.fromhex("28b52ffd")) + 40
		    f.seek(at)
		    f.write(bytes([data[at] ^ 0x55]))
	END
	leaves 7 ingot report "$file" -k "$area/k.pub" -o "$area/spoilt.html" ||
		leaves 11 ingot report "$file" -k "$area/k.pub" -o "$area/spoilt.html"
	! [ -e "$area/spoilt.html" ]
}
check "an image that is not what was signed gets no page" spoilt

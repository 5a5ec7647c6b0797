#!/bin/bash
# What lies beside an output about what is inside, and `ingot sbom`: from a small archive whose
# licences, dependencies and sources are known.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "sbom" apt-ftparchive gpg dpkg-deb curl jq || exit 0

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"

copyright() { # PACKAGE LICENCE: its copyright file
	payload_of "$1"
	mkdir -p "$payload/usr/share/doc/$1"
	printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: T\nLicense: %s\n Some text.\n' \
		"$2" >"$payload/usr/share/doc/$1/copyright"
}
copyright hello "GPL-2+ or Expat"
payload_of hello
mkdir -p "$payload/etc"
printf 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (tiny)"\n' >"$payload/etc/os-release"
printf '13.4\n' >"$payload/etc/debian_version"
make_deb "$pool" hello 1.0+b1 $'Source: hellos (1.0)\nHomepage: https://example.org/hello\nDepends: nothing | libhello (>= 2), virtual-thing'
copyright libhello "Beerware"
make_deb "$pool" libhello 2.0
copyright thing "public-domain"
make_deb "$pool" thing 3 "Provides: virtual-thing"
payload_of linked # its documents are those of another package
mkdir -p "$payload/usr/share/doc"
ln -sfn hello "$payload/usr/share/doc/linked"
make_deb "$pool" linked 4 "Depends: hello"
payload_of prose
mkdir -p "$payload/usr/share/doc/prose"
printf 'All rights are the reader'"'"'s.\n' >"$payload/usr/share/doc/prose/copyright"
make_deb "$pool" prose 5
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
serve "$archive" || exit 1
tiny_workspace ws "$url"
replace "$ws/recipes/tiny.yaml" '[hello]' '[linked, prose]'
replace "$ws/recipes/tiny.yaml" 'files:' $'exclude: ["/usr/share/doc/**"]\nfiles:\n  - {path: /srv/site, from: site}'
replace "$ws/recipes/tiny.yaml" 'entrypoint: [/bin/true]' \
	'entrypoint: [/bin/true], labels: {org.opencontainers.image.vendor: Example Ltd}'
mkdir -p "$ws/recipes/site" && printf 'hi\n' >"$ws/recipes/site/index.html"

check "the small archive is locked" leaves 0 ingot lock tiny || exit 1
check "an image is built with its lists" leaves 0 ingot build tiny
stem=$ws/outputs/tiny-1-container-amd64
component() { jq -e ".components[] | select(.name == \"$1\") | $2" "$stem.cdx.json"; }
package() { jq -e ".packages[] | select(.name == \"$1\" and .primaryPackagePurpose == null) | $2" "$stem.spdx.json"; }
related() { # FROM TYPE TO: ids without "SPDXRef-"
	jq -e --arg a "SPDXRef-$1" --arg t "$2" --arg b "SPDXRef-$3" '.relationships[] |
		select(.spdxElementId == $a and .relationshipType == $t and .relatedSpdxElement == $b)' "$stem.spdx.json"
}

licences() {
	component hello '.licenses[0].expression == "GPL-2.0-or-later OR MIT"' &&
		component libhello '.licenses[0].license.id == "Beerware"' &&
		component thing '.licenses[0].license.name == "public-domain"' &&
		component linked '.licenses[0].expression == "GPL-2.0-or-later OR MIT"' &&
		component prose 'has("licenses") | not' &&
		package prose '.licenseDeclared == "NOASSERTION"' &&
		jq -e '.hasExtractedLicensingInfos | length == 1 and .[0].extractedText == "Some text."' "$stem.spdx.json"
}
check "licences are known, although the recipe leaves /usr/share/doc out" licences
names() {
	local deb
	deb=$(find "$pool" -name 'hello_*.deb')
	component hello ".purl == \"pkg:deb/debian/hello@1.0%2Bb1?arch=all&distro=debian-13&upstream=hellos%401.0\"" &&
		component hello ".hashes[0].content == \"$(sha256sum "$deb" | cut -d' ' -f1)\"" &&
		component hello '.externalReferences[0].url == "https://example.org/hello"' &&
		component hello '.supplier.name == "T (t@example.org)" and .description == "test package"' &&
		component libhello '.version == "2.0"' &&
		component debian '.type == "operating-system" and .version == "13.4"' &&
		package hello '.supplier == "Person: T (t@example.org)"' &&
		jq -e '.packages[] | select(.name == "tiny") | .supplier == "Organization: Example Ltd"' "$stem.spdx.json"
}
check "names, digests, suppliers and purls" names
relations() {
	related DOCUMENT DESCRIBES Application-Image &&
		related Application-Image CONTAINS Package-hello-X-all &&
		related Package-hello-X-all DEPENDS_ON Package-libhello-X-all &&
		related Package-hello-X-all DEPENDS_ON Package-thing-X-all &&
		related Package-linked-X-all DEPENDS_ON Package-hello-X-all &&
		related Package-hello-X-all GENERATED_FROM Source-hellos-X-1.0 &&
		related Application-Image GENERATED_FROM Application-Recipe &&
		jq -e '.files | length == 1 and .[0].fileName == "./recipes/site/index.html" and
			(.[0].checksums[] | select(.algorithm == "SHA1").checksumValue) == "'"$(printf 'hi\n' | sha1sum | cut -d' ' -f1)"'"' \
			"$stem.spdx.json"
}
check "relationships, and the recipe's own file" relations

same_elsewhere() { # another stage, one thread, another folder
	cp -R "$ws" "$area/ws2" && rm -rf "$area/ws2/outputs"
	"$INGOT" -C "$area/ws2" --stage "$area/stage2" -j 1 build tiny >"$area/log2" 2>&1 || { cat "$area/log2"; return 1; }
	cmp "$stem.spdx.json" "$area/ws2/outputs/${stem##*/}.spdx.json" &&
		cmp "$stem.cdx.json" "$area/ws2/outputs/${stem##*/}.cdx.json"
}
check "the same lock gives the same lists elsewhere" same_elsewhere

printed() {
	ingot sbom "$stem.oci.tar" | cmp - "$stem.spdx.json" &&
		ingot sbom --format cyclonedx "$stem.oci.tar" | cmp - "$stem.cdx.json" &&
		ingot sbom "$stem.oci.tar" -o "$area/out.json" && cmp "$area/out.json" "$stem.spdx.json" &&
		leaves 0 ingot sbom --list "$stem.oci.tar" && says "GPL-2.0-or-later OR MIT" && says "1.0+b1   hellos" && says "5 packages, 1 without" &&
		[ "$(ingot --json sbom --list "$stem.oci.tar" | jq '.packages | length')" = 5 ]
}
check "sbom prints what the build wrote" printed
alone() { # no statements: dpkg's database tells, and it says so
	mkdir -p "$area/alone" && cp "$stem.oci.tar" "$area/alone/"
	leaves 0 ingot sbom "$area/alone/${stem##*/}.oci.tar" -o "$area/alone/out.json" && says "dpkg's database" &&
		jq -e '[.packages[] | select(.externalRefs and .primaryPackagePurpose == null)] |
			length == 5 and (.[0] | has("checksums") | not)' "$area/alone/out.json" &&
		ingot sbom "$area/alone/${stem##*/}.oci.tar" | cmp - "$area/alone/out.json"
}
check "of an image alone, from dpkg's database" alone
another() { # statements about another file are not taken for this one's
	cp "$ws/recipes/tiny.yaml" "$area/tiny.yaml"
	cp "$stem.intoto.jsonl" "$area/alone/"
	replace "$ws/recipes/tiny.yaml" 'content: "tiny\n"' 'content: "other\n"'
	leaves 0 ingot build tiny || return 1
	cp "$stem.oci.tar" "$area/alone/"
	leaves 0 ingot sbom "$area/alone/${stem##*/}.oci.tar" -o "$area/alone/other.json" && says "another file"
}
check "statements about another file are not taken" another
errors() {
	leaves 2 ingot sbom tiny && says "ingot build tiny" &&
		leaves 2 ingot sbom --format cdxx "$stem.oci.tar" && says "spdx or cyclonedx" &&
		leaves 2 ingot sbom --list --format spdx "$stem.oci.tar" &&
		leaves 2 ingot sbom --list -o x "$stem.oci.tar" &&
		printf 'no image\n' >"$area/text" && ! ingot sbom "$area/text" >"$area/out" 2>&1 && [ -s "$area/out" ]
}
check "what can't be answered is an error" errors

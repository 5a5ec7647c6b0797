#!/bin/bash
# SBOMs before programs that use them: spdx-tools (which knows more rules than the schema has),
# cyclonedx-lib and packageurl of Python, and debsbom, which makes its own list of this system.
# They are of Debian's sid, and run from a folder with the python3 that is here.
. "$(dirname "$0")/../lib.sh"
tool=$INGOT_BUILD/sbom_tool
work=$(mktemp -d "$INGOT_TEST_SCRATCH/sbom-readers.XXXXXX") || exit 2
cmake --build "$INGOT_BUILD" --target sbom_tool >"$work/log" 2>&1 || { cat "$work/log"; not_ok "sbom_tool is built"; exit 1; }

all="spdx-tools cyclonedx-lib packageurl debsbom"
none() { # REASON
	for reader in $all; do skip "sbom-readers: $reader" "$1"; done
	exit 0
}
packages="debsbom python3-beartype python3-boolean python3-click python3-cyclonedx-lib python3-debian
	python3-defusedxml python3-license-expression python3-packageurl python3-ply
	python3-py-serializable python3-pyparsing python3-rdflib python3-semantic-version
	python3-sortedcontainers python3-spdx-tools python3-uritools python3-xmltodict"
# shellcheck disable=SC2086
bash tests/oracle/debs.sh sid "$(dpkg --print-architecture)" "$work/debs" $packages >"$work/log" 2>&1 ||
	none "the archive does not give them: $(tail -n 1 "$work/log" | sed 's#[a-z]*://[^ ]*#...#g')"
for deb in "$work"/debs/sid-*/*.deb; do dpkg-deb -x "$deb" "$work/root" || exit 2; done
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
# sid moves: what has gone elsewhere is no fault of ours.
python3 -c 'import debsbom
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from cyclonedx.model.bom import Bom
from packageurl import PackageURL' 2>"$work/log" || none "they do not run here: $(tail -n 1 "$work/log")"

documents() {
	local format
	for format in spdx cyclonedx; do
		"$tool" system / "$format" >"$work/system.$format.json" &&
			"$tool" odd "$format" >"$work/odd.$format.json" || return 1
	done
}
check "sbom-readers: documents of this system and of odd packages" documents || exit 1

cat >"$work/rules.py" <<'EOF'
"""FILE...: what spdx-tools finds wrong with each."""
import re, sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
failed = 0
for path in sys.argv[1:]:
    document = parse_file(path)
    # "MPL-1.1+" is an expression by annex D, but spdx-tools does not know it.
    messages = {m.validation_message for m in validate_full_spdx_document(document)}
    messages = {m for m in messages if not re.match(r"Unrecognized license reference: \S+\+\. ", m)}
    print(path, len(document.packages), "packages", *messages, sep="\n")
    failed += bool(messages) or not document.packages
sys.exit(failed)
EOF
spdx_tools() {
	python3 "$work/rules.py" "$work"/{system,odd}.spdx.json || return 1
	# It sees what no schema does: a package whose files were not analysed contains none.
	jq '(.files[0].SPDXID) as $f | .relationships |= map(if .relatedSpdxElement == $f then
		.relationshipType = "CONTAINS" else . end)' "$work/odd.spdx.json" >"$work/wrong.spdx.json"
	! python3 "$work/rules.py" "$work/wrong.spdx.json"
}
check "sbom-readers: spdx-tools finds nothing wrong" spdx_tools

cat >"$work/components.py" <<'EOF'
"""FILE...: read by cyclonedx-lib as it reads its own, and whole."""
import json, sys
from cyclonedx.model.bom import Bom
for path in sys.argv[1:]:
    data = json.load(open(path))
    bom = Bom.from_json(data)
    bom.validate()
    assert len(bom.components) == len(data["components"]), path
    purls = {c["bom-ref"]: c["purl"] for c in data["components"] if "purl" in c}
    read = {c.bom_ref.value: c.purl.to_string() for c in bom.components if c.purl}
    assert read == purls, (path, set(read.items()) ^ set(purls.items()))
    print(path, len(purls))
EOF
check "sbom-readers: cyclonedx-lib reads all components" \
	python3 "$work/components.py" "$work"/{system,odd}.cyclonedx.json

cat >"$work/canonical.py" <<'EOF'
"""Purls on standard input: each is what packageurl makes of it."""
import sys
from packageurl import PackageURL
n = 0
for line in sys.stdin.read().split():
    n += 1
    assert PackageURL.from_string(line).to_string() == line, (line, PackageURL.from_string(line).to_string())
assert n > 100, n
EOF
purls() {
	jq -r '.components[] | .purl // empty, (.pedigree.ancestors[]?.purl)' \
		"$work"/{system,odd}.cyclonedx.json | python3 "$work/canonical.py" &&
		jq -r '.packages[].externalRefs[]?.referenceLocator' "$work"/{system,odd}.spdx.json |
		python3 "$work/canonical.py"
}
check "sbom-readers: each purl is in packageurl's canonical form" purls

ours_and_theirs() { # without "distro" (they: the code name) and "upstream" (they: a relation)
	jq -r '.components[].purl // empty | select(contains("arch=source") | not)' "$work/theirs.cdx.json" |
		sed 's/&distro=.*//' | LC_ALL=C sort >"$work/theirs"
	jq -r '.components[].purl // empty' "$work/system.cyclonedx.json" |
		sed 's/&distro=.*//' | LC_ALL=C sort >"$work/ours"
	[ -s "$work/ours" ] && diff "$work/ours" "$work/theirs"
}
if (cd "$work" && python3 "$work/root/usr/bin/debsbom" generate -r / -t cdx -o theirs \
	--cdx-schema-version 1.6 >log 2>&1); then
	check "sbom-readers: debsbom lists the same packages by the same purls" ours_and_theirs
else
	skip "sbom-readers: debsbom" "it does not run here: $(tail -n 1 "$work/log")"
fi

#!/bin/bash
# SBOMs, judged by others: ajv with the published schema of SPDX 2.3, CycloneDX's library,
# spdx-expression-parse and SPDX's own list of licences. The packages are those of the
# system that the test runs on, and invented ones with odd names; dpkg-query counts them.
. "$(dirname "$0")/../lib.sh"
tool=$INGOT_BUILD/sbom_tool
work=$(mktemp -d "$INGOT_TEST_SCRATCH/sbom.XXXXXX") || exit 2
here=$root/tests/oracle/sbom

cmake --build "$INGOT_BUILD" --target sbom_tool >"$work/log" 2>&1 || { cat "$work/log"; not_ok "sbom_tool is built"; exit 1; }

documents() {
	local format
	for format in spdx cyclonedx; do
		"$tool" system / "$format" >"$work/system.$format.json" || return 1
		"$tool" odd "$format" >"$work/odd.$format.json" || return 1
		"$tool" odd "$format" | cmp - "$work/odd.$format.json" || return 1
	done
}
check "sbom: documents of this system and of odd packages" documents || exit 1

counts() {
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Architecture}\n' |
		sed -n 's/^installed //p' | LC_ALL=C sort >"$work/dpkg"
	jq -r '.components[] | select(.purl) | .name + " " + .version + " " +
		(.purl | capture("[?&]arch=(?<a>[^&]*)").a)' "$work/system.cyclonedx.json" |
		LC_ALL=C sort >"$work/cyclonedx"
	jq -r '[.relationships[] | select(.relationshipType == "CONTAINS").relatedSpdxElement] as $in |
		.packages[] | select(.SPDXID | IN($in[])) | select(.externalRefs) | .name + " " +
		.versionInfo + " " + (.externalRefs[0].referenceLocator | capture("[?&]arch=(?<a>[^&]*)").a)' \
		"$work/system.spdx.json" | LC_ALL=C sort >"$work/spdx"
	[ -s "$work/dpkg" ] && diff "$work/dpkg" "$work/cyclonedx" && diff "$work/dpkg" "$work/spdx"
}
check "sbom: the packages are those that dpkg-query lists" counts

# purl-spec's tests for the type deb, and what its text says of encoding.
purls() {
	local failed=0 name version arch distro want got
	while read -r name version arch distro want; do
		got=$("$tool" purl "$name" "${version#-}" "${arch#-}" "${distro#-}")
		[ "$got" = "$want" ] || { echo "$name: $got, expected $want"; failed=1; }
	done <<'END'
curl 7.50.3-1 i386 debian-8 pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=debian-8
dpkg 1.19.0.4 amd64 debian-9 pkg:deb/debian/dpkg@1.19.0.4?arch=amd64&distro=debian-9
attr 1:2.4.47-2 source - pkg:deb/debian/attr@1:2.4.47-2?arch=source
attr 1:2.4.47-2+b1 amd64 - pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64
libstdc++6 14.2.0-19 amd64 debian-13 pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=debian-13
zlib1g 1:1.3.dfsg+really1.3.1-1~x amd64 debian pkg:deb/debian/zlib1g@1:1.3.dfsg%2Breally1.3.1-1~x?arch=amd64&distro=debian
Upper 1 all ubuntu-24.04 pkg:deb/ubuntu/upper@1?arch=all&distro=ubuntu-24.04
a/b?c#d%e@f 1/2 all - pkg:deb/debian/a%2Fb%3Fc%23d%25e%40f@1%2F2?arch=all
bare - - - pkg:deb/debian/bare
END
	return $failed
}
check "sbom: purls of the type deb" purls

if ! command -v npm >/dev/null; then
	skip sbom-judges "npm is not installed"
	exit 0
fi
# The newest that run on Debian 12's nodejs 18.
cd "$work" && echo '{"private": true}' >package.json
if ! timeout 300 npm install --silent --no-audit --no-fund --omit=optional ajv@8.17.1 \
	ajv-formats@3.0.1 ajv-formats-draft2019@1.6.1 @cyclonedx/cyclonedx-library@7.1.0 \
	spdx-expression-parse@4.0.0 spdx-license-ids@3.0.21 spdx-exceptions@2.5.0 >npm.log 2>&1; then
	skip sbom-judges "npm can't install the validators: $(tail -n 1 npm.log)"
	exit 0
fi

# Each wrong in one way.
wrong() { # FORMAT NAME FILTER
	jq -c "$3" "$work/odd.$1.json" >"$work/wrong-$2.$1.json" || return 1
	! cmp -s "$work/wrong-$2.$1.json" "$work/odd.$1.json" || return 1
	echo "wrong $1 $work/wrong-$2.$1.json" >>"$work/cases"
}
cases() {
	local kind format
	for kind in system odd; do
		for format in spdx cyclonedx; do
			echo "valid $format $work/$kind.$format.json"
		done
	done >"$work/cases"
	wrong spdx unknown-key '.surprise = 1' &&
		wrong spdx no-creators 'del(.creationInfo.creators)' &&
		wrong spdx checksum '.packages[2].checksums[0].algorithm = "SHA-256"' &&
		wrong spdx no-location 'del(.packages[1].downloadLocation)' &&
		wrong spdx relationship '.relationships[1].relationshipType = "HOLDS"' &&
		wrong spdx nothing '.relationships[1].relatedSpdxElement = "SPDXRef-Nothing"' &&
		wrong spdx expression '.packages[-1].licenseDeclared = "GPL-2+ or Expat"' &&
		wrong spdx extracted 'del(.hasExtractedLicensingInfos[0])' &&
		wrong spdx supplier 'del(.packages[-1].supplier)' &&
		wrong cyclonedx unknown-key '.components[0].surprise = 1' &&
		wrong cyclonedx serial '.serialNumber = "urn:uuid:1"' &&
		wrong cyclonedx type '.components[0].type = "thing"' &&
		wrong cyclonedx hash '.components[1].hashes[0].content = "12"' &&
		wrong cyclonedx id '(.components[] | select(.licenses) | .licenses) = [{license: {id: "Expat"}}]' &&
		wrong cyclonedx both '(.components[] | select(.licenses) | .licenses) =
			[{expression: "MIT"}, {license: {id: "MIT"}}]' &&
		wrong cyclonedx nothing '.dependencies[0].dependsOn = ["nothing"]'
}
check "sbom: wrong documents are made" cases || exit 1
judged() { NODE_PATH=$work/node_modules node "$here/judge.js" "$here" <"$work/cases"; }
check "sbom: validators accept ours and refuse each wrong one" judged

listed() {
	"$tool" ids >"$work/ids" && NODE_PATH=$work/node_modules node -e '
		const fs = require("fs");
		const has = { licence: new Set(require("spdx-license-ids")),
			exception: new Set(require("spdx-exceptions")) };
		let n = 0, failed = 0;
		for (const line of fs.readFileSync(process.argv[1], "utf8").trim().split("\n")) {
			const [kind, id] = line.split(" ");
			n++;
			if (!has[kind].has(id)) { console.log("not in the list: " + line); failed++; }
		}
		process.exit(failed || n < 200 ? 1 : 0);' "$work/ids"
}
check "sbom: all ids are in the list of SPDX" listed

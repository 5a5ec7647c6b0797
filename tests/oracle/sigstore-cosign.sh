#!/bin/bash
# cosign, and sigstore's Go library below it, check what `ingot sign` writes, by the commands of
# docs/signing.md; and `ingot verify` says what it thinks of cosign's own. The programs are those
# of Debian 13 and of sid: they need a C library of Debian 12, and nothing else.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/sigstore-cosign
tools=$root/tests/oracle/sigstore
mkdir -p "$work" && cd "$work" || exit 2
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state COSIGN_PASSWORD=

for name in cosign cosign-statement cosign-legacy; do bash "$tools/block.sh" $name >$name.block; done
shows_commands() { [ -s cosign.block ] && [ -s cosign-statement.block ] && [ -s cosign-legacy.block ]; }
check cosign-the-page-shows-every-command shows_commands

stem=web-1.0.0-container-amd64
file=$stem.oci.tar
statements=$stem.intoto.jsonl
manifest=$(python3 "$tools/image.py" $stem) || exit 2
cp $statements unsigned.jsonl
umask 077
openssl genpkey -algorithm ed25519 -out ed25519.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ecdsa.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
for type in ed25519 ecdsa rsa; do openssl pkey -in $type.pem -pubout -out $type.pub; done
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out other.pub
for type in ed25519 ecdsa rsa; do
	cp unsigned.jsonl $statements
	rm -f $file.*.json $file.cosign.sig
	check cosign-ingot-signs-$type "$INGOT" sign $file --key $type.pem --legacy
	mkdir $type && cp $file $statements $file.* $type/
done

by_page() { # BLOCK TYPE [KEY]: the commands of the page, in the folder of TYPE
	local key=$work/${3:-$2}.pub id
	id=$(openssl pkey -pubin -in "$key" -outform DER | sha256sum | cut -d ' ' -f 1)
	echo "$key $id"
	# shellcheck disable=SC1090,SC1091
	(cd "$2" || exit 1; . "$work/cosign.block" || exit 1; [ "$1" = cosign ] || . "$work/$1.block")
}
not_by_page() { ! by_page "$@"; }
bundle_with() { # TYPE BUNDLE: cosign's judgement, both its commands
	cosign verify-blob-attestation --key "$1.pub" --bundle "$2" --type https://sigstore.dev/cosign/sign/v1 \
		--insecure-ignore-tlog --trusted-root ed25519/root.json $file ||
		cosign verify-blob --key "$1.pub" --bundle "$2" \
			--insecure-ignore-tlog --trusted-root ed25519/root.json $file
}
refuses_tampering() { # TYPE; the hint is no more than that, and cosign does not look at it
	local t
	rm -f tampered-*.json
	python3 "$tools/tamper.py" "$1/$file.sigstore.json" || return 1
	rm tampered-hint.json
	for t in tampered-*.json; do
		! bundle_with "$1" "$t" || { echo "accepted: $t"; return 1; }
	done
}
refuses_another_file() {
	cp $file good.tar && printf x >>$file
	! bundle_with "$1" "$1/$file.sigstore.json"
	local r=$?
	mv good.tar $file
	return $r
}
refuses_another_statement() { # a signature that is of another line
	jq -c --slurpfile all ed25519/$statements '.payload = $all[1].payload' ed25519/$statements | head -n 1 >changed
	mkdir -p changed.d && cp ed25519/* changed.d/ && cp changed changed.d/$statements
	sed -i 's#slsa.dev/provenance/v1#spdx.dev/Document/v2.3#; s#--type slsaprovenance1#--type https://spdx.dev/Document/v2.3#' \
		cosign-statement.block
	! by_page cosign-statement changed.d ed25519
	local r=$?
	bash "$tools/block.sh" cosign-statement >cosign-statement.block
	return $r
}

no_other_way() { # what cosign signs is refused with a reason
	local status
	rm -f theirs.* $file.*.json
	cosign generate-key-pair --output-key-prefix theirs || return 1
	cosign "$1" --yes --key theirs.key --bundle theirs.json --tlog-upload=false "${@:3}" $file || return 1
	"$INGOT" verify $file --key theirs.pub --signature theirs.json >said 2>&1
	status=$?
	cat said
	[ $status = 11 ] && grep -q "$2" said
}

registry() {
	local port=$((20000 + $$ % 20000))
	printf '%s\n' "version: 0.1" "storage: {filesystem: {rootdirectory: $work/registry}}" \
		"http: {addr: '127.0.0.1:$port'}" >registry.yml
	docker-registry serve registry.yml >registry.log 2>&1 </dev/null &
	server=$!
	for _ in $(seq 50); do curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && break; sleep 0.1; done
	skopeo --insecure-policy copy -q --preserve-digests --dest-tls-verify=false "oci-archive:$file" \
		"docker://127.0.0.1:$port/test/$1:1" && ref=127.0.0.1:$port/test/$1@$manifest
}
legacy() { # RELEASE TYPE: each in a name of its own; and not by another key
	local ref server status
	registry "$1-$2" && by_page cosign-legacy "$2" &&
		! cosign verify --key other.pub --insecure-ignore-tlog --trusted-root "$2/root.json" "$ref"
	status=$?
	kill "$server"
	wait "$server" 2>/dev/null
	return $status
}

echo "{}" >predicate.json
# sid moves: options that have gone are no fault of ours.
knows_the_words() {
	local command
	for command in verify-blob-attestation verify-blob verify "attach signature" sign-blob attest-blob; do
		# shellcheck disable=SC2086
		cosign $command --help >help 2>&1 || return 1
		case $command in
		verify*) grep -q -e --insecure-ignore-tlog help && grep -q -e --trusted-root help || return 1 ;;
		esac
	done
}
for release in trixie sid; do
	bash "$root/tests/oracle/debs.sh" $release "$(dpkg --print-architecture)" "$work/debs" cosign >out 2>&1
	if [ $? != 0 ]; then
		skip "cosign-$release" "no cosign from the archive: $(tail -n 1 out | sed 's#[a-z]*://[^ ]*#...#g')"
		continue
	fi
	dpkg-deb -x "$work"/debs/$release-*/cosign_*.deb "$work/$release" || exit 2
	PATH=$work/$release/usr/bin:${PATH#"$work"/*/usr/bin:}
	if ! cosign version >out 2>&1 || ! knows_the_words; then
		skip "cosign-$release" "it does not run here, or has other options: $(tail -n 1 out)"
		continue
	fi
	for type in ed25519 ecdsa rsa; do
		check "cosign-$release-accepts-$type" by_page cosign $type
		check "cosign-$release-accepts-the-provenance-$type" by_page cosign-statement $type
		check "cosign-$release-refuses-another-key-$type" not_by_page cosign $type other
		check "cosign-$release-refuses-tampering-$type" refuses_tampering $type
		check "cosign-$release-refuses-another-file-$type" refuses_another_file $type
	done
	check "cosign-$release-refuses-the-signature-of-another-statement" refuses_another_statement
	config=()
	! cosign sign-blob --help 2>&1 | grep -q use-signing-config || config=(--use-signing-config=false)
	! cosign sign-blob --help 2>&1 | grep -q new-bundle-format || config+=(--new-bundle-format)
	check "cosign-$release-its-bare-digest-is-refused-with-a-reason" \
		no_other_way sign-blob "signs a bare digest" "${config[@]}"
	check "cosign-$release-its-older-statement-is-refused-with-a-reason" \
		no_other_way attest-blob "the hint of 'theirs.json' is not" "${config[@]}" \
		--type custom --predicate predicate.json
	for type in ed25519 ecdsa rsa; do
		if command -v docker-registry skopeo >/dev/null; then
			check "cosign-$release-accepts-the-older-payload-$type" legacy $release $type
		else
			skip "cosign-$release-accepts-the-older-payload-$type" "docker-registry or skopeo is not installed"
		fi
	done
done

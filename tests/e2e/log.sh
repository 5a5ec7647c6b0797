#!/bin/bash
# An image whose signature is in a transparency log, verified by the proof alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "log" apt-ftparchive gpg dpkg-deb curl || exit 0

tiny_setup || exit 1
log=$area/log-of-signatures
verify() { ingot verify "$image" --key "$area/release.pub" "$@"; }
made() {
	local name
	for name in release log other; do
		leaves 0 ingot keygen -o "$area/$name" --no-passphrase || return 1
	done
	leaves 0 ingot lock tiny && leaves 0 ingot build --sign-key "$area/release.pem" tiny
}
check "an image is built and signed" made || exit 1
image=$ws/outputs/tiny-1-container-amd64.oci.tar
signature=$image.sigstore.json
proof=$signature.tlog-proof
logged() {
	leaves 0 "$INGOT" log append "$log" "$image.sigstore.json" "$area/key.pgp" --key "$area/log.pem" --origin log.example/tiny &&
		leaves 0 "$INGOT" log prove "$log" "$signature" && test -f "$proof"
}
check "its signature is logged, and there is a proof" logged
behind() { # a byte that no entry has
	cp -r "$log" "$area/behind" && leaves 0 "$INGOT" log verify "$area/behind" --key "$area/log.pub" && printf x >>"$area/behind/tile/entries/000.p/2" &&
		leaves 7 "$INGOT" log verify "$area/behind" --key "$area/log.pub" && says "the bundle of entry 0"
}
check "a byte behind the last entry is found" behind
a_file() { leaves 12 "$INGOT" log verify "$signature" --key "$area/log.pub" && says "--proof shows that it is in a log"; }
check "a file without a proof: what to do" a_file
rm -rf "$log"
by_proof() { leaves 0 verify --proof "$proof" --log-key "$area/log.pub" --log-origin log.example/tiny && says "entry 0 of the log 'log.example/tiny', of 2"; }
check "verify takes the proof, without the log" by_proof
offline() { leaves 0 unshare -n "$INGOT" verify "$image" --key "$area/release.pub" --proof "$proof" --log-key "$area/log.pub"; }
need "verify takes the proof without a network" root unshare && check "and without a network" offline
wrong_key() { leaves 7 verify --proof "$proof" --log-key "$area/other.pub" && says "not signed by this key"; }
check "a proof by another log's key is refused" wrong_key
wrong_log() { leaves 7 verify --proof "$proof" --log-key "$area/log.pub" --log-origin log.example/x && says "and not of 'log.example/x'"; }
check "a proof of another log is refused" wrong_log
wrong_file() {
	leaves 0 "$INGOT" log append "$area/l2" "$area/key.pgp" --key "$area/log.pem" --origin log.example/tiny &&
		leaves 0 "$INGOT" log prove "$area/l2" "$area/key.pgp" -o "$area/p2" &&
		leaves 7 verify --proof "$area/p2" --log-key "$area/log.pub" && says "is not entry 0"
}
check "a proof of something else is refused" wrong_file
rebuilt() {
	leaves 0 ingot bundle tiny -o "$area/tiny.bundle" &&
		leaves 0 ingot build --sign-key "$area/release.pem" tiny &&
		leaves 0 verify --proof "$proof" --log-key "$area/log.pub" --rebuild --bundle "$area/tiny.bundle" \
			--sign-key "$area/other.pem" &&
		says "entry 0 of the log 'log.example/tiny', of 2" && says "is what its inputs give"
}
check "a proof goes with a rebuild" rebuilt
rebuilt_otherwise() {
	leaves 7 verify --proof "$area/p2" --log-key "$area/log.pub" --rebuild --bundle "$area/tiny.bundle" && says "is not entry 0" &&
		leaves 9 ingot verify "$image" --proof "$proof" --log-key "$area/log.pub" --rebuild --bundle "$area/tiny.bundle" &&
		says "a log vouches for nothing"
}
check "an identical rebuild does not replace what the proof is of" rebuilt_otherwise
counted() {
	verify --key "$area/other.pub" --threshold 1 --proof "$proof" --log-key "$area/log.pub" >"$area/said" 2>&1 || { cat "$area/said"; return 1; }
	grep -q "entry 0 of the log" "$area/said" && leaves 7 verify --key "$area/other.pub" --threshold 1 --proof "$area/p2" --log-key "$area/log.pub"
}
check "and with rebuilders that are counted" counted
no_proof() {
	leaves 12 verify --proof "$area/none" --log-key "$area/log.pub" && says "there is no proof" &&
		leaves 11 verify --proof "$image" --log-key "$area/log.pub"
}
check "a proof that is none is named" no_proof
unvouched() { leaves 9 ingot verify "$image" --key "$area/other.pub" --proof "$proof" --log-key "$area/log.pub"; }
check "a log does not vouch" unvouched
alone() { leaves 2 verify --proof "$proof" && says "belong together" && leaves 2 verify --log-origin x; }
check "a proof needs the log's key" alone

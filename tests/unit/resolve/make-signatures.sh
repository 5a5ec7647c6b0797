#!/bin/sh
# Makes the keyrings and signed messages in signatures/ with GnuPG. They are
# kept in the repository, so that tests need no gpg; run this only to add a case.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/signatures
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
mkdir -p "$out"

text="$GNUPGHOME/text"
cat > "$text" <<END
Origin: Example
Label: Example
Suite: stable
Codename: alpha
Date: Mon, 01 Jun 2020 00:00:00 UTC
- a line that starts with a dash
SHA256:
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/binary-amd64/Packages
END

# at YYYYMMDD ARGUMENTS...: gpg at noon of that day
at() {
	day=$1
	shift
	gpg --batch --quiet --yes --no-tty --pinentry-mode loopback --passphrase '' \
		--faked-system-time "${day}T120000!" "$@"
}

at 20200101 --quick-gen-key "plain <plain@example.org>" ed25519 sign never
at 20200101 --quick-gen-key "primary <subkey@example.org>" rsa2048 cert never
at 20200101 --quick-add-key "$(gpg --list-keys --with-colons subkey@example.org |
	awk -F: '/^fpr/ { print $10; exit }')" rsa2048 sign never
at 20200101 --quick-gen-key "stranger <stranger@example.org>" ed25519 sign never
at 20200101 --quick-gen-key "expiring <expiring@example.org>" ed25519 sign 20210101T000000
at 20200101 --quick-gen-key "late <late@example.org>" ed25519 sign never

sign() { # DAY NAME SIGNER... [-- OPTIONS]
	day=$1 name=$2
	shift 2
	signers=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		signers="$signers -u $1@example.org"
		shift
	done
	[ $# -eq 0 ] || shift
	at "$day" $signers --digest-algo SHA256 "$@" --output "$out/$name.asc" --clearsign "$text"
}

sign 20200601 plain plain
sign 20200601 subkey subkey
sign 20200601 both plain subkey
sign 20200601 with-stranger plain stranger
sign 20200601 stranger stranger
sign 20200601 in-time expiring
sign 20200601 short-lived plain -- --default-sig-expire 20200701T000000
sign 20400601 future plain
sign 20200601 sha1 plain -- --digest-algo SHA1 --allow-weak-digest-algos
sign 20200601 sha512 plain -- --digest-algo SHA512
# A signature made after the key's end: the end is set afterwards.
sign 20220601 too-late late
at 20220701 --quick-set-expire "$(gpg --list-keys --with-colons late@example.org |
	awk -F: '/^fpr/ { print $10; exit }')" 20210101T000000 2> /dev/null || true

at 20220701 --export plain@example.org subkey@example.org expiring@example.org \
	late@example.org > "$out/keyring.pgp"
at 20220701 --armor --export plain@example.org > "$out/keyring.asc"
at 20220701 --armor --export subkey@example.org >> "$out/keyring.asc"
gpg --list-keys --with-colons | awk -F: '
	/^pub/ { want = 1 }
	/^fpr/ && want { fpr = $10; want = 0 }
	/^uid/ { split($10, part, " "); print part[1], fpr }' > "$out/fingerprints"

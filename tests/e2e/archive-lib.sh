# Shared by the tests that make a tiny signed apt archive and serve it.
# shellcheck shell=bash

# What a user has seen of one archive doesn't fit the next one of that name.
export HOME=$area/home
mkdir -p "$HOME"

# A signing key in a keyring of its own. Sets nothing; name it when signing.
make_key() { # NAME
	export GNUPGHOME=$area/gnupg
	agent_home=$GNUPGHOME # cleanup() ends the agent
	mkdir -p "$GNUPGHOME" && chmod 700 "$GNUPGHOME"
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--faked-system-time "$(date -u -d '400 days ago' +%Y%m%dT%H%M%S)" \
		--quick-generate-key "$1 <$1@example.org>" ed25519 sign never >"$area/gpg.log" 2>&1 || {
		cat "$area/gpg.log"
		return 1
	}
}
export_key() { GNUPGHOME=$area/gnupg gpg --batch --quiet --export "$1@example.org" >"$2"; }

# script_of NAME SCRIPT: standard input is that maintainer script of package NAME,
# for every make_deb from now on. payload_of NAME: sets $payload, a folder whose
# files the package has, too.
script_of() {
	mkdir -p "$area/scripts/$1"
	cat >"$area/scripts/$1/$2"
}
payload_of() {
	payload=$area/payload/$1
	mkdir -p "$payload"
}

# make_deb FOLDER NAME VERSION [CONTROL LINES]: a package with one file.
make_deb() {
	local tree=$area/deb-tree
	rm -rf "$tree"
	mkdir -p "$1" "$tree/DEBIAN" "$tree/usr/share/$2"
	printf '%s %s\n' "$2" "$3" >"$tree/usr/share/$2/$2.txt"
	[ ! -d "$area/payload/$2" ] || cp -a "$area/payload/$2/." "$tree/"
	if [ -d "$area/scripts/$2" ]; then
		cp "$area/scripts/$2"/* "$tree/DEBIAN/"
		chmod 755 "$tree/DEBIAN"/*
	fi
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\n' "$2" "$3"
		printf '%s\n' "${4:-Section: misc}"
		printf 'Description: test package\n'
	} >"$tree/DEBIAN/control"
	SOURCE_DATE_EPOCH=1700000000 dpkg-deb --root-owner-group -Zxz --build "$tree" "$1/$2_${3//:/%3a}_all.deb" >/dev/null
}

# make_indexes ARCHIVE SUITE ARCH...: Packages of everything below pool/.
make_indexes() {
	local archive=$1 suite=$2 arch
	shift 2
	for arch in "$@"; do
		mkdir -p "$archive/dists/$suite/main/binary-$arch"
		(cd "$archive" && apt-ftparchive packages pool) \
			>"$archive/dists/$suite/main/binary-$arch/Packages"
		xz -kf "$archive/dists/$suite/main/binary-$arch/Packages"
	done
}

# make_release ARCHIVE SUITE KEY [DAYS OLD [VALID DAYS [SUITE SAID]]]: signs.
make_release() {
	local archive=$1 suite=$2 key=$3 old=${4:-1} valid=${5:-30} said=${6:-$2} dir=$1/dists/$2
	rm -f "$dir/Release" "$dir/InRelease"
	(cd "$dir" && LC_ALL=C apt-ftparchive \
		-o APT::FTPArchive::Release::Origin=Test -o APT::FTPArchive::Release::Label=Test \
		-o APT::FTPArchive::Release::Suite="$said" -o APT::FTPArchive::Release::Codename="$said" \
		-o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures="amd64 arm64" release .) |
		sed "s/^Date: .*/Date: $(LC_ALL=C date -u -d "$old days ago" '+%a, %d %b %Y %H:%M:%S UTC')\\nValid-Until: $(LC_ALL=C date -u -d "$((valid - old)) days" '+%a, %d %b %Y %H:%M:%S UTC')/" \
			>"$area/Release"
	cp "$area/Release" "$dir/Release"
	# The clock of signing is that of the Release, as in a real archive.
	GNUPGHOME=$area/gnupg gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--faked-system-time "$(date -u -d "$((old > 0 ? old : 0)) days ago" +%Y%m%dT%H%M%S)" \
		--local-user "$key@example.org" --clearsign -o "$dir/InRelease" "$dir/Release" 2>>"$area/gpg.log"
}

# tiny_workspace NAME ARCHIVE-URL: a recipe `tiny` of package hello from suite
# `tiny`, and a machine configuration that knows where that is.
tiny_workspace() {
	ws=$area/$1
	mkdir -p "$ws/recipes/keys"
	cp "$area/key.pgp" "$ws/recipes/keys/test.pgp"
	cat >"$ws/recipes/tiny.yaml" <<-END
		ingot: 1
		name: tiny
		version: "1"
		architectures: [amd64]
		sources:
		  test: {type: apt, suites: [tiny], components: [main], keyring: test}
		packages: [hello]
		files:
		  - {path: /etc/motd, content: "tiny\n"}
		targets:
		  container: {type: oci, entrypoint: [/bin/true]}
	END
	mkdir -p "$HOME/.config/ingot"
	printf 'mirrors:\n  - {suite: tiny, url: "%s"}\n' "$2" >"$HOME/.config/ingot/config.yaml"
}

#!/bin/bash
# A new user's first command: a workspace, a configuration, and a key that makes what they build
# theirs, and no release.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "init" apt-ftparchive gpg dpkg-deb curl jq openssl setsid || exit 0

# fresh: a home that nothing was in. In $home; its folder of ingot in $own.
n=0
fresh() {
	n=$((n + 1))
	home=$area/home$n own=$area/home$n/.config/ingot
	mkdir "$home"
}
# As a user of that home.
init() { (cd "$home" && env HOME="$home" "$INGOT" init "$@"); }
mode() { stat -c %a "$1"; }
# Nothing but whole files of the two modes; no name that was temporary.
sound() {
	[ "$(find "$1" -type f -printf '%m %f\n' | grep -vxE '6[0246][0246] config.yaml|600 developer.pem|644 developer.pub')" = "" ] &&
		{ [ ! -e "$1/developer.pem" ] || openssl pkey -in "$1/developer.pem" -pubout 2>&1 | cmp - "$1/developer.pub"; }
}
no_key() { [ ! -e "$own/developer.pem" ] && [ ! -e "$own/developer.pub" ]; }

# ---- what it makes ----

first() {
	fresh && leaves 0 init web && says "created  $own/developer.pem and developer.pub" && says "created  $own/config.yaml" &&
		says "ingot build --sign-key $own/developer.pem" && says "verify --role developer" && ! says "note:" &&
		[ -f "$home/web/recipes/web.yaml" ] && sound "$own"
}
check "the first init of a user makes a key, and says what it is good for" first
ed25519() { openssl pkey -in "$own/developer.pem" -noout -text | grep -q '^ED25519 Private-Key'; }
check "it is Ed25519, as openssl reads it" ed25519
trusted() { grep -qx 'trust:' "$own/config.yaml" && grep -q 'key: "~/.config/ingot/developer.pub"' "$own/config.yaml" && grep -qx '    role: developer' "$own/config.yaml"; }
check "the configuration trusts it, as a developer's" trusted
digests() { sha256sum "$own"/*; }
second() {
	local before
	before=$(digests)
	leaves 0 init web && says "kept     $own/developer.pem" && ! says "created" && leaves 0 init other && says "kept     $own/developer.pem" &&
		[ "$before" = "$(digests)" ]
}
check "a second init keeps it, in whatever workspace" second
json() {
	init --json web | jq -e --arg own "$own" '.schema == "ingot/init/1" and .workspace == "web" and .configuration == $own + "/config.yaml" and
		.developer_key == {state: "kept", private_key: ($own + "/developer.pem"), public_key: ($own + "/developer.pub"), trusted: true, key_id: .developer_key.key_id}' &&
		[ "$(init --json web | jq -r .developer_key.key_id)" = "$(openssl pkey -pubin -in "$own/developer.pub" -outform DER | sha256sum | cut -d' ' -f1)" ]
}
check "--json tells all of it" json
quiet() { fresh && [ -z "$(init -q web 2>&1)" ] && sound "$own" && [ -f "$own/developer.pem" ]; }
check "-q says nothing, and makes it all the same" quiet
elsewhere() {
	fresh && leaves 0 env XDG_CONFIG_HOME="$home/a: b" HOME="$home" "$INGOT" init "$home/web" && sound "$home/a: b/ingot" && [ ! -e "$home/.config" ] &&
		grep -qF "key: \"~/a: b/ingot/developer.pub\"" "$home/a: b/ingot/config.yaml" &&
		leaves 0 env XDG_CONFIG_HOME="$home/a: b" HOME="$home" "$INGOT" init "$home/web" && says kept
}
check "XDG_CONFIG_HOME counts, and the configuration quotes what must be" elsewhere
linked() { fresh && mkdir -p "$home/dot/config" && ln -s dot/config "$home/.config" && leaves 0 init web && sound "$home/dot/config/ingot" && [ -f "$own/developer.pem" ]; }
check "a ~/.config that is a link is followed" linked

# ---- what it leaves alone ----

with_config() { # a configuration that is there
	fresh && mkdir -p "$own" && echo "stage: ~/s" >"$own/config.yaml" && leaves 0 init web && says "'$own/config.yaml' stays as it is" &&
		says '  - key: "~/.config/ingot/developer.pub"' && says "    role: developer" && [ "$(cat "$own/config.yaml")" = "stage: ~/s" ] && sound "$own"
}
check "a configuration that is there is not touched: the lines to add are printed" with_config
added() { sed -n '/^trust:/,/role:/p' <<<"$said" >>"$own/config.yaml" && leaves 0 init web && ! says "stays as it is" && init --json web | jq -e .developer_key.trusted; }
check "and are all that it needs" added
dangling() { fresh && mkdir -p "$own" && ln -s nowhere "$own/config.yaml" && leaves 0 init web && says "stays as it is" && [ -L "$own/config.yaml" ]; }
check "nor is a link that leads nowhere" dangling
named() { # INGOT_CONFIG: of a site, say
	fresh && echo "stage: ~/s" >"$home/site.yaml" && leaves 0 env INGOT_CONFIG="$home/site.yaml" HOME="$home" "$INGOT" init "$home/web" &&
		says "'$home/site.yaml' stays as it is" && [ -f "$own/developer.pem" ] && [ ! -e "$own/config.yaml" ] && [ "$(cat "$home/site.yaml")" = "stage: ~/s" ]
}
check "with INGOT_CONFIG the key is the user's, and that file stays" named
without() { fresh && leaves 0 init --no-key web && ! says developer && no_key && [ -f "$own/config.yaml" ] && ! grep -q '^trust:' "$own/config.yaml"; }
check "--no-key does without" without
half() {
	fresh && leaves 0 init web && mv "$own/developer.pub" "$home" && leaves 0 init web && says "can't be used" && says "openssl pkey -in $own/developer.pem -pubout" &&
		[ ! -e "$own/developer.pub" ] && mv "$own/developer.pem" "$home/x" && mv "$home/developer.pub" "$own" && leaves 0 init web && says "is there without" && [ ! -e "$own/developer.pem" ]
}
check "half a key is told, with what to do, and nothing is made over it" half
wide() { fresh && leaves 0 init web && chmod 644 "$own/developer.pem" && leaves 0 init web && says "has mode 0644" && says "chmod 600" && [ "$(mode "$own/developer.pem")" = 644 ]; }
check "a key that others can read is told" wide
not_one() { fresh && leaves 0 init web && "$INGOT" -q keygen -o "$home/x" --no-passphrase >"$area/out" && cp "$home/x.pem" "$own/developer.pem" && leaves 0 init web && says "are not halves of one key"; }
check "two halves of two keys are told" not_one
encrypted() { fresh && mkdir -p "$own" && leaves 0 "$INGOT" keygen -o "$own/developer" --passphrase-file <(echo swordfish) && leaves 0 init web && says "kept     $own/developer.pem" && ! says "can't be used"; }
check "an encrypted one is as good" encrypted

# ---- where there is no place for one ----

none() { # REASON ENVIRONMENT... : init works, and makes no key
	local reason=$1
	shift
	rm -rf "$home/web" && leaves 0 env "$@" "$INGOT" init "$home/web" && says "no developer's key is made: $reason" &&
		says "'ingot keygen -o release' makes a key" && [ -f "$home/web/recipes/web.yaml" ] && no_key
}
fresh
check "no key with CI=true" none "CI=true" HOME="$home" CI=true
check "none without HOME" none "there is no home: HOME is not set" -u HOME
check "none in a home that does not exist" none "there is no home '$area/absent'" HOME="$area/absent"
check "which is not made" [ ! -e "$area/absent" ]
writable() { mkdir -p "$own" && chmod 777 "$own" && none "others can write to '$own'" HOME="$home"; }
check "none where others can write" writable
if need "other users, containers, disks" root setpriv unshare tmpfs; then
	container() { fresh && none "this container holds nobody else" HOME="$home" unshare --fork --pid; }
	check "none for the first process of a container" container
	others_home() { fresh && chown 12345 "$home" && none "'$home' is another user's" HOME="$home" && [ ! -e "$home/.config" ]; }
	check "none by root in another user's home, and nothing else there" others_home
	read_only() {
		fresh && mkdir "$home/w" && chown 12345 "$home/w" && chmod 755 "$area" "$home" &&
			(cd "$home/w" && leaves 0 setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$home" "$INGOT" init . && says "no developer's key is made: " && [ -f recipes/web.yaml ]) && no_key
	}
	check "none in a home that can't be written" read_only
	full() { # OPTIONS OF TMPFS
		fresh && mount -t tmpfs -o "$1" none "$home" || return 1
		mounts+=("$home")
		mkdir "$area/web$n" && leaves 0 init "$area/web$n" && cat <<<"$said" && sound "$own" && { no_key || { [ -f "$own/developer.pub" ] && [ -f "$own/developer.pem" ]; }; } &&
			{ [ ! -e "$own/config.yaml" ] || tail -n 1 "$own/config.yaml" | grep -qx '#     role: release'; } && umount "$home"
	}
	for size in size=4k size=8k size=12k nr_inodes=3 nr_inodes=4 nr_inodes=5; do
		check "a disk that is full ($size) leaves nothing half-made" full $size
	done
fi

# ---- at once, and killed ----

umasks() {
	local mask
	for mask in 000 002 077; do
		fresh && (umask $mask && leaves 0 init web) && sound "$own" && [ "$(mode "$own")" = 700 ] && [ "$(mode "$home/.config")" = 700 ] || return 1
	done
}
check "modes do not depend on the umask" umasks
at_once() {
	local i
	for i in 1 2 3; do
		fresh
		for _ in 1 2 3 4; do init "web$_" >>"$home/said" 2>&1 & done
		wait
		sound "$own" && [ "$(grep -c "created  $own/developer.pem" "$home/said")" = 1 ] && [ "$(grep -c "kept     $own/developer.pem" "$home/said")" = 3 ] && ! grep "note:" "$home/said" || { cat "$home/said"; return 1; }
	done
}
check "of several at once one makes it, the others keep it" at_once
killed() { # in whatever it does: what is there is whole, and the next one ends it
	local i pid
	for i in $(seq 12); do
		fresh
		env HOME="$home" "$INGOT" init "$home/web" >"$area/out" 2>&1 &
		pid=$!
		sleep "$(printf '0.%03d' $((i * 4)))"
		kill -INT $pid 2>/dev/null
		wait $pid
		[ ! -d "$own" ] || sound "$own" || return 1
		[ ! -e "$own/config.yaml" ] || ! grep -q '^trust:' "$own/config.yaml" || [ -f "$own/developer.pub" ] || return 1
		leaves 0 init web && sound "$own" && [ -f "$own/developer.pem" ] && init --json web | jq -e .developer_key.trusted || return 1
	done
}
check "Ctrl-C at any moment leaves whole files, and the next init ends what it began" killed
between() { # the key is there, the configuration is not
	fresh && leaves 0 init web && rm "$own/config.yaml" && leaves 0 init web && says kept && says "created  $own/config.yaml" && trusted
}
check "a key without a configuration gets one" between

# ---- what it is good for ----

archive=$area/archive
make_key alice && export_key alice "$area/key.pgp" || exit 1
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
stage=$area/stage
fresh
HOME=$home
init --no-key ws >"$area/out" 2>&1
leaves 0 init web # with the key, and a configuration without it
trust=$(sed -n '/^trust:/,/role:/p' <<<"$said")
tiny_workspace ws "file://$archive"
echo "$trust" >>"$own/config.yaml"
image=$ws/outputs/tiny-1-container-amd64.oci.tar
built() { leaves 0 ingot lock tiny && leaves 0 ingot build tiny --sign-key "$own/developer.pem" && says signed; }
check "build signs with it" built || exit 1
marked() { leaves 9 ingot verify "$image" && says "nobody but a developer vouches for" && says "has role developer, and release is asked for: not counted" && says "'--role developer' accepts it"; }
check "verify ends with 9, and says that nobody but a developer vouches" marked
accepted() { leaves 0 ingot verify "$image" --role developer && says "1 key of role developer vouches for it"; }
check "with --role developer it is accepted, and called so" accepted
marked_json() { ingot --json verify "$image" 2>"$area/err" | jq -e '.verdict == "nobody-vouches" and .vouched == false and .signers == [] and (.not_counted | length == 1 and .[0].role == "developer") and .error.code == "E0902"'; }
check "--json names who does not count" marked_json
released() {
	leaves 0 "$INGOT" keygen -o "$home/release" --no-passphrase && leaves 0 ingot sign "$image" --key "$home/release.pem" && leaves 0 ingot verify "$image" --key "$home/release.pub" &&
		printf '  - key: ~/release.pub\n' >>"$own/config.yaml" && leaves 0 ingot verify "$image" && says "1 key vouches for it"
}
check "a release needs a key of its own; the developer's signature beside it does no harm" released
page() { rm "$image".*.sigstore.json && leaves 0 ingot report "$image" -o "$home/r.html" && grep -q "A developer's: intact, but no release" "$home/r.html"; }
check "a report calls it a developer's" page
unsigned() { rm "$image".sigstore.json && sed -i '/release.pub/d' "$own/config.yaml" && ingot -q build tiny && leaves 9 ingot verify "$image" && says "no key was given" && says "--key PUB"; }
check "of what is not signed verify says which key it wants, whatever init trusts" unsigned
offered() { leaves 2 ingot sign "$image" && says "'--key $own/developer.pem' signs as a developer"; }
check "sign without a key names it, and does not take it unasked" offered
gone() { rm "$own/developer.pub" && leaves 2 ingot verify "$image" && says "$own/developer.pub" && says "$own/config.yaml"; }
check "a trusted key that has gone is an error that names the configuration" gone

#!/bin/bash
# An archive that lies, from the mirror's signature to the last byte of a
# package: what `ingot lock` and `fetch` answer, and that nothing of it is kept.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "a lying archive" apt-ftparchive gpg dpkg-deb curl || exit 0

archive=$area/archive
dir=$archive/dists/tiny
make_key alice && make_key mallory || exit 1
export_key alice "$area/key.pgp"
export_key mallory "$area/mallory.pgp"
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
cp -R "$archive" "$area/good"
serve "$archive" || exit 1

good() { # the archive as it was
	rm -rf "${archive:?}"/*
	cp -R "$area/good/." "$archive/"
}
fresh() { # a workspace, a stage and a user who have seen nothing
	n=$((${n:-0} + 1))
	rm -rf "$HOME/.local" "$area/stage"
	stage=$area/stage
	tiny_workspace "ws$n" "$url"
}

# refused NAME STATUS WORDS: lock fails so, and keeps nothing of what it read.
refused() {
	local name=$1 status=$2 words=$3
	refused_as_said() {
		leaves "$status" ingot lock tiny && says "$words" || return 1
		[ ! -e "$ws/recipes/tiny.lock" ] || { echo "a lock was written"; return 1; }
		# Objects are published by digest of a signed index or not at all.
		if [ -d "$stage/objects" ] && [ -n "$(find "$stage/objects" -type f -size -200k)" ] && [ "${keeps:-}" != evidence ]; then
			find "$stage/objects" -type f
			echo "the stage holds something of it"
			return 1
		fi
		leaves 0 ingot stage fsck
	}
	check "$name" refused_as_said
}

fresh
check "a good archive is locked" leaves 0 ingot lock tiny
check "and fetched" leaves 0 ingot fetch tiny
check "and built" leaves 0 ingot build tiny

good; fresh
echo '<html>It works!</html>' >"$dir/InRelease"
refused "a page instead of InRelease" 7 "InRelease"

good; fresh
head -c 300 "$area/good/dists/tiny/InRelease" >"$dir/InRelease"
refused "a truncated InRelease" 7 "InRelease"

good; fresh
sed -n '/^$/,/^-----BEGIN PGP SIG/p' "$area/good/dists/tiny/InRelease" | sed '1d;$d' >"$dir/InRelease"
refused "an unsigned InRelease" 7 "InRelease"

good; fresh
sed -i 's/^Label: Test/Label: Tesu/' "$dir/InRelease"
refused "a changed byte in the signed text" 7 "InRelease"

good; fresh
make_release "$archive" tiny mallory
refused "signed by another key" 7 "InRelease"

good; fresh
{ printf 'Origin: Evil\n\n'; cat "$area/good/dists/tiny/InRelease"; } >"$dir/InRelease"
refused "text before the signed block" 7 "InRelease"

good; fresh
{ cat "$area/good/dists/tiny/InRelease"; printf 'Origin: Evil\n'; } >"$dir/InRelease"
refused "text behind the signed block" 7 "InRelease"

good; fresh
cat "$area/good/dists/tiny/InRelease" "$area/good/dists/tiny/InRelease" >"$dir/InRelease"
refused "two signed blocks" 7 "InRelease"

good; fresh
make_release "$archive" tiny alice 40 30
refused "expired" 7 "expired"

good; fresh
make_release "$archive" tiny alice -3 30
refused "from the future" 7 "future"

good; fresh
make_release "$archive" tiny alice 1 30 other
refused "another suite's Release" 7 "other"

good; fresh
sed -i 's/hello/hullo/' "$dir/main/binary-amd64/Packages"
xz -kf "$dir/main/binary-amd64/Packages"
keeps=evidence refused "Packages that the Release doesn't list" 7 "Packages"

good; fresh
rm -r "$dir/main"
keeps=evidence refused "no Packages at all" 6 "Packages"

good; fresh
rm "$dir/InRelease"
refused "no InRelease" 6 "InRelease"

# Older than what was seen before: by the lock, and by the user's own memory.
good; fresh
check "the newest is seen" leaves 0 ingot lock tiny
make_release "$archive" tiny alice 5
older() {
	cp "$ws/recipes/tiny.lock" "$area/lock.before"
	leaves 7 ingot lock tiny --update && says "seen before" && cmp "$ws/recipes/tiny.lock" "$area/lock.before"
}
check "a Release older than the lock's is refused" older
tiny_workspace "another" "$url"
keeps=evidence
check "a Release older than this user has seen is refused" leaves 7 ingot lock tiny
check "a plain lock doesn't ask" leaves 0 ingot -C "$area/ws$n" lock tiny

# A second key of the same keyring is not trusted by a lock that names the first.
good; fresh
leaves 0 ingot lock tiny || echo "$said"
make_key bob
export_key bob "$area/bob.pgp"
cat "$area/key.pgp" "$area/bob.pgp" >"$ws/recipes/keys/test.pgp"
make_release "$archive" tiny bob 0
bob=$(GNUPGHOME=$area/gnupg gpg --batch --with-colons --list-keys bob@example.org | awk -F: '/^fpr/ { print $10; exit }')
new_key() { leaves 7 ingot lock tiny --update && says "accept-key $bob"; }
check "a key that the lock doesn't pin is refused, with what to do" new_key
accepted() {
	leaves 0 ingot lock tiny --update --accept-key "$bob" && grep -q "$bob" "$ws/recipes/tiny.lock" &&
		leaves 0 ingot lock tiny --update
}
check "--accept-key pins it" accepted

# Packages: the lock is good, then the mirror lies.
lies() { # NAME STATUS WORDS: fetch fails so
	local name=$1 status=$2 words=$3
	rm -rf "$stage"
	lies_as_said() {
		leaves "$status" ingot fetch tiny && says "$words" && leaves 0 ingot stage fsck &&
			! find "$stage" -type f -size +0 -exec grep -l EVIL {} + | grep .
	}
	check "$name" lies_as_said
	check "after '$name' a good mirror is enough" back_to_good
}
back_to_good() { good && leaves 0 ingot fetch tiny && leaves 0 ingot build tiny --offline; }
deb=$archive/pool/main/hello_1.0_all.deb
size=$(stat -c %s "$deb")

good; fresh
check "locked once more" leaves 0 ingot lock tiny
head -c $((size - 10)) "$area/good/pool/main/hello_1.0_all.deb" >"$deb"
lies "a truncated package" 7 "hello"
{ cat "$area/good/pool/main/hello_1.0_all.deb"; echo EVIL; } >"$deb"
lies "a longer package" 7 "hello"
{ head -c $((size - 4)) "$area/good/pool/main/hello_1.0_all.deb"; printf EVIL; } >"$deb"
lies "another package of the same size" 7 "hello"
rm "$deb"
lies "a package that is gone" 6 "hello"

# A second mirror helps where the first lies.
two_mirrors() {
	mkdir -p "$area/liar/pool/main" && head -c "$size" /dev/zero >"$area/liar/pool/main/hello_1.0_all.deb" || return 1
	printf 'mirrors:\n  - {suite: tiny, url: "file://%s"}\n  - {suite: tiny, url: "%s"}\n' "$area/liar" "$url" >"$HOME/.config/ingot/config.yaml"
	rm -rf "$stage"
	good
	leaves 0 ingot fetch tiny
}
check "the next mirror is asked when one lies" two_mirrors

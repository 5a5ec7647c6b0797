#!/bin/bash
# Whatever happens - a full disk, Ctrl-C, a poisoned object, a folder that can't
# be written - the stage stays sound and outputs/ holds no half file.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "the stage" apt-ftparchive gpg dpkg-deb curl jq || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
# A package of some size, that doesn't compress.
tree=$area/big
mkdir -p "$tree/DEBIAN" "$tree/usr/share/big" "$archive/pool/main"
/usr/bin/python3 -c 'import random, sys; random.seed(1); sys.stdout.buffer.write(random.randbytes(6 << 20))' >"$tree/usr/share/big/blob"
printf 'Package: big\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n' >"$tree/DEBIAN/control"
dpkg-deb --root-owner-group -Zxz -z0 --build "$tree" "$archive/pool/main/big_1_all.deb" >/dev/null
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64
make_release "$archive" tiny alice
stage=$area/stage
port=$(free_port)
/usr/bin/python3 tests/tools/drip.py "$archive" "$port" 2000000 </dev/null >"$area/server.log" 2>&1 &
pids+=($!)
tiny_workspace ws "http://127.0.0.1:$port"
replace "$ws/recipes/tiny.yaml" '[hello]' '[hello, big]'
lock=$ws/recipes/tiny.lock
output=$ws/outputs/tiny-1-container-amd64.oci.tar

sound() { # no stray file, nothing bad
	leaves 0 ingot stage fsck || return 1
	[ -z "$(find "$stage" -path '*/quarantine/*' -type f)" ] || { echo "quarantine"; return 1; }
	[ -z "$(find "$ws/outputs" -type f ! -name '*.tar' ! -name '*.json' ! -name '*.jsonl' ! -name README.md 2>/dev/null)" ] || { ls -la "$ws/outputs"; return 1; }
}
check "lock" leaves 0 ingot lock tiny
check "build" leaves 0 ingot build tiny
digest=$(sha256sum <"$output")
same() { [ "$(sha256sum <"$output")" = "$digest" ]; }

# Ctrl-C, at several moments.
interrupted() { # SIGNAL STATUS SECONDS
	rm -rf "$stage" "$ws/outputs"
	leaves "$2" /usr/bin/python3 tests/tools/send_signal.py "$1" "$3" - "$INGOT" -C "$ws" --stage "$stage" build tiny || return 1
	grep -q 'ended [01]\.' <<<"$said" || { echo "$said"; return 1; }
	[ ! -e "$output" ] || { echo "there is an output"; return 1; }
	sound
}
check "Ctrl-C while fetching leaves a sound stage" interrupted INT 130 1
check "SIGTERM while fetching too" interrupted TERM 143 1
resume() { leaves 0 ingot build tiny && same && sound; }
check "the next run goes on" resume
killed() {
	rm -rf "$stage" "$ws/outputs"
	for seconds in 0.05 0.4 0.8 1.2 2.4 3.1 3.3; do
		/usr/bin/python3 tests/tools/send_signal.py KILL $seconds - "$INGOT" -C "$ws" --stage "$stage" build tiny >"$area/out" 2>&1
		leaves 0 ingot stage fsck || return 1
		[ ! -e "$output" ] || same || return 1
	done
	leaves 0 ingot build tiny && same
}
check "kill -9 at any moment leaves a sound stage" killed

# Nothing to do.
idle() {
	local before after
	before=$(stat -c '%i %Y %z' "$output")
	leaves 0 ingot build tiny || return 1
	after=$(stat -c '%i %Y %z' "$output")
	[ "$before" = "$after" ] || { echo "the output was written again"; return 1; }
}
check "a second build writes nothing" idle
check "a build is offline when the stage has all" leaves 0 ingot --offline build tiny
offline() { leaves 6 "$INGOT" -C "$ws" --stage "$area/empty" --offline --outputs "$area/out2" build tiny; }
check "offline without the stage is exit 6" offline
if is_root && command -v unshare >/dev/null; then
	alone() {
		rm -rf "$ws/outputs"
		leaves 0 unshare -n "$INGOT" -C "$ws" --stage "$stage" build tiny && same
	}
	check "a warm build works without a network" alone
fi

# A poisoned object is found and fetched again. (Disposed of: the shortcuts.)
poisoned() {
	local object size
	rm -rf "$ws/outputs" "$stage/results"
	size=$(stat -c %s "$archive/pool/main/big_1_all.deb")
	object=$(find "$stage/objects" -type f -size "${size}c")
	[ -n "$object" ] || return 1
	chmod u+w "$object"
	printf 'EVIL' | dd of="$object" bs=1 seek=5000 conv=notrunc 2>/dev/null
	leaves 0 ingot build tiny || return 1
	same && leaves 0 ingot stage fsck
}
check "a poisoned object is found and fetched again" poisoned
fsck_finds() {
	local object
	object=$(find "$stage/objects" -type f -size +1k | sort | tail -n 1)
	chmod u+w "$object"
	printf 'EVIL' | dd of="$object" bs=1 seek=10 conv=notrunc 2>/dev/null
	leaves 7 ingot stage fsck && leaves 0 ingot stage fsck --repair; leaves 0 ingot stage fsck || return 1
	rm -rf "$ws/outputs"
	leaves 0 ingot build tiny && same
}
check "fsck finds a poisoned object and --repair takes it away" fsck_finds
forged() { # a keyed result that another user made doesn't count
	rm -rf "$ws/outputs"
	(HOME=$area/other && mkdir -p "$HOME/.config" && cp -R "$area/home/.config/." "$HOME/.config" && export HOME &&
		leaves 0 ingot build tiny && same)
}
check "another user's results don't count, the bytes agree" forged

gc() {
	rm -rf "$ws/outputs"
	leaves 0 ingot stage gc && leaves 0 ingot --offline build tiny && same
}
check "gc keeps what a lock needs" gc
check "stage ls" leaves 0 ingot stage ls
stage_json() { ingot stage ls --json | jq -e .schema; }
check "stage ls --json" stage_json

# A full disk.
if need "a full disk" tmpfs; then
	mkdir -p "$area/small"
	mount -t tmpfs -o size=4m tmpfs "$area/small" && mounts+=("$area/small")
	full() {
		leaves 12 "$INGOT" -C "$ws" --stage "$area/small/stage" --outputs "$area/o" build tiny &&
			says "No space left" && leaves 0 "$INGOT" -C "$ws" --stage "$area/small/stage" stage fsck
	}
	check "a full disk is a clear exit 12, and the stage stays sound" full
	full_outputs() {
		mkdir -p "$area/small/o" && rm -rf "$area/small/stage"
		leaves 12 "$INGOT" -C "$ws" --stage "$stage" --outputs "$area/small/o" build tiny &&
			[ -z "$(ls -A "$area/small/o")" ]
	}
	check "a full disk leaves no half output" full_outputs
fi

# Folders that can't be written.
if need "a read-only recipe folder" root setpriv; then
	as() { setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$area/user" "$@"; }
	mkdir -p "$area/user" "$area/theirs"
	cp -R "$HOME/.config" "$area/user/"
	chown -R 12345:12345 "$area/user" "$area/theirs"
	chmod -R go+rX "$ws" "$area/user"
	read_only() {
		leaves 0 as "$INGOT" -C "$ws" --stage "$area/theirs/stage" --outputs "$area/theirs/outputs" build tiny &&
			[ "$(sha256sum <"$area/theirs/outputs/$(basename "$output")")" = "$digest" ]
	}
	check "a workspace that can't be written builds into other folders" read_only
	no_write() {
		mv "$lock" "$area/lock.keep"
		leaves 12 as "$INGOT" -C "$ws" --stage "$area/theirs/stage" lock tiny
		local status=$?
		mv "$area/lock.keep" "$lock"
		[ $status -eq 0 ] && says "recipes"
	}
	check "a lock that can't be written is a clear exit 12" no_write
	no_stage() { leaves 12 as "$INGOT" -C "$ws" --outputs "$area/theirs/outputs" --stage "$area/no/stage" build tiny; }
	mkdir -p "$area/no" && chmod 700 "$area/no"
	check "a stage that can't be made is a clear exit 12" no_stage
fi

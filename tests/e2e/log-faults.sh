#!/bin/bash
# A log that is killed while it grows, at every step, or whose disk is full: it stays what its
# checkpoint says, grows later, and nothing of the broken run gets into it.
. "$(dirname "$0")/lib.sh"
need "faults of logs" jq || exit 0

log=$area/log
mkdir -p "$area/entries"
for n in $(seq 300); do echo "entry $n" >"$area/entries/$n"; done
entries() { seq -f "$area/entries/%g" "$1" "$2"; } # FIRST LAST
append() { # LOG FIRST LAST
	# shellcheck disable=SC2046
	"$INGOT" log append "$1" $(entries "$2" "$3") --key "$area/a.pem" --origin log.example/faults
}
sound() { leaves 0 "$INGOT" log verify "$1" --key "$area/a.pub" && [ "$(sed -n 2p "$1/checkpoint")" = "$2" ]; } # LOG SIZE
state() { (cd "$1" && find . -mindepth 1 ! -name '.*' -printf '%P %y\n' | sort && find . -type f ! -name '.*' -exec sha256sum {} + | sort); }
same() { diff <(state "$1") <(state "$2"); }
made() {
	leaves 0 "$INGOT" keygen -o "$area/a" --no-passphrase && leaves 0 append "$log" 1 200 && leaves 0 append "$log" 201 254 &&
		cp -R "$log" "$area/after" && leaves 0 append "$area/after" 255 260 && sound "$log" 254 && sound "$area/after" 260 &&
		cp -R "$log" "$area/other" && leaves 0 append "$area/other" 281 282 && leaves 0 append "$area/other" 283 284
}
check "a log that is about to fill its first tile" made || exit 1

# ---- killed ----

steps=linkat,renameat,mkdirat,unlinkat
killed() { # STEP: at the nth call that changes the folder. Sets $got
	rm -rf "$area/to" && cp -R "$log" "$area/to"
	# shellcheck disable=SC2046
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$area/strace" -e "trace=$steps" -e "inject=$steps:signal=SIGKILL:when=$1" \
		"$INGOT" log append "$area/to" $(entries 255 260) --key "$area/a.pem" >"$area/said" 2>&1
	got=$?
}
at_each_step() {
	local n head
	for n in $(seq 200); do
		killed "$n"
		[ $got != 0 ] || { echo "$n steps"; [ "$n" -gt 10 ]; return; }
		head=$(sed -n 2p "$area/to/checkpoint")
		sound "$area/to" "$head" || return 1
		[ "$head" = 254 ] || { [ "$head" = 260 ] && same "$area/to" "$area/after" || return 1; }
		# the same again, or others: what was left is not seen
		cp -R "$area/to" "$area/to2"
		leaves 0 append "$area/to2" 255 260 && sound "$area/to2" 260 && same "$area/to2" "$area/after" || return 1
		if [ "$head" = 254 ]; then
			leaves 0 append "$area/to" 281 282 && sound "$area/to" 256 && leaves 0 append "$area/to" 283 284 && sound "$area/to" 258 || return 1
			# all that the log has, and at most a tile that lies behind its end
			diff <(state "$area/other") <(state "$area/to") | grep '^<' && return 1
		fi
		rm -rf "$area/to2"
	done
	return 1
}
if need "a log that is killed" strace; then
	check "killed at any step, a log is sound and goes on" at_each_step
fi
left() { # as an append leaves it that is killed before the checkpoint
	rm -rf "$area/to" && cp -R "$area/after" "$area/to" && cp "$log/checkpoint" "$area/to/checkpoint" && sound "$area/to" 254
}
passed_over() { # 255 was in what was left, too, as a partial tile would be
	rm -rf "$area/to" && cp -R "$log" "$area/to" && leaves 0 append "$area/to" 255 255 && cp "$log/checkpoint" "$area/to/checkpoint" &&
		sound "$area/to" 254 && leaves 0 append "$area/to" 281 283 && sound "$area/to" 257 && [ ! -e "$area/to/tile/0/000.p/255" ] &&
		[ ! -e "$area/to/tile/entries/000.p/255" ]
}
check "what was left and is passed over goes" passed_over
stands_in() { # partial tiles may be removed when there is a full one
	left && rm "$area/to/tile/0/000.p/254" "$area/to/tile/entries/000.p/254" && sound "$area/to" 254 &&
		leaves 0 append "$area/to" 281 281 && sound "$area/to" 255 && leaves 0 append "$area/to" 282 284 && sound "$area/to" 258
}
check "a full tile that stands in for a partial one stays" stands_in
grown() { # not a full tile of what was left
	left && leaves 0 append "$area/to" 281 281 && sound "$area/to" 255 && [ ! -e "$area/to/tile/0/000" ] && rm -r "$area/to/tile/0/000.p/254" &&
		leaves 0 append "$area/to" 282 284 && sound "$area/to" 258
}
check "a full tile of what was left goes" grown
older() { # FILE: of an older checkpoint
	rm -rf "$area/to" && cp -R "$log" "$area/to" && printf '\377' | dd of="$area/to/$1" bs=1 seek=9 conv=notrunc status=none &&
		leaves 7 "$INGOT" log verify "$area/to" --key "$area/a.pub" && says "$1"
}
check "a changed tile of an older checkpoint is found" older tile/0/000.p/200
check "changed entries of an older checkpoint are found" older tile/entries/000.p/200

# ---- what fails ----

unsigned() {
	rm -rf "$area/to" && cp -R "$log" "$area/to" && printf '#!/bin/sh\n[ "$1" = public-key ] || exit 3\ncat %q\n' "$area/a.pub" >"$area/signer" &&
		chmod +x "$area/signer"
	# shellcheck disable=SC2046
	"$INGOT" log append "$area/to" $(entries 255 260) --signer "exec:$area/signer" >"$area/said" 2>&1 && return 1
	cat "$area/said"
	same "$log" "$area/to" && sound "$area/to" 254
}
check "an append that is not signed leaves all as it was" unsigned
full_at() { # KIB: of a disk
	local full=$area/full
	mkdir -p "$full"
	mountpoint -q "$full" && umount "$full"
	mount -t tmpfs -o "size=512k,nr_inodes=200" none "$full" || return 1
	mounts+=("$full")
	cp -R "$log" "$full/log" && dd if=/dev/zero of="$full/room" bs=4k count="$1" status=none && cat /dev/zero >"$full/rest" 2>/dev/null
	rm "$full/room"
	append "$full/log" 255 300 >"$area/said" 2>&1
	got=$?
	[ $got = 0 ] && return
	[ $got = 12 ] && same "$log" "$full/log" && sound "$full/log" 254
}
fills_up() {
	local pages refused=0
	for pages in $(seq 0 30); do
		full_at "$pages" || { cat "$area/said"; return 1; }
		if [ $got = 0 ]; then break; fi
		refused=$((refused + 1))
	done
	umount "$area/full"
	echo "$refused times"
	[ "$got" = 0 ] && [ $refused -gt 2 ]
}
if need "a log's disk that fills up" tmpfs mountpoint; then
	check "on a disk that fills up anywhere all stays as it was" fills_up
fi

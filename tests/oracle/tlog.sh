#!/bin/bash
# Logs that ingot keeps, read by a second reader; what was changed in them is found.
. "$(dirname "$0")/../lib.sh"
area=$INGOT_TEST_SCRATCH/oracle-tlog
reader=$PWD/tests/oracle/tlog_reader.py
rm -rf "$area"
mkdir -p "$area" && cd "$area" || exit 2
export HOME=$area

"$INGOT" keygen -q -o log --no-passphrase >/dev/null && "$INGOT" keygen -q -o other --no-passphrase >/dev/null || exit 2
mkdir entries
for i in $(seq 0 599); do printf 'entry %d\n' "$i" >"entries/$(printf %03d "$i")"; done
head -c 65535 /dev/zero >entries/large
head -c 65536 /dev/zero >entries/larger
append() { "$INGOT" log append L "$@" --key log.pem --origin log.example/test >out; }
agrees() { # with the second reader, about size and root
	local ours theirs
	ours=$("$INGOT" --json log verify L --key log.pub | python3 -c \
		'import json,sys; o = json.load(sys.stdin); print(o["origin"], o["size"], o["root"])') || return 1
	theirs=$(python3 "$reader" log L log.pub) || return 1
	echo "$ours; $theirs"
	[ "$ours" = "$theirs" ]
}
grown() { # one, some, up to a full tile, past it, several tiles at once
	append entries/000 && agrees && cp L/checkpoint one && append entries/00? && agrees &&
		append entries/0?? entries/1?? entries/2[0-4]? entries/25[0-5] && agrees &&
		cp L/checkpoint full && append entries/256 && agrees && append entries/??? && agrees &&
		append entries/large && agrees && append entries/larger && agrees
}
check "a second reader agrees with each state of a log" grown
check "tiles of two levels are there" test -f L/tile/0/000 -a -f L/tile/0/001 -a -f L/tile/1/000.p/2
served() { # by a web server that knows nothing of logs
	local pid port status
	python3 -u -m http.server --bind 127.0.0.1 --directory L 0 >server 2>&1 &
	pid=$!
	for _ in $(seq 100); do grep -q 'port [0-9]' server && break; sleep 0.1; done
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' server)
	python3 "$reader" log "http://127.0.0.1:$port" log.pub >theirs && python3 "$reader" log L log.pub | cmp - theirs
	status=$?
	kill $pid
	wait $pid 2>/dev/null
	return $status
}
check "a web server's static files are the whole log" served
since() { "$INGOT" log verify L --key log.pub --since one && "$INGOT" log verify L --key log.pub --since full; }
check "a log continues its older checkpoints" since
again() { cp L/checkpoint before && append entries/00? && cmp before L/checkpoint && ! grep -q '^added' out; }
check "what is in the log is not added twice" again

proves() {
	local i
	for i in 000 001 255 256 511 512 599 large; do
		"$INGOT" log prove L entries/$i -o proof >/dev/null &&
			"$INGOT" log verify entries/$i --proof proof --key log.pub --origin log.example/test >/dev/null &&
			python3 "$reader" proof entries/$i proof log.pub || return 1
	done
	"$INGOT" log prove L entries/larger -o proof && "$INGOT" log verify entries/larger --proof proof --key log.pub
}
check "proofs hold, here and for a second reader" proves

fails() { # STATUS WORDS COMMAND...
	local status=$1 words=$2 said
	shift 2
	said=$("$@" 2>&1)
	[ $? = "$status" ] && grep -qF "$words" <<<"$said" || { echo "$said"; return 1; }
}
verify() { "$INGOT" log verify "$@"; }
check "a proof of another file fails" fails 7 "is not entry" verify entries/001 --proof proof --key log.pub
check "a proof by another log fails" fails 7 "and not of" verify entries/larger --proof proof --key log.pub --origin x
check "a proof by another key fails" fails 7 "not signed by this key" verify entries/larger --proof proof --key other.pub
check "a log of another key is not continued" fails 7 "not signed by this key" \
	"$INGOT" log append L entries/larger --key other.pem
check "what was never logged has no proof" fails 9 "is not in the log" "$INGOT" log prove L out

changed() { # FILE WORDS: one bit of a copy
	rm -rf M && cp -r L M && python3 - "M/$1" <<'EOF' || return 1
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 4
open(sys.argv[1], "wb").write(data)
EOF
	fails 7 "$2" verify M --key log.pub
}
check "a changed entry is found" changed tile/entries/001 "entry"
check "a changed leaf is found" changed tile/0/001 "do not give the root"
check "a changed upper tile is found" changed tile/1/000.p/2 "level 1"
rewritten() { # the log is made anew, with another first entry
	rm -rf M && cp L/checkpoint old && "$INGOT" log append M out entries/* --key log.pem \
		--origin log.example/test >/dev/null && fails 7 "does not continue" verify M --key log.pub --since old
}
check "a log that was rewritten is found by an old checkpoint" rewritten
cut() { rm -rf M && cp -r L M && rm -r M/tile/0/002.p && fails 7 "is not there" verify M --key log.pub; }
check "a missing tile is named" cut
crashed() { # tiles of an append that has not come to its checkpoint
	rm -rf M && cp -r L M && "$INGOT" log append M out --key log.pem >/dev/null && cp L/checkpoint M/checkpoint &&
		verify M --key log.pub && "$INGOT" log append M one --key log.pem && verify M --key log.pub --since old
}
check "an append that was cut off leaves the log as it was" crashed
both() { # of two at once, each ends well or says why
	rm -rf M && cp -r L M
	"$INGOT" log append M out --key log.pem >/dev/null 2>&1 & local first=$!
	"$INGOT" log append M one --key log.pem >/dev/null 2>&1
	wait $first
	verify M --key log.pub
}
check "two that append at once do no harm" both

#!/bin/bash
# What goes wrong while something is signed, bundled, rebuilt, reported or logged: full and
# read-only disks, Ctrl-C, readers that leave, files that are none, two at once. Nothing is
# left half-written, what was there stays, and the exit status says what it was.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "faults" apt-ftparchive gpg dpkg-deb curl jq openssl || exit 0

tiny_setup || exit 1
# Large enough that a signal meets somebody who works.
head -c 20000000 /dev/urandom >"$ws/recipes/large"
replace "$ws/recipes/tiny.yaml" '  - {path: /etc/motd, content: "tiny\n"}' '  - {path: /srv/large, from: large}'
out=$ws/outputs
name=tiny-1-container-amd64.oci.tar
image=$out/$name
bundle=$area/tiny.bundle
log=$area/log
export TMPDIR=$area/tmp
mkdir -p "$TMPDIR"
made() {
	leaves 0 ingot keygen -o "$area/a" --no-passphrase && leaves 0 ingot keygen -o "$area/b" --no-passphrase &&
		leaves 0 ingot lock tiny && leaves 0 ingot build tiny --sign-key "$area/a.pem" && leaves 0 ingot bundle tiny -o "$bundle" &&
		leaves 0 ingot log append "$log" "$image.sigstore.json" --key "$area/a.pem" --origin log.example/tiny
}
check "an image is built, signed, bundled and logged" made || exit 1
kill "$server" 2>/dev/null

# do_COMMAND FOLDER: writes into it.
do_keygen() { ingot keygen -o "$1/new" --no-passphrase; }
do_sign() { ingot sign "$1/$name" --key "$area/b.pem"; }
do_sbom() { ingot sbom "$image" -o "$1/sbom"; }
do_cyclonedx() { ingot sbom "$image" --format cyclonedx -o "$1/sbom"; }
do_bundle() { ingot bundle tiny -o "$1/bundle"; }
do_report() { ingot report "$image" -o "$1/page"; }
do_rebuild() { ingot verify "$image" --rebuild --bundle "$bundle" --sign-key "$area/b.pem" -o "$1/verdict"; }
do_append() { ingot log append "$1/log" "$area/key.pgp" --key "$area/a.pem"; }
do_prove() { ingot log prove "$log" "$image.sigstore.json" -o "$1/proof"; }
commands="keygen sign sbom cyclonedx bundle report rebuild append prove"

# What each finds in its folder. With "old" there is something to replace.
prepare() { # FOLDER COMMAND [old]
	local file
	case $2 in
	sign) cp "$out"/tiny-1-container-amd64.* "$1/" ;;
	append) cp -R "$log" "$1/log" ;;
	esac
	[ -n "${3:-}" ] || return 0
	for file in sbom bundle page verdict proof; do echo old >"$1/$file"; done
}
state() { (cd "$1" && find . -mindepth 1 -printf '%P %m %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
no_scratch() { [ -z "$(ls -A "$TMPDIR")" ] || { ls -lA "$TMPDIR"; return 1; }; }

# ---- full and read-only ----

disk() { # COMMAND: an empty disk, $full, of the size that it needs
	local size=2m
	case $1 in
	sign | bundle) size=24m ;;
	esac
	full=$area/full
	mkdir -p "$full"
	mountpoint -q "$full" && umount "$full"
	mount -t tmpfs -o "size=$size,nr_inodes=200" none "$full" || return 1
	mounts+=("$full")
}
fill() { # PAGES that stay free
	mkdir -p "$full/.fill"
	head -c "$(($1 * 4096))" /dev/zero >"$full/.fill/room"
	cat /dev/zero >"$full/.fill/rest" 2>/dev/null
	rm "$full/.fill/room"
}
is_full() { # COMMAND
	local before status
	disk "$1" || return 1
	prepare "$full" "$1" old
	fill 0
	before=$(state "$full")
	leaves 12 "do_$1" "$full"
	status=$?
	[ "$(state "$full")" = "$before" ] || { diff <(echo "$before") <(state "$full"); status=1; }
	[ $status = 0 ] && says "No space left" && no_scratch
}
is_soon_full() { # COMMAND: a little fits
	local before
	for pages in 1 2 3 5 8; do
		disk "$1" && prepare "$full" "$1" old || return 1
		fill $pages
		before=$(state "$full")
		"do_$1" "$full" >"$area/said" 2>&1
		case $? in
		0) return 0 ;;
		12) grep -q "No space left" "$area/said" && no_scratch || return 1 ;;
		*) cat "$area/said"; return 1 ;;
		esac
		[ "$(state "$full")" = "$before" ] || [ "$1" = sign ] || { diff <(echo "$before") <(state "$full"); return 1; }
		[ "$1" != sign ] || signed_whole "$full" || return 1
	done
}
# Some of the files may be signed and some not yet; each is whole.
signed_whole() {
	local f
	for f in "$1"/*.sigstore.json "$1"/*.jsonl; do jq -e . "$f" >/dev/null || return 1; done
	leaves 0 ingot verify "$1/$name" --key "$area/a.pub" && [ -z "$(find "$1" -maxdepth 1 -name '.*' -type f)" ]
}
no_inode() { # COMMAND
	local before i=0
	disk "$1" || return 1
	prepare "$full" "$1" old
	mkdir -p "$full/.fill"
	while : >"$full/.fill/$i"; do i=$((i + 1)); done 2>/dev/null
	before=$(state "$full")
	leaves 12 "do_$1" "$full" && says "No space left" && [ "$(state "$full")" = "$before" ] && no_scratch
}
is_read_only() { # COMMAND
	local before
	disk "$1" || return 1
	prepare "$full" "$1" old
	before=$(state "$full")
	mount -o remount,ro "$full" && leaves 12 "do_$1" "$full" && says "Read-only file system" && [ "$(state "$full")" = "$before" ] && no_scratch
}
log_goes_on() { # a log that could not grow grows later, and is sound in between
	disk append && prepare "$full" append && fill 1 && leaves 12 do_append "$full" &&
		leaves 0 ingot log verify "$full/log" --key "$area/a.pub" && rm -r "$full/.fill" && leaves 0 do_append "$full" &&
		leaves 0 ingot log verify "$full/log" --key "$area/a.pub" && [ "$(sed -n 2p "$full/log/checkpoint")" = 2 ]
}
no_room_to_rebuild() { # nor where it works
	disk rebuild && TMPDIR=$full leaves 12 do_rebuild "$area" && says "No space left" && [ ! -e "$area/verdict" ] && [ -z "$(ls -A "$full")" ]
}
if need "full and read-only disks" root tmpfs mountpoint; then
	for command in $commands; do
		check "$command on a full disk leaves all as it was" is_full "$command"
		check "$command on a disk that fills up leaves nothing by half" is_soon_full "$command"
		check "$command on a disk without room for a name" no_inode "$command"
		check "$command on a read-only disk" is_read_only "$command"
	done
	check "a log whose disk was full is sound, and goes on" log_goes_on
	check "verify --rebuild without room to work" no_room_to_rebuild
	umount "$area/full"
fi

# ---- Ctrl-C ----

stopped() { # SIGNAL STATUS COMMAND: at several moments, as another process would
	local seconds before n=0 got
	for seconds in 0.005 0.02 0.04 0.08 0.16; do
		rm -rf "$area/to" && mkdir "$area/to" && prepare "$area/to" "$3"
		before=$(state "$area/to")
		case $3 in
		sign) set -- "$1" "$2" "$3" sign "$area/to/$name" --key "$area/b.pem" ;;
		bundle) set -- "$1" "$2" "$3" bundle tiny -o "$area/to/bundle" ;;
		report) set -- "$1" "$2" "$3" report "$image" -o "$area/to/page" ;;
		rebuild) set -- "$1" "$2" "$3" verify "$image" --rebuild --bundle "$bundle" --sign-key "$area/b.pem" -o "$area/to/verdict" ;;
		verify) set -- "$1" "$2" "$3" verify "$image" --key "$area/a.pub" ;;
		diff) set -- "$1" "$2" "$3" diff --explain "$image" "$bundle.other" ;;
		esac
		said=$(/usr/bin/python3 tests/tools/send_signal.py "$1" "$seconds" - "$INGOT" -C "$ws" --stage "$stage" "${@:4}" 2>&1)
		got=$?
		case $got in
		"$2") n=$((n + 1)) ;;
		0) continue ;;
		*) printf 'status %s after %s s: %s\n' $got "$seconds" "$said"; return 1 ;;
		esac
		no_scratch || return 1
		grep -qE 'ended [012]\.' <<<"$said" || { echo "$said"; return 1; }
		if [ "$(state "$area/to")" != "$before" ]; then
			diff <(echo "$before") <(state "$area/to")
			return 1
		fi
	done
	echo "$n of 5 were stopped"
	[ $n -gt 0 ]
}
for command in sign bundle report rebuild verify; do
	check "Ctrl-C while $command works leaves nothing" stopped INT 130 "$command"
done

# A pipe that says nothing holds them for as long as the test wants.
(umask 077 && echo "a long one" >"$area/words")
mkfifo -m 600 "$area/silent"
waiting() { # COMMAND ARGUMENTS...
	local before got command=$1
	shift
	rm -rf "$area/to" && mkdir "$area/to" && prepare "$area/to" "$command"
	before=$(state "$area/to")
	said=$(timeout 20 /usr/bin/python3 tests/tools/send_signal.py INT 0.2 - "$INGOT" -C "$ws" --stage "$stage" "$@" 2>&1 9<>"$area/silent")
	got=$?
	echo "status $got: $said"
	[ $got = 130 ] && [ "$(state "$area/to")" = "$before" ] && no_scratch
}
leaves 0 ingot keygen -o "$area/locked" --passphrase-file "$area/words"
silent=(--passphrase-file "$area/silent")
check "Ctrl-C while keygen waits for a passphrase" waiting keygen keygen -o "$area/to/new" "${silent[@]}"
check "Ctrl-C while sign waits for a passphrase" waiting sign sign "$area/to/$name" --key "$area/locked.pem" "${silent[@]}"
check "Ctrl-C while append waits for a passphrase" waiting append log append "$area/to/log" "$area/key.pgp" --key "$area/locked.pem" "${silent[@]}"
check "Ctrl-C while verify waits for a key" waiting verify verify "$image" --key "$area/silent"
mkfifo -m 600 "$area/unopened"
unopened=(--passphrase-file "$area/unopened")
check "Ctrl-C while nobody opens the pipe of a passphrase" waiting sign sign "$area/to/$name" --key "$area/locked.pem" "${unopened[@]}"
check "Ctrl-C while nobody opens the pipe of a key" waiting verify verify "$image" --key "$area/unopened"
unread() { # a reader that neither reads nor goes
	local got
	said=$(timeout 20 /usr/bin/python3 tests/tools/send_signal.py INT 0.5 - "$INGOT" -C "$ws" --stage "$stage" bundle tiny -o - 2>&1 9<>"$area/silent" >&9)
	got=$?
	echo "status $got: $said"
	[ $got = 130 ] && no_scratch
}
check "Ctrl-C while nobody reads what is written" unread
check "SIGTERM while it is rebuilt" stopped TERM 143 rebuild

# ---- standard output ----

leaves_early() { # COMMAND...: a reader takes a line and goes
	local status
	"$@" 2>"$area/err" | head -n 1 >/dev/null
	status=${PIPESTATUS[0]}
	cat "$area/err"
	[ "$status" = 141 ] || [ "$status" = 0 ]
}
full_output() {
	local status
	"$@" >/dev/full 2>"$area/err"
	status=$?
	cat "$area/err"
	[ $status = 12 ] && no_scratch
}
talks() { # NAME COMMAND...
	local words=$1
	shift
	check "$words: a reader that leaves early" leaves_early "$@"
	[ ! -c /dev/full ] || check "$words: standard output is full" full_output "$@"
}
cp "$bundle" "$bundle.other" && echo >>"$ws/recipes/tiny.yaml" && ingot -q lock tiny && ingot -q --offline bundle tiny -o "$bundle.other"
talks "sbom" ingot sbom "$image"
talks "sbom --list" ingot sbom "$image" --list
talks "report" ingot report "$image"
talks "bundle" ingot bundle tiny -o -
talks "verify" ingot verify "$image" --key "$area/a.pub" --json
talks "verify --rebuild" ingot verify "$image" --rebuild --bundle "$bundle" --json
talks "log prove" ingot log prove "$log" "$image.sigstore.json" -o -
talks "log verify" ingot log verify "$log" --key "$area/a.pub" --json
closed() { # COMMAND: nothing of what is said gets into the file that is opened next
	rm -rf "$area/to" "$area/to2" && mkdir "$area/to" "$area/to2" && prepare "$area/to" "$1" && prepare "$area/to2" "$1"
	"do_$1" "$area/to" >"$area/said" 2>&1 || { cat "$area/said"; return 1; }
	local status
	"do_$1" "$area/to2" >&- 2>&- <&-
	status=$?
	# 12: what it has done can't be told
	[ $status = 0 ] || [ $status = 12 ] || { echo "status $status"; return 1; }
	if [ "$1" = keygen ]; then
		openssl pkey -in "$area/to2/new.pem" -noout
	else
		diff <(state "$area/to") <(state "$area/to2")
	fi
}
for command in $commands; do
	check "$command without standard input, output and error" closed "$command"
done

# ---- what is no file ----

mkdir -p "$area/odd/folder"
mkfifo "$area/odd/fifo"
: >"$area/odd/empty"
truncate -s 10G "$area/odd/sparse"
ln -s /dev/zero "$area/odd/zero"
ln -s loop "$area/odd/loop"
refused() { # COMMAND...: soon, with words, and not as a defect
	local status
	said=$(timeout 20 "$INGOT" -C "$ws" --stage "$stage" "$@" 2>&1 </dev/null)
	status=$?
	case $status in
	2 | 3 | 7 | 9 | 11 | 12) ;;
	*) printf 'status %s: %s\n%s\n' $status "$*" "$said"; return 1 ;;
	esac
	grep -q '^error' <<<"$said" && no_scratch
}
for odd in folder fifo empty sparse zero loop absent; do
	f=$area/odd/$odd
	takes() { # NAME COMMAND...
		local words=$1
		shift
		check "$words: $odd" refused "$@"
	}
	takes "verify" verify "$f" --key "$area/a.pub"
	# what is short may come through a pipe
	[ $odd = fifo ] || takes "verify --key" verify "$image" --key "$f"
	takes "verify --signature" verify "$image" --key "$area/a.pub" --signature "$f"
	[ $odd = fifo ] || takes "verify --proof" verify "$image" --key "$area/a.pub" --proof "$f" --log-key "$area/a.pub"
	takes "verify --bundle" verify "$image" --rebuild --bundle "$f"
	takes "verify --rebuild" verify "$f" --rebuild --bundle "$bundle"
	takes "verify --sign-key" verify "$image" --rebuild --bundle "$bundle" --sign-key "$f"
	takes "sign" sign "$f" --key "$area/b.pem"
	takes "sign --key" sign "$image" --key "$f"
	takes "sbom" sbom "$f"
	takes "report" report "$f"
	takes "diff" diff "$f" "$image"
	takes "diff B" diff "$bundle" "$f"
	takes "build --bundle" --offline --stage "$area/none" build tiny --bundle "$f"
	# of a large file the digest is logged: all of it is read
	[ $odd = sparse ] || takes "log prove" log prove "$log" "$f"
	[ $odd = empty ] || [ $odd = sparse ] || takes "log append" log append "$log" "$f" --key "$area/a.pem"
	[ $odd = folder ] || takes "log verify" log verify "$f" --key "$area/a.pub"
done
by_pipe() {
	leaves 0 ingot verify "$image" --key <(cat "$area/a.pub") &&
		leaves 11 timeout 20 "$INGOT" -C "$ws" verify "$image" --key <(cat /dev/zero)
}
check "a key may come through a pipe, which has an end" by_pipe
verdicts() { # a folder of odd things holds no verdict
	leaves 9 timeout 20 "$INGOT" -C "$ws" verify "$image" --threshold 1 --key "$area/a.pub" --verdict "$area/odd"
}
check "a folder of such things has no verdicts" verdicts

# ---- names and folders ----

named() { # NAME: whatever it is, an answer, and JSON
	local f=$area/to/$1 words
	rm -rf "$area/to" && mkdir "$area/to" && cp "$image" "$f" || return 1
	for words in "verify --json" "sbom --json -o $area/to/list" "report --json -o $area/to/page" "log append $area/to/log --key $area/a.pem --origin log.example/names --json" "log prove $area/to/log -o $area/to/proof --json"; do
		# shellcheck disable=SC2086
		timeout 30 "$INGOT" -C "$ws" $words -- "$f" >"$area/json" 2>"$area/said"
		case $? in
		0 | 9) ;;
		*) echo "$words"; cat "$area/said"; return 1 ;;
		esac
		jq -e . "$area/json" || return 1
	done
	no_scratch
}
check "a name with blanks" named "a name"
check "a name of two lines" named $'two\nlines'
check "a name that begins like an option" named "-o"
check "a name that is no text" named $'not\xff\xfetext'
unnamed() { cp "$image" "$area/to/"$'\xff' && leaves 2 ingot sign "$area/to/"$'\xff' --key "$area/a.pem" && says "is not UTF-8"; }
check "no signature can name it" unnamed
killed() { # what a killed run leaves goes with the next, and that of one that lives stays
	local status
	mkdir -m 700 "$TMPDIR/ingot-scratch.aaaaaa" "$TMPDIR/ingot-scratch.bbbbbb" && mkdir "$TMPDIR/ingot-scratch.aaaaaa/stage"
	exec 8<"$TMPDIR/ingot-scratch.bbbbbb" && flock -n 8 && leaves 0 ingot verify "$image" --rebuild --bundle "$bundle"
	status=$?
	exec 8<&-
	[ $status = 0 ] && [ "$(ls -A "$TMPDIR")" = ingot-scratch.bbbbbb ] && rmdir "$TMPDIR/ingot-scratch.bbbbbb"
}
need "what a killed run leaves" flock && check "what a killed run leaves goes with the next" killed

# ---- two at once ----

at_once() { # N COMMAND...: *N* of them; their statuses are in $statuses, sorted
	local n=$1 i jobs=()
	shift
	for i in $(seq "$n"); do
		eval "$(printf '%q ' "$@" | sed "s/@/$i/g")" >"$area/once.$i" 2>&1 </dev/null &
		jobs+=($!)
	done
	statuses=
	for i in "${jobs[@]}"; do
		wait "$i"
		statuses="$statuses $?"
	done
	statuses=$(tr ' ' '\n' <<<"$statuses" | sed '/^$/d' | sort -n | tr '\n' ' ')
	echo "$statuses"
}
keygens() {
	rm -f "$area/one".*
	at_once 4 do_keygen_one && [ "$statuses" = "0 2 2 2 " ] && [ "$(openssl pkey -in "$area/one.pem" -pubout)" = "$(cat "$area/one.pub")" ]
}
do_keygen_one() { ingot keygen -o "$area/one" --no-passphrase; }
check "of keygens for one name one makes a key" keygens
appends() {
	local n
	rm -rf "$area/to" && mkdir "$area/to" && cp -R "$log" "$area/to/log"
	for n in 1 2 3 4; do echo "entry $n" >"$area/entry.$n"; done
	at_once 4 ingot log append "$area/to/log" "$area/entry.@" --key "$area/a.pem"
	n=$(grep -o 0 <<<"$statuses" | wc -l)
	[ -z "$(tr -d '012 \n' <<<"$statuses")" ] && leaves 0 ingot log verify "$area/to/log" --key "$area/a.pub" &&
		[ "$(sed -n 2p "$area/to/log/checkpoint")" = $((1 + $(tr ' ' '\n' <<<"$statuses" | grep -c '^0$'))) ]
}
check "what was logged by several at once is in the log" appends
signs() { # each of the keys has signed everything
	local i
	for i in 1 2 3; do [ -e "$area/s$i.pem" ] || leaves 0 ingot keygen -o "$area/s$i" --no-passphrase || return 1; done
	rm -rf "$area/to" && mkdir "$area/to" && prepare "$area/to" sign
	at_once 3 ingot sign "$area/to/$name" --key "$area/s@.pem"
	[ "$statuses" = "0 0 0 " ] || { cat "$area"/once.*; return 1; }
	for i in 1 2 3; do leaves 0 ingot verify "$area/to/$name" --key "$area/s$i.pub" || return 1; done
	[ "$(jq -s 'all(.[]; (.signatures | length) == 4)' "$area/to/tiny-1-container-amd64.intoto.jsonl")" = true ] ||
		{ jq -c .signatures "$area/to/tiny-1-container-amd64.intoto.jsonl"; return 1; }
}
check "keys that sign at once all have signed" signs
bundles() {
	rm -rf "$area/to" && mkdir "$area/to"
	at_once 3 ingot -q --offline bundle tiny -o "$area/to/bundle" && [ "$statuses" = "0 0 0 " ] && cmp "$area/to/bundle" "$bundle.other" && [ "$(ls -A "$area/to")" = bundle ]
}
check "bundles that are written at once are one" bundles
builds() {
	rm -rf "$out"
	at_once 3 ingot -q --offline build tiny --sign-key "$area/a.pem" && [ "$statuses" = "0 0 0 " ] || { cat "$area"/once.*; return 1; }
	leaves 0 ingot verify "$image" --key "$area/a.pub" && [ -z "$(find "$out" -name '.*' -type f)" ]
}
check "builds at once leave one signed image" builds

# ---- builds beside signatures ----

hold() { # the lock of FOLDER, until release
	exec 8<"$1" && flock -n 8
}
release() { exec 8<&-; }
# waits FILE PROCESS: until it has said so in FILE
waits() {
	local i
	for i in $(seq 300); do
		grep -q "waiting for somebody who builds or signs" "$1" && return 0
		kill -0 "$2" 2>/dev/null || break
		sleep 0.1
	done
	cat "$1"
	return 1
}
sign_of_another() { # the file is replaced between reading and signing
	local process status before
	rm -rf "$area/to" && mkdir "$area/to" && prepare "$area/to" sign && before=$(state "$area/to")
	hold "$area/to" || return 1
	ingot sign "$area/to/$name" --key "$area/b.pem" >"$area/said" 2>&1 8<&- </dev/null &
	process=$!
	waits "$area/said" $process && leaves 0 ingot verify "$area/to/$name" --key "$area/a.pub" &&
		cp "$area/to/$name" "$area/to/new" && mv "$area/to/new" "$area/to/$name"
	status=$?
	release
	[ $status = 0 ] || return 1
	wait $process
	status=$?
	cat "$area/said"
	[ $status = 7 ] && grep -q "'$name' has changed since it was read" "$area/said" && [ "$(state "$area/to")" = "$before" ]
}
build_waits() { # what it has made gets its name when nobody signs there
	local process status
	rm -rf "$out" && mkdir "$out" && hold "$out" || return 1
	ingot --offline build tiny --sign-key "$area/a.pem" >"$area/said" 2>&1 8<&- </dev/null &
	process=$!
	waits "$area/said" $process && [ -z "$(ls -A "$out")" ]
	status=$?
	release
	wait $process && [ $status = 0 ] && leaves 0 ingot verify "$image" --key "$area/a.pub"
}
interrupted_wait() {
	local status
	rm -rf "$area/to" && mkdir "$area/to" && prepare "$area/to" sign && hold "$area/to" || return 1
	said=$(timeout 20 /usr/bin/python3 tests/tools/send_signal.py INT 0.7 - "$INGOT" -C "$ws" --stage "$stage" sign "$area/to/$name" --key "$area/b.pem" 2>&1 8<&-)
	status=$?
	release
	echo "$status: $said"
	[ $status = 130 ] && no_scratch
}
in_turns() { # whoever comes first: file, statements and signatures belong together
	local i status signed=0
	echo "# 0" >>"$ws/recipes/tiny.yaml"
	for i in 1 2 3 4 5 6; do
		replace "$ws/recipes/tiny.yaml" "# $((i - 1))" "# $i"
		printf 'turn %s\n' "$i" >>"$ws/recipes/large"
		ingot -q --offline lock tiny || return 1
		ingot -q --offline build tiny >"$area/built" 2>&1 </dev/null &
		status=$!
		ingot sign "$image" --key "$area/b.pem" >"$area/signed" 2>&1 </dev/null
		case $? in
		0) signed=$((signed + 1)) ;;
		7) grep -qE "has changed since it was read|are about another file" "$area/signed" || { cat "$area/signed"; return 1; } ;;
		*) cat "$area/signed"; return 1 ;;
		esac
		wait $status || { cat "$area/built"; return 1; }
		ingot verify "$image" --key "$area/b.pub" >"$area/said" 2>&1
		case $? in
		0 | 9) ;;
		*) cat "$area/said"; return 1 ;;
		esac
		# and it can be signed now: its statements are about it
		leaves 0 ingot sign "$image" --key "$area/a.pem" && leaves 0 ingot verify "$image" --key "$area/a.pub" || return 1
	done
	echo "signed meanwhile: $signed of 6"
}
if need "builds beside signatures" flock; then
	check "sign notices that the file was built anew, and writes nothing" sign_of_another
	check "build waits for who signs, and says so" build_waits
	check "Ctrl-C while sign waits for others" interrupted_wait
	check "builds and signatures at once leave what belongs together" in_turns
fi

#!/bin/bash
# On a terminal and in a pipe: what stands where, with colour and without.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "terminals" apt-ftparchive gpg dpkg-deb curl jq script || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
make_deb "$archive/pool/main" hello 1.0
make_indexes "$archive" tiny amd64 arm64
make_release "$archive" tiny alice
stage=$area/stage
tiny_workspace ws "file://$archive"
check "lock" leaves 0 ingot lock tiny
esc=$(printf '\033')

quiet() {
	rm -rf "$ws/outputs"
	[ -z "$(ingot -q build tiny 2>&1 >/dev/null)" ]
}
check "-q says nothing on stderr when all is well" quiet
data() { # stdout is data: nothing but the table or the JSON
	rm -rf "$ws/outputs"
	ingot --json build tiny >"$area/out" 2>"$area/err" && jq -e .schema "$area/out" && ! grep -q "$esc" "$area/out" "$area/err"
}
check "--json puts one document on stdout" data
table() {
	rm -rf "$ws/outputs"
	ingot build tiny >"$area/out" 2>"$area/err" || return 1
	cat "$area/out" "$area/err"
	cat "$area/out" "$area/err" | grep -q 'tiny-1-container-amd64.oci.tar' &&
		cat "$area/out" "$area/err" | grep -qE '[0-9a-f]{12}' && ! grep -q "$esc" "$area/out" "$area/err"
}
check "a pipe gets a plain table with names and digests" table
terminal() { # COMMAND: as on a terminal
	script -qefc "$1" "$area/typescript" >/dev/null </dev/null
	cat "$area/typescript"
}
cmd="$INGOT -C $ws --stage $stage"
# A changed input is worth a note.
noted() { # TEXT COMMAND
	sed -i "s/content: .*}/content: \"$1\\\\n\"}/" "$ws/recipes/tiny.yaml"
	terminal "$2 build tiny" >"$area/out"
	cat "$area/out"
	grep -q 'updated the lock' "$area/out"
}
colour() { noted one "env TERM=xterm $cmd" && grep -q "$esc\[[0-9;]*m" "$area/out"; }
check "a terminal gets colour" colour
no_colour() { noted two "env TERM=xterm NO_COLOR=1 $cmd" && ! grep -q "$esc\[[0-9;]*m" "$area/out"; }
check "NO_COLOR is honoured" no_colour
live() {
	rm -rf "$ws/outputs" "$area/stage2"
	terminal "$INGOT -C $ws --stage $area/stage2 build tiny" >"$area/out"
	grep -q 'tiny-1-container-amd64.oci.tar' "$area/out"
}
check "a build on a terminal ends in its table" live
dumb() { noted three "env TERM=dumb $cmd" && ! grep -q "$esc\[[0-9]*[A-HJK]" "$area/out"; }
check "a dumb terminal gets no cursor movement" dumb
progress() {
	local kind
	for kind in auto tty plain json none; do
		rm -rf "$ws/outputs" "$stage/results"
		ingot --progress=$kind build tiny >"$area/out" 2>"$area/err" || { echo "$kind"; cat "$area/err"; return 1; }
		if [ $kind = json ] && [ -s "$area/err" ]; then
			grep '^{' "$area/err" | jq -es 'length > 0' >/dev/null || { cat "$area/err"; return 1; }
		fi
	done
	leaves 2 ingot --progress=loud build tiny
}
check "--progress=auto|tty|plain|json|none" progress

# Every command speaks JSON with a schema.
image=$ws/outputs/tiny-1-container-amd64.oci.tar
ingot -q build tiny
for command in "check tiny" "lock tiny" "lock tiny --check" "fetch tiny" "plan tiny" "build tiny" "show $image" \
	"show $ws/recipes/tiny.lock" "ls $image" "why tiny hello" "stage ls" "stage fsck" "stage gc" "schema" \
	"explain E0302" "version" "help" "help build"; do
	speaks() {
		# shellcheck disable=SC2086 # words
		ingot --json $command >"$area/out" 2>"$area/err" || { cat "$area/out" "$area/err"; return 1; }
		jq -es 'length == 1 and (.[0] | has("schema") or has("$schema"))' "$area/out" || { head -c 600 "$area/out"; return 1; }
	}
	check "--json: ${command//$ws/WS}" speaks
done

check "help" leaves 0 "$INGOT" help
each_help() {
	local name
	for name in $("$INGOT" help --json | jq -r '.commands[].name'); do
		leaves 0 "$INGOT" help "$name" && says "$name" && leaves 0 "$INGOT" "$name" --help && says "$name" || return 1
	done
}
check "every command has help" each_help
check "version" leaves 0 "$INGOT" version
schema() {
	ingot schema >"$area/schema.json" && /usr/bin/python3 - "$area/schema.json" <<'END'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", schema["$schema"]
jsonschema.Draft202012Validator.check_schema(schema)
END
}
check "schema is a JSON Schema 2020-12" schema
for shell in bash zsh fish; do
	completes() {
		"$INGOT" completion $shell >"$area/completion.$shell" && grep -q build "$area/completion.$shell" || return 1
		if command -v $shell >/dev/null; then $shell -n "$area/completion.$shell"; fi
	}
	check "completion $shell" completes
done
completion_works() {
	bash -c '. "$1"; COMP_WORDS=(ingot bu); COMP_CWORD=1; COMP_LINE="ingot bu"; COMP_POINT=8
		f=$(complete -p ingot | sed "s/.*-F \([^ ]*\) .*/\1/"); $f; printf "%s\n" "${COMPREPLY[@]}"' - "$area/completion.bash" | grep -qx 'build *'
}
check "bash completes commands" completion_works
completion_skips() { # the value of an option before the command is none
	bash -c '. "$1"; for before in "-C verify" "--stage = verify" "--outputs verify -j 2"; do
		COMP_WORDS=(ingot $before sign --pass); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ingot
		[ "${COMPREPLY[*]}" = --passphrase-file ] || { echo "$before: ${COMPREPLY[*]}"; exit 1; }; done' - "$area/completion.bash"
}
check "bash tells the command from the values before it" completion_skips

# init: a new user's first minute.
starter() {
	rm -rf "$area/new" && leaves 0 "$INGOT" init "$area/new" && [ -d "$area/new/recipes" ] &&
		leaves 0 "$INGOT" -C "$area/new" check && leaves 0 "$INGOT" -C "$area/new" plan || [ -n "$said" ] && leaves 0 "$INGOT" -C "$area/new" check
}
check "init makes a workspace whose recipe is fine" starter
again() {
	local before
	before=$(cd "$area/new" && find . -type f | sort | xargs sha256sum)
	"$INGOT" init "$area/new" >"$area/out" 2>&1
	[ "$before" = "$(cd "$area/new" && find . -type f | sort | xargs sha256sum)" ]
}
check "init changes nothing that is there" again

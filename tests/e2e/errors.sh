#!/bin/bash
# What a user meets who does something wrong: the exit status, and words that
# say what to do.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/archive-lib.sh"
need "errors" apt-ftparchive gpg dpkg-deb curl || exit 0

archive=$area/archive
make_key alice || exit 1
export_key alice "$area/key.pgp"
make_deb "$archive/pool/main" hello 1.0
make_deb "$archive/pool/main" broken 1.0 "Depends: absent (>= 2)"
make_deb "$archive/pool/main" hater 1.0 "Conflicts: hello"
make_indexes "$archive" tiny amd64 arm64
make_release "$archive" tiny alice
stage=$area/stage
tiny_workspace ws "file://$archive"
recipe=$ws/recipes/tiny.yaml
cp "$recipe" "$area/tiny.yaml"

# fails NAME STATUS WORDS COMMAND...
fails() {
	local name=$1 status=$2 words=$3
	shift 3
	fails_so() { leaves "$status" "$@" && says "$words" && grep -qE '^(error|[^ ]*: error|help|usage)' <<<"$said" || { echo "$said"; return 1; }; }
	check "$name" fails_so "$@"
}
edited() { cp "$area/tiny.yaml" "$recipe"; replace "$recipe" "$1" "$2"; }

fails "an unknown command" 2 "build" "$INGOT" biuld
fails "help for an unknown command" 2 "build" "$INGOT" help biuld
json_says() { # FILTER COMMAND...: the error is one document on standard output
	local filter=$1
	shift
	{ "$@" --json || true; } 2>/dev/null | jq -se "length == 1 and (.[0] | $filter)" >/dev/null
}
check "a command line that can't be understood is an error in JSON, too" json_says \
	'.schema == "ingot/error/1" and .code == "E0201"' "$INGOT" verify
check "and so is an unknown option" json_says '.help == "did you mean '"'--key'"'?"' "$INGOT" verify --kye
check "an error in JSON says why the system refused" json_says \
	'.message | endswith("No such file or directory")' "$INGOT" verify "$area/absent.tar"
fails "-o FILE that is the file to be read" 2 "nothing is written to it" "$INGOT" sbom "$area/tiny.yaml" -o "$area/tiny.yaml"
check "which stays as it was" cmp "$area/tiny.yaml" "$recipe"
fails "an unknown option" 2 "--offline" "$INGOT" -C "$ws" build --ofline tiny
fails "too many arguments" 2 "" "$INGOT" -C "$ws" show a b c d
mkdir -p "$area/nowhere"
fails "no workspace" 2 "ingot init" "$INGOT" -C "$area/nowhere" build
fails "no such recipe" 2 "tiny" "$INGOT" -C "$ws" build tinny
fails "a folder that isn't there" 2 "absent" "$INGOT" -C "$area/absent" build
fails "-j 0" 2 "number of threads" "$INGOT" -C "$ws" -j 0 build tiny
fails "build --locked without a lock" 4 "ingot lock" ingot build tiny --locked

edited 'packages:' 'pakages:'
fails "an unknown key" 3 "packages" ingot check tiny
fails "and its place" 3 "recipes/tiny.yaml:7:1" ingot check tiny
edited '[hello]' '[helo]'
fails "an unknown package" 5 "hello" ingot lock tiny
fails "and its place in the recipe" 5 "recipes/tiny.yaml:7" ingot lock tiny
edited '[hello]' '["hello (>= 9)"]'
fails "a version that nobody has" 5 "1.0" ingot lock tiny
edited '[hello]' '[broken]'
fails "a dependency that nobody has" 5 "absent" ingot lock tiny
edited '[hello]' '[hello, hater]'
fails "a conflict" 5 "hater" ingot lock tiny
edited '[amd64]' '[amd65]'
fails "an unknown architecture" 3 "amd64" ingot check tiny
edited 'keyring: test' 'keyring: absent'
fails "a keyring that isn't there" 3 "absent" ingot lock tiny
edited '[tiny]' '[tinier]'
fails "a suite that no mirror is known for" 6 "tinier" ingot lock tiny
edited '"tiny\n"' '[a]'
fails "a wrong type" 3 "recipes/tiny.yaml:9" ingot check tiny
edited 'content: "tiny\n"' 'from: ../../../etc/passwd'
fails "a file outside the recipe's folder" 3 "recipes/tiny.yaml:9" ingot lock tiny
edited 'content: "tiny\n"' 'from: absent.txt'
fails "a file that isn't there" 3 "absent.txt" ingot lock tiny
cp "$area/tiny.yaml" "$recipe"
check "the recipe itself is fine" leaves 0 ingot check tiny
check "and locks" leaves 0 ingot lock tiny
check "and builds" leaves 0 ingot build tiny

# I/O.
touch "$area/file"
fails "outputs that can't be a folder" 12 "$area/file" "$INGOT" -C "$ws" --stage "$stage" --outputs "$area/file/x" build tiny
fails "a stage that can't be a folder" 12 "$area/file" "$INGOT" -C "$ws" --stage "$area/file/x" build tiny
fails "an image that isn't there" 12 "absent.tar" "$INGOT" show "$area/absent.tar"
echo nonsense >"$area/nonsense.tar"
fails "an image that isn't one" 11 "nonsense.tar" "$INGOT" show "$area/nonsense.tar"
closed() {
	local status
	"$INGOT" -C "$ws" --stage "$stage" schema >/dev/full 2>"$area/err"
	status=$?
	cat "$area/err"
	[ $status -eq 12 ]
}
if [ -c /dev/full ]; then check "standard output that is full is exit 12" closed; fi
pipe() { "$INGOT" schema | head -n 1 >/dev/null; [ "${PIPESTATUS[0]}" -ne 1 ]; }
check "a reader that leaves early is no internal error" pipe

explains() { leaves 0 "$INGOT" explain E0302 && says "unknown key"; }
check "explain CODE" explains
fails "explain of no code" 2 "" "$INGOT" explain E9999
json_error() {
	edited 'packages:' 'pakages:'
	"$INGOT" -C "$ws" --json check tiny >"$area/out" 2>"$area/err"
	[ $? -eq 3 ] || return 1
	cat "$area/out" "$area/err"
	jq -e '.schema and (.. | .code? // empty | tostring | test("302"))' "$area/out"
}
check "with --json an error is JSON" json_error

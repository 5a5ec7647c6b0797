# What every test script sources: the words of tests/run.
#   . "$(dirname "$0")/../lib.sh"
set -u
cd "${INGOT_SOURCE:-$(dirname "$0")/../..}" || exit 2
root=$PWD
INGOT=${INGOT:-$root/build/ingot}
INGOT_BUILD=${INGOT_BUILD:-$root/build}
if [ -z "${INGOT_TEST_SCRATCH:-}" ]; then
	INGOT_TEST_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/ingot-test.XXXXXX")
	chmod 755 "$INGOT_TEST_SCRATCH"
	export INGOT_TEST_SCRATCH
	trap 'chmod -R u+w "$INGOT_TEST_SCRATCH" 2>/dev/null; rm -rf "$INGOT_TEST_SCRATCH"' EXIT
fi
export INGOT INGOT_BUILD

ok() { echo "ok $*"; }
not_ok() { echo "not ok $*"; }
skip() { # NAME REASON...
	local name=$1
	shift
	echo "skip $name: $*"
}

# check NAME COMMAND...: ok if the command succeeds. Its output is shown if not.
# The command runs in this shell: it may set variables.
check() {
	# Names of its own: the command sees its caller's variables.
	local check_name=$1 check_log check_status
	shift
	check_log=$(mktemp "$INGOT_TEST_SCRATCH/check.XXXXXX")
	if "$@" >"$check_log" 2>&1; then
		rm -f "$check_log"
		ok "$check_name"
		return 0
	else
		check_status=$?
	fi
	tail -n 40 "$check_log"
	rm -f "$check_log"
	echo "# status $check_status: $*"
	not_ok "$check_name"
	return 1
}

# lint NAME: ok if standard input is empty, else shows it. For lists of offences.
lint() {
	local offences
	offences=$(cat)
	if [ -z "$offences" ]; then
		ok "$1"
	else
		printf '%s\n' "$offences"
		not_ok "$1"
	fi
}

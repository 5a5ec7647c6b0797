#!/bin/sh
# Text commands as the evaluator has them, beside the real ones: shell-text/cases.
#
#   shell-text.sh [BUILD]     BUILD has shell_tool ($INGOT_BUILD, build)
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-${INGOT_BUILD:-$here/../../build}}" && pwd) || exit 2
for program in python3 mawk sed grep; do
	command -v "$program" >/dev/null || {
		echo "skip text commands equal the real ones: no $program"
		exit 0
	}
done
case $(readlink -f "$(command -v awk)") in
*/mawk) ;;
*)
	echo "skip text commands equal the real ones: awk is not mawk"
	exit 0
	;;
esac
cmake --build "$build" --target shell_tool >/dev/null || exit 1
if python3 "$here/shell-text/run.py" "$build/shell_tool" "$here/shell-text/cases"; then
	echo "ok text commands equal the real ones"
else
	echo "not ok text commands equal the real ones"
	exit 1
fi

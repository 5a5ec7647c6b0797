#!/bin/bash
# Small scripts, evaluated over a tree and run by the real dash and bash: what they
# print and how they end must be the same. A refusal is no difference, but counted.
. "$(dirname "$0")/../lib.sh"
here=$INGOT_SOURCE/tests/oracle/shell
tool=$INGOT_BUILD/shell_tool
work=$(mktemp -d "$INGOT_TEST_SCRATCH/shell.XXXXXX") || exit 1

for shell in dash bash; do
	command -v $shell >/dev/null || {
		skip "scripts are evaluated as $shell runs them" "no $shell"
		exit 0
	}
done
cmake --build "$INGOT_BUILD" --target shell_tool >"$work/build" 2>&1 || {
	cat "$work/build"
	not_ok "shell_tool is built"
	exit 1
}

# Names of /tmp become a folder of this test, for the real shell only.
run() { # shell file: compares one script
	local shell=$1 file=$2 status expect
	rm -rf "$work/tmp" "$work/real"
	mkdir "$work/tmp" "$work/real"
	{
		echo "#!/bin/$shell"
		sed "s,/tmp,$work/tmp,g" "$file"
	} >"$work/real/script"
	(cd "$work/real" && env -i PATH="$PATH" HOME=/root LC_ALL=C $shell "$work/real/script"
		echo $? >"$work/status") 2>/dev/null </dev/null | cat >"$work/expect"
	expect=$(cat "$work/status")
	sed -i "s,$work/tmp,/tmp,g; s,$work/real/,,g" "$work/expect"
	{
		echo "#!/bin/$shell"
		cat "$file"
	} >"$work/ours"
	"$tool" --root "$work/root" "$work/ours" >"$work/got" 2>"$work/messages"
	status=$?
	if grep -q '^REFUSED' "$work/messages"; then
		refused=$((refused + 1))
		sed -n 's/^REFUSED/# refused:/p' "$work/messages"
		return 0
	fi
	[ $status = $expect ] && cmp -s "$work/expect" "$work/got" && return 0
	echo "---- $shell leaves with $expect, we with $status"
	cat "$file"
	diff "$work/expect" "$work/got" | head -n 20
	head -n 3 "$work/messages"
	return 1
}

mkdir -p "$work/root/tmp" "$work/root/usr/bin" "$work/root/root" "$work/root/etc"
install -m 755 /dev/null "$work/root/usr/bin/echo"
echo root:x:0:0:root:/root:/bin/bash >"$work/root/etc/passwd"
for shell in dash bash; do
	rm -rf "$work/split"
	mkdir "$work/split"
	awk -v to="$work/split/" '/^---$/ { n++; next } { print >(to sprintf("%04d", n)) }' \
		"$here/corpus-$shell.txt"
	refused=0 bad=0 n=0
	for file in "$work/split"/*; do
		n=$((n + 1))
		run $shell "$file" || bad=$((bad + 1))
	done
	echo "# $shell: $n scripts, $refused refused, $bad different"
	if [ $bad = 0 ]; then
		ok "$n scripts are evaluated as $shell runs them"
	else
		not_ok "$n scripts are evaluated as $shell runs them"
	fi
done

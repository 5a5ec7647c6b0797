#!/bin/bash
# update-alternatives, dpkg-divert, dpkg-statoverride, dpkg --compare-versions and the
# account programs beside the real ones. INGOT_TEST_CHROOTS names a folder with Debian
# systems (bookworm, trixie) that have adduser; without one the accounts are skipped.
. "$(dirname "$0")/../lib.sh"
here=$root/tests/oracle
work=$INGOT_TEST_SCRATCH/oracle-commands
mkdir -p "$work"
cmake --build "$INGOT_BUILD" --target oracle_units >"$work/log" 2>&1 ||
	{ cat "$work/log"; not_ok "oracle_units is built"; exit 1; }
tool=$(find "$INGOT_BUILD" -name oracle_units -type f | head -n 1)

judge() { # NAME COMMAND...: 77 is "can't run here"
	local name=$1 status
	shift
	"$@" >"$work/log" 2>&1
	status=$?
	case $status in
	0) ok "$name" ;;
	77) skip "$name" "$(tail -n 1 "$work/log")" ;;
	*) tail -n 60 "$work/log"; not_ok "$name" ;;
	esac
}

# A tree with a few files and the programs' names; $1 its folder.
small_tree() {
	rm -rf "$1"
	mkdir -p "$1"/usr/bin "$1"/etc "$1"/var/lib/dpkg/info "$1"/usr/lib
	touch "$1"/var/lib/dpkg/status "$1"/usr/bin/{dpkg,dpkg-divert,dpkg-statoverride,one,two}
	chmod 755 "$1"/usr/bin/*
	printf 'root:x:0:0::/:/bin/sh\nman:x:6:12::/:/bin/sh\n' >"$1"/etc/passwd
	printf 'root:x:0:\nman:x:12:\nadm:x:4:\n' >"$1"/etc/group
}

dpkg_tools() {
	local R=$work/tree
	command -v dpkg-divert >/dev/null || { echo "needs dpkg"; return 77; }
	[ "$(id -u)" = 0 ] || { echo "needs root"; return 77; }
	small_tree "$R"
	{
		echo '#!/bin/sh'
		while IFS= read -r line; do
			printf 'out=$(%s 2>/dev/null); echo "$? $out" >>/status\n' "$line"
		done <"$here/dpkg-tools.txt"
		echo 'exit 0'
	} >"$work/ours.sh"
	"$tool" "$R" dpkg=1.21 86400 "$work/ours.sh" \
		/status,/var/lib/dpkg/diversions,/var/lib/dpkg/statoverride >"$work/out" || return 1
	{ sed '/^== /,$d' "$work/out" | grep -E '^/(usr|etc)/' | awk '{ print $1, $2, $3, $4 }' | sort
		sed -n '/^== /,$p' "$work/out"; } >"$work/got"
	while IFS= read -r line; do
		# shellcheck disable=SC2086 # words of the line
		out=$(eval "${line%% *} --root='$R' ${line#* }" 2>/dev/null)
		echo "$? $out" | sed "s|$R||g" >>"$R/status"
	done <"$here/dpkg-tools.txt"
	{ (cd "$R" && find usr etc -mindepth 1 -printf '/%p %y %m %U:%G\n') |
		awk '{ $3 = sprintf("%04d", $3); print }' | sort
		for f in /status /var/lib/dpkg/diversions /var/lib/dpkg/statoverride; do
			echo "== $f"
			cat "$R$f"
		done; } >"$work/want"
	diff "$work/want" "$work/got"
}

compare_versions() {
	local a op b
	small_tree "$work/tree"
	echo '#!/bin/sh' >"$work/ours.sh"
	: >"$work/want"
	for a in '' 1 1.0 1:1 2~rc1 1.0-1 1.0-1~deb12u1 1-; do
		for b in '' 1 1.0 0:1.0 1:0 2 1.0-1 1.0-1+b1; do
			for op in lt le eq ne ge gt lt-nl le-nl ge-nl gt-nl '<' '<<' '<=' '=' \
				'>=' '>>' '>' xx; do
				echo "dpkg --compare-versions '$a' '$op' '$b' 2>/dev/null;" \
					"echo \"$a $op $b \$?\" >>/status" >>"$work/ours.sh"
				dpkg --compare-versions "$a" "$op" "$b" 2>/dev/null
				echo "$a $op $b $?" >>"$work/want"
			done
		done
	done
	"$tool" "$work/tree" dpkg=1.21 86400 "$work/ours.sh" /status | sed '1,/^== /d' >"$work/got"
	diff "$work/want" "$work/got"
}

judge "versions compare as dpkg compares them" compare_versions
judge "diversions and overrides are dpkg's" dpkg_tools
for seed in 1 2; do
	mkdir -p "$work/alternatives"
	judge "alternatives of seed $seed are dpkg's" \
		python3 "$here/alternatives.py" "$tool" "$work/alternatives" "$seed" 40
done
for release in bookworm trixie; do
	judge "accounts are those of $release" sh "$here/accounts.sh" "$tool" \
		"${INGOT_TEST_CHROOTS:-/nonexistent}/$release" "$work/accounts"
done

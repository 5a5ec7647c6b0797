#!/bin/sh
# The real adduser, useradd and their friends beside ours, on the same files.
#
# usage: accounts.sh TOOL CHROOT FOLDER
#
# TOOL is oracle_units. CHROOT is a Debian system with package adduser; nothing in it
# changes: it is the lower layer of an overlay. Each case is a script; afterwards
# accounts, homes and what the script printed of each status must be equal. Needs root.
set -eu
tool=$1 chroot=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C

skip() {
	echo "accounts: $1" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "$chroot/usr/sbin/adduser" ] || skip "needs a system with adduser"
day=$(($(date +%s) / 86400))
adduser=$(chroot "$chroot" dpkg-query -W -f '${Version}' adduser)
passwd=$(chroot "$chroot" dpkg-query -W -f '${Version}' passwd)
mkdir -p "$folder/o"
mount -t tmpfs tmpfs "$folder/o" || skip "needs mount"
trap 'umount "$folder/o/m" 2>/dev/null || :; umount "$folder/o"' EXIT

# Accounts with homes; $1 a root.
state() (
	cd "$1"
	for f in passwd group shadow gshadow subuid subgid; do
		[ ! -f "etc/$f" ] || { echo "== /etc/$f"; cat "etc/$f"; }
	done
	echo "== /status"
	cat status
	find home var/lib srv opt -cnewer stamp ! -path 'var/lib/dpkg*' \
		-printf '/%p %y %m %U:%G\n' | sort
)

failed=0
while IFS= read -r line; do
	[ -n "$line" ] || continue
	rm -rf "$folder/o/u" "$folder/o/w" "$folder/r"
	mkdir -p "$folder/o/u" "$folder/o/w" "$folder/o/m" "$folder/r"
	mount -t overlay overlay -o "lowerdir=$chroot,upperdir=$folder/o/u,workdir=$folder/o/w" \
		"$folder/o/m" || skip "needs overlay file systems"
	m=$folder/o/m
	# What is compared, and stubs of all programs: enough for ours.
	touch "$m/stamp"
	(cd "$m" && tar cf - etc home srv opt --exclude='var/lib/dpkg/info' var/lib/dpkg) |
		tar xf - -C "$folder/r"
	mkdir -p "$folder/r/usr/bin" "$folder/r/usr/sbin" "$folder/r/var/lib"
	(cd "$m" && find usr/bin usr/sbin -type f -o -type l) | while IFS= read -r f; do
		: >"$folder/r/$f"
		chmod 755 "$folder/r/$f"
	done
	ln -s usr/bin "$folder/r/bin"
	ln -s usr/sbin "$folder/r/sbin"
	echo "$line" | tr ';' '\n' | sed 's/^ *//; s|$| >/dev/null 2>\&1; echo $? >>/status|' \
		>"$folder/body"
	{ echo '#!/bin/sh'; cat "$folder/body"; echo 'exit 0'; } >"$folder/script"
	cp "$folder/script" "$m/script"
	chmod 755 "$m/script"
	sleep 0.02
	chroot "$m" /script </dev/null
	state "$m" >"$folder/want"
	umount "$m"
	"$tool" "$folder/r" "adduser=$adduser,passwd=$passwd" "$((day * 86400))" "$folder/script" \
		/etc/passwd,/etc/group,/etc/shadow,/etc/gshadow,/etc/subuid,/etc/subgid,/status \
		>"$folder/out" 2>"$folder/messages" || { cat "$folder/messages"; exit 1; }
	{
		sed -n '/^== /,$p' "$folder/out"
		(cd "$folder/r" && find home srv opt var/lib -printf '/%p\n') | sort >"$folder/had"
		sed '/^== /,$d' "$folder/out" | awk '{ print $1, $2, $3, $4 }' |
			grep -E '^/(home|srv|opt|var/lib)/' | grep -v '^/var/lib/dpkg' | sort |
			awk 'NR == FNR { had[$1] = 1; next } !($1 in had) { sub(/^0+/, "", $3);
				print }' "$folder/had" -
	} >"$folder/got"
	# Folders that only hold what is new are new to find as well.
	grep -v -E '^/(home|srv|opt|var/lib) d ' "$folder/want" >"$folder/want2" || :
	if [ -s "$folder/messages" ] || ! cmp -s "$folder/want2" "$folder/got"; then
		echo "accounts: differs: $line"
		cat "$folder/messages"
		diff "$folder/want2" "$folder/got" || :
		failed=1
	fi
done <"$here/accounts.txt"
[ "$failed" = 0 ] && echo "accounts: all cases are equal"
exit "$failed"

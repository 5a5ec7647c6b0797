#!/bin/bash
# A location is never part of the project: no mirror or registry host, and no
# path of the machine that somebody worked on. The hosts are taken from this
# machine's own configuration, so that the list does not name them either.
. "$(dirname "$0")/../lib.sh"

hosts=$({
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		awk '/^URIs:/ { for (i = 2; i <= NF; i++) print $i }
		     $1 == "deb" || $1 == "deb-src" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; break } }'
	if command -v npm >/dev/null; then timeout 20 npm config get registry 2>/dev/null; fi
	cat ~/.config/pip/pip.conf /etc/pip.conf 2>/dev/null | sed -n 's/^index-url *= *//p'
} | sed -n 's#^[a-z+]*://\([^/:]*\).*#\1#p' | sort -u | grep -v '^localhost$')
if [ -n "$hosts" ]; then
	git grep -nIF -f <(printf '%s\n' "$hosts") -- . ':!LICENSE' |
		lint "no mirror or registry is named"
else
	skip "no mirror or registry is named" "this machine has no configuration to compare with"
fi

# The folder above the checkout, the user's home and the build folder: where
# they are special enough to be somebody's own.
for path in "$(dirname "$root")/" "$HOME/"; do
	case $path in
	/ | // | /tmp/ | /root/ | /home/ | /src/ | /build/) continue ;;
	esac
	git grep -nIF -e "$path" -- .
done | lint "no path of this machine is named"

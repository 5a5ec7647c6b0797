#!/bin/sh
# build.sh FOLDER - packages whose scripts write down what debconf answers: the cases by
# `demo`, what is left over between scripts by all of them, in /var/lib/demo-result.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
rm -rf "$out"
mkdir -p "$out"

control() { # NAME DEPENDS
	mkdir -p "$out/$1/DEBIAN"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\n' "$1"
	printf 'Depends: %s\nDescription: for a test\n' "$2"
}
finish() { # NAME
	chmod 755 "$out/$1/DEBIAN"/*
	dpkg-deb --root-owner-group -Zgzip -b "$out/$1" "$out/$1.deb" >/dev/null
}
# The words of a line as a command, and what comes of it.
asked() {
	while IFS= read -r line; do
		printf 'RET=unset; status=0; %s || status=$?; echo "%s: $status [$RET]" >>$R\n' \
			"$line" "$(printf %s "$line" | sed 's/["\\]/\\&/g')"
	done
}

control demo debconf >"$out/control"
mv "$out/control" "$out/demo/DEBIAN/control"
cp "$here/templates" "$out/demo/DEBIAN/templates"
mkdir -p "$out/demo/usr/share/demo"
printf 'Template: more/question\nType: string\nDefault: more\nDescription: more\n' \
	>"$out/demo/usr/share/demo/more.templates"
cat >"$out/demo/DEBIAN/config" <<'END'
#!/bin/sh
R=/var/lib/demo-result
echo "config $* ${DEBIAN_HAS_FRONTEND-no} ${DEBCONF_REDIR-no} ${EXPORTED-no}" >>$R
. /usr/share/debconf/confmodule
db_get demo/bool; echo "config sees $RET" >>$R
db_set demo/bool false
db_input high demo/answered; echo "$?" >>$R
db_input high demo/password || true
db_go
db_fget demo/password seen; echo "in config $RET" >>$R
END
cat >"$out/demo/DEBIAN/preinst" <<'END'
#!/bin/sh
set -e
echo "preinst starts ${DEBIAN_HAS_FRONTEND-no}" >>/var/lib/demo-result
EXPORTED=yes; export EXPORTED
KEPT=yes
. /usr/share/debconf/confmodule
echo "preinst goes on ${KEPT-no} $RET" >>/var/lib/demo-result
db_get demo/bool
echo "preinst $RET" >>/var/lib/demo-result
db_fget demo/password seen
echo "preinst $RET" >>/var/lib/demo-result
END
{
	cat <<'END'
#!/bin/sh
R=/var/lib/demo-result
echo "postinst starts $* ${DEBIAN_HAS_FRONTEND-no}" >>$R
echo said before
. /usr/share/debconf/confmodule
echo said to nobody
read -r early; echo "early: $early" >>$R
END
	asked <"$here/cases"
	cat <<'END'
unset IFS
db_get demo/bool
echo "IFS: ${IFS-unset}|${IFS+set}" >>$R
set -- $(printf 'a b\nc')
echo "words: $#" >>$R
IFS=:
db_set demo/string x y
db_get demo/string; echo "joined $RET" >>$R
unset IFS
x=$(db_get demo/bool; echo "$RET"); echo "in a subshell $x" >>$R
echo "GET demo/bool" >&3; read -r reply; echo "by hand: $reply" >>$R
(exec 1>&3; echo "GET demo/answered"); read -r reply; echo "by fd: $reply" >>$R
sh -c '. /usr/share/debconf/confmodule; db_get demo/bool; echo "child $RET" >>/var/lib/demo-result'
echo "variables: ${DEBCONF_REDIR-no} ${DEBIAN_HAS_FRONTEND-no} ${DEBCONF_OLD_FD_BASE-no}" >>$R
db_input high demo/string || true
db_go
db_fset demo/string seen false
db_stop
echo "after stop $?" >>$R
END
} >"$out/demo/DEBIAN/postinst"
finish demo

# What the conversations before have left, and a failing question under set -e.
control demo-after demo >"$out/control"
mv "$out/control" "$out/demo-after/DEBIAN/control"
cat >"$out/demo-after/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
R=/var/lib/demo-result
. /usr/share/debconf/confmodule
for q in string bool answered select password note none error; do
	db_get demo/$q || true
	echo "$q: $RET" >>$R
	db_fget demo/$q seen
	echo "$q seen: $RET" >>$R
done
db_get more/question; echo "more: $RET" >>$R
db_purge
db_get more/question || echo "gone $?" >>$R
if db_get demo/nowhere; then echo yes >>$R; else echo "no $?" >>$R; fi
trap 'echo "ends $?" >>$R' EXIT
(db_get demo/nowhere; echo never >>$R) || echo "failed $?" >>$R
END
finish demo-after

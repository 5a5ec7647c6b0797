#!/bin/bash
# The file tools of the evaluator against the real ones: each line of file-cases.txt is
# run by sh with coreutils, findutils and debianutils in a fresh folder, and evaluated
# over a tree that equals that folder. Standard output, status and the trees that
# result (kind, mode, owner, content, link target, hard links, xattrs; of times
# whether they were kept) must be the same. Needs root: owners are compared.
. "$(dirname "$0")/../lib.sh"
umask 022
[ "$(id -u)" = 0 ] || { skip file-tools "needs root"; exit 0; }
tool=$INGOT_BUILD/oracle_files
cmake --build "$INGOT_BUILD" --target oracle_files >/dev/null || exit 2
cases=$root/tests/oracle/file-cases.txt
work=$INGOT_TEST_SCRATCH/file-tools
mkdir -p "$work"
cd "$work" || exit 2

start() { # makes the folder w here
	(
		umask 022
		mkdir w && cd w || exit 1
		mkdir -p d/sub e sg parts
		printf 'one\n' >a
		printf 'two\nlines\n' >b
		printf 'x\n' >d/x
		printf 'y\n' >d/y
		printf 'z\n' >d/sub/z
		printf 'first\n\n\n\nsecond\tafter a tab\nlast without newline' >d/lines
		printf 'caf\303\251 \001\033\177\200\377\n' >d/bytes
		ln -s ../x d/sub/up
		: >z
		printf 'hard\n' >h1 && ln h1 h2
		ln -s a la && ln -s d ld && ln -s nowhere dang
		ln -s loop2 loop1 && ln -s loop1 loop2
		printf 'suid\n' >s && chmod 4755 s
		chmod 2775 sg && chown 0:50 sg
		printf 'private\n' >p && chown 3:4 p && chmod 600 p
		printf 'whose\n' >u && chown 4711:4712 u
		printf 'capable\n' >c && setcap cap_net_raw+ep c
		mkfifo f
		mkdir t1 && chmod 1777 t1 && printf 't\n' >t1/t && chown 6:8 t1
		for n in p1.sh p2 p3~ p4; do
			printf '#!/bin/sh\necho %s "$@"\n' "$n" >parts/$n && chmod 755 parts/$n
		done
		printf 'exit 3\n' >>parts/p2
		chmod 644 parts/p4
		find . \( -type f -o -type l \) -exec touch -h -d @1000000000 {} +
	)
}

# The evaluator's root: the same, accounts, and a name on PATH for each command.
mkdir -p root/etc root/usr/bin root/tmp && chmod 1777 root/tmp && (cd root && start)
ln -s usr/bin root/bin
cp /etc/passwd /etc/group root/etc
for command in $(sed -n 's/^\t{ "\([^"]*\)".*/\1/p' "$root"/src/shell/tool_{files,text}.c \
	2>/dev/null) cut cmp grep sort sed awk sh \
	echo printf true false test; do
	: >"root/usr/bin/$command" && chmod 755 "root/usr/bin/$command"
done

"$tool" run root <"$cases" >ours 2>ours.err || { not_ok "the evaluator runs"; head ours.err; }

mkdir real template && (cd template && start)
n=0
while IFS= read -r case; do
	n=$((n + 1))
	mkdir "real/$n" && cp -a template/w "real/$n/w"
	printf '%s\n' "$case" >"real/$n/script"
	(cd "real/$n/w" && env -i PATH="$PATH" LC_ALL=C.UTF-8 sh ../script >../stdout \
		2>/dev/null </dev/null)
	echo $? >"real/$n/status"
done < <(grep -v -e '^#' -e '^$' "$cases")
"$tool" dump real <"$cases" >theirs || not_ok "the real trees are read"

# Folders of cases side by side: one difference is one test that fails.
python3 - ours theirs <<'END'
import sys
def read(path):
    out, name = {}, None
    for line in open(path, encoding="utf-8", errors="surrogateescape"):
        if line.startswith("== "):
            name = line[3:].rstrip("\n"); out[name] = []
        elif name is not None:
            out[name].append(line.rstrip("\n"))
    return out
ours, theirs = read(sys.argv[1]), read(sys.argv[2])
for name, want in theirs.items():
    have = ours.get(name)
    if have == want:
        print("ok", name)
        continue
    print("not ok", name)
    if have is None:
        print("    not evaluated"); continue
    for line in have:
        if line not in want: print("    ours:  ", line)
    for line in want:
        if line not in have: print("    theirs:", line)
END

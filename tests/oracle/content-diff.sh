#!/bin/bash
# What differs in two files: `diff -u` and patch judge texts, readelf and nm ELF files.
. "$(dirname "$0")/../lib.sh"
for program in diff patch python3 gcc readelf nm; do
	type "$program" >/dev/null 2>&1 || { skip content-diff "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target content_tool >/dev/null || exit 2
tool=$INGOT_BUILD/content_tool
work=$INGOT_TEST_SCRATCH/content-diff
mkdir -p "$work/text" "$work/elf"

# ---- text ----

cd "$work/text" || exit 2
# Pairs NAME.a, NAME.b: edits of a real text and of few words, which match everywhere.
python3 - "$root/docs" <<'END'
import glob, random, sys
random.seed(5)
texts = [open(f).read().splitlines(True) for f in sorted(glob.glob(sys.argv[1] + "/*.md"))]
# Long lines are shown in part.
texts = [t for t in texts if max(map(len, t)) < 390][:12]
texts += [[random.choice("abcd\n{}") .strip() + "\n" for _ in range(random.randrange(1, 120))] for _ in range(40)]
def edited(lines):
	lines = list(lines)
	for _ in range(random.randrange(1, 9)):
		at = random.randrange(len(lines) + 1)
		n = random.randrange(0, 6)
		what = random.randrange(4)
		if what == 0: del lines[at:at + n]
		elif what == 1: lines[at:at] = [random.choice(lines or ["x\n"]) for _ in range(n)]
		elif what == 2: lines[at:at + n] = ["new %d\n" % random.randrange(5) for _ in range(n)]
		else: lines[at:at] = lines[at:at + n]
	if lines and random.randrange(4) == 0: lines[-1] = lines[-1].rstrip("\n") or "x"
	return lines
for i in range(120):
	a = texts[i % len(texts)]
	b = edited(a)
	if a == b: continue
	open("%03d.a" % i, "w").write("".join(a))
	open("%03d.b" % i, "w").write("".join(b))
END

changed() { grep -c "^[-+]" "$1"; }
judge() {
	local a b n=0 same=0 wrong=0
	for a in *.a; do
		b=${a%.a}.b
		diff -d -u "$a" "$b" | tail -n +3 >theirs
		"$tool" diff "$a" "$b" | tail -n +2 >ours
		n=$((n + 1))
		cmp -s ours theirs && same=$((same + 1))
		# As few lines as there can be, and they lead from A to B.
		if [ "$(changed ours)" -ne "$(changed theirs)" ]; then
			echo "$a: $(changed ours) changed lines, diff -d has $(changed theirs)"
			wrong=$((wrong + 1))
		fi
		{ printf '%s\n' '--- a' '+++ b'; cat ours; } | patch -s -o patched "$a" && cmp patched "$b" || {
			echo "$a: patch does not lead to B"
			wrong=$((wrong + 1))
		}
	done
	echo "$n pairs, $same told as diff does, $wrong wrong"
	[ "$n" -gt 100 ] && [ "$wrong" -eq 0 ] && [ $((same * 10)) -ge $((n * 8)) ]
}
check "texts: patch leads from A to B, with as few lines as diff -d" judge

# ---- ELF ----

cd "$work/elf" || exit 2
cat >x.c <<'END'
#include <stdio.h>
int table[4] = { 1, 2, 3, 4 };
static int helper(int x) { return x * 3 + 1; }
int work(int x) { int s = 0; for (int i = 0; i < x; i++) s += helper(i) ^ table[i & 3]; return s; }
int main(int argc, char **argv) { (void)argv; printf("%d\n", work(argc)); return 0; }
END
compiled() { gcc -O0 -Wl,--build-id="${2:-none}" x.c -o "$1"; }
compiled one && compiled id1 0x1111111111111111111111111111111111111111 &&
	compiled id2 0x2222222222222222222222222222222222222222 || exit 2
gcc -O0 -c x.c -o one.o
sed -i 's/x \* 3 + 1/x * 3 + 7/' x.c
compiled constant && gcc -O0 -c x.c -o constant.o
sed -i 's/{ 1, 2, 3, 4 }/{ 1, 2, 9, 4 }/' x.c && compiled data
sed -i 's/s = 0;/s = 0; if (x > 100) return puts("much");/' x.c && compiled longer

# What `nm` says: OFFSET of a symbol's first byte in the file, by .text's own place.
place_of() { # FILE SYMBOL SECTION
	local value section
	value=$(nm "$1" | awk -v s="$2" '$3 == s { print $1 }')
	section=$(readelf -W -S "$1" | sed -n 's/^ *\[ *[0-9]*\] //p' | awk -v s="$3" '$1 == s { print $3, $4 }')
	echo $((16#$value - 16#${section% *} + 16#${section#* }))
}
size_of() { nm -S "$1" | awk -v s="$2" '$4 == s { print $2 }'; }
section_size() { readelf -W -S "$1" | sed -n 's/^ *\[ *[0-9]*\] //p' | awk -v s="$2" '$1 == s { print $5 }'; }

one_byte() { # FILE OTHER SECTION KIND SYMBOL: the only byte that differs, named
	local at start
	at=$(cmp -l "$1" "$2" | awk '{ print $1 - 1 }')
	"$tool" diff "$1" "$2" | tee got
	start=$(place_of "$1" "$5" "$3")
	grep -qx "$at-$((at + 1)) section $3, $4 $5+0x$(printf %x $((at - start)))" got &&
		grep -qE "^  $4 $5: 1 of [0-9]+ bytes differ$" got && [ "$(grep -c '^section' got)" -eq 1 ]
}
check "one function: its name and the offset in it, as nm has it" one_byte one constant .text function helper
check "one object: its name and the offset in it" one_byte constant data .data object table
check "a relocatable file: values count from the section" eval \
	'"$tool" diff one.o constant.o | tee got && grep -q "section .text, function helper+0x" got'

build_id() {
	"$tool" diff id1 id2 | tee got
	local a b
	a=$(readelf -n id1 | sed -n 's/.*Build ID: //p')
	b=$(readelf -n id2 | sed -n 's/.*Build ID: //p')
	[ "$(grep -c '^section' got)" -eq 1 ] &&
		grep -qx "section .note.gnu.build-id: 20 of 36 bytes differ, build id $a -> $b" got
}
check "two builds that differ in their build id only" build_id

grown() {
	"$tool" diff data longer | tee got
	grep -qx "  function work: $((16#$(size_of data work))) -> $((16#$(size_of longer work))) bytes" got &&
		grep -qx "section .text: $((16#$(section_size data .text))) -> $((16#$(section_size longer .text))) bytes" got &&
		[ "$(grep -A1 '^section .text' got | tail -n 1 | cut -d: -f1)" = "  function work" ]
}
check "a function that grew is named first, sizes as nm and readelf have them" grown

sections() { # every section that differs by readelf's table, and no other, is told
	local name
	section_bytes() { # FILE SECTION
		local place
		place=$(readelf -W -S "$1" | sed -n 's/^ *\[ *[0-9]*\] //p' | awk -v s="$2" '$1 == s { print $4, $5 }')
		tail -c +$((16#${place% *} + 1)) "$1" | head -c $((16#${place#* }))
	}
	readelf -W -S data | sed -n 's/^ *\[ *[0-9]*\] //p' | awk '$2 != "NOBITS" && $1 ~ /^\./ { print $1 }' | while read -r name; do
		cmp -s <(section_bytes data "$name") <(section_bytes longer "$name") || echo "section $name"
	done | sort >want
	"$tool" diff data longer | grep '^section \.' | cut -d: -f1 | sort >got
	diff want got
}
check "exactly the sections that differ by readelf's table" sections
stripped() {
	strip -o s1 one && strip -o s2 constant && "$tool" diff s1 s2 | tee got && grep -q '^elf' got && grep -q ' section .text' got
}
check "stripped files: the section at least" stripped
cut_short() {
	local n
	for n in 16 64 100 1000 4000 12000 15000; do
		head -c $n one >short && "$tool" diff short constant >got && grep -qE '^(bytes|elf)' got || return 1
	done
}
check "files that are cut short are told all the same" cut_short

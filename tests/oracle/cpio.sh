#!/bin/bash
# Archives for the kernel's initramfs: GNU cpio and bsdtar unpack what was packed, with
# owners, modes, times, hard links and devices.
. "$(dirname "$0")/../lib.sh"
for program in cpio python3; do
	type "$program" >/dev/null 2>&1 || { skip cpio "no $program"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { skip cpio "devices and owners need root"; exit 0; }
cmake --build "$INGOT_BUILD" --target disk_tool >/dev/null || exit 2
tool=$INGOT_BUILD/disk_tool
here=$PWD/tests/oracle
work=$INGOT_TEST_SCRATCH/cpio
mkdir -p "$work"
cd "$work" || exit 2

# The root folder is none of an archive's members; GNU cpio sets no times of links.
rows() { grep -v '^/ d ' | if [ "$1" = cpio ]; then awk '$2 == "l" { $6 = "-" } 1'; else cat; fi; }

unpacked() { # PROGRAM TREE
	rm -rf out
	mkdir out
	"$tool" cpio "$2" >archive && [ $(($(stat -c %s archive) % 512)) -eq 0 ] || return 1
	if [ "$1" = cpio ]; then
		(cd out && cpio --quiet -idm <../archive) || return 1
	else
		bsdtar -xpf archive -C out || return 1
	fi
	"$tool" rows "$2" | rows "$1" >want
	"$here/folder_rows.py" out | rows "$1" >got
	diff want got
}

cat >small <<'TREE'
dir /a 0755 0 0
file /a/one 4755 1000 1000 1600000000 data-of-three-names
link /a/two /a/one
link /z /a/one
file /empty 0600 0 0 1600000000
file /later 0644 0 0 1900000000 clamped
file /earlier 0644 0 0 0 x
symlink /link 0 0 1600000000 a/one
symlink /long 0 0 1600000000 {4095:t}
fifo /pipe 0622 0 0 1600000000
char /console 0600 0 5 1600000000 5 1
block /disk 0660 0 6 1600000000 259 1048575
link /disk2 /disk
dir /{255:d} 1777 0 0
file /{255:d}/%c3%a4 0644 65534 65534 1600000000 4-%00-bytes
TREE
for program in cpio bsdtar; do
	type "$program" >/dev/null 2>&1 || { skip "$program" "not installed"; continue; }
	check "$program: every kind of file" unpacked "$program" text:small
	for seed in 1 2 3; do
		check "$program: random tree $seed" unpacked "$program" "case:random=$seed"
	done
	check "$program: 1000 names of one file" unpacked "$program" case:links=1000
	check "$program: a file of 70 MiB with holes" unpacked "$program" case:sparse=73400320
done
listed() {
	"$tool" cpio case:entries=20000 >archive && cpio --quiet -t <archive | sort | uniq | wc -l >n
	cat n
	[ "$(cat n)" -eq "$("$tool" rows case:entries=20000 | grep -vc '^/ d')" ]
}
check "cpio -t lists 20,000 names" listed

refused() {
	printf '%s\n' "$1" >bad
	! "$tool" cpio text:bad >archive 2>said && cat said && [ ! -s archive ]
}
check "a file of 4 GiB is refused" refused "zeros /big 0644 0 0 0 4294967296"
check "a name that ends the archive is refused" refused "file /TRAILER!!! 0644 0 0 0"
same() { "$tool" cpio case:random=7 >one && "$tool" cpio case:random=7 | cmp - one; }
check "twice the same bytes" same

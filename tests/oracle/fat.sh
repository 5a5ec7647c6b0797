#!/bin/bash
# FAT32 volumes against fsck.fat, mtools and blkid: clean, every file comes back byte for
# byte under its name, at all sizes of clusters.
. "$(dirname "$0")/../lib.sh"
for program in fsck.fat mdir mcopy minfo blkid; do
	type "$program" >/dev/null 2>&1 || { skip fat "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target disk_tool >/dev/null || exit 2
tool=$INGOT_BUILD/disk_tool
work=$INGOT_TEST_SCRATCH/fat
mkdir -p "$work"
cd "$work" || exit 2
export MTOOLS_SKIP_CHECK=0 MTOOLSRC=/dev/null
seq 3000000 | head -c 20000000 >noise
mib=1048576

# clean SIZE ARGUMENT...: also that nothing but the named files is there.
clean() {
	local size=$1 arg out
	shift
	"$tool" fat "$@" >volume || return 1
	[ "$(stat -c %s volume)" -eq "$size" ] || { stat -c %s volume; return 1; }
	fsck.fat -nv volume | tee said
	# fsck.fat counts the root folder as a file
	grep -qiE 'differ|wrong|bad|error|unused|reclaim|orphan|dirty|invalid' \
		<(grep -v '^Checking for' said) && return 1
	for arg in "${@:4}"; do
		out=$(mktemp -p .)
		rm -f "$out"
		mcopy -n -i volume "::${arg%%=*}" "$out" && cmp "$out" "${arg#*=}" || return 1
		rm -f "$out"
	done
	mdir -/ -b -i volume :: | grep -v '/$' | sort >names
	printf '::/%s\n' "${@:4}" | sed 's/=.*//' | sort | diff - names
}
head -c 0 noise >empty
for n in 1 511 512 513 4096 100000; do head -c "$n" noise >"bytes$n"; done

# mdir leaves status 1 where there is nothing
nothing() { "$tool" fat 0 ESP 0 >volume && fsck.fat -n volume && [ "$(stat -c %s volume)" -eq $((33 * mib)) ]; }
check "an empty volume has 33 MiB" nothing
check "a kernel image" clean $((33 * mib)) 0 ESP 1700000000 EFI/BOOT/BOOTX64.EFI=noise
check "sizes around a cluster" clean $((33 * mib)) 0 ESP 1700000000 empty=empty A=bytes1 \
	B=bytes511 C=bytes512 D=bytes513 E=bytes4096 F=bytes100000
long=$(printf 'n%.0s' {1..255})
check "long names, other case, blanks, dots" clean $((33 * mib)) 0 ESP 1700000000 \
	"$long=bytes1" "efi/$long=bytes513" "two words.txt=bytes512" ".hidden=bytes1" "a.b.c.d=empty" \
	"Makefile=bytes4096" "x+y,z;=bytes511" "nnnnnnn~1=bytes100000" "LONGER~1.TXT=bytes512" \
	"longer name.txt=bytes513" "longer name 2.txt=bytes1"
many=()
for i in {1..3000}; do many+=("many/entry number $i=bytes1"); done
check "a folder of 3000 long names, with one beginning" clean $((33 * mib)) 0 "" 1700000000 "${many[@]}"
deep=a
for i in {1..60}; do deep+=/folder-$i; done
check "60 folders deep" clean $((33 * mib)) 0 DEEP 1700000000 "$deep/file=bytes513"

# Where the specification's table makes clusters larger, and around it.
for row in "260 512" "261 4096" "8192 4096" "8193 8192" "16384 8192" "16385 16384" "32768 16384" \
	"32769 32768"; do
	read -r size bytes <<<"$row"
	sized() {
		"$tool" fat $((size * mib)) ESP 1700000000 EFI/BOOT/BOOTX64.EFI=noise e=empty >volume &&
			fsck.fat -nv volume >said && grep -q " $bytes bytes per cluster" said &&
			mcopy -n -i volume ::EFI/BOOT/BOOTX64.EFI out && cmp out noise
		local status=$?
		rm -f out volume
		return $status
	}
	check "a volume of $size MiB has clusters of $bytes bytes" sized
done
truncate -s 226M zeros
check "226 MiB of data fit into 260 MiB" clean $((260 * mib)) $((260 * mib)) ESP 0 zeros=zeros
truncate -s 262M zeros
check "the size is found for 262 MiB of data" clean $((263 * mib)) 0 ESP 0 zeros=zeros

refused() { ! "$tool" fat "$@" >volume 2>said && cat said && [ ! -s volume ]; }
check "a volume too small for FAT32 is refused" refused $((32 * mib)) ESP 0
check "so are files that do not fit" refused $((260 * mib)) ESP 0 zeros=zeros
grep -q 'they need 263 MiB' said && ok "the message says what they need" || not_ok "the message says what they need"
check "names that differ in case only are refused" refused 0 ESP 0 EFI/a=empty efi/b=empty
check "a file that is a folder as well is refused" refused 0 ESP 0 EFI=empty EFI/b=empty
check "names that FAT can't hold are refused" refused 0 ESP 0 'a:b=empty'
check "names that Windows would change are refused" refused 0 ESP 0 'a.=empty'

"$tool" fat 0 "MY-ESP_1 2" 1700000001 f=bytes1 >volume
label() {
	blkid -p -o export volume
	blkid -p -o export volume >said
	grep -qx 'LABEL=MY-ESP_1\\ 2' said && grep -qx 'UUID=1A2B-3C4D' said && grep -qx 'VERSION=FAT32' said &&
		minfo -i volume | grep -q 'disk label="MY-ESP_1 2 "'
}
check "label and serial number" label
times() { # EPOCH TEXT: local time is what FAT has, and mdir prints it as it is
	"$tool" fat 0 ESP "$1" f=bytes1 >volume && mdir -i volume ::f && mdir -i volume ::f | grep -q "$2"
}
check "2023-11-14" times 1700000001 '2023-11-14  22:13'
check "a leap day" times 1709164800 '2024-02-29   0:00'
check "the last second of a year" times 1735689599 '2024-12-31  23:59'
check "2100 is no leap year" times 4107542400 '2100-03-01   0:00'
check "before 1980 is 1980" times 0 '1980-01-01   0:00'
check "after 2107 is the end of 2107" times 9999999999 '2107-12-31  23:59'

reverse() { # the order of arguments is no matter
	"$tool" fat 0 ESP 0 b=bytes1 a/c=bytes512 a/b=empty >one && "$tool" fat 0 ESP 0 a/b=empty a/c=bytes512 b=bytes1 >two &&
		cmp one two
}
check "the same bytes for any order of files" reverse

#!/bin/bash
# A raw disk in other formats: qemu-img, GNU tar and what else is installed read the same
# bytes from them, and the same disk gives the same bytes however it lies on the host.
. "$(dirname "$0")/../lib.sh"
for program in qemu-img xmllint tar; do
	type "$program" >/dev/null 2>&1 || { skip disk-formats "no $program"; exit 0; }
done
cmake --build "$INGOT_BUILD" --target disk_tool >/dev/null || exit 2
tool=$INGOT_BUILD/disk_tool
work=$INGOT_TEST_SCRATCH/disk-formats
mkdir -p "$work"
cd "$work" || exit 2
mib=1048576
name=web-1.4.0-vm-amd64
formats='qcow2 vmdk vhd gce ova'

put() { dd of="$1" bs=4096 seek="$2" conv=notrunc status=none; }
noise() { openssl enc -aes-128-ctr -K 00 -iv "$1" -in /dev/zero 2>/dev/null | head -c "$2"; }
# A disk of ours begins and ends with a table; between: data, text, zeros, holes.
make_disk() { # FILE MIB
	"$tool" gpt amd64 root=$((($2 - 2) * mib)) >"$1"
	noise 1 3000000 | put "$1" 256
	seq 2000000 | head -c 9000000 | put "$1" 2000
	noise 2 1 | put "$1" 8191   # the last byte of something
	noise 3 65536 | put "$1" 8195 # over the edge of a block
	head -c 5000000 /dev/zero | put "$1" 5000
}
make_disk raw 299
make_disk large 1100 # not a whole number of GiB
truncate -s 64M zeros
noise 4 $((8 * mib)) >full

# What a format says of the disk in it, as a raw file.
unpack() { # FORMAT FILE
	rm -rf out && mkdir out
	case $1 in
	qcow2 | vmdk) qemu-img convert -f "$1" -O raw "$2" out/raw ;;
	vhd) qemu-img convert -f vpc -O raw "$2" out/raw ;;
	gce) tar -xzf "$2" -C out && mv out/disk.raw out/raw ;;
	ova) tar -xf "$2" -C out && qemu-img convert -f vmdk -O raw out/*.vmdk out/raw ;;
	esac
}
same_disk() { # FORMAT RAW
	local size
	size=$(stat -c %s "$2")
	"$tool" convert "$1" "$2" "$name" 1 >packed && unpack "$1" packed || return 1
	if [ "$1" = gce ]; then # zeros up to whole GiB
		[ "$(stat -c %s out/raw)" -eq $(((size + (1 << 30) - 1) >> 30 << 30)) ] || return 1
		truncate -s "$size" out/raw
	fi
	cmp "$2" out/raw
}
for format in $formats; do
	for disk in raw large zeros full; do
		check "$format: the disk '$disk' comes back" same_disk "$format" "$disk"
	done
done

for format in $formats; do "$tool" convert "$format" raw "$name" 1 >"one.$format"; done
again() { # written with other holes, by more threads
	rm -f other
	cat raw >other
	"$tool" convert "$1" other "$name" 1 >packed && cmp "one.$1" packed || return 1
	cp --sparse=always raw other
	"$tool" convert "$1" other "$name" 3 >packed && cmp "one.$1" packed
}
for format in $formats; do check "$format: the same bytes for other holes and threads" again "$format"; done

qemu() { # FORMAT FILE VIRTUAL-SIZE
	qemu-img info --output=json -f "$1" "$2" | tee info
	grep -q "\"virtual-size\": $3," info && qemu-img compare -f raw -F "$1" raw "$2"
}
checked() { qemu-img check -f "$1" "$2" && qemu "$@"; }
check "qcow2: qemu-img check, info, compare" checked qcow2 one.qcow2 $((299 * mib))
check "qcow2: version 3, nothing to repair" grep -q '"compat": "1.1"' info
check "vmdk: qemu-img check, info, compare" checked vmdk one.vmdk $((299 * mib))
check "vmdk: monolithicSparse" grep -q '"create-type": "monolithicSparse"' info
check "vhd: qemu-img info, compare" qemu vpc one.vhd $((299 * mib))
unpack ova one.ova
mv out/*.vmdk ova.vmdk
check "ova: its disk, qemu-img check, info, compare" checked vmdk ova.vmdk $((299 * mib))
check "ova: streamOptimized" grep -q '"create-type": "streamOptimized"' info

small() { # blocks of zeros take no room: 187 blocks of 64 KiB, and the tables
	stat -c '%n %s' one.*
	[ "$(stat -c %s one.qcow2)" -lt $((15 * mib)) ] && [ "$(stat -c %s one.vmdk)" -lt $((15 * mib)) ] &&
		[ "$(du -k one.vhd | cut -f1)" -lt $((15 * 1024)) ] && [ "$(stat -c %s one.gce)" -lt $((8 * mib)) ]
}
check "zeros are left out" small

writable() { # by a hypervisor: new blocks find their place
	cp "one.$1" disk && qemu-io -f "$1" -c "write -P 77 200M 3M" -c "write -P 78 0 64k" disk &&
		qemu-img check -f "$1" disk && qemu-io -r -f "$1" -c "read -P 77 200M 3M" -c "read -P 78 0 64k" disk |
		tee said && ! grep -q 'Pattern verification failed' said
}
check "qcow2 can be written to" writable qcow2
check "vmdk can be written to" writable vmdk

# VHD 1.0, "Hard Disk Footer Format"
footer() {
	tail -c 512 one.vhd >footer
	xxd footer | head -n 6
	[ "$(head -c 8 footer)" = conectix ] && [ "$(xxd -s 24 -l 4 -p footer)" = 00000000 ] &&
		[ "$(xxd -s 48 -l 8 -p footer)" = "$(printf %016x $((299 * mib)))" ] &&
		[ "$(xxd -s 60 -l 4 -p footer)" = 00000002 ] &&
		[ $(($(stat -c %s one.vhd) - 512)) -eq $((299 * mib)) ] && checksum_is_right
}
checksum_is_right() {
	local sum
	sum=$(xxd -p -c 1 footer | awk 'NR <= 64 || NR > 68 { print "0x" $1 }' | paste -sd + | sed 's/.*/\$((\0))/')
	eval "sum=$sum"
	[ "$(xxd -s 64 -l 4 -p footer)" = "$(printf %08x $((~sum & 0xffffffff)))" ]
}
check "vhd: size, kind and checksum in the footer" footer

listing() { # FILE: names, owners, modes, times
	TZ=UTC tar --numeric-owner -tvf "$1" | sed 's/  */ /g'
}
gce() {
	listing one.gce
	[ "$(listing one.gce)" = "-rw-r--r-- 0/0 1073741824 1970-01-01 00:00 disk.raw" ] &&
		[ "$(gzip -dc one.gce | head -c 512 | tail -c 255 | head -c 7)" = "ustar  " ]
}
check "gce: one member, old GNU tar" gce
other_tars() {
	rm -rf out && mkdir out
	python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall("out")' one.gce || return 1
	truncate -s $((299 * mib)) out/disk.raw
	cmp raw out/disk.raw && rm out/disk.raw || return 1
	type bsdtar || return 0
	bsdtar -xf one.gce -C out && truncate -s $((299 * mib)) out/disk.raw && cmp raw out/disk.raw
}
check "gce: other readers of tar" other_tars

unpack ova one.ova
members() {
	listing one.ova
	[ "$(listing one.ova | awk '{ print $1, $2, $4, $6 }')" = "\
-rw-r--r-- 0/0 1970-01-01 $name.ovf
-rw-r--r-- 0/0 1970-01-01 $name.mf
-rw-r--r-- 0/0 1970-01-01 $name.vmdk" ]
}
check "ova: descriptor, manifest, disk" members
manifest() { sed -n 's/^SHA256(\(.*\))= \(.*\)$/\2  \1/p' "out/$name.mf" | tee out/sums && [ "$(wc -l <out/sums)" -eq 2 ] && (cd out && sha256sum -c sums); }
check "ova: the manifest's digests are those of the files" manifest
value() { xmllint --xpath "string($1)" "out/$name.ovf"; }
e() { printf "/*[local-name()='%s']" "$@"; }
item() { printf "//*[local-name()='Item'][*[local-name()='ResourceType']='%s']/*[local-name()='%s']" "$@"; }
is() { # WHAT PATH
	[ "$(value "$2")" = "$1" ] || { echo "$2: $(value "$2"), not $1"; return 1; }
}
descriptor() {
	xmllint --noout "out/$name.ovf" && is "$name.vmdk" "$(e Envelope References File)/@*[local-name()='href']" &&
		is "$(stat -c %s "out/$name.vmdk")" "$(e Envelope References File)/@*[local-name()='size']" &&
		is $((299 * mib)) "$(e Envelope DiskSection Disk)/@*[local-name()='capacity']" &&
		is file1 "$(e Envelope DiskSection Disk)/@*[local-name()='fileRef']" &&
		is http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized \
			"$(e Envelope DiskSection Disk)/@*[local-name()='format']" &&
		is "VM Network" "$(e Envelope NetworkSection Network)/@*[local-name()='name']" &&
		is 96 "$(e Envelope VirtualSystem OperatingSystemSection)/@*[local-name()='id']"
}
check "ova: the descriptor is well-formed and names its disk" descriptor
machine() { # what ovftool and VirtualBox ask for
	is 1 "$(item 3 VirtualQuantity)" && is 2048 "$(item 4 VirtualQuantity)" &&
		is 'byte * 2^20' "$(item 4 AllocationUnits)" && is vmware.sata.ahci "$(item 20 ResourceSubType)" &&
		is "$(value "$(item 20 InstanceID)")" "$(item 17 Parent)" && is ovf:/disk/disk1 "$(item 17 HostResource)" &&
		is VmxNet3 "$(item 10 ResourceSubType)" && is "VM Network" "$(item 10 Connection)" &&
		is efi "//*[local-name()='Config'][@*[local-name()='key']='firmware']/@*[local-name()='value']"
}
check "ova: the machine" machine

# Readers by other hands, where they are installed.
foreign() { # PROGRAM FILE PATTERN
	if type "$1" >/dev/null 2>&1; then
		says() { "$1" "$2" | tee said && grep -qE "$3" said; }
		check "$1 reads $2" says "$@"
	else
		skip "$1 reads $2" "not installed"
	fi
}
foreign qcowinfo one.qcow2 'Media size.*\(313524224 bytes\)'
foreign vhdiinfo one.vhd 'Media size.*313524224'
cp one.vmdk "$name.vmdk"
foreign vmdkinfo "$name.vmdk" 'Media size.*\(313524224 bytes\)'
cp ova.vmdk "$name.vmdk"
foreign vmdkinfo "$name.vmdk" 'Media size.*\(313524224 bytes\)'

refused() { ! "$tool" convert "$@" >packed 2>said && cat said && [ ! -s packed ]; }
truncate -s 65536 odd
check "a disk that is no multiple of 1 MiB is refused" refused qcow2 odd "$name" 1
truncate -s 2041G huge
check "a disk too large for VHD is refused" refused vhd huge "$name" 1
check "a disk too large for VMDK is refused" refused vmdk huge "$name" 1
check "a name that is no file name is refused" refused ova raw 'a"b' 1

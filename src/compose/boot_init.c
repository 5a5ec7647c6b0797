/*
 * The one text of the initrd: /init, for the shell of busybox. Parameters of the kernel's
 * command line that it reads, and what it does when something fails: docs/boot.md.
 */
#include "compose/boot_private.h"

static const char head[] =
	"#!/bin/sh\n"
	"# Finds the root file system that the command line names, mounts it, and starts its\n"
	"# init. Generated with the image; there is nothing to configure here.\n"
	"export PATH=/usr/bin:/usr/sbin\n"
	"export DM_DISABLE_UDEV=1\n"
	"patience=300 # tenths of a second that a disk may take to appear\n";

/* Ending the first process stops the kernel; panic= on the command line restarts it. */
static const char functions[] =
	"\n"
	"fail() { # LINE...\n"
	"	for line; do echo \"initrd: $line\"; done\n"
	"	[ -z \"$refused\" ] || echo \"initrd: modules that found nothing to drive:$refused\"\n"
	"	echo \"initrd: this machine can't boot; it stops here\"\n"
	"	sleep 1\n"
	"	exit 1\n"
	"}\n"
	"\n"
	"# number_at DISK OFFSET BYTES: a little-endian number of the disk\n"
	"number_at() {\n"
	"	set -- $(dd if=\"$1\" bs=\"$3\" skip=$(($2 / $3)) count=1 2>/dev/null |\n"
	"		od -An -t \"u$3\")\n"
	"	echo \"${1:-0}\"\n"
	"}\n"
	"\n"
	"# guid_at DISK OFFSET: its first three groups are little-endian\n"
	"guid_at() {\n"
	"	set -- $(dd if=\"$1\" bs=16 skip=$(($2 / 16)) count=1 2>/dev/null | od -An -t x1)\n"
	"	[ $# -ne 16 ] ||\n"
	"		echo \"$4$3$2$1-$6$5-$8$7-$9${10}-${11}${12}${13}${14}${15}${16}\"\n"
	"}\n"
	"\n"
	"device_of() { # FOLDER in /sys\n"
	"	sed -n 's:^DEVNAME=:/dev/:p' \"$1/uevent\"\n"
	"}\n"
	"\n"
	"# partition_id FOLDER: the id of a partition, from its disk's GPT\n"
	"partition_id() {\n"
	"	local disk block table size number\n"
	"	disk=$(readlink -f \"$1\")\n"
	"	disk=${disk%/*}\n"
	"	block=$(cat \"$disk/queue/logical_block_size\")\n"
	"	number=$(cat \"$1/partition\")\n"
	"	disk=$(device_of \"$disk\")\n"
	"	[ \"$(dd if=\"$disk\" bs=8 skip=$((block / 8)) count=1 2>/dev/null)\" = 'EFI PART' ] ||\n"
	"		return 0\n"
	"	table=$(number_at \"$disk\" $((block + 72)) 8)\n"
	"	size=$(number_at \"$disk\" $((block + 84)) 4)\n"
	"	guid_at \"$disk\" $((table * block + (number - 1) * size + 16))\n"
	"}\n"
	"\n"
	"# find_device WHAT: PARTUUID=ID or /dev/NAME, waiting for it; sets $device\n"
	"find_device() {\n"
	"	local id path tries=0\n"
	"	id=$(echo \"${1#PARTUUID=}\" | tr A-F a-f)\n"
	"	while [ $tries -lt $patience ]; do\n"
	"		device=$1\n"
	"		[ ! -b \"$device\" ] || return 0\n"
	"		for path in /sys/class/block/*; do\n"
	"			[ -e \"$path/partition\" ] || continue\n"
	"			[ \"$(partition_id \"$path\")\" = \"$id\" ] || continue\n"
	"			device=$(device_of \"$path\")\n"
	"			[ ! -b \"$device\" ] || return 0\n"
	"		done\n"
	"		sleep 0.1\n"
	"		tries=$((tries + 1))\n"
	"	done\n"
	"	set -- \"$1\" $(ls /sys/class/block)\n"
	"	what=$1\n"
	"	shift\n"
	"	fail \"no device is $what after $((patience / 10)) seconds\" \\\n"
	"		\"block devices that are there: ${*:-none}\"\n"
	"}\n";

static const char start[] = "\n"
			    "mount -t proc -o nosuid,nodev,noexec proc /proc\n"
			    "mount -t sysfs -o nosuid,nodev,noexec sysfs /sys\n"
			    "mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev\n"
			    "mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run\n"
			    "\n"
			    "root= type= flags= access=ro init=/sbin/init hash= hash_device=\n"
			    "set -f\n"
			    "for word in $(cat /proc/cmdline); do\n"
			    "	case $word in\n"
			    "	root=*) root=${word#*=} ;;\n"
			    "	rootfstype=*) type=${word#*=} ;;\n"
			    "	rootflags=*) flags=,${word#*=} ;;\n"
			    "	ro | rw) access=$word ;;\n"
			    "	init=*) init=${word#*=} ;;\n"
			    "	roothash=*) hash=${word#*=} ;;\n"
			    "	systemd.verity_root_data=*) root=${word#*=} ;;\n"
			    "	systemd.verity_root_hash=*) hash_device=${word#*=} ;;\n"
			    "	esac\n"
			    "done\n"
			    "set +f\n"
			    "[ -n \"$root\" ] || fail \"the command line has no root=\"\n"
			    "\n"
			    "# A bus that this machine does not have is no error.\n"
			    "load() { # FILE NEEDED...\n"
			    "	local module=$1 need\n"
			    "	shift\n"
			    "	for need; do\n"
			    "		case \"$refused \" in *\" $need \"*) return 1 ;; esac\n"
			    "	done\n"
			    "	insmod \"$folder/$module\" 2>/dev/null\n"
			    "}\n"
			    "refused=\n"
			    "while read -r module needs; do\n"
			    "	load \"$module\" $needs || refused=\"$refused ${module##*/}\"\n"
			    "done <<END\n";

static const char search[] = "END\n"
			     "\n"
			     "find_device \"$root\"\n";

static const char plain[] =
	"mount -t \"${type:-ext4}\" -o \"$access$flags\" \"$device\" /root ||\n"
	"	fail \"$root ($device) does not mount as ${type:-ext4}, $access$flags\"\n";

static const char verity[] =
	"data=$device\n"
	"[ -n \"$hash\" ] || fail \"the command line has no roothash=: the root can't be checked\"\n"
	"[ -n \"$hash_device\" ] || fail \"the command line has no systemd.verity_root_hash=\"\n"
	"find_device \"$hash_device\"\n"
	"veritysetup open \"$data\" root \"$device\" \"$hash\" --panic-on-corruption ||\n"
	"	fail \"$root ($data) is not what the root hash $hash says\"\n"
	"device=/dev/mapper/root\n"
	"[ -b $device ] || fail \"veritysetup made no $device\"\n";

/* What is written goes to memory and is gone after the next start. */
static const char overlay[] =
	"mkdir -p /layers/image /layers/memory\n"
	"mount -t \"${type:-erofs}\" -o \"ro$flags\" \"$device\" /layers/image ||\n"
	"	fail \"$root ($device) does not mount as ${type:-erofs}\"\n"
	"mount -t tmpfs -o mode=0755 tmpfs /layers/memory ||\n"
	"	fail \"there is no memory for what is written\"\n"
	"mkdir /layers/memory/upper /layers/memory/work\n"
	"mount -t overlay -o lowerdir=/layers/image,upperdir=/layers/memory/upper,"
	"workdir=/layers/memory/work \\\n"
	"	overlay /root || fail \"nothing can be laid over the root\"\n";

static const char end[] = "[ -e \"/root$init\" ] || [ -L \"/root$init\" ] ||\n"
			  "	fail \"the root on $root has no $init\"\n"
			  "\n"
			  "umount /run\n"
			  "mount -o move /dev /root/dev\n"
			  "mount -o move /proc /root/proc\n"
			  "mount -o move /sys /root/sys\n"
			  "exec switch_root /root \"$init\" \"$@\"\n"
			  "fail \"the root on $root can't be switched to\"\n";

void boot_init_text(const struct boot_work *w, const struct boot_module *modules, size_t n,
		    struct buf *to)
{
	buf_add_cstr(to, head);
	buf_printf(to, "folder=/usr/lib/modules/" STR_FMT "\n", STR_ARG(w->version));
	buf_add_cstr(to, functions);
	buf_add_cstr(to, start);
	for (size_t i = 0; i < n; i++)
		buf_printf(to, STR_FMT "%s" STR_FMT "\n", STR_ARG(modules[i].path),
			   modules[i].needs.len ? " " : "", STR_ARG(modules[i].needs));
	buf_add_cstr(to, search);
	if (boot_has_verity(w))
		buf_add_cstr(to, verity);
	buf_add_cstr(to, boot_has_overlay(w) ? overlay : plain);
	buf_add_cstr(to, end);
}

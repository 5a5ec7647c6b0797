#pragma once

/*
 * image/disk_convert.h - a raw disk in the formats that hypervisors and clouds take.
 *
 * Spec: design.md, section 4 (`formats:`); docs/formats/{qcow2,vmdk,vhd,gce,ova}.md. Each
 * is a function of the raw disk's bytes, of a seed and of a name, and of nothing else;
 * all but qcow2, vmdk and vhd also of the version of zlib (COMPRESS_VERSION). Zeros
 * decide what is left out, not holes of the file.
 */

#include "base/digest.h"
#include "base/error.h"
#include "io/sink.h"
#include "io/window.h"

enum disk_format {
	DISK_QCOW2 = 1, /* QEMU, Proxmox, OpenStack */
	DISK_VMDK,      /* VMware Workstation, VirtualBox, QEMU: to attach as it is */
	DISK_VHD,       /* Azure, Hyper-V generation 1 tools */
	DISK_GCE,       /* Google Compute Engine: disk.raw in a compressed tar */
	DISK_OVA,       /* vSphere, VirtualBox, VMware: to import with its settings */
};

/* As a recipe spells it: "qcow2". False if there is no such format ("raw" is none). */
bool disk_format_parse(struct str text, enum disk_format *ret);

/* What stands behind NAME-VERSION-TARGET-ARCH: ".qcow2", ".gce.tar.gz". Static. */
const char *disk_format_ending(enum disk_format f);

/* Goes up when the bytes of that format change. */
int disk_format_version(enum disk_format f);

struct disk_convert_options {
	struct digest seed;     /* ids come from it: the tree's digest, or the raw disk's */
	struct str name;        /* "web-1.4.0-vm-amd64": of files and of the machine in an OVA */
	unsigned threads;       /* that compress; 0: one. Never counts for the bytes */
};

/*
 * Reads @raw twice (an OVA: three times). Errors: ERR_LIMIT the disk is larger than the
 * format can say; ERR_UNSUPPORTED its size is no multiple of 1 MiB.
 */
int disk_convert(enum disk_format f, const struct window *raw,
		 const struct disk_convert_options *o, struct sink *out,
		 struct error *err) MUST_CHECK;

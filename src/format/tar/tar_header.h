#pragma once

/*
 * format/tar/tar_header.h - the fields of a ustar header block. Private.
 *
 * Spec:    POSIX.1-2017 pax(1), "ustar Interchange Format", table 4-14;
 *          docs/formats/tar.md.
 * Units:   offsets and lengths in bytes.
 * Bytes:   octal text, NUL-terminated.
 * Depends: base/.
 */

#include "base/bytes.h"
#include "format/tar/tar.h"

enum {
	TAR_NAME = 0,       TAR_NAME_LEN = 100,
	TAR_MODE = 100,     /* 8 */
	TAR_UID = 108,      /* 8 */
	TAR_GID = 116,      /* 8 */
	TAR_SIZE = 124,     /* 12 */
	TAR_MTIME = 136,    /* 12 */
	TAR_CHECKSUM = 148, /* 8 */
	TAR_TYPE = 156,
	TAR_LINKNAME = 157, TAR_LINKNAME_LEN = 100,
	TAR_MAGIC = 257,    /* "ustar" NUL "00" */
	TAR_UNAME = 265,    TAR_UNAME_LEN = 32,
	TAR_GNAME = 297,    TAR_GNAME_LEN = 32,
	TAR_DEVMAJOR = 329, /* 8 */
	TAR_DEVMINOR = 337, /* 8 */
	TAR_PREFIX = 345,   TAR_PREFIX_LEN = 155,
	TAR_PAD = 500,
};

#define TAR_OCTAL7_MAX  07777777u      /* 2,097,151: uid, gid */
#define TAR_OCTAL11_MAX 077777777777ull /* 8 GiB - 1: size; mtime below 2^33 */
#define TAR_MAJOR_MAX   4095u          /* Linux, include/linux/kdev_t.h: 12 bits */
#define TAR_MINOR_MAX   1048575u       /* and 20 */
#define TAR_PAX_MAX     (1u << 20)     /* bytes of records; Go's archive/tar reads no more */

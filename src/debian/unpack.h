#pragma once

/* debian/unpack.h - what dpkg does when it unpacks a package. Private to debian/. */

#include "debian/commands.h"

/* The links of a merged /usr that no package ships; before anything else. */
int unpack_merge_usr(struct debian *d, struct error *err) MUST_CHECK;

/* Lays out data.tar as tar would: no diversions, no owners; before the first script. */
int unpack_extract(struct debian *d, struct unpacked *u, struct error *err) MUST_CHECK;

/*
 * Diversions and overrides as the tree has them now; writes info/ of the package;
 * activates the triggers of its paths.
 */
int unpack_package(struct debian *d, struct unpacked *u, struct error *err) MUST_CHECK;

/* ---- unpack_rules.c ---- */

/* Reads the two files again where they have changed. */
int unpack_rules(struct debian *d, struct error *err) MUST_CHECK;
/* Attributes that an override gives to @path (without a leading slash). */
int unpack_override(struct debian *d, struct str path, struct inode *inode,
		    struct error *err) MUST_CHECK;

/* ---- database.c ---- */

/* info/ID.* of a package that has just been unpacked; the list alone. */
int database_write_info(struct debian *d, const struct unpacked *u, struct error *err) MUST_CHECK;
int database_write_list(struct debian *d, const struct unpacked *u, struct error *err) MUST_CHECK;

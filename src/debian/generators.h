#pragma once

/*
 * debian/generators.h - files that real programs compute from the tree.
 *
 * Each has the form of struct generator's run(): @argument says for which folder,
 * kernel or way of calling (command_generators.c), @cause goes to all that is made.
 * They read the tree as it is when they run and write what the program would, byte
 * for byte; input that the program would treat in a way that is not modelled is an
 * error. Formats: docs/formats/. Private to debian/.
 */

#include "debian/commands.h"

/* ldconfig: /etc/ld.so.cache and links by SONAME. "links": links only (-N). */
int generate_ldsocache(struct debian *d, struct str argument, cause_id cause,
		       struct error *err) MUST_CHECK;

/* update-ca-certificates and its hooks: /etc/ssl/certs, the Java keystore. */
int generate_certificates(struct debian *d, struct str argument, cause_id cause,
			  struct error *err) MUST_CHECK;

/* depmod: indexes of /lib/modules/@argument. */
int generate_depmod(struct debian *d, struct str argument, cause_id cause,
		    struct error *err) MUST_CHECK;

/* systemd-hwdb update: hwdb.bin; @argument "usr": in /usr/lib/udev, else in /etc/udev. */
int generate_hwdb(struct debian *d, struct str argument, cause_id cause,
		  struct error *err) MUST_CHECK;

/* journalctl --update-catalog. */
int generate_catalog(struct debian *d, struct str argument, cause_id cause,
		     struct error *err) MUST_CHECK;

/* gio-querymodules @argument: giomodule.cache of that folder. */
int generate_gio_modules(struct debian *d, struct str argument, cause_id cause,
			 struct error *err) MUST_CHECK;

/* The upstream version that a package of the tree has ("257.13" of "257.13-1~deb13u1"). */
struct str generator_upstream_version(const struct debian *d, struct str package);
/* The number that it starts with; 0 if the package is not there. */
unsigned generator_major_version(const struct debian *d, struct str package);

/* The bytes of a file of the tree (links followed; /dev/null is empty), at most @max. */
int generator_read(struct debian *d, struct str path, size_t max, struct arena *arena,
		   struct str *ret, struct error *err) MUST_CHECK;

/*
 * A file of the tree, replaced as a program does that writes a new one beside it and
 * renames it: root:root, @mode, the epoch as time. Nothing changes if it is there so.
 */
int generator_write(struct debian *d, struct str path, struct bytes data, uint16_t mode,
		    cause_id cause, struct error *err) MUST_CHECK;

#pragma once

/*
 * resolve/archive.h - the signed state of an apt archive: Release and Packages.
 *
 * Spec: Debian repository format (wiki "DebianRepository/Format"), Debian
 * Policy 5 (deb822) and 7 (relations); formats C1, C2. Nothing here opens a
 * socket: files come from the caller as bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

/* ---- OpenPGP ---- */

struct openpgp_verdict {
	struct bytes text;      /* what was signed; only this may be used. In the arena */
	struct str *signers;    /* primary fingerprints of good signatures, sorted, unique */
	size_t n_signers;
};

/*
 * Verifies a cleartext-signed message (InRelease) against @keyring (OpenPGP
 * public keys, armoured or not) as of @now. Counts each signature's own status
 * (librnp's return value is not a verdict, formats C1): good, SHA-256 or
 * better. The framing is checked first: exactly one message, only "Hash:"
 * headers, nothing before or after.
 *
 * Errors: ERR_SIGNATURE if no signature is good or the framing is wrong; the
 * detail lists each signature with key id and status.
 */
int openpgp_verify_inline(struct bytes message, struct bytes keyring, int64_t now,
			  struct arena *arena, struct openpgp_verdict *ret,
			  struct error *err) MUST_CHECK;

/* Primary fingerprints in a keyring, sorted; for messages and pinning. */
int openpgp_fingerprints(struct bytes keyring, struct arena *arena, struct str **ret,
			 size_t *ret_n, struct error *err) MUST_CHECK;

/* ---- Release ---- */

struct release_file {
	struct str path; /* below dists/SUITE/ */
	uint64_t size;
	struct digest digest;
};

struct release {
	struct str origin, label, suite, codename;
	int64_t date;        /* seconds */
	int64_t valid_until; /* seconds; 0: never expires */
	bool by_hash;
	struct release_file *files; /* from SHA256 only, sorted by path */
	size_t n_files;
};

/* @name is for messages. *ret lies in @arena and views into @text. */
int release_parse(struct bytes text, const char *name, struct arena *arena,
		  struct release *ret, struct error *err) MUST_CHECK;

/* NULL if not listed. */
const struct release_file *release_find(const struct release *r, struct str path);

/*
 * Whether @r may be used as @suite now: it names that suite or codename
 * (ERR_WRONG_ARCHIVE), is not of the future and has not expired (ERR_EXPIRED), and
 * is not older than @last_seen, the date of the newest Release of this suite that
 * was seen before, or 0 (ERR_ROLLBACK). When rebuilding, @now is the lock's time.
 */
int release_check(const struct release *r, const char *name, struct str suite, int64_t now,
		  int64_t last_seen, struct error *err) MUST_CHECK;

/* ---- Packages ---- */

struct stanza_field {
	struct str name, value; /* value: without the leading blank, lines joined as written */
};

/* A package of an index. Strings view into the index text. */
struct package {
	struct str name, version, architecture;
	struct str source, source_version;
	struct str pre_depends, depends, recommends, suggests, enhances;
	struct str conflicts, breaks, provides, replaces;
	struct str multi_arch;
	struct str path;
	uint64_t size;
	struct digest digest;
	uint64_t installed_size; /* KiB */
	bool essential;          /* Essential: yes */
	bool protected_;         /* Protected: yes */
	struct str priority;
	uint32_t origin;         /* which index it is from: given to packages_parse() */
};

/*
 * Appends the packages of one Packages file. Text is borrowed for the life of
 * *list. Unknown fields are skipped; a stanza without Package, Version,
 * Architecture, Filename, Size or SHA256 is ERR_FORMAT.
 */
struct package_list {
	struct package *packages;
	size_t n, capacity;
};
void package_list_release(struct package_list *l);
int packages_parse(struct bytes text, const char *name, uint32_t origin,
		   struct package_list *list, struct error *err) MUST_CHECK;

/* dpkg's version order (Debian Policy 5.6.12): < 0, 0, > 0. Any text is accepted. */
int version_compare(struct str a, struct str b);

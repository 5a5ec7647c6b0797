#pragma once

/*
 * debian/debian.h - packages take effect on a tree as dpkg would make them,
 * without executing anything.
 *
 * Spec: design.md, section 6; debian.md and debian-13.md; Debian Policy 6, 7, 10;
 * docs/formats/dpkg.md. The tree is pure memory; contents that must be read
 * (scripts' inputs, ELF headers, certificates) come through the reader.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "pack/pack.h"
#include "resolve/lock.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct debian_package {
	struct str name, version, architecture;
	bool essential;   /* in the Essential closure */
	bool automatic;   /* not asked for by the recipe: apt's extended_states */
	bool kept;        /* false: composed for its effects, then dropped (essential: false) */
	const struct pack *pack; /* borrowed while the tree lives: names view into it */
};

/* Path globs of the recipe's `exclude`, see debian/glob.h. */
struct debian_options {
	struct str architecture;      /* native: "amd64" */
	int64_t epoch;
	const struct str *exclude;    /* in order; last match wins; "!" re-includes */
	size_t n_exclude;
	const struct lock_id *ids;    /* the lock's id table: names that have a number */
	size_t n_ids;
	const struct lock_id *reserved; /* ids that the recipe claims: not handed out */
	size_t n_reserved;
	const struct content_reader *reader;
};

struct debian_script {
	struct str package, script;
	struct digest digest;
};

struct debian_report {
	struct lock_id *ids;        /* all ids that the tree holds from 100 up: for the lock */
	size_t n_ids;
	struct debian_script *unevaluated; /* scripts without a known effect, sorted */
	size_t n_unevaluated;
	struct str *notes;          /* what must be made at start: "openssh-server: host keys" */
	size_t n_notes;
};

/*
 * debian_install() - unpack, configure and record packages
 *
 * In order: usrmerge links; every data.tar in canonical order of installation
 * (usrmerge, Replaces, diversions, conffiles, exclude); effects; databases
 * (dpkg, apt's extended_states). *ret lies in @arena.
 *
 * Errors: ERR_FILE_CONFLICT two packages own one path and neither replaces the
 *         other; ERR_FORMAT a control member is malformed; those of the reader.
 */
int debian_install(struct tree *t, const struct debian_package *packages, size_t n,
		   const struct debian_options *options, struct arena *arena,
		   struct debian_report *ret, struct error *err) MUST_CHECK;

/*
 * Whatever must see the tree when the recipe's own files and users are in it:
 * /etc/ssl/certs and ld.so.cache. Called by compose/ last.
 */
int debian_finish(struct tree *t, const struct debian_package *packages, size_t n,
		  const struct debian_options *options, struct arena *arena,
		  struct error *err) MUST_CHECK;

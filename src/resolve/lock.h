#pragma once

/*
 * resolve/lock.h - the lock: every input of a build by digest.
 *
 * Spec: design.md, section 5; docs/formats/lock.md. A lock file is the subset
 * of YAML that ydoc/ reads, in canonical order, one line a package, made to be
 * read in a diff. lock_format(lock_parse(x)) == x for every canonical x.
 *
 * All strings lie in the lock's arena.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

#define LOCK_FORMAT   2 /* of the lock file itself */
#define OUTPUT_FORMAT 1 /* of everything that build writes (design 5, 9) */

/* One index that a suite's InRelease lists and that was used. */
struct lock_index {
	struct str path;     /* "main/binary-amd64/Packages.xz", below dists/SUITE/ */
	struct digest digest; /* of the file as fetched */
	uint64_t size;
};

struct lock_suite {
	struct str source; /* key in the recipe's sources */
	struct str suite;  /* as in the recipe */
	struct str origin, label, codename; /* from the signed text */
	int64_t date;      /* of the Release, seconds */
	struct str snapshot; /* "" or the snapshot time that it was taken from */
	struct digest inrelease;
	uint64_t inrelease_size;
	struct str *signed_by; /* primary fingerprints, upper-case hex, sorted */
	size_t n_signed_by;
	struct lock_index *indexes; /* sorted by path */
	size_t n_indexes;
};

struct lock_package {
	struct str name, version;
	struct str architecture;    /* "amd64" or "all" */
	struct str source, source_version; /* equal to name, version when not given */
	struct str archive;         /* key in the recipe's sources */
	struct str suite;
	struct str path;            /* "pool/main/n/nginx/..." */
	uint64_t size;
	struct digest digest;
	struct str why;             /* "recipe", "essential", "boot", "rule NAME" or a package */
	struct str *targets;        /* sorted; empty: all targets */
	size_t n_targets;
	uint32_t slice;             /* index into the slice plan of its architecture */
	bool essential;
	bool boot;                  /* what boots a disk is made from it */
	bool boot_only;             /* and it is in no tree; then boot, and no targets */
};

struct lock_architecture {
	struct str name;
	struct lock_package *packages; /* sorted by name */
	size_t n_packages;
};

/* A local file, archive or certificate that the recipe names. */
struct lock_input {
	struct str path;  /* relative to recipes/; for an archive its name */
	struct digest digest;
	uint64_t size;
	struct str kind;  /* "file", "folder", "link", "archive", "certificate", "keyring" */
	bool executable;
	struct str target; /* of a link */
};

enum lock_id_kind { LOCK_ID_USER = 1, LOCK_ID_GROUP };

/* Ids never move and are never reused until `lock --renumber`. */
struct lock_id {
	enum lock_id_kind kind;
	struct str name;
	uint32_t id;
};

/* What the scripts of one target do: an object of the stage (docs/formats/effects.md). */
struct lock_effects {
	struct str architecture, target;
	struct digest digest;
};

/* A reading aid: that the effects of one package are the same, or not. */
struct lock_package_effects {
	struct str architecture, target, package;
	struct str digest; /* the first 16 hex digits */
};

/* An answer of the recipe that was needed. */
struct lock_answer {
	struct str package, script, command, answer, reason; /* command: may be "" */
	struct digest digest; /* of the script */
};

struct lock {
	struct arena arena;
	struct str recipe;              /* its name */
	/* resolution */
	struct digest resolution;       /* recipe->resolution_digest it was made for */
	struct lock_suite *suites;      /* in recipe order */
	size_t n_suites;
	struct lock_architecture *architectures; /* in recipe order */
	size_t n_architectures;
	struct str *slices;             /* names of package slices, bottom first */
	size_t n_slices;
	/* inputs */
	struct digest inputs_recipe;    /* recipe->digest */
	struct lock_input *inputs;      /* sorted by path */
	size_t n_inputs;
	struct lock_id *ids;            /* users, then groups, sorted by name */
	size_t n_ids;
	struct lock_answer *answers;    /* sorted by package, script, sha256, command */
	size_t n_answers;
	struct lock_effects *effects;   /* sorted by architecture, target */
	size_t n_effects;
	struct lock_package_effects *package_effects; /* sorted by architecture, target, package */
	size_t n_package_effects;
	uint32_t evaluator;             /* version of what made the effects */
	uint32_t output_format;
	struct str compressors;         /* "zstd 1.5.4, zlib 1.2.13" */
	int64_t epoch;                  /* seconds */
};

/* @name is for messages ("recipes/web.lock"). *ret owned, lock_free(). */
int lock_parse(struct bytes text, const char *name, struct lock **ret,
	       struct error *err) MUST_CHECK;
void lock_format(const struct lock *l, struct buf *to);

struct lock *lock_new(void);
void lock_free(struct lock *l);
static inline void cleanup_lock(struct lock **l)
{
	lock_free(*l);
}
#define CLEANUP_LOCK CLEANUP(cleanup_lock)

/* NULL if absent. */
const struct lock_architecture *lock_architecture(const struct lock *l, struct str name);
const struct lock_package *lock_package(const struct lock_architecture *a, struct str name);

/* Digest of the effects object of a target, or NULL. */
const struct digest *lock_effects(const struct lock *l, struct str architecture,
				  struct str target);

/* Whether @p belongs to the tree of target @target. */
bool lock_package_in(const struct lock_package *p, struct str target);

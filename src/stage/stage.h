#pragma once

/*
 * stage/stage.h - the content-addressed store.
 *
 * Spec:   design.md, section 8.
 *
 * objects/ab/<62 hex>  blobs named by their SHA-256, 0444; verified while read
 * results/<kind>/<64 hex>  keyed results: small texts that say what some inputs
 *                      gave. They count only with a MAC by this user's key.
 * refs/<name>          what gc must keep: a list of digests
 * tmp/ quarantine/ lock
 *
 * Builders share the stage (flock SH); gc and fsck --repair take EX. Whatever
 * happens (kill -9, full disk), what is under objects/ and results/ is
 * complete: it is written without a name, synced and then linked.
 *
 * All functions but open and close may be called from several threads.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "io/file.h"
#include "io/sink.h"
#include "io/source.h"
#include "tree/reader.h"

struct stage;

#define STAGE_ABSENT 1 /* expected outcome: not in the stage */

/*
 * Opens (making it if needed) the stage in folder @path. @key_path is the file
 * with this user's MAC key, made with 0600 if missing; NULL: keyed results are
 * neither read nor written. Takes the shared lock. *ret owned, stage_close().
 */
int stage_open(const char *path, const char *key_path, struct stage **ret,
	       struct error *err) MUST_CHECK;
/*
 * A stage for one run, in the empty folder @path: it takes nobody's results, remembers its
 * own until it is closed, and syncs nothing. Who opened it removes the folder.
 */
int stage_open_scratch(const char *path, struct stage **ret, struct error *err) MUST_CHECK;
void stage_close(struct stage *s);
static inline void cleanup_stage(struct stage **s)
{
	stage_close(*s);
}
#define CLEANUP_STAGE CLEANUP(cleanup_stage)

const char *stage_path(const struct stage *s);

/* ---- objects ---- */

/* Only whether a file of that name is there; reading verifies. */
bool stage_has(const struct stage *s, const struct digest *d);

/* Size of an object, or STAGE_ABSENT. */
int stage_size(const struct stage *s, const struct digest *d, uint64_t *ret,
	       struct error *err) MUST_CHECK;

/*
 * The whole object, verified: the read that would give out its last bytes
 * fails with ERR_DIGEST if any was wrong (the object is then moved to
 * quarantine/, and a second open gives STAGE_ABSENT). *ret is owned. Or
 * STAGE_ABSENT.
 */
int stage_get(struct stage *s, const struct digest *d, struct source **ret,
	      struct error *err) MUST_CHECK;

/* The whole object into @to, verified before it returns. Or STAGE_ABSENT. */
int stage_load(struct stage *s, const struct digest *d, struct buf *to,
	       struct error *err) MUST_CHECK;

/*
 * Opens the object for pread(2) of parts. The object as a whole is NOT
 * verified: callers check each part against a digest of its own (packs).
 * *ret_fd is owned. STAGE_ABSENT if missing.
 */
int stage_open_fd(struct stage *s, const struct digest *d, int *ret_fd,
		  struct error *err) MUST_CHECK;

/* Moves an object found wrong to quarantine/. */
void stage_quarantine(struct stage *s, const struct digest *d);

/*
 * How many objects went to quarantine/ since stage_open(). If it has grown
 * while a command failed, the same command may succeed: what was wrong is now
 * absent, and is fetched or made anew.
 */
uint64_t stage_n_quarantined(struct stage *s);

/*
 * A new object, written through a sink, named by what was written.
 *
 *   struct stage_draft *d;  stage_draft_open(s, &d, err)
 *   sink_write(stage_draft_sink(d), ...)
 *   stage_draft_commit(d, &digest, &size, err)   or   stage_draft_drop(d)
 */
struct stage_draft;
int stage_draft_open(struct stage *s, struct stage_draft **ret, struct error *err) MUST_CHECK;
/* Borrowed: the draft closes it. */
struct sink *stage_draft_sink(struct stage_draft *d);
/* Room for @size bytes, so that a full disk is known before the first is written. */
int stage_draft_reserve(struct stage_draft *d, uint64_t size, struct error *err) MUST_CHECK;
/* Whether what was written has this digest; nothing may be written after. */
bool stage_draft_is(struct stage_draft *d, const struct digest *expected);
/*
 * Publishes and releases @d (taken, whatever happens). With @expected the
 * digest must be that one: else ERR_DIGEST, and nothing is published.
 */
int stage_draft_commit(struct stage_draft *d, const struct digest *expected /* or NULL */,
		       struct digest *ret, uint64_t *ret_size /* or NULL */,
		       struct error *err) MUST_CHECK;
void stage_draft_drop(struct stage_draft *d); /* NULL is allowed */

/* Shorthand for bytes in memory. */
int stage_put(struct stage *s, struct bytes data, struct digest *ret,
	      struct error *err) MUST_CHECK;

/* Copies @from (borrowed) until its end. @expected as above. */
int stage_put_source(struct stage *s, struct source *from,
		     const struct digest *expected /* or NULL */, struct digest *ret,
		     uint64_t *ret_size /* or NULL */, struct error *err) MUST_CHECK;

/* An object that lies in another file: a member of a bundle. */
struct stage_part {
	struct digest digest;
	uint64_t offset, size; /* bytes in that file */
};

/*
 * Objects that @s lacks are looked for in @fd (borrowed until stage_close(), as @name, which
 * is for messages): read and verified where they lie, as the stage's own are. @parts are
 * copied. Once for a stage, before other threads use it.
 */
void stage_lend(struct stage *s, int fd, const char *name, const struct stage_part *parts,
		size_t n);

/* ---- keyed results ---- */

/*
 * @kind: "pack", "layer", "effects", "output": [a-z]+. @key: digest of all
 * inputs, the writer's format version and its options. @inputs: a readable
 * text that lists them, kept beside the result for `ingot stage explain`.
 * The value is bytes that the kind's owner encodes.
 */
int stage_result_get(struct stage *s, const char *kind, const struct digest *key,
		     struct buf *value, struct error *err) MUST_CHECK; /* or STAGE_ABSENT */
int stage_result_put(struct stage *s, const char *kind, const struct digest *key,
		     struct bytes value, struct str inputs, struct error *err) MUST_CHECK;

/* ---- refs: what gc keeps ---- */

/*
 * Replaces ref @name ([A-Za-z0-9._-]+, no leading '.') by this list of objects.
 * On return the objects and the ref survive a power failure. Objects and
 * results that no ref names do so only by luck: they are checked at every use
 * and made again (docs/formats/stage.md).
 */
int stage_ref_set(struct stage *s, const char *name, const struct digest *objects, size_t n,
		  struct error *err) MUST_CHECK;

/* The objects of a ref, sorted; *ret is owned (free). Or STAGE_ABSENT. */
int stage_ref_get(struct stage *s, const char *name, struct digest **ret, size_t *ret_n,
		  struct error *err) MUST_CHECK;

/* All refs, sorted by name. *ret is released with file_names_release(). */
int stage_ref_names(struct stage *s, struct file_names *ret, struct error *err) MUST_CHECK;

/* Or STAGE_ABSENT. */
int stage_ref_drop(struct stage *s, const char *name, struct error *err) MUST_CHECK;

/* ---- content of trees ---- */

/*
 * Reads CONTENT_OBJECT handles from the stage, verifying each by its own
 * digest. Keeps a few objects open. Thread-safe. Borrowed from @s.
 */
const struct content_reader *stage_reader(struct stage *s);

/* ---- upkeep ---- */

struct stage_usage {
	uint64_t n_objects, object_bytes;
	uint64_t n_results, result_bytes;
	uint64_t n_quarantined;
};
int stage_usage(struct stage *s, struct stage_usage *ret, struct error *err) MUST_CHECK;

struct stage_gc_report {
	uint64_t n_removed, bytes_removed, n_kept, bytes_kept;
};
/*
 * Removes results unused for @grace seconds at time @now, objects that no ref
 * and no remaining result names and that were put or read whole longer ago than
 * that, and what is in tmp/ and quarantine/. Takes the exclusive lock (ERR_IO "in use"
 * if another process holds the stage for more than a few seconds).
 */
int stage_gc(struct stage *s, int64_t now, int64_t grace, bool dry_run,
	     struct stage_gc_report *ret, struct error *err) MUST_CHECK;

struct stage_fsck_report {
	uint64_t n_checked, bytes_checked, n_bad, n_stray;
	uint64_t n_missing; /* objects that a ref names and that are not there */
};
/*
 * Re-hashes every object, takes results and refs apart. With @repair (exclusive
 * lock, as stage_gc()) bad objects go to quarantine/, bad results and refs and
 * strays are removed. @found (may be NULL) gets a line for each finding.
 */
int stage_fsck(struct stage *s, bool repair,
	       void (*found)(void *context, const char *what), void *context,
	       struct stage_fsck_report *ret, struct error *err) MUST_CHECK;

/* The @inputs text of a result by its key or a unique prefix of it (hex). */
int stage_explain(struct stage *s, struct str key_prefix, struct buf *ret,
		  struct error *err) MUST_CHECK; /* or STAGE_ABSENT */

/* Calls @each for each object and result, in order of kind and name. */
struct stage_entry {
	const char *kind; /* "object" or the result's kind */
	char name[DIGEST_HEX_MAX];
	uint64_t size;
};
int stage_list(struct stage *s, void (*each)(void *context, const struct stage_entry *e),
	       void *context, struct error *err) MUST_CHECK;

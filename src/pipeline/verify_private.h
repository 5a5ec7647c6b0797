#pragma once

/* pipeline/verify_private.h - what the steps of verify_run() share. Private. */

#include "crypto/public_key.h"
#include "format/dsse/dsse.h"
#include "image/disk_read.h"
#include "image/oci_digests.h"
#include "pipeline/identify.h"
#include "pipeline/verify.h"

#define VERIFY_CUT_OFF "is it complete? Compare its size with that of the original"
/* Of what another tool built. */
#define VERIFY_FOREIGN                                                                             \
	"built by another tool: its parts fit together, and no statement says from what, how and " \
	"by whom it was made"
#define VERIFY_HINT_FOREIGN                                                                        \
	"another tool built it, and only what ingot built can be verified; 'ingot report %s' "     \
	"tells what is inside"

struct verify_key {
	struct public_key *key; /* owned */
	struct str path, role;  /* role "": given by --key */
	const struct machine_trust *trust; /* NULL: given by --key */
};

/* A signature beside the file. */
struct verify_bundle {
	struct str file;
	struct dsse_envelope envelope;
	struct intoto_statement statement;
	const struct verify_key *key; /* that has signed it, or NULL: none that is known */
	struct bytes text;            /* of the whole file, if a log is asked for */
	bool counts;
};

/* One step that runs beside others: what it tells is put in order afterwards. */
struct verify_part {
	struct verify_result told;
	struct error failure;
};
enum { VERIFY_HASH, VERIFY_CONTENT, VERIFY_STATEMENTS, VERIFY_PARTS };

struct verifying {
	struct context *c;
	const char *path, *base; /* of FILE; its name without folders */
	const struct verify_options *o;
	struct verify_result *r;
	int fd, folder;          /* of FILE, and where it lies */
	uint64_t size;           /* bytes */
	enum identify_kind kind;
	struct verify_key *keys;
	size_t n_keys;
	struct verify_bundle *bundles;
	size_t n_bundles;
	struct verify_statements *statements; /* or NULL: there are none */
	struct oci_digests digests; /* of an image: by VERIFY_HASH */
	struct oci_image *image;    /* or NULL: by VERIFY_CONTENT */
	struct verify_log *log;               /* or NULL: no log is asked for */
	struct verify_part parts[VERIFY_PARTS];
};

/* A failed check, told as *err is. Returns -1. */
int verify_failed(struct verify_result *told, const char *name, const struct error *err);

/*
 * Regular files of at most @max bytes only: links are followed if @follow. FILE_ABSENT if
 * there is none. ERR_SIGNATURE a link or no file; ERR_LIMIT; ERR_IO.
 */
int verify_load(int folder, const char *name, bool follow, size_t max, struct buf *to,
		struct error *err) MUST_CHECK;

/* verify_keys.c: --key, else `trust:`. */
int verify_load_keys(struct verifying *v, struct error *err) MUST_CHECK;
void verify_release_keys(struct verifying *v);
/* The known key whose id is @hex, or NULL. */
const struct verify_key *verify_key_by_id(const struct verifying *v, struct str hex);
/* "key 0123456789abcdef (release.pub)" in @arena. */
const char *verify_key_text(const struct verify_key *k, struct arena *arena);
/*
 * Which known key has signed @e: *ret, or NULL if none has. A signature that names a known
 * key and is not by it is ERR_SIGNATURE, whatever the others are. @what is for messages.
 */
int verify_envelope(const struct verifying *v, const struct dsse_envelope *e, const char *what,
		    const struct verify_key **ret, struct error *err) MUST_CHECK;

/* verify_signatures.c: found, parsed, and checked against the keys. */
int verify_find_signatures(struct verifying *v, struct error *err) MUST_CHECK;
/* That they are of this file; fills in who vouches. @inside: why the content failed, or NULL. */
int verify_match_signatures(struct verifying *v, const struct error *inside,
			    struct error *err) MUST_CHECK;

/* verify_content.c: what the file is made of. */
int verify_content(struct verifying *v, struct verify_part *part, struct error *err) MUST_CHECK;
/*
 * After VERIFY_HASH and VERIFY_CONTENT: what the one has computed is what the other has read.
 * A failure is part->failure.
 */
void verify_blobs(const struct verifying *v, struct verify_part *part);
int verify_disk(struct verifying *v, struct verify_part *part, struct error *err) MUST_CHECK;

/* verify_statements.c: STEM.intoto.jsonl and what lies beside it. */
int verify_read_statements(struct verifying *v, struct verify_part *part,
			   struct error *err) MUST_CHECK;
int verify_match_statements(struct verifying *v, struct error *err) MUST_CHECK;

/* verify_log.c: --proof and --log-key are read before any work; nothing to do without. */
int verify_load_log(struct verifying *v, struct error *err) MUST_CHECK;
void verify_release_log(struct verifying *v);
/* That one of the signatures that count is what the proof is of. */
int verify_match_log(struct verifying *v, struct error *err) MUST_CHECK;

/* Whether @key may vouch for a file that was signed as @name. */
bool verify_key_covers(const struct verify_key *key, struct str name);
/*
 * Whether it may while the file is called @name: a key for "web" does not vouch for a file that
 * has been renamed to an output of "vm". "download.tar" is no output's name, and no claim.
 */
bool verify_key_covers_now(const struct verify_key *key, struct str name);

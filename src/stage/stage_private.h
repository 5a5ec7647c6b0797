#pragma once

/*
 * stage/stage_private.h - what the files of stage/ share; for no other room.
 *
 * Everything below the stage's folder is reached through directory
 * descriptors that stage_open() holds, so that a renamed or replaced path
 * can't lead a write elsewhere.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "io/file.h"
#include "stage/stage.h"

#define STAGE_FORMAT_TEXT   "ingot-stage 1\n"
#define STAGE_SHARDS        256u  /* objects/00 to objects/ff */
#define STAGE_OPEN_OBJECTS  64u   /* descriptors that the reader keeps */
#define STAGE_KEY_SIZE      32u   /* bytes of the MAC key */
#define STAGE_RESULT_MAX    (1u << 30) /* bytes of one keyed result */
#define STAGE_REF_MAX       (64u << 20) /* bytes of one ref: 900,000 objects */

/* "ab/<62 hex>" and NUL */
#define OBJECT_NAME_MAX (DIGEST_HEX_MAX + 1)

/* One object that the reader keeps open. */
struct open_object {
	struct digest digest;
	int fd;          /* -1: free */
	uint64_t base;   /* where in the file the object begins */
	uint64_t size;   /* bytes of the object */
	unsigned n_users;
	bool dropped;    /* close it with its last user */
	uint64_t last;   /* reader_clock at the last use */
};

struct stage_reader {
	struct content_reader base; /* first: content_reader * is stage_reader * */
	struct stage *stage;
};

struct stage {
	char *path;
	int root_fd, objects_fd, results_fd, refs_fd, tmp_fd, quarantine_fd;
	int lock_fd;
	bool has_key;
	bool is_scratch; /* nothing is synced */
	uint8_t key[STAGE_KEY_SIZE];
	bool unnamed_files; /* O_TMPFILE and /proc work here */
	struct stage_reader reader;

	/* objects that lie in another file (stage_lend.c) */
	int lent_fd;
	const char *lent_name;
	struct stage_part *lent; /* sorted by digest */
	size_t n_lent;

	pthread_mutex_t mutex; /* guards all below */
	uint64_t n_quarantined; /* by this process */
	struct digest *pending; /* objects of this process that nothing has synced yet */
	size_t n_pending, pending_capacity;
	bool pending_shard; /* a folder in objects/ is new */
	struct open_object open[STAGE_OPEN_OBJECTS];
	uint64_t reader_clock;
};

/* ---- names ---- */

/* "ab/<62 hex>", relative to objects_fd. Returns @text. */
char *object_name(const struct digest *d, char text[static OBJECT_NAME_MAX]);
/* False unless @shard ("ab") and @rest (62 hex digits) name an object. */
bool object_name_parse(const char *shard, const char *rest, struct digest *ret);
bool is_shard_name(const char *name);
bool is_kind_name(const char *name);
bool is_ref_name(const char *name);

/* ---- files without a name ---- */

/*
 * A new file in tmp/ with @mode: without a name where the file system can,
 * else with a random one in *ret_temporary (owned; NULL otherwise).
 */
int scratch_open(struct stage *s, mode_t mode, int *ret_fd, char **ret_temporary,
		 struct error *err) MUST_CHECK;

/*
 * Gives the scratch file the name @name in @dirfd. With @replace whatever is
 * there is replaced in one step; without, an existing name is EEXIST. Returns
 * 0 or an errno value; *temporary is consumed on success.
 */
int scratch_link(struct stage *s, int fd, char **temporary, int dirfd, const char *name,
		 bool replace);
void scratch_drop(struct stage *s, char **temporary);

/* Removes what a killed process left in tmp/, if nobody else has the stage. */
void scratch_sweep(struct stage *s);

/* ---- objects ---- */

/*
 * Where the bytes of an object are: @size of them from @base on. @fd is owned.
 * STAGE_ABSENT too for an empty file that should not be empty (see docs).
 */
struct object_place {
	int fd;
	uint64_t base, size;
};
int object_open(struct stage *s, const struct digest *d, struct object_place *ret,
		struct error *err) MUST_CHECK;

/* NULL: nobody has lent it. */
const struct stage_part *lent_find(const struct stage *s, const struct digest *d);
/* Whether it is read from where it was lent, because the stage has no such file. */
bool object_is_lent(struct stage *s, const struct digest *d);

/* ERR_DIGEST for an object found wrong, after moving it to quarantine/. */
int object_wrong(struct stage *s, const struct digest *d, const struct digest *got,
		 struct error *err);

/* What to do about a damaged object. Returns -1. */
int object_hint(struct stage *s, struct error *err);

/* Exactly @size bytes at @offset; *ret_short if the file ends before. */
int object_pread(int fd, uint64_t offset, uint8_t *to, size_t size, bool *ret_short,
		 struct error *err) MUST_CHECK;

/* ---- durability ---- */

/* This process has put @d, and nothing has synced it yet. */
void pending_add(struct stage *s, const struct digest *d);
/* This process has made a folder in objects/. */
void pending_add_shard(struct stage *s);

/* Makes the objects of @named (sorted) durable. */
struct digest_list;
int sync_named(struct stage *s, const struct digest_list *named, struct error *err) MUST_CHECK;

/* ---- the reader's descriptors ---- */

void reader_init(struct stage *s);
void reader_release(struct stage *s);
/* After quarantine: the next open goes to the name again. */
void reader_forget(struct stage *s, const struct digest *d);

/* ---- the MAC key ---- */

int user_key_load(const char *path, uint8_t ret[static STAGE_KEY_SIZE],
		  struct error *err) MUST_CHECK;

/* ---- results ---- */

/* A result's file, taken apart; views into the bytes given. */
struct result_view {
	struct digest mac;
	struct bytes signed_part; /* all that the MAC covers */
	struct str kind;
	struct digest key;
	struct str inputs;
	struct bytes value;
};
/* False if the text is not a whole result. */
bool result_parse(struct bytes file, struct result_view *ret);

/* Reads the file of a result. @used: note for gc that it was. STAGE_ABSENT. */
int result_load(struct stage *s, const char *kind, const char *hex, bool used, struct buf *ret,
		struct error *err) MUST_CHECK;

/* ---- refs ---- */

/* The objects of ref @name, appended to *list. ERR_DIGEST if it is damaged. */
struct digest_list {
	struct digest *v;
	size_t n, capacity;
};
void digest_list_release(struct digest_list *l);
void digest_list_add(struct digest_list *l, const struct digest *d);
void digest_list_sort(struct digest_list *l); /* and drops duplicates */
bool digest_list_has(const struct digest_list *l, const struct digest *d); /* sorted */
int ref_load(struct stage *s, const char *name, struct digest_list *list,
	     struct error *err) MUST_CHECK;

/* ---- the lock ---- */

/* Back to shared comes unlock_exclusive(). */
int lock_exclusive(struct stage *s, struct error *err) MUST_CHECK;
bool try_lock_exclusive(struct stage *s);
void unlock_exclusive(struct stage *s);

/* ---- walking ---- */

/*
 * Calls @each for every file of @kind ("object" or a result's kind), in order
 * of name. Names that are no digests are passed with @d NULL.
 */
typedef int stage_visit(void *context, struct stage *s, const char *kind, const char *shard,
			const char *name, const struct digest *d, const struct stat *st,
			struct error *err);
int walk_objects(struct stage *s, stage_visit *each, void *context,
		 struct error *err) MUST_CHECK;
int walk_shard(struct stage *s, const char *shard, stage_visit *each, void *context,
	       struct error *err) MUST_CHECK;
int walk_results(struct stage *s, const char *kind /* or NULL: all */, stage_visit *each,
		 void *context, struct error *err) MUST_CHECK;

/*
 * Which objects may go. Kept is what a ref names, what a kept result names,
 * and what is younger than the grace (fetched, not used yet).
 *
 * Values of results are the business of their kinds, so gc does not decode
 * them: an object counts as named if the 32 bytes or the 64 hex digits of its
 * digest stand anywhere in a value. That can only keep too much.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"

struct candidate {
	struct digest digest;
	uint64_t size;
	int64_t used; /* seconds since the epoch */
	bool named;
};

struct sweep {
	struct candidate *v; /* in order of digest: as walk_objects() gives them */
	size_t n, capacity;
	uint32_t first[STAGE_SHARDS + 1]; /* index of a shard's first candidate */
	int64_t oldest; /* what was used before may go */
	bool dry_run;
	struct stage_gc_report report;
};

static int add_candidate(void *context, struct stage *s, const char *kind, const char *shard,
			 const char *name, const struct digest *d, const struct stat *st,
			 struct error *err)
{
	struct sweep *w = context;

	(void)s, (void)kind, (void)shard, (void)name, (void)err;
	if (!d)
		return 0; /* fsck's business */
	MEM_GROW(w->v, w->n, w->capacity);
	w->v[w->n++] = (struct candidate){ .digest = *d, .size = (uint64_t)st->st_size,
					   .used = st->st_mtime };
	return 0;
}

static void index_candidates(struct sweep *w)
{
	size_t i = 0;

	for (unsigned shard = 0; shard <= STAGE_SHARDS; shard++) {
		while (i < w->n && w->v[i].digest.bytes[0] < shard)
			i++;
		w->first[shard] = (uint32_t)i;
	}
}

static void mark(struct sweep *w, const uint8_t *digest)
{
	size_t low = w->first[digest[0]], high = w->first[digest[0] + 1u];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(digest, w->v[middle].digest.bytes, DIGEST_SIZE);

		if (order == 0) {
			w->v[middle].named = true;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
}

static bool is_hex_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static void mark_named_in(struct sweep *w, struct bytes value)
{
	size_t digits = 0;

	for (size_t i = 0; i < value.len; i++) {
		uint8_t raw[DIGEST_SIZE];

		if (value.len - i >= DIGEST_SIZE)
			mark(w, value.ptr + i);
		digits = is_hex_digit(value.ptr[i]) ? digits + 1 : 0;
		if (digits >= 2 * DIGEST_SIZE &&
		    hex_parse((struct str){ (const char *)value.ptr + i + 1 - 2 * DIGEST_SIZE,
					    2 * DIGEST_SIZE }, raw, DIGEST_SIZE))
			mark(w, raw);
	}
}

static int remove_at(struct stage *s, int dirfd, const char *folder, const char *name,
		     struct error *err)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", folder, name);

	if (unlinkat(dirfd, path, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot remove '%s' from the stage '%s'", path, s->path);
	return 0;
}

static int sweep_result(void *context, struct stage *s, const char *kind, const char *shard,
			const char *name, const struct digest *d, const struct stat *st,
			struct error *err)
{
	CLEANUP_BUF struct buf file = BUF_INIT(STAGE_RESULT_MAX);
	struct sweep *w = context;
	struct result_view v;
	int r;

	if (!d)
		return 0;
	if (st->st_mtime < w->oldest) {
		w->report.n_removed++;
		w->report.bytes_removed += (uint64_t)st->st_size;
		return w->dry_run ? 0 : remove_at(s, s->results_fd, shard, name, err);
	}
	w->report.n_kept++;
	w->report.bytes_kept += (uint64_t)st->st_size;
	r = result_load(s, kind, name, false, &file, err);
	if (r)
		return r < 0 ? -1 : 0;
	if (result_parse(buf_bytes(&file), &v))
		mark_named_in(w, v.value);
	return 0;
}

static int mark_refs(struct stage *s, struct sweep *w, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (file_list(s->refs_fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct digest_list list = { 0 };
		int r = 0;

		if (is_ref_name(names.names[i]))
			r = ref_load(s, names.names[i], &list, err);
		for (size_t k = 0; k < list.n; k++)
			mark(w, list.v[k].bytes);
		digest_list_release(&list);
		if (r < 0)
			return -1; /* what it kept is unknown: nothing may go */
	}
	return 0;
}

static int sweep_objects(struct stage *s, struct sweep *w, struct error *err)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct candidate *c = &w->v[i];
		char name[OBJECT_NAME_MAX];

		if (c->named || c->used >= w->oldest) {
			w->report.n_kept++;
			w->report.bytes_kept += c->size;
			continue;
		}
		w->report.n_removed++;
		w->report.bytes_removed += c->size;
		if (w->dry_run)
			continue;
		if (remove_at(s, s->objects_fd, ".", object_name(&c->digest, name), err) < 0)
			return -1;
		reader_forget(s, &c->digest);
	}
	return 0;
}

/* Alone with the stage, nobody's temporary files are in use. */
static int sweep_folder(struct stage *s, int dirfd, struct sweep *w, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (file_list(dirfd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct stat st;

		if (fstatat(dirfd, names.names[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		w->report.n_removed++;
		w->report.bytes_removed += (uint64_t)st.st_size;
		if (!w->dry_run && remove_at(s, dirfd, ".", names.names[i], err) < 0)
			return -1;
	}
	return 0;
}

static int collect(struct stage *s, struct sweep *w, struct error *err)
{
	/* results before objects: killed between, no result names what is gone */
	if (walk_objects(s, add_candidate, w, err) < 0)
		return -1;
	assert(w->n < UINT32_MAX);
	index_candidates(w);
	if (mark_refs(s, w, err) < 0 || walk_results(s, NULL, sweep_result, w, err) < 0 ||
	    sweep_objects(s, w, err) < 0 || sweep_folder(s, s->tmp_fd, w, err) < 0)
		return -1;
	return sweep_folder(s, s->quarantine_fd, w, err);
}

int stage_gc(struct stage *s, int64_t now, int64_t grace, bool dry_run,
	     struct stage_gc_report *ret, struct error *err)
{
	struct sweep w = { .oldest = now - grace, .dry_run = dry_run };
	int r;

	if (lock_exclusive(s, err) < 0)
		return -1;
	r = collect(s, &w, err);
	unlock_exclusive(s);
	free(w.v);
	if (r == 0)
		*ret = w.report;
	return r;
}

/*
 * From the archive's signatures to each package: InRelease by the keyring in the bundle, the
 * indexes by InRelease, the lock's lines by the indexes.
 */
#include "pipeline/rebuild_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "io/child.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "pipeline/keyring.h"
#include "pipeline/locked_release.h"
#include "resolve/lock.h"
#include "resolve/stanza_sieve.h"

/* ---- InRelease ---- */

static bool is_index_of(const struct lock_index *index, struct str architecture)
{
	struct str rest = index->path, folder;

	while (str_split(&rest, '/', &folder))
		if (str_has_prefix(folder, STR("binary-")) &&
		    str_equal((struct str){ folder.ptr + 7, folder.len - 7 }, architecture))
			return true;
	return false;
}

static bool has_suite(const struct rebuilding *b, const struct lock_suite *s)
{
	if (!stage_has(b->inner.stage, &s->inrelease))
		return false;
	for (size_t i = 0; i < s->n_indexes; i++)
		if (is_index_of(&s->indexes[i], b->architecture) &&
		    !stage_has(b->inner.stage, &s->indexes[i].digest))
			return false;
	return true;
}

/* Of the auditor, or of the bundle, and of no other place: keyring_load() would ask the host. */
static int load_keyring(const struct rebuilding *b, const struct lock_suite *s, struct buf *to,
			struct error *err)
{
	const struct recipe_source *source = locked_source(b->recipe, s);
	CLEANUP_FREE char *path = source ? keyring_path(source) : NULL;
	CLEANUP_FREE char *full = path ? mem_printf("recipes/%s", path) : NULL;
	const char *given = b->options->keyring;
	int r = FILE_ABSENT;

	if (given)
		r = file_load(AT_FDCWD, given, to, err);
	else if (full)
		r = file_load(b->inner.workspace.fd, full, to, err);
	if (r != FILE_ABSENT)
		return r;
	if (given)
		return err_set(err, ERR_SIGNATURE, "there is no keyring '%s'", given);
	return err_set(err, ERR_SIGNATURE, "the bundle has no keyring for suite '" STR_FMT "'",
		       STR_ARG(s->suite));
}

static int judge_release(struct rebuilding *b, size_t i, struct error *err)
{
	struct arena *arena = &b->r->arena;
	const struct lock_suite *s = &b->lock->suites[i];
	CLEANUP_BUF struct buf keyring = BUF_INIT(KEYRING_SIZE_MAX);
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RELEASE_SIZE);

	if (load_keyring(b, s, &keyring, err) < 0)
		return -1;
	if (stage_load(b->inner.stage, &s->inrelease, &text, err))
		return err->code ? -1 : err_set(err, ERR_IO, "an object has gone");
	return locked_release(arena_bytes(arena, buf_bytes(&text)), buf_bytes(&keyring), s, arena,
			      &b->evidence.releases[i], err);
}

static int judge_releases(struct rebuilding *b, struct error *err)
{
	size_t n = b->lock->n_suites;

	b->evidence.releases = arena_array(&b->r->arena, n, sizeof(*b->evidence.releases));
	for (size_t i = 0; i < n; i++)
		if (judge_release(b, i, err) < 0)
			return -1;
	return 0;
}

/* ---- indexes ---- */

static bool is_same(const struct lock_package *locked, const struct package *p)
{
	return str_equal(locked->version, p->version) &&
	       str_equal(locked->architecture, p->architecture) &&
	       str_equal(locked->path, p->path) && locked->size == p->size &&
	       digest_equal(&locked->digest, &p->digest) && str_equal(locked->source, p->source) &&
	       str_equal(locked->source_version, p->source_version);
}

static void mark(const struct rebuilding *b, const struct lock_suite *s,
		 const struct package_list *list, bool *found)
{
	const struct lock_architecture *a = lock_architecture(b->lock, b->architecture);

	for (size_t i = 0; i < list->n; i++) {
		const struct lock_package *p = lock_package(a, list->packages[i].name);

		if (p && str_equal(p->archive, s->source) && str_equal(p->suite, s->suite) &&
		    is_same(p, &list->packages[i]))
			found[p - a->packages] = true;
	}
}

static bool is_locked(const void *context, struct str package)
{
	return lock_package(context, package) != NULL;
}

#define STEP (256u << 10) /* bytes */

/* Read through, of 70,000 stanzas a hundred are kept. */
static int sieve_index(const struct lock_architecture *a, struct source *plain, struct buf *kept,
		       struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_INDEX_SIZE);
	size_t n;

	do {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (text.len > text.max - STEP || kept->len > kept->max - text.max)
			return err_set(err, ERR_LIMIT, "an index is too large");
		if (source_read(plain, buf_reserve(&text, STEP), STEP, &n, err) < 0)
			return -1;
		text.len += n;
		stanza_sieve(&text, n == 0, is_locked, a, kept);
	} while (n);
	return 0;
}

static int open_object(const struct rebuilding *b, const struct digest *d, const char *name,
		       struct source **ret, struct error *err)
{
	if (stage_get(b->inner.stage, d, ret, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", name);
	return 0;
}

/* The lock's digest is of this form. That it says the same as the other, the Release vouches. */
static int check_object(const struct rebuilding *b, const struct digest *d, const char *name,
			struct error *err)
{
	CLEANUP_SOURCE struct source *raw = NULL;
	struct sink *nothing = sink_to_nothing();
	int r = open_object(b, d, name, &raw, err);

	if (r == 0)
		r = source_copy(raw, nothing, err);
	(void)!sink_close(nothing, err);
	return r;
}

/*
 * The index as the signed Release lists it without a compressor. The bundle has it as zstd, too:
 * whoever made that, what comes out is what was signed, or nothing. Not if the Release doesn't
 * list it, or the bundle is of an ingot that made none: *ret_fast NULL.
 */
static int open_fast(const struct rebuilding *b, size_t suite, const struct lock_index *index,
		     struct source **ret_fast, struct error *err)
{
	const struct release_file *plain = release_find(&b->evidence.releases[suite],
							bundle_plain_path(index->path));
	const char *name =
		bundle_fast_name(&b->r->arena, &b->lock->suites[suite], index->path);
	const struct oci_artifact_file *f =
		plain && name ? oci_artifact_find(&b->bundle->files, str_of(name)) : NULL;
	struct source *raw = NULL;

	*ret_fast = NULL;
	if (!f || bundle_kind_of(f) != BUNDLE_EVIDENCE)
		return 0;
	if (plain->size > LIMIT_INDEX_SIZE)
		return err_set(err, ERR_LIMIT, "'%s' is too large", name);
	if (check_object(b, &index->digest, name, err) < 0 ||
	    open_object(b, &f->digest, name, &raw, err) < 0)
		return -1;
	*ret_fast = hash_check_source(decompress_one(raw, COMPRESS_ZSTD, plain->size, name),
				      plain->size, &plain->digest, name);
	return 0;
}

static int open_index(const struct rebuilding *b, size_t suite, const struct lock_index *index,
		      const char *name, struct source **ret, struct error *err)
{
	struct source *raw = NULL;

	if (open_fast(b, suite, index, ret, err) < 0)
		return -1;
	if (*ret)
		return 0;
	if (open_object(b, &index->digest, name, &raw, err) < 0)
		return -1;
	*ret = decompress(raw, COMPRESS_AUTO, LIMIT_INDEX_SIZE, name);
	return 0;
}

static int read_index(const struct rebuilding *b, size_t suite, const struct lock_index *index,
		      bool *found, struct error *err)
{
	const struct lock_suite *s = &b->lock->suites[suite];
	CLEANUP_FREE char *name =
		mem_printf(STR_FMT "/" STR_FMT, STR_ARG(s->suite), STR_ARG(index->path));
	CLEANUP_BUF struct buf kept = BUF_INIT(2 * (size_t)LIMIT_INDEX_SIZE);
	CLEANUP_SOURCE struct source *plain = NULL;
	struct package_list list = { 0 };
	int r;

	if (open_index(b, suite, index, name, &plain, err) < 0)
		return -1;
	r = sieve_index(lock_architecture(b->lock, b->architecture), plain, &kept, err);
	if (r == 0)
		r = packages_parse(buf_bytes(&kept), name, 0, &list, err);
	if (r == 0)
		mark(b, s, &list, found);
	package_list_release(&list);
	return r;
}

static int judge_suite(const struct rebuilding *b, size_t i, bool *found, struct error *err)
{
	const struct lock_suite *s = &b->lock->suites[i];

	for (size_t k = 0; k < s->n_indexes; k++) {
		const struct lock_index *index = &s->indexes[k];
		const struct release_file *f = release_find(&b->evidence.releases[i], index->path);

		if (!is_index_of(index, b->architecture))
			continue;
		if (!f || !digest_equal(&f->digest, &index->digest) || f->size != index->size)
			return err_set(err, ERR_SIGNATURE,
				       "the signed Release of '" STR_FMT
				       "' does not list the lock's "
				       "'" STR_FMT "'",
				       STR_ARG(s->suite), STR_ARG(index->path));
		if (read_index(b, i, index, found, err) < 0)
			return -1;
	}
	return 0;
}

static int judge_indexes(struct rebuilding *b, struct error *err)
{
	const struct lock_architecture *a = lock_architecture(b->lock, b->architecture);
	CLEANUP_FREE bool *found = mem_array(a->n_packages + 1, sizeof(*found));

	for (size_t i = 0; i < b->lock->n_suites; i++)
		if (judge_suite(b, i, found, err) < 0)
			return -1;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!found[i])
			return err_set(err, ERR_SIGNATURE,
				       "the signed index of '" STR_FMT "' does not have " STR_FMT
				       " " STR_FMT " as the lock has it",
				       STR_ARG(p->suite), STR_ARG(p->name), STR_ARG(p->version));
	}
	return 0;
}

/* ---- in a process of its own, beside all else ---- */

static int evidence_task(const void *what, struct buf *to, struct error *err)
{
	struct rebuilding *b = *(struct rebuilding *const *)what;

	(void)to; /* that it ends well is the answer */
	return judge_releases(b, err) < 0 ? -1 : judge_indexes(b, err);
}

int rebuild_evidence_start(struct rebuilding *b, struct error *err)
{
	static const struct child_options options = { .name = "the reader of indexes",
						      .failure = ERR_SIGNATURE,
						      .answer_max = 1u << 16 };

	for (size_t i = 0; i < b->lock->n_suites; i++)
		if (!has_suite(b, &b->lock->suites[i]))
			return 0;
	b->evidence.self = b;
	return child_start(evidence_task, &b->evidence.self, &options, &b->evidence.child, err);
}

int rebuild_evidence_finish(struct rebuilding *b, struct error *err)
{
	const struct lock_architecture *a = lock_architecture(b->lock, b->architecture);
	CLEANUP_BUF struct buf answer = BUF_INIT(1u << 17);

	if (!b->evidence.child && b->options->keyring)
		return err_set(err, ERR_SIGNATURE, "the bundle is without the archive's signed "
			       "indexes, and --keyring asks for them");
	if (!b->evidence.child) {
		verify_add(
			&b->r->verify, "evidence", VERIFY_NOTE,
			"the bundle is without the archive's signed indexes: nothing says that its "
			"packages are the archive's");
		return 0;
	}
	if (child_finish(TAKE_PTR(b->evidence.child), &answer, err) < 0)
		return -1;
	verify_add(
		&b->r->verify, "evidence", VERIFY_OK,
		"%zu packages are in the archive's indexes, signed by its keys (%zu suites)",
		a->n_packages, b->lock->n_suites);
	return rebuild_archive_tell(b, err);
}

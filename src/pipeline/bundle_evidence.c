/*
 * The signed indexes that a lock was made from: in the stage, or else where they were. Each is
 * there as the lock names it, and once more as zstd: who judges a bundle reads indexes whole,
 * and xz of a suite's takes longer than all else that is judged.
 */
#include "pipeline/bundle_private.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "pipeline/locked_release.h"
#include "pipeline/places.h"

char *bundle_evidence_name(struct arena *a, const struct lock_suite *s, struct str path)
{
	return arena_printf(a, "evidence/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(s->source),
			    STR_ARG(s->suite), STR_ARG(path));
}

struct str bundle_plain_path(struct str path)
{
	static const char *const endings[] = { ".xz", ".gz" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_has_suffix(path, str_of(endings[i])))
			path.len -= strlen(endings[i]);
	return path;
}

char *bundle_fast_name(struct arena *a, const struct lock_suite *s, struct str path)
{
	struct str plain = bundle_plain_path(path);

	if (plain.len == path.len)
		return NULL;
	return bundle_evidence_name(a, s, str_of(arena_printf(a, STR_FMT ".zst", STR_ARG(plain))));
}

/* "main/binary-amd64/Packages.xz" of an architecture that is bundled. */
static bool wants_index(const struct bundling *b, const struct lock_index *index)
{
	for (size_t i = 0; i < b->lock->n_architectures; i++) {
		struct str name = b->lock->architectures[i].name;
		struct str folder = { 0 }, rest = index->path;

		while (str_split(&rest, '/', &folder))
			if (str_has_prefix(folder, STR("binary-")) &&
			    str_equal((struct str){ folder.ptr + 7, folder.len - 7 }, name))
				return bundling_wants(b, name);
	}
	return false;
}

static int fetch_one(struct bundling *b, const struct lock_suite *s, struct str path,
		     const struct digest *d, uint64_t size, struct error *err)
{
	const struct recipe_source *source = locked_source(b->recipe, s);
	bool is_release = str_equal(path, STR("InRelease"));
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(b->context, PHASE_INDEXES, &slot);
	struct fetch_item item = { .has_digest = true, .digest = *d, .size = size };

	item.what = arena_printf(&b->arena, STR_FMT "/" STR_FMT, STR_ARG(s->suite), STR_ARG(path));
	if (!source)
		return err_set(err, ERR_LOCK_STALE, "the recipe has no source '" STR_FMT "'",
			       STR_ARG(s->source));
	if (!b->context->offline &&
	    places_of_suite(b->context, source, s->suite, path, is_release ? NULL : d, &b->arena,
			    &item.urls, &item.n_urls, err) < 0)
		return -1;
	return fetch_all(b->context->stage, &item, 1, &options, err);
}

/*
 * *ret_there is false if it is to be had nowhere: an archive keeps only its newest state. That
 * makes a bundle worth less, but builds need no evidence.
 */
static int add_one(struct bundling *b, const struct lock_suite *s, struct str path,
		   const struct digest *d, uint64_t size, bool *ret_there, struct error *err)
{
	struct error missing = ERR_INIT;

	*ret_there =
		stage_has(b->context->stage, d) || fetch_one(b, s, path, d, size, &missing) == 0;
	if (!*ret_there && (missing.code == ERR_INTERRUPTED || missing.code == ERR_IO))
		return err_move(err, &missing);
	if (!*ret_there)
		context_note(b->context,
			     "the evidence " STR_FMT "/" STR_FMT " can't be bundled: %s",
			     STR_ARG(s->suite), STR_ARG(path), missing.message);
	err_release(&missing);
	if (*ret_there)
		bundling_add_object(b, bundle_evidence_name(&b->arena, s, path), BUNDLE_EVIDENCE, d,
				    size);
	return 0;
}

/* ---- the same as zstd ---- */

/* Into an object of the stage: a bundle names its blobs before it has them. */
static int recompress(struct bundling *b, const struct lock_index *index, const char *name,
		      struct digest *ret, uint64_t *ret_size, struct error *err)
{
	CLEANUP_SOURCE struct source *plain = NULL;
	struct stage *stage = b->context->stage;
	struct stage_draft *draft;
	struct source *raw = NULL;
	struct sink *sink;

	if (stage_get(stage, &index->digest, &raw, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", name);
	plain = decompress(raw, COMPRESS_AUTO, LIMIT_INDEX_SIZE, name);
	if (stage_draft_open(stage, &draft, err) < 0)
		return -1;
	sink = compress_zstd(stage_draft_sink(draft), UINT64_MAX);
	if (source_copy(plain, sink, err) < 0)
		sink->failed = true;
	if (sink_close(sink, err) < 0) {
		stage_draft_drop(draft);
		return -1;
	}
	return stage_draft_commit(draft, NULL, ret, ret_size, err);
}

static int add_fast(struct bundling *b, const struct lock_suite *s, const struct lock_index *index,
		    struct error *err)
{
	const char *name = bundle_fast_name(&b->arena, s, index->path);
	struct digest digest;
	uint64_t size;

	if (!name)
		return 0;
	if (recompress(b, index, name, &digest, &size, err) < 0)
		return -1;
	bundling_add_object(b, name, BUNDLE_EVIDENCE, &digest, size);
	return 0;
}

static int add_suite(struct bundling *b, const struct lock_suite *s, bool *ret_all,
		     struct error *err)
{
	bool there;

	if (add_one(b, s, STR("InRelease"), &s->inrelease, s->inrelease_size, ret_all, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n_indexes; i++) {
		if (!wants_index(b, &s->indexes[i]))
			continue;
		if (add_one(b, s, s->indexes[i].path, &s->indexes[i].digest, s->indexes[i].size,
			    &there, err) < 0 ||
		    (there && add_fast(b, s, &s->indexes[i], err) < 0))
			return -1;
		*ret_all &= there;
	}
	return 0;
}

int bundling_evidence(struct bundling *b, struct error *err)
{
	b->has_evidence = true;
	for (size_t i = 0; i < b->lock->n_suites; i++) {
		bool all;

		if (add_suite(b, &b->lock->suites[i], &all, err) < 0)
			return -1;
		b->has_evidence &= all;
	}
	if (!b->has_evidence)
		context_note(b->context, "the bundle is without its evidence, and marked so: it "
					 "can be built from, but not traced to the archive's "
					 "signatures");
	return 0;
}

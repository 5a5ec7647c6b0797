#define _GNU_SOURCE
#include "pipeline/evidence.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "compress/compress.h"
#include "pipeline/keyring.h"
#include "pipeline/places.h"
#include "pipeline/seen.h"

/* What is known of one suite while it is obtained. */
struct work {
	const struct recipe_source *source;
	struct str suite;
	const struct lock_suite *old; /* in the earlier lock, or NULL */
	bool fresh;		      /* read anew from a mirror */
	bool has_release;	      /* @release is filled in */
	struct release release;
	struct lock_suite *lock; /* the result */
};

struct obtaining {
	struct context *context;
	const struct recipe *recipe;
	const struct evidence_options *options;
	struct arena *arena;
	struct work *works;
	size_t n;
	struct seen *seen;
};

static const struct lock_suite *old_suite(const struct lock *old, struct str source,
					  struct str suite)
{
	for (size_t i = 0; old && i < old->n_suites; i++)
		if (str_equal(old->suites[i].source, source) &&
		    str_equal(old->suites[i].suite, suite))
			return &old->suites[i];
	return NULL;
}

/* A lock made under another snapshot time says nothing about this one. */
static bool same_snapshot(const struct lock_suite *old, const struct recipe_source *source)
{
	return str_equal(old->snapshot, source->snapshot);
}

static void list_works(struct obtaining *o, struct evidence *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < o->recipe->n_sources; i++)
		n += o->recipe->sources[i].n_suites;
	o->works = arena_array(o->arena, n, sizeof(*o->works));
	ret->suites = arena_array(o->arena, n, sizeof(*ret->suites));
	ret->n_suites = n;
	for (size_t i = 0; i < o->recipe->n_sources; i++) {
		const struct recipe_source *source = &o->recipe->sources[i];

		for (size_t k = 0; k < source->n_suites; k++) {
			struct work *w = &o->works[o->n];

			w->source = source;
			w->suite = source->suites[k];
			w->old = old_suite(o->options->old, source->name, w->suite);
			w->fresh = o->options->update || !w->old || !same_snapshot(w->old, source);
			w->lock = &ret->suites[o->n++];
			w->lock->source = arena_str(o->arena, source->name);
			w->lock->suite = arena_str(o->arena, w->suite);
			w->lock->snapshot = arena_str(o->arena, source->snapshot);
		}
	}
}

/* ---- InRelease ---- */

static char *archive_name(const struct work *w, struct arena *arena)
{
	return arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(w->release.origin),
			    STR_ARG(w->release.label), STR_ARG(w->release.codename));
}

/* The date of the newest Release of this archive that the lock or this user has seen. */
static int64_t newest_seen(const struct obtaining *o, const struct work *w)
{
	int64_t newest = seen_date(o->seen, str_of(archive_name(w, o->arena)));

	if (w->old && same_snapshot(w->old, w->source) && w->old->date > newest)
		newest = w->old->date;
	return newest;
}

/* A snapshot is asked for by name: it is judged as of its own time. */
static int check_release(const struct obtaining *o, const struct work *w, const char *name,
			 struct error *err)
{
	bool snapshot = w->source->snapshot.len != 0;

	if (release_check(&w->release, name, w->suite, snapshot ? w->release.date : o->context->now,
			  snapshot ? 0 : newest_seen(o, w), err) < 0)
		return err_place(err, w->source->pos);
	return 0;
}

static bool holds(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i], s))
			return true;
	return false;
}

static bool is_accepted(const struct evidence_options *o, struct str fingerprint)
{
	for (size_t i = 0; i < o->n_accepted_keys; i++)
		if (str_equal_cstr(fingerprint, o->accepted_keys[i]))
			return true;
	return false;
}

/*
 * Of the good signatures those by keys that the lock pins (or, without a lock,
 * all). A key that only co-signs is not pinned silently.
 */
static int pin_signers(const struct obtaining *o, const struct work *w,
		       const struct openpgp_verdict *v, struct error *err)
{
	struct lock_suite *l = w->lock;

	l->signed_by = arena_array(o->arena, v->n_signers, sizeof(*l->signed_by));
	for (size_t i = 0; i < v->n_signers; i++)
		if (!w->old || holds(w->old->signed_by, w->old->n_signed_by, v->signers[i]) ||
		    is_accepted(o->options, v->signers[i]))
			l->signed_by[l->n_signed_by++] = arena_str(o->arena, v->signers[i]);
	if (l->n_signed_by)
		return 0;
	(void)err_set(err, ERR_SIGNATURE,
		      "the Release of '" STR_FMT "' is signed by " STR_FMT
		      ", which the lock does not pin",
		      STR_ARG(w->suite), STR_ARG(v->signers[0]));
	return err_hint(err,
			"if the archive has announced this key: ingot lock --update "
			"--accept-key " STR_FMT,
			STR_ARG(v->signers[0]));
}

static int judge_release(struct obtaining *o, struct work *w, struct bytes message,
			 struct error *err)
{
	CLEANUP_BUF struct buf keyring = BUF_INIT(KEYRING_SIZE_MAX);
	char *name = arena_printf(o->arena, STR_FMT "/InRelease", STR_ARG(w->suite));
	char date[TEXT_TIME_MAX];
	struct openpgp_verdict verdict;

	if (keyring_load(o->context, w->source, !o->options->keep_nothing, &keyring, err) < 0)
		return -1;
	if (openpgp_verify_inline(message, buf_bytes(&keyring), o->context->now, o->arena, &verdict,
				  err) < 0)
		return err_while(err, "verifying '%s'", name);
	if (release_parse(verdict.text, name, o->arena, &w->release, err) < 0)
		return -1;
	w->has_release = true;
	if (check_release(o, w, name, err) < 0 || pin_signers(o, w, &verdict, err) < 0)
		return -1;
	seen_set(o->seen, str_of(archive_name(w, o->arena)), w->release.date);
	w->lock->origin = w->release.origin;
	w->lock->label = w->release.label;
	w->lock->codename = w->release.codename;
	w->lock->date = w->release.date;
	context_detail(o->context, "Release of '" STR_FMT "': %s, signed by " STR_FMT "%s",
		       STR_ARG(w->suite), text_time(w->release.date, date),
		       STR_ARG(w->lock->signed_by[0]),
		       w->lock->n_signed_by > 1 ? " and others" : "");
	return 0;
}

static int fetch_releases(struct obtaining *o, struct error *err)
{
	struct fetch_item *items = arena_array(o->arena, o->n, sizeof(*items));
	size_t *which = arena_array(o->arena, o->n, sizeof(*which)), n = 0;
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(o->context, PHASE_INDEXES, &slot);

	for (size_t i = 0; i < o->n; i++) {
		struct work *w = &o->works[i];

		if (!w->fresh)
			continue;
		items[n].what = arena_printf(o->arena, STR_FMT "/InRelease", STR_ARG(w->suite));
		items[n].size = LIMIT_RELEASE_SIZE;
		if (places_of_suite(o->context, w->source, w->suite, STR("InRelease"), NULL,
				    o->arena, &items[n].urls, &items[n].n_urls, err) < 0)
			return -1;
		which[n++] = i;
	}
	if (n && o->options->old && o->context->offline)
		return err_set(err, ERR_OFFLINE, "new indexes are needed, but --offline is given");
	if (n && fetch_all(o->context->stage, items, n, &options, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		struct work *w = &o->works[which[k]];
		CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RELEASE_SIZE);

		if (stage_load(o->context->stage, &items[k].ret_digest, &text, err))
			return err->code ? -1 : err_set(err, ERR_IO, "an object has gone");
		if (judge_release(o, w, buf_bytes(&text), err) < 0) {
			stage_quarantine(o->context->stage, &items[k].ret_digest);
			return -1;
		}
		w->lock->inrelease = items[k].ret_digest;
		w->lock->inrelease_size = items[k].ret_size;
	}
	return 0;
}

/* The Release that an earlier lock names; its signature was judged when it was locked. */
static int reuse_release(struct obtaining *o, struct work *w, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RELEASE_SIZE);
	CLEANUP_BUF struct buf keyring = BUF_INIT(KEYRING_SIZE_MAX);
	struct openpgp_verdict verdict;
	int r = stage_load(o->context->stage, &w->old->inrelease, &text, err);

	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT) {
		(void)err_set(err, ERR_FETCH_GONE,
			      "the Release of '" STR_FMT "' that this lock was "
			      "made from is not in the stage",
			      STR_ARG(w->suite));
		return err_hint(err, "'ingot lock --update' reads today's");
	}
	if (keyring_load(o->context, w->source, false, &keyring, err) < 0 ||
	    openpgp_verify_inline(buf_bytes(&text), buf_bytes(&keyring), o->context->now, o->arena,
				  &verdict, err) < 0 ||
	    release_parse(verdict.text, "InRelease", o->arena, &w->release, err) < 0)
		return -1;
	w->has_release = true;
	return 0;
}

static void copy_old(struct obtaining *o, struct work *w)
{
	struct lock_suite *l = w->lock;
	const struct lock_suite *old = w->old;

	l->origin = arena_str(o->arena, old->origin);
	l->label = arena_str(o->arena, old->label);
	l->codename = arena_str(o->arena, old->codename);
	l->date = old->date;
	l->inrelease = old->inrelease;
	l->inrelease_size = old->inrelease_size;
	l->n_signed_by = old->n_signed_by;
	l->signed_by = arena_array(o->arena, old->n_signed_by, sizeof(*l->signed_by));
	for (size_t i = 0; i < old->n_signed_by; i++)
		l->signed_by[i] = arena_str(o->arena, old->signed_by[i]);
}

/* ---- Packages ---- */

static const struct lock_index *old_index(const struct work *w, const char *stem)
{
	struct str prefix = str_of(stem);

	for (size_t i = 0; !w->fresh && i < w->old->n_indexes; i++)
		if (str_has_prefix(w->old->indexes[i].path, prefix))
			return &w->old->indexes[i];
	return NULL;
}

static int find_index(struct obtaining *o, struct work *w, struct str component,
		      struct str architecture, struct lock_index *ret, struct error *err)
{
	static const char *const endings[] = { ".xz", ".gz", "" };
	char *stem = arena_printf(o->arena, STR_FMT "/binary-" STR_FMT "/Packages",
				  STR_ARG(component), STR_ARG(architecture));
	const struct lock_index *old = old_index(w, stem);

	if (old) {
		*ret = (struct lock_index){ arena_str(o->arena, old->path), old->digest,
					    old->size };
		return 0;
	}
	if (!w->has_release && reuse_release(o, w, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *path = arena_printf(o->arena, "%s%s", stem, endings[i]);
		const struct release_file *f = release_find(&w->release, str_of(path));

		if (f) {
			*ret = (struct lock_index){ str_of(path), f->digest, f->size };
			return 0;
		}
	}
	(void)err_at(err, ERR_RECIPE_VALUE, w->source->pos,
		     "suite '" STR_FMT "' has no component '" STR_FMT "' for architecture '" STR_FMT
		     "'",
		     STR_ARG(w->suite), STR_ARG(component), STR_ARG(architecture));
	return err_hint(err,
			"its Release lists no %s: the archive may have stopped building it; drop "
			"the architecture, the component or the suite",
			stem);
}

static int by_path(const void *a, const void *b)
{
	return str_compare(((const struct lock_index *)a)->path,
			   ((const struct lock_index *)b)->path);
}

static int list_indexes(struct obtaining *o, struct work *w, struct error *err)
{
	const struct recipe *r = o->recipe;
	struct lock_suite *l = w->lock;

	l->indexes = arena_array(o->arena, w->source->n_components * r->n_architectures,
				 sizeof(*l->indexes));
	for (size_t i = 0; i < w->source->n_components; i++)
		for (size_t k = 0; k < r->n_architectures; k++)
			if (find_index(o, w, w->source->components[i], r->architectures[k],
				       &l->indexes[l->n_indexes++], err) < 0)
				return -1;
	qsort(l->indexes, l->n_indexes, sizeof(*l->indexes), by_path);
	return 0;
}

static int fetch_indexes(struct obtaining *o, struct error *err)
{
	size_t n = 0, k = 0;
	struct fetch_item *items;
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(o->context, PHASE_INDEXES, &slot);

	for (size_t i = 0; i < o->n; i++)
		n += o->works[i].lock->n_indexes;
	items = arena_array(o->arena, n, sizeof(*items));
	for (size_t i = 0; i < o->n; i++) {
		struct work *w = &o->works[i];

		for (size_t j = 0; j < w->lock->n_indexes; j++, k++) {
			const struct lock_index *index = &w->lock->indexes[j];

			items[k].what = arena_printf(o->arena, STR_FMT "/" STR_FMT,
						     STR_ARG(w->suite), STR_ARG(index->path));
			items[k].has_digest = true;
			items[k].digest = index->digest;
			items[k].size = index->size;
			if (stage_has(o->context->stage, &index->digest))
				continue;
			if (places_of_suite(o->context, w->source, w->suite, index->path,
					    &index->digest, o->arena, &items[k].urls,
					    &items[k].n_urls, err) < 0)
				return -1;
		}
	}
	if (fetch_all(o->context->stage, items, n, &options, err) < 0) {
		if (err->code == ERR_FETCH_GONE && !o->options->update && o->options->old)
			(void)err_hint(err, "the archive has moved on since this lock was made: "
					    "'ingot lock --update' reads today's indexes");
		return -1;
	}
	return 0;
}

static int obtain(struct obtaining *o, struct error *err)
{
	if (fetch_releases(o, err) < 0)
		return -1;
	for (size_t i = 0; i < o->n; i++) {
		if (!o->works[i].fresh)
			copy_old(o, &o->works[i]);
		if (list_indexes(o, &o->works[i], err) < 0)
			return -1;
	}
	if (fetch_indexes(o, err) < 0)
		return -1;
	return o->options->keep_nothing ? 0 : seen_save(o->seen, err);
}

int evidence_obtain(struct context *c, const struct recipe *r,
		    const struct evidence_options *options, struct evidence *ret, struct error *err)
{
	CLEANUP_EVIDENCE struct evidence e = { 0 };
	struct obtaining o = { .context = c, .recipe = r, .options = options, .arena = &e.arena };
	int result;

	if (context_need_stage(c, err) < 0 || seen_load(c->state_path, &o.seen, err) < 0)
		return -1;
	list_works(&o, &e);
	result = obtain(&o, err);
	seen_free(o.seen);
	if (result < 0)
		return err_while(err, "reading the indexes of '" STR_FMT "'", STR_ARG(r->path));
	*ret = e;
	e = (struct evidence){ 0 };
	return 0;
}

void evidence_release(struct evidence *e)
{
	arena_release(&e->arena);
	*e = (struct evidence){ 0 };
}

static int read_index(struct context *c, const struct lock_index *index, struct str suite,
		      uint32_t origin, struct evidence_packages *p, struct error *err)
{
	CLEANUP_FREE char *name =
		mem_printf(STR_FMT "/" STR_FMT, STR_ARG(suite), STR_ARG(index->path));
	CLEANUP_SOURCE struct source *text = NULL;
	struct source *raw = NULL;
	struct buf *to = &p->texts[p->n_texts++];

	*to = (struct buf)BUF_INIT(LIMIT_INDEX_SIZE);
	if (stage_get(c->stage, &index->digest, &raw, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone from the stage", name);
	text = decompress(raw, COMPRESS_AUTO, LIMIT_INDEX_SIZE, name);
	if (source_read_all(text, to, err) < 0)
		return -1;
	return packages_parse(buf_bytes(to), name, origin, &p->list, err);
}

static bool is_of_architecture(const struct lock_index *index, struct str architecture)
{
	CLEANUP_FREE char *folder = mem_printf("/binary-" STR_FMT "/", STR_ARG(architecture));

	return memmem(index->path.ptr, index->path.len, folder, strlen(folder)) != NULL;
}

int evidence_packages(struct context *c, const struct evidence *e, struct str architecture,
		      struct evidence_packages *ret, struct error *err)
{
	CLEANUP_EVIDENCE_PACKAGES struct evidence_packages p = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < e->n_suites; i++)
		n += e->suites[i].n_indexes;
	p.texts = mem_array(n, sizeof(*p.texts));
	for (size_t i = 0; i < e->n_suites; i++)
		for (size_t k = 0; k < e->suites[i].n_indexes; k++)
			if (is_of_architecture(&e->suites[i].indexes[k], architecture) &&
			    read_index(c, &e->suites[i].indexes[k], e->suites[i].suite, (uint32_t)i,
				       &p, err) < 0)
				return -1;
	*ret = p;
	p = (struct evidence_packages){ 0 };
	return 0;
}

void evidence_packages_release(struct evidence_packages *p)
{
	for (size_t i = 0; i < p->n_texts; i++)
		buf_release(&p->texts[i]);
	free(p->texts);
	package_list_release(&p->list);
	*p = (struct evidence_packages){ 0 };
}

size_t evidence_objects(const struct lock *l, struct arena *arena, struct digest **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_suites; i++)
		n += 1 + l->suites[i].n_indexes;
	*ret = arena_array(arena, n, sizeof(**ret));
	n = 0;
	for (size_t i = 0; i < l->n_suites; i++) {
		(*ret)[n++] = l->suites[i].inrelease;
		for (size_t k = 0; k < l->suites[i].n_indexes; k++)
			(*ret)[n++] = l->suites[i].indexes[k].digest;
	}
	return n;
}

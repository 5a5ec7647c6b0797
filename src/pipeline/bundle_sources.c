/*
 * Source packages: the Sources index that the locked Release lists names their files. Archives
 * keep only newer indexes after a while; a newer Release of the same archive, signed by the
 * same keys, serves as long as it still names the very version.
 */
#include "pipeline/bundle_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "compress/compress.h"
#include "pipeline/keyring.h"
#include "pipeline/locked_release.h"
#include "pipeline/places.h"
#include "resolve/sources.h"

#define MISSING_TOLD 20u

struct wanted {
	struct str archive, name, version; /* of the source package */
	struct str suite;		   /* of one of its binaries: where it lies */
	bool found;
};

struct sourcing {
	struct bundling *b;
	struct wanted *list; /* sorted */
	size_t n;
	struct str archive; /* of the index that is read */
};

/* ---- what is wanted ---- */

static int by_source(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int r = str_compare(x->archive, y->archive);

	if (!r)
		r = str_compare(x->name, y->name);
	return r ? r : str_compare(x->version, y->version);
}

static void list_wanted(struct sourcing *s)
{
	const struct lock *l = s->b->lock;
	size_t n = 0;

	for (size_t i = 0; i < l->n_architectures; i++)
		n += l->architectures[i].n_packages;
	s->list = arena_array(&s->b->arena, n, sizeof(*s->list));
	n = 0;
	for (size_t i = 0; i < l->n_architectures; i++) {
		const struct lock_architecture *a = &l->architectures[i];

		for (size_t k = 0; k < a->n_packages && bundling_wants(s->b, a->name); k++)
			s->list[n++] =
				(struct wanted){ a->packages[k].archive, a->packages[k].source,
						 a->packages[k].source_version,
						 a->packages[k].suite, false };
	}
	if (n)
		qsort(s->list, n, sizeof(*s->list), by_source);
	for (size_t i = 0; i < n; i++)
		if (!s->n || by_source(&s->list[s->n - 1], &s->list[i]) != 0)
			s->list[s->n++] = s->list[i];
}

static struct wanted *find_wanted(const struct sourcing *s, struct str name, struct str version)
{
	struct wanted key = { .archive = s->archive, .name = name, .version = version };

	return s->n ? bsearch(&key, s->list, s->n, sizeof(key), by_source) : NULL;
}

static bool wants(void *context, struct str package, struct str version)
{
	const struct wanted *w = find_wanted(context, package, version);

	return w && !w->found;
}

/* ---- files ---- */

/* Fills in items[0] ..: p->n_files of them. */
static int add_files(struct sourcing *s, const struct wanted *w, const struct source_package *p,
		     struct fetch_item *items, struct error *err)
{
	struct bundling *b = s->b;

	for (size_t i = 0; i < p->n_files; i++) {
		const struct source_file *f = &p->files[i];
		struct lock_package place = {
			.name = p->name, .archive = w->archive, .suite = w->suite, .path = f->path
		};

		items[i] = (struct fetch_item){ .has_digest = true,
						.digest = f->digest,
						.size = f->size };
		items[i].what = arena_strdup(&b->arena, f->path);
		if (!b->context->offline && !stage_has(b->context->stage, &f->digest) &&
		    places_of_package(b->context, b->lock, &place, &b->arena, &items[i].urls,
				      &items[i].n_urls, err) < 0)
			return -1;
		bundling_add_object(b,
				    arena_printf(&b->arena, "sources/" STR_FMT "/" STR_FMT,
						 STR_ARG(w->archive), STR_ARG(f->path)),
				    BUNDLE_SOURCE, &f->digest, f->size);
	}
	return 0;
}

/* All at once: side by side, and what is gone is told in one message. */
static int fetch_files(struct sourcing *s, struct fetch_item *items, size_t n, struct error *err)
{
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(s->b->context, PHASE_FETCH, &slot);

	if (fetch_all(s->b->context->stage, items, n, &options, err) == 0)
		return 0;
	return err_while(err, "fetching source packages, which only --sources asks for");
}

static int take_sources(struct sourcing *s, const struct source_list *list, struct error *err)
{
	struct fetch_item *items;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->packages[i].n_files;
	items = arena_array(&s->b->arena, n, sizeof(*items));
	n = 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct source_package *p = &list->packages[i];
		struct wanted *w = find_wanted(s, p->name, p->version);

		if (w->found)
			continue; /* listed twice */
		if (add_files(s, w, p, items + n, err) < 0)
			return -1;
		n += p->n_files;
		w->found = true;
	}
	return fetch_files(s, items, n, err);
}

static int read_index(struct sourcing *s, const char *name, const struct digest *digest,
		      struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_INDEX_SIZE);
	CLEANUP_SOURCE struct source *plain = NULL;
	struct source_list list = { 0 };
	struct source *raw = NULL;

	if (stage_get(s->b->context->stage, digest, &raw, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", name);
	plain = decompress(raw, COMPRESS_AUTO, LIMIT_INDEX_SIZE, name);
	if (source_read_all(plain, &text, err) < 0 ||
	    sources_parse(buf_bytes(&text), name, wants, s, &s->b->arena, &list, err) < 0)
		return -1;
	return take_sources(s, &list, err);
}

/* ---- indexes ---- */

static const struct release_file *find_index(const struct release *r, struct str component,
					     struct arena *arena)
{
	static const char *const endings[] = { ".xz", ".gz", "" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *path = arena_printf(arena, STR_FMT "/source/Sources%s", STR_ARG(component),
					  endings[i]);
		const struct release_file *f = release_find(r, str_of(path));

		if (f)
			return f;
	}
	return NULL;
}

/* The Sources of one component. @folder: "evidence" or "newer-evidence". */
static int read_component(struct sourcing *s, const struct lock_suite *suite,
			  const struct recipe_source *source, const struct release *release,
			  struct str component, const char *folder, struct error *err)
{
	struct bundling *b = s->b;
	const struct release_file *f = find_index(release, component, &b->arena);
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(b->context, PHASE_INDEXES, &slot);
	struct fetch_item item = { .has_digest = true };
	char *name;

	if (!f)
		return 0; /* the archive has no sources there: what is missing is told at the end */
	name = arena_printf(&b->arena, STR_FMT "/" STR_FMT, STR_ARG(suite->suite),
			    STR_ARG(f->path));
	item.what = name;
	item.digest = f->digest;
	item.size = f->size;
	if (!b->context->offline &&
	    places_of_suite(b->context, source, suite->suite, f->path, &f->digest, &b->arena,
			    &item.urls, &item.n_urls, err) < 0)
		return -1;
	if (fetch_all(b->context->stage, &item, 1, &options, err) < 0)
		return -1;
	bundling_add_object(
		b,
		arena_printf(&b->arena, "%s/" STR_FMT "/%s", folder, STR_ARG(suite->source), name),
		BUNDLE_EVIDENCE, &f->digest, f->size);
	return read_index(s, name, &f->digest, err);
}

static int read_components(struct sourcing *s, const struct lock_suite *suite,
			   const struct recipe_source *source, const struct release *release,
			   const char *folder, struct error *err)
{
	s->archive = suite->source;
	for (size_t i = 0; i < source->n_components; i++)
		if (read_component(s, suite, source, release, source->components[i], folder, err) <
		    0)
			return -1;
	return 0;
}

static int read_locked(struct sourcing *s, const struct lock_suite *suite,
		       const struct recipe_source *source, struct bytes keyring, struct error *err)
{
	struct bundling *b = s->b;
	struct release release;
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RELEASE_SIZE);
	int r = stage_load(b->context->stage, &suite->inrelease, &text, err);

	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT)
		return err_set(err, ERR_FETCH_GONE, "the locked Release is gone");
	if (locked_release(arena_bytes(&b->arena, buf_bytes(&text)), keyring, suite, &b->arena,
			   &release, err) < 0)
		return -1;
	return read_components(s, suite, source, &release, "evidence", err);
}

/* ---- newer evidence ---- */

static bool is_pinned(const struct lock_suite *suite, const struct openpgp_verdict *v)
{
	for (size_t i = 0; i < v->n_signers; i++)
		for (size_t k = 0; k < suite->n_signed_by; k++)
			if (str_equal(v->signers[i], suite->signed_by[k]))
				return true;
	return false;
}

static int judge_newer(struct sourcing *s, const struct lock_suite *suite, struct bytes text,
		       struct bytes keyring, struct release *ret, struct error *err)
{
	struct bundling *b = s->b;
	char *name = arena_printf(&b->arena, STR_FMT "/InRelease", STR_ARG(suite->suite));
	struct openpgp_verdict verdict;

	if (openpgp_verify_inline(text, keyring, b->context->now, &b->arena, &verdict, err) < 0)
		return err_while(err, "verifying '%s'", name);
	if (release_parse(verdict.text, name, &b->arena, ret, err) < 0)
		return -1;
	if (!is_pinned(suite, &verdict))
		return err_set(err, ERR_SIGNATURE,
			       "'%s' of today is signed by no key that the lock "
			       "names",
			       name);
	if (!str_equal(ret->origin, suite->origin) || !str_equal(ret->label, suite->label))
		return err_set(err, ERR_WRONG_ARCHIVE, "'%s' of today is of another archive", name);
	return release_check(ret, name, suite->suite, b->context->now, suite->date, err);
}

/* @gone: why the locked one does not serve; it stands if there is no newer one. */
static int read_newer(struct sourcing *s, const struct lock_suite *suite,
		      const struct recipe_source *source, struct bytes keyring, struct error *gone,
		      struct error *err)
{
	struct bundling *b = s->b;
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RELEASE_SIZE);
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(b->context, PHASE_INDEXES, &slot);
	struct fetch_item item = { .size = LIMIT_RELEASE_SIZE };
	char then[TEXT_TIME_MAX], now[TEXT_TIME_MAX];
	struct release release;

	item.what = arena_printf(&b->arena, STR_FMT "/InRelease", STR_ARG(suite->suite));
	if (places_of_suite(b->context, source, suite->suite, STR("InRelease"), NULL, &b->arena,
			    &item.urls, &item.n_urls, err) < 0 ||
	    fetch_all(b->context->stage, &item, 1, &options, err) < 0)
		return -1;
	if (digest_equal(&item.ret_digest, &suite->inrelease))
		return err_move(err, gone);
	if (stage_load(b->context->stage, &item.ret_digest, &text, err))
		return err->code ? -1 : err_set(err, ERR_IO, "an object has gone");
	if (judge_newer(s, suite, arena_bytes(&b->arena, buf_bytes(&text)), keyring, &release,
			err) < 0)
		return -1;
	context_note(b->context,
		     "the Sources of '" STR_FMT "' of %s, or files of theirs, are gone from the "
		     "mirrors: those of %s serve where they name the same versions",
		     STR_ARG(suite->suite), text_time(suite->date, then),
		     text_time(release.date, now));
	bundling_add_object(b,
			    arena_printf(&b->arena,
					 "newer-evidence/" STR_FMT "/" STR_FMT "/InRelease",
					 STR_ARG(suite->source), STR_ARG(suite->suite)),
			    BUNDLE_EVIDENCE, &item.ret_digest, item.ret_size);
	return read_components(s, suite, source, &release, "newer-evidence", err);
}

/* Mirrors that have none by-hash have another file by that name now: a wrong digest. */
static bool is_gone(const struct error *err)
{
	return err->code == ERR_FETCH_GONE || err->code == ERR_FETCH || err->code == ERR_DIGEST;
}

static int read_suite(struct sourcing *s, const struct lock_suite *suite, struct error *err)
{
	CLEANUP_BUF struct buf keyring = BUF_INIT(KEYRING_SIZE_MAX);
	const struct recipe_source *source = locked_source(s->b->recipe, suite);
	CLEANUP_ERR struct error gone = ERR_INIT;

	if (!source)
		return err_set(err, ERR_LOCK_STALE, "the recipe has no source '" STR_FMT "'",
			       STR_ARG(suite->source));
	if (keyring_load(s->b->context, source, false, &keyring, err) < 0)
		return -1;
	if (read_locked(s, suite, source, buf_bytes(&keyring), &gone) == 0)
		return 0;
	if (!is_gone(&gone) || s->b->context->offline)
		return err_move(err, &gone);
	return read_newer(s, suite, source, buf_bytes(&keyring), &gone, err);
}

static int check_found(const struct sourcing *s, struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT(1u << 20);
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct wanted *w = &s->list[i];

		if (w->found)
			continue;
		if (n++ < MISSING_TOLD)
			buf_printf(&list, STR_FMT " " STR_FMT " (" STR_FMT ")\n", STR_ARG(w->name),
				   STR_ARG(w->version), STR_ARG(w->archive));
	}
	if (n == 0)
		return 0;
	if (n > MISSING_TOLD)
		buf_printf(&list, "... and %zu more\n", n - MISSING_TOLD);
	(void)err_set(err, ERR_FETCH_GONE, "no Sources index names %zu of the %zu source packages",
		      n, s->n);
	(void)err_detail(err, "%s", buf_cstr(&list));
	return err_hint(err, "the archive has moved on: name a snapshot service in the machine "
			     "configuration, lock again, or bundle without --sources");
}

int bundling_sources(struct bundling *b, struct error *err)
{
	struct sourcing s = { .b = b };

	list_wanted(&s);
	for (size_t i = 0; i < b->lock->n_suites; i++)
		if (read_suite(&s, &b->lock->suites[i], err) < 0)
			return -1;
	return check_found(&s, err);
}

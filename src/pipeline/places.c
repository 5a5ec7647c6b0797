#define _GNU_SOURCE
#include "pipeline/places.h"

#include "base/text.h"

/* The bases of a suite: the snapshot service for a snapshot, else mirrors. */
static void bases_of(const struct context *c, struct str suite, const char *snapshot,
		     struct arena *arena, const char *const **ret, size_t *ret_n)
{
	if (snapshot) {
		const char **one = arena_array(arena, 1, sizeof(*one));

		one[0] = snapshot;
		*ret = one;
		*ret_n = 1;
		return;
	}
	machine_mirrors(&c->machine, suite, arena, ret, ret_n);
}

static char *replace(struct arena *arena, struct str text, const char *what, struct str by)
{
	const char *at = memmem(text.ptr, text.len, what, strlen(what));
	size_t before;

	if (!at)
		return arena_strdup(arena, text);
	before = (size_t)(at - text.ptr);
	return arena_printf(arena, STR_FMT STR_FMT STR_FMT, (int)before, text.ptr, STR_ARG(by),
			    (int)(text.len - before - strlen(what)), at + strlen(what));
}

/*
 * The base URL of a snapshot. The archive's name at the snapshot service is that
 * of Debian's own: the security suites have an archive of their own.
 */
static const char *snapshot_base(const struct context *c, struct str suite, struct str time,
				 struct arena *arena)
{
	struct str template = c->machine.snapshot_template;
	struct str archive =
		str_has_suffix(suite, STR("-security")) ? STR("debian-security") : STR("debian");

	if (!template.len || !time.len)
		return NULL;
	return replace(arena, str_of(replace(arena, template, "@SNAPSHOTID@", time)), "@ARCHIVE@",
		       archive);
}

int places_of_suite(const struct context *c, const struct recipe_source *source, struct str suite,
		    struct str path, const struct digest *digest, struct arena *arena,
		    const char *const **ret, size_t *ret_n, struct error *err)
{
	const char *snapshot = snapshot_base(c, suite, source->snapshot, arena);
	const char *const *bases;
	const char **urls;
	size_t n_bases, n = 0;

	if (source->snapshot.len && !snapshot) {
		(void)err_at(err, ERR_NO_MIRROR, source->pos,
			     "source '" STR_FMT "' asks for a snapshot, but this machine knows no "
			     "snapshot service",
			     STR_ARG(source->name));
		return err_hint(err, "add 'snapshot: URL' with @ARCHIVE@ and @SNAPSHOTID@ to %s",
				c->machine.config_path);
	}
	bases_of(c, suite, snapshot, arena, &bases, &n_bases);
	if (n_bases == 0)
		return machine_no_mirror(&c->machine, suite, err);
	urls = arena_array(arena, 2 * n_bases, sizeof(*urls));
	for (size_t i = 0; i < n_bases; i++) {
		char hex[DIGEST_HEX_MAX];
		size_t folder = path.len;

		while (folder && path.ptr[folder - 1] != '/')
			folder--;
		if (digest)
			urls[n++] = arena_printf(
				arena, "%s/dists/" STR_FMT "/" STR_FMT "by-hash/SHA256/%s",
				bases[i], STR_ARG(suite), (int)folder, path.ptr,
				digest_hex(digest, hex));
		urls[n++] = arena_printf(arena, "%s/dists/" STR_FMT "/" STR_FMT, bases[i],
					 STR_ARG(suite), STR_ARG(path));
	}
	*ret = urls;
	*ret_n = n;
	return 0;
}

static const struct lock_suite *suite_of(const struct lock *l, const struct lock_package *p)
{
	for (size_t i = 0; i < l->n_suites; i++)
		if (str_equal(l->suites[i].source, p->archive) &&
		    str_equal(l->suites[i].suite, p->suite))
			return &l->suites[i];
	return NULL;
}

/* "20260905T091450Z": the snapshot service answers with the state at that time. */
static struct str snapshot_time(const struct lock_suite *s, struct arena *arena)
{
	char text[TEXT_TIME_MAX];

	if (s->snapshot.len)
		return s->snapshot;
	text_time(s->date, text);
	return str_of(arena_printf(arena, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text, text + 5, text + 8,
				   text + 11, text + 14, text + 17));
}

int places_of_package(const struct context *c, const struct lock *lock,
		      const struct lock_package *p, struct arena *arena, const char *const **ret,
		      size_t *ret_n, struct error *err)
{
	const struct lock_suite *s = suite_of(lock, p);
	const char *const *mirrors;
	const char *snapshot = NULL;
	const char **urls;
	size_t n, k = 0;

	machine_mirrors(&c->machine, p->suite, arena, &mirrors, &n);
	if (s)
		snapshot = snapshot_base(c, p->suite, snapshot_time(s, arena), arena);
	if (n == 0 && !snapshot)
		return machine_no_mirror(&c->machine, p->suite, err);
	urls = arena_array(arena, n + 1, sizeof(*urls));
	for (size_t i = 0; i < n; i++)
		urls[k++] = arena_printf(arena, "%s/" STR_FMT, mirrors[i], STR_ARG(p->path));
	if (snapshot)
		urls[k++] = arena_printf(arena, "%s/" STR_FMT, snapshot, STR_ARG(p->path));
	*ret = urls;
	*ret_n = k;
	return 0;
}

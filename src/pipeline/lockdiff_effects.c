/* What changed in the effects of scripts, package by package. */
#include "base/strtab.h"
#include "pipeline/effects_show.h"
#include "pipeline/effects_store.h"
#include "pipeline/lockdiff.h"

struct sides {
	struct bytes before, after; /* objects; ptr NULL: not in the stage */
};

static const struct lock_package_effects *find(const struct lock *l,
					       const struct lock_package_effects *like)
{
	for (size_t i = 0; i < l->n_package_effects; i++) {
		const struct lock_package_effects *p = &l->package_effects[i];

		if (str_equal(p->package, like->package) && str_equal(p->target, like->target) &&
		    str_equal(p->architecture, like->architecture))
			return p;
	}
	return NULL;
}

/* What is compared: not the lines that caused it, which move with every edit of a script. */
static struct str key_of(const struct effect_row *row, struct arena *arena)
{
	return str_of(arena_printf(arena, "%s " STR_FMT " " STR_FMT, row->kind,
				   STR_ARG(row->subject), STR_ARG(row->details)));
}

static struct str told(const struct effect_row *row, struct arena *arena)
{
	return str_of(arena_printf(arena, "%s " STR_FMT "%s" STR_FMT, row->kind,
				   STR_ARG(row->shown), row->causes.len ? "  <- " : "",
				   STR_ARG(row->causes)));
}

/* What of @rows @others has not, counted; in @arena. */
static size_t only_in(const struct effect_row *rows, size_t n, const struct effect_row *others,
		      size_t m, struct arena *arena, struct str **ret)
{
	struct strtab known = STRTAB_INIT;
	struct str *list = arena_array(arena, n + 1, sizeof(*list));
	size_t k = 0;

	for (size_t i = 0; i < m; i++) {
		struct str key = key_of(&others[i], arena);
		uint32_t times = 0;

		(void)strtab_find(&known, key, &times);
		(void)strtab_put(&known, key, times + 1);
	}
	for (size_t i = 0; i < n; i++) {
		struct str key = key_of(&rows[i], arena);
		uint32_t times = 0;

		if (strtab_find(&known, key, &times) && times)
			(void)strtab_put(&known, key, times - 1);
		else
			list[k++] = told(&rows[i], arena);
	}
	strtab_release(&known);
	*ret = list;
	return k;
}

static int compare(const struct sides *s, struct arena *arena, struct lockdiff_effects *e,
		   struct error *err)
{
	struct effect_row *before = NULL, *after = NULL;
	size_t n_before = 0, n_after = 0;

	if (s->before.ptr &&
	    effects_rows(s->before, e->package, arena, &before, &n_before, err) < 0)
		return -1;
	if (s->after.ptr && effects_rows(s->after, e->package, arena, &after, &n_after, err) < 0)
		return -1;
	e->n_removed = only_in(before, n_before, after, n_after, arena, &e->removed);
	e->n_added = only_in(after, n_after, before, n_before, arena, &e->added);
	return 0;
}

/* The object of one side; a side that has none of this target is known to be empty. */
static int load(struct context *c, const struct lock *l, const struct lock_package_effects *p,
		struct arena *arena, struct bytes *ret, bool *ret_known, struct error *err)
{
	int r;

	*ret = (struct bytes){ NULL, 0 };
	if (!lock_effects(l, p->architecture, p->target))
		return 0;
	r = effects_load(c, l, p->architecture, p->target, arena, ret, err);
	if (r < 0)
		return -1;
	*ret_known &= r == 0;
	return 0;
}

static int add(struct context *c, const struct lock *before, const struct lock *after,
	       const struct lock_package_effects *p, struct arena *arena, struct lockdiff *d,
	       struct error *err)
{
	struct lockdiff_effects *e = &d->effects[d->n_effects++];
	struct sides s;

	*e = (struct lockdiff_effects){ p->architecture, p->target, p->package, .known = true };
	if (context_need_stage(c, err) < 0 ||
	    load(c, before, p, arena, &s.before, &e->known, err) < 0 ||
	    load(c, after, p, arena, &s.after, &e->known, err) < 0)
		return -1;
	if (e->known && compare(&s, arena, e, err) < 0)
		return -1;
	/* The same from other lines of the script is no change for a reviewer. */
	if (e->known && !e->n_removed && !e->n_added)
		d->n_effects--;
	return 0;
}

int lockdiff_compare_effects(struct context *c, const struct lock *before,
			     const struct lock *after, struct arena *arena,
			     struct lockdiff *ret, struct error *err)
{
	ret->effects = arena_array(arena,
				   before->n_package_effects + after->n_package_effects + 1,
				   sizeof(*ret->effects));
	for (size_t i = 0; i < after->n_package_effects; i++) {
		const struct lock_package_effects *p = &after->package_effects[i];
		const struct lock_package_effects *old = find(before, p);

		if ((!old || !str_equal(old->digest, p->digest)) &&
		    add(c, before, after, p, arena, ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < before->n_package_effects; i++) {
		const struct lock_package_effects *p = &before->package_effects[i];

		if (!find(after, p) && add(c, before, after, p, arena, ret, err) < 0)
			return -1;
	}
	return 0;
}

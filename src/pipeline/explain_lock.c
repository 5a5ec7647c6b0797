/* Two locks: packages with their lines, and what else a reviewer looks at. */
#include "attest/causes_keys.h"
#include "pipeline/explain_private.h"
#include "pipeline/lockdiff.h"

static struct difference *add(struct image_diff *d, enum difference_what what, const char *where,
			      struct str name, struct str a, struct str b)
{
	return image_diff_add(d, &(struct difference){ .area = DIFFERENCE_LOCK,
						       .what = what,
						       .where = str_of(where),
						       .name = name,
						       .a = a,
						       .b = b });
}

static const struct lock_architecture *architecture_of(const struct lock *l, struct str name)
{
	for (size_t i = 0; i < l->n_architectures; i++)
		if (str_equal(l->architectures[i].name, name))
			return &l->architectures[i];
	return NULL;
}

static bool is_of_one(const struct lock *a, const struct lock *b, struct str architecture)
{
	return !architecture_of(a, architecture) || !architecture_of(b, architecture);
}

/* An architecture that one has not is one difference, and not one a package. */
static void add_architectures(struct image_diff *d, const struct lock *these,
			      const struct lock *others, bool is_a, struct arena *arena)
{
	const struct str none = { NULL, 0 };

	for (size_t i = 0; i < these->n_architectures; i++) {
		const struct lock_architecture *one = &these->architectures[i];
		struct str told = str_of(arena_printf(arena, "%zu packages", one->n_packages));

		if (!architecture_of(others, one->name))
			add(d, DIFFERENCE_PRESENCE,
			    arena_printf(arena, "lock > architecture " STR_FMT, STR_ARG(one->name)),
			    STR(""), is_a ? told : none, is_a ? none : told);
	}
}

/* "line:69", as a place without a file is written, is "line 69". */
static struct str line_of(struct arena *arena, struct str at)
{
	size_t n = str_find_char(at, ':');

	return n == at.len ? at
			   : str_of(arena_printf(arena, STR_FMT " " STR_FMT, (int)n, at.ptr,
						 (int)(at.len - n - 1), at.ptr + n + 1));
}

static void add_package(struct image_diff *d, const struct lockdiff_package *p, bool follows,
			struct bytes text_a, struct bytes text_b, struct arena *arena)
{
	const struct lock_package *any = p->after ? p->after : p->before;
	const struct str none = { NULL, 0 };
	struct str line = causes_lock_line(p->after ? text_b : text_a, STR("line"), p->architecture,
					   any->name, arena);
	struct difference *one;

	one = add(d, p->before && p->after ? DIFFERENCE_VALUE : DIFFERENCE_PRESENCE,
	    arena_printf(arena, "lock > package " STR_FMT ":" STR_FMT, STR_ARG(any->name),
			 STR_ARG(p->architecture)),
	    str_of(arena_printf(arena, "(%s " STR_FMT "; because of " STR_FMT ")",
				p->after ? "B's" : "A's", STR_ARG(line_of(arena, line)),
				STR_ARG(any->why))),
	    p->before ? p->before->version : none, p->after ? p->after->version : none);
	if (follows)
		image_diff_follows(d, one, STR("the architecture"));
}

/* A key that only repeats what packages say, or that lockdiff tells better. */
static bool is_told(struct str key)
{
	return str_has_prefix(key, STR("lock.effects.")) || str_has_prefix(key, STR("lock.slice."));
}

static void add_key(struct image_diff *d, const struct causes_key *a, const struct causes_key *b,
		    struct arena *arena)
{
	const struct causes_key *any = b ? b : a;
	const struct str none = { NULL, 0 };

	if (is_told(any->key) || (a && b && str_equal(a->value, b->value)))
		return;
	add(d, a && b ? DIFFERENCE_VALUE : DIFFERENCE_PRESENCE,
	    arena_printf(arena, "lock > " STR_FMT, (int)(any->key.len - 5), any->key.ptr + 5),
	    str_of(arena_printf(arena, "(%s " STR_FMT ")", b ? "B's" : "A's",
				STR_ARG(line_of(arena, any->at)))),
	    a ? a->value : none, b ? b->value : none);
}

static void compare_keys(const struct lock *a, const struct lock *b, struct bytes text_a,
			 struct bytes text_b, struct image_diff *d, struct arena *arena)
{
	struct causes_key *x, *y;
	size_t n = causes_lock_keys(a, STR("line"), text_a, arena, &x), i = 0;
	size_t m = causes_lock_keys(b, STR("line"), text_b, arena, &y), k = 0;

	while (i < n || k < m) {
		int order = i == n ? 1 : k == m ? -1 : str_compare(x[i].key, y[k].key);

		add_key(d, order <= 0 ? &x[i] : NULL, order >= 0 ? &y[k] : NULL, arena);
		i += order <= 0;
		k += order >= 0;
	}
}

static struct str lines(struct arena *arena, const struct str *list, size_t n)
{
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s" STR_FMT, i ? "; " : "", STR_ARG(list[i]));
	return arena_str(arena, buf_str(&text));
}

static void add_effects(struct image_diff *d, const struct lockdiff_effects *e, bool follows,
			struct arena *arena)
{
	const char *where =
		arena_printf(arena, "lock > effects of " STR_FMT " (" STR_FMT " " STR_FMT ")",
			     STR_ARG(e->package), STR_ARG(e->target), STR_ARG(e->architecture));

	struct difference *one;

	one = add(d, DIFFERENCE_CONTENT, where,
		  e->known ? STR("") : STR("(what they do is not in the stage)"),
		  e->known ? lines(arena, e->removed, e->n_removed) : STR("an object"),
		  e->known ? lines(arena, e->added, e->n_added) : STR("another one"));
	if (follows)
		image_diff_follows(d, one, STR("the architecture"));
}

int explain_locks(struct context *c, const struct lock *a, const struct lock *b,
		  struct bytes text_a, struct bytes text_b, struct image_diff *d, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct lockdiff changes;
	size_t before = d->n;

	if (lockdiff_make(c, a, b, &arena, &changes, err) < 0)
		return -1;
	add_architectures(d, a, b, true, &arena);
	add_architectures(d, b, a, false, &arena);
	for (size_t i = 0; i < changes.n_packages; i++) {
		const struct lockdiff_package *p = &changes.packages[i];

		add_package(d, p, is_of_one(a, b, p->architecture), text_a, text_b, &arena);
	}
	compare_keys(a, b, text_a, text_b, d, &arena);
	for (size_t i = 0; i < changes.n_effects; i++)
		add_effects(d, &changes.effects[i],
			    is_of_one(a, b, changes.effects[i].architecture), &arena);
	if (d->n == before)
		add(d, DIFFERENCE_BYTES, "lock", STR("of which none says what is built"),
		    STR("other text"), STR("other text"));
	return 0;
}

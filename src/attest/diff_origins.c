/*
 * Only one side's causes are known: what changed can't be told, but for packages. What each path
 * and part of the known side is made from can, so each thing that it was made from stands in the
 * list as if it had changed.
 */
#include "attest/diff_changes.h"

#include <stdlib.h>

#include "base/buf.h"

static const struct str none = { NULL, 0 };

static struct diff_change origin(enum difference_cause_kind kind, struct str value, struct str at,
				 bool is_a)
{
	return (struct diff_change){
		.kind = kind,
		.a = is_a ? value : none,
		.b = is_a ? none : value,
		.at_a = is_a ? at : STR(""),
		.at_b = is_a ? STR("") : at,
		.asked = STR(""),
		.why = STR(""),
		.cause = DIFFERENCE_NO_CAUSE,
		.is_origin = true,
	};
}

/* A package that is another one on the other side keeps both versions, and gets its lines. */
static void add_packages(struct diff_changes *c, const struct causes *known, bool is_a)
{
	size_t n = c->n;

	for (size_t i = 0; i < known->n_packages; i++) {
		const struct causes_package *p = &known->packages[i];
		struct diff_change *one = NULL;

		for (size_t k = 0; !one && k < n; k++)
			if (str_equal(c->list[k].key, p->name))
				one = &c->list[k];
		if (!one) {
			one = &c->list[c->n++];
			*one = origin(DIFFERENCE_BY_PACKAGE, p->version, p->at, is_a);
			one->key = one->name = p->name;
		}
		*(is_a ? &one->at_a : &one->at_b) = p->at;
		one->asked = p->asked;
		one->why = p->why;
	}
}

/* What says nothing of a part, or of nothing but numbers of things. */
static bool is_left_out(struct str key)
{
	static const char *const prefixes[] = { "sources.", "ingot", "architectures" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (str_has_prefix(key, str_of(prefixes[i])))
			return true;
	return str_has_prefix(key, STR("lock.")) && !str_has_prefix(key, STR("lock.inputs.")) &&
	       !str_equal_cstr(key, "lock.epoch") && !str_equal_cstr(key, "lock.slices");
}

static void add_keys(struct diff_changes *c, const struct causes *known, bool is_a,
		     struct arena *arena)
{
	for (size_t i = 0; i < known->n_keys; i++) {
		const struct causes_key *k = &known->keys[i];
		struct str key = diff_changes_key(k->key, known->target, arena);
		struct diff_change *one;

		if (!key.ptr || is_left_out(key))
			continue;
		one = &c->list[c->n++];
		*one = origin(str_has_prefix(key, STR("lock.inputs.")) ? DIFFERENCE_BY_INPUT
			      : str_has_prefix(key, STR("lock."))      ? DIFFERENCE_BY_LOCK
								       : DIFFERENCE_BY_RECIPE,
			      k->value, k->at, is_a);
		one->key = key;
		one->name = k->key;
	}
}

void diff_changes_add_origins(struct diff_changes *c, const struct causes *known, bool is_a,
			      struct arena *arena)
{
	struct diff_change *list =
		arena_array(arena, c->n + known->n_packages + known->n_keys + 1, sizeof(*list));

	for (size_t i = 0; i < c->n; i++)
		list[i] = c->list[i];
	c->list = list;
	add_packages(c, known, is_a);
	add_keys(c, known, is_a, arena);
	*(is_a ? &c->a : &c->b) = known;
	diff_changes_sort(c);
}

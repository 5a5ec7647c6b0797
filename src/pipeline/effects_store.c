#include "pipeline/effects_store.h"

#include <stdlib.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "debian/effects_object.h"
#include "pipeline/effects_show.h"

#define AID_DIGITS 16u

int effects_load(struct context *c, const struct lock *l, struct str architecture,
		 struct str target, struct arena *arena, struct bytes *ret, struct error *err)
{
	const struct digest *digest = lock_effects(l, architecture, target);
	CLEANUP_BUF struct buf text = BUF_INIT(EFFECTS_MAX);
	int r;

	if (!digest)
		return EFFECTS_GONE;
	r = stage_load(c->stage, digest, &text, err);
	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT)
		return EFFECTS_GONE;
	*ret = arena_bytes(arena, buf_bytes(&text));
	return 0;
}

void effects_forget(struct lock *l)
{
	l->n_effects = l->n_package_effects = 0;
	l->effects = NULL;
	l->package_effects = NULL;
}

static int by_target(const void *x, const void *y)
{
	const struct lock_effects *a = x, *b = y;
	int order = str_compare(a->architecture, b->architecture);

	return order ? order : str_compare(a->target, b->target);
}

static int by_package(const void *x, const void *y)
{
	const struct lock_package_effects *a = x, *b = y;
	int order = str_compare(a->architecture, b->architecture);

	if (!order)
		order = str_compare(a->target, b->target);
	return order ? order : str_compare(a->package, b->package);
}

static void record_packages(struct lock *l, struct str architecture, struct str target,
			    const struct effects_package *packages, size_t n)
{
	struct lock_package_effects *all =
		arena_array(&l->arena, l->n_package_effects + n + 1, sizeof(*all));

	for (size_t i = 0; i < l->n_package_effects; i++)
		all[i] = l->package_effects[i];
	for (size_t i = 0; i < n; i++) {
		char hex[DIGEST_HEX_MAX];

		digest_hex(&packages[i].digest, hex);
		all[l->n_package_effects++] = (struct lock_package_effects){
			arena_str(&l->arena, architecture), arena_str(&l->arena, target),
			arena_str(&l->arena, packages[i].package),
			arena_str(&l->arena, (struct str){ hex, AID_DIGITS })
		};
	}
	if (l->n_package_effects)
		qsort(all, l->n_package_effects, sizeof(*all), by_package);
	l->package_effects = all;
}

int effects_record(struct context *c, struct lock *l, struct str architecture,
		   struct str target, struct bytes object, struct error *err)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct lock_effects *all = arena_array(&l->arena, l->n_effects + 1, sizeof(*all));
	struct effects_package *packages;
	struct digest digest;
	size_t n;

	if (effects_packages(object, &scratch, &packages, &n, err) < 0 ||
	    stage_put(c->stage, object, &digest, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n_effects; i++)
		all[i] = l->effects[i];
	all[l->n_effects++] = (struct lock_effects){ arena_str(&l->arena, architecture),
						     arena_str(&l->arena, target), digest };
	qsort(all, l->n_effects, sizeof(*all), by_target);
	l->effects = all;
	record_packages(l, architecture, target, packages, n);
	return 0;
}

/* The lock's aid for a package, or "". */
static struct str aid_of(const struct lock *l, struct str architecture, struct str target,
			 struct str package)
{
	for (size_t i = 0; i < l->n_package_effects; i++) {
		const struct lock_package_effects *p = &l->package_effects[i];

		if (str_equal(p->architecture, architecture) && str_equal(p->target, target) &&
		    str_equal(p->package, package))
			return p->digest;
	}
	return STR("");
}

#define OPERATIONS_TOLD 20u /* of a package */

/* What a package's scripts do by this evaluator; what they did by the lock's is gone. */
static int tell_package(struct bytes object, struct str package, struct arena *arena,
			struct buf *to, struct error *err)
{
	struct effect_row *rows;
	size_t n;

	if (effects_rows(object, package, arena, &rows, &n, err) < 0)
		return -1;
	buf_printf(to, STR_FMT ": other effects; now:\n", STR_ARG(package));
	for (size_t i = 0; i < n && i < OPERATIONS_TOLD; i++)
		buf_printf(to, "  %s " STR_FMT "  <- " STR_FMT "\n", rows[i].kind,
			   STR_ARG(rows[i].shown), STR_ARG(rows[i].causes));
	if (n > OPERATIONS_TOLD)
		buf_printf(to, "  ... and %zu more\n", n - OPERATIONS_TOLD);
	return 0;
}

static int tell_packages(const struct lock *l, struct str architecture, struct str target,
			 struct bytes object, struct buf *to, struct error *err)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct effects_package *packages;
	size_t n;

	if (effects_packages(object, &scratch, &packages, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char hex[DIGEST_HEX_MAX];
		struct str now = { digest_hex(&packages[i].digest, hex), AID_DIGITS };

		if (!str_equal(now, aid_of(l, architecture, target, packages[i].package)) &&
		    tell_package(object, packages[i].package, &scratch, to, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < l->n_package_effects; i++) {
		const struct lock_package_effects *p = &l->package_effects[i];
		bool still = !str_equal(p->architecture, architecture) ||
			     !str_equal(p->target, target);

		for (size_t k = 0; k < n && !still; k++)
			still = str_equal(packages[k].package, p->package);
		if (!still)
			buf_printf(to, STR_FMT ": no effects any more\n", STR_ARG(p->package));
	}
	return 0;
}

int effects_compare(const struct lock *l, struct str architecture, struct str target,
		    struct bytes object, struct error *err)
{
	const struct digest *old = lock_effects(l, architecture, target);
	CLEANUP_BUF struct buf list = BUF_INIT(LIMIT_LOCK_SIZE);
	struct digest digest = hash_bytes(object);

	if (old && digest_equal(old, &digest))
		return 0;
	if (tell_packages(l, architecture, target, object, &list, err) < 0)
		return -1;
	(void)err_set(err, ERR_LOCK_STALE,
		      "this ingot (evaluator %d) evaluates the scripts of target '" STR_FMT
		      "' for " STR_FMT " otherwise than the lock says (evaluator %u)",
		      DEBIAN_EVALUATOR, STR_ARG(target), STR_ARG(architecture), l->evaluator);
	(void)err_detail(err, "%s", list.len ? buf_cstr(&list)
					     : "each package's effects are as the lock says, only "
					       "the digest of all is another: was the lock edited?");
	return err_hint(err, "run 'ingot lock' and review what changes; or restore the effects "
			     "object from a bundle or another stage");
}

bool effects_are_gone(struct context *c, const struct lock *l)
{
	for (size_t i = 0; i < l->n_effects; i++)
		if (!stage_has(c->stage, &l->effects[i].digest))
			return true;
	return false;
}

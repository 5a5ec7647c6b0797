#include "attest/diff_explain.h"

#include <stdlib.h>

#include "attest/diff_explain_private.h"
#include "base/buf.h"
#include "compress/compress.h"

struct verdict verdict_of(struct diff_change *c)
{
	struct verdict v = { .kind = VERDICT_NONE };

	verdict_add(&v, c);
	return v;
}

void verdict_add(struct verdict *v, struct diff_change *c)
{
	if (!c || v->kind == VERDICT_GENERATED || (v->n && c->is_origin))
		return;
	if (v->n && v->changes[0]->is_origin)
		v->n = 0; /* a change says more than what the known side has it from */
	for (size_t i = 0; i < v->n; i++)
		if (v->changes[i] == c)
			return;
	if (v->n == VERDICT_CHANGES_MAX) {
		*v = (struct verdict){ .kind = VERDICT_GENERATED };
		return;
	}
	v->kind = VERDICT_CHANGE;
	v->changes[v->n++] = c;
}

void verdict_add_all(struct verdict *v, const struct verdict *other)
{
	for (size_t i = 0; i < other->n; i++)
		verdict_add(v, other->changes[i]);
	if (other->kind == VERDICT_GENERATED)
		*v = *other;
}

struct verdict verdict_unaccounted(const struct explaining *x)
{
	bool known = x->changes->a && x->changes->b;

	return (struct verdict){ .kind = known ? VERDICT_TAMPERED : VERDICT_NONE };
}

struct verdict verdict_generated(const struct explaining *x)
{
	struct diff_change *only = diff_change_only(x->changes);

	if (only)
		return verdict_of(only);
	if (!x->changes->a || !x->changes->b)
		return (struct verdict){ .kind = VERDICT_NONE };
	return (struct verdict){ .kind = x->changes->n ? VERDICT_GENERATED : VERDICT_TAMPERED };
}

/* ---- the list of causes ---- */

static uint32_t add_cause(struct explaining *x, const struct difference_cause *one,
			  size_t *capacity)
{
	struct image_diff *d = x->d;

	ARENA_GROW(&d->arena, d->causes, d->n_causes, *capacity);
	d->causes[d->n_causes] = *one;
	return (uint32_t)d->n_causes++;
}

static struct str copy(struct arena *a, struct str s)
{
	return s.ptr ? arena_str(a, s) : s;
}

static struct difference_cause cause_of(struct explaining *x, const struct diff_change *c)
{
	struct arena *a = &x->d->arena;

	return (struct difference_cause){
		.kind = c->is_origin ? DIFFERENCE_BY_ORIGIN : c->kind,
		.name = arena_str(a, c->name),
		.a = copy(a, c->a),
		.b = copy(a, c->b),
		.at = arena_str(a, diff_change_at(c)),
		.text = diff_change_text(c, a),
		.comes_along = !c->is_origin && c->kind == DIFFERENCE_BY_PACKAGE &&
			       (!c->a.ptr || !c->b.ptr) && c->why.len && !c->asked.len && !str_equal_cstr(c->why, "recipe"),
		.changelog = STR(""),
	};
}

/* Those that are no change of an input; at most one each. */
static struct difference_cause odd_cause(const struct explaining *x, enum verdict_kind kind)
{
	static const struct {
		enum difference_cause_kind kind;
		const char *text;
	} rows[] = {
		[VERDICT_NONE] = { DIFFERENCE_UNEXPLAINED, "not explained" },
		[VERDICT_CHANGE] = { DIFFERENCE_UNEXPLAINED, "" },
		[VERDICT_GENERATED] = { DIFFERENCE_BY_SEVERAL,
					"made from several things that changed" },
		[VERDICT_TAMPERED] = { DIFFERENCE_BY_TAMPERING,
				       "tampered: nothing in the causes accounts for it" },
		[VERDICT_SIGNATURE] = { DIFFERENCE_BY_SIGNATURE,
					"the Secure Boot signature (--secure-boot-key, or what "
					"lies in recipes/NAME.signatures)" },
	};

	const char *text = rows[kind].text;

	if (kind == VERDICT_NONE && (x->changes->a || x->changes->b))
		text = x->changes->a ? "not explained: nothing that A was made from accounts for it"
				     : "not explained: nothing that B was made from accounts for it";
	return (struct difference_cause){ .kind = rows[kind].kind,
					  .name = STR(""),
					  .a = STR(""),
					  .b = STR(""),
					  .at = STR(""),
					  .text = str_of(text),
					  .changelog = STR("") };
}

struct list {
	size_t capacity;
	uint32_t odd[VERDICT_SIGNATURE + 1];
};

static int by_place(const void *a, const void *b)
{
	const struct diff_change *x = *(struct diff_change *const *)a;
	const struct diff_change *y = *(struct diff_change *const *)b;

	return x < y ? -1 : x > y; /* in one list */
}

/* Several that have a part in it, each by its name. */
static struct difference_cause joint_cause(struct explaining *x, const struct verdict *v)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct arena *a = &x->d->arena;
	struct str *names = arena_array(a, v->n, sizeof(*names));

	for (size_t i = 0; i < v->n; i++) {
		names[i] = arena_str(a, v->changes[i]->name);
		buf_add_cstr(&text, i ? " and " : "");
		buf_add_str(&text, diff_change_text(v->changes[i], &x->arena));
	}
	return (struct difference_cause){ .kind = DIFFERENCE_BY_SEVERAL,
					  .name = STR(""),
					  .a = STR(""),
					  .b = STR(""),
					  .at = STR(""),
					  .text = arena_str(a, buf_str(&text)),
					  .changelog = STR(""),
					  .names = names,
					  .n_names = v->n };
}

static uint32_t number_of_joint(struct explaining *x, struct list *l, struct verdict *v)
{
	struct difference_cause one;

	qsort(v->changes, v->n, sizeof(*v->changes), by_place);
	one = joint_cause(x, v);
	for (uint32_t i = 0; i < x->d->n_causes; i++)
		if (x->d->causes[i].n_names && str_equal(x->d->causes[i].text, one.text))
			return i;
	return add_cause(x, &one, &l->capacity);
}

static uint32_t number_of(struct explaining *x, struct list *l, struct verdict v)
{
	struct difference_cause one;

	if (v.kind == VERDICT_CHANGE && v.n > 1)
		return number_of_joint(x, l, &v);
	if (v.kind == VERDICT_CHANGE) {
		if (v.changes[0]->cause == DIFFERENCE_NO_CAUSE) {
			one = cause_of(x, v.changes[0]);
			v.changes[0]->cause = add_cause(x, &one, &l->capacity);
		}
		return v.changes[0]->cause;
	}
	if (l->odd[v.kind] == DIFFERENCE_NO_CAUSE) {
		one = odd_cause(x, v.kind);
		l->odd[v.kind] = add_cause(x, &one, &l->capacity);
	}
	return l->odd[v.kind];
}

/*
 * By how much they bring, what was asked for before what came with it; what nobody can explain
 * last but for tampering, which is first.
 */
static int rank(const struct difference_cause *c)
{
	switch (c->kind) {
	case DIFFERENCE_BY_TAMPERING:
		return 0;
	case DIFFERENCE_BY_SEVERAL:
		return c->n_names ? 1 : 3;
	case DIFFERENCE_UNEXPLAINED:
		return 4;
	default:
		return c->comes_along ? 2 : 1;
	}
}

struct ranked {
	const struct difference_cause *cause;
	uint32_t number;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int p = rank(x->cause), q = rank(y->cause);

	if (p != q)
		return p - q;
	if (x->cause->n != y->cause->n)
		return x->cause->n > y->cause->n ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void sort_causes(struct explaining *x)
{
	struct image_diff *d = x->d;
	struct ranked *order = arena_array(&x->arena, d->n_causes + 1, sizeof(*order));
	uint32_t *place = arena_array(&x->arena, d->n_causes + 1, sizeof(*place));
	struct difference_cause *sorted = arena_array(&d->arena, d->n_causes + 1, sizeof(*sorted));

	for (uint32_t i = 0; i < d->n_causes; i++)
		order[i] = (struct ranked){ &d->causes[i], i };
	if (d->n_causes)
		qsort(order, d->n_causes, sizeof(*order), by_rank);
	for (uint32_t i = 0; i < d->n_causes; i++) {
		sorted[i] = *order[i].cause;
		place[order[i].number] = i;
	}
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].cause != DIFFERENCE_NO_CAUSE)
			d->list[i].cause = place[d->list[i].cause];
	d->causes = sorted;
}

/* ---- changelogs ---- */

#define CHANGELOG_MAX (16u << 20) /* bytes, unpacked; Debian's longest has 3 MiB */

static int read_changelog(const struct content_reader *reader, const struct node *n, struct buf *to,
			  struct error *err)
{
	struct source *in;
	int r;

	if (content_open(reader, &n->inode->content, &in, err) < 0)
		return -1;
	in = decompress(in, COMPRESS_GZIP, CHANGELOG_MAX, "a changelog");
	r = source_read_all(in, to, err);
	source_close(in);
	return r;
}

/* Of the newer version, whichever side has it. A package need not have one. */
static void find_changelog(struct explaining *x, struct difference_cause *c)
{
	static const char *const names[] = { "changelog.Debian.gz", "changelog.gz" };
	const struct diff_explain_input *in = x->in;

	for (int side = 0; side < 2 && !c->changelog.len; side++) {
		const struct tree *t = side ? in->tree_a : in->tree_b;
		const struct content_reader *reader = side ? in->reader_a : in->reader_b;

		for (size_t i = 0; t && i < 2 && !c->changelog.len; i++) {
			CLEANUP_BUF struct buf text = BUF_INIT(CHANGELOG_MAX);
			CLEANUP_ERR struct error failure = ERR_INIT;
			const struct node *n = tree_resolve(
				t,
				str_of(arena_printf(&x->arena, "usr/share/doc/" STR_FMT "/%s",
						    STR_ARG(c->name), names[i])),
				true);

			if (n && n->inode->kind == NODE_FILE &&
			    read_changelog(reader, n, &text, &failure) == 0)
				c->changelog =
					arena_str(&x->d->arena,
						  changelog_between(buf_str(&text), c->a, c->b));
		}
	}
}

/*
 * A size that the recipe gives follows from nothing, whatever else changed the root. What the
 * two trees are known to be made from decides, and that is known here.
 */
static void find_own_sizes(struct explaining *x)
{
	static const char *const places[] = { "partition root > size", "root > ext4 > size" };

	if (!diff_change_key(x->changes, "target.root.size"))
		return;
	for (size_t i = 0; i < x->d->n; i++)
		for (size_t k = 0; k < sizeof(places) / sizeof(*places); k++)
			if (x->d->list[i].follows.len &&
			    str_equal_cstr(x->d->list[i].where, places[k])) {
				x->d->list[i].follows = STR("");
				x->d->n_derived--;
			}
}

void diff_explain(struct image_diff *d, const struct diff_explain_input *in)
{
	struct explaining x = { .d = d, .in = in, .changes = in->changes };
	struct list l = { 0 };

	memset(l.odd, 0xff, sizeof(l.odd));
	find_own_sizes(&x);
	for (size_t i = 0; i < d->n; i++) {
		struct difference *one = &d->list[i];
		struct verdict v;

		if (one->follows.len)
			continue;
		v = one->area == DIFFERENCE_TREE ? explain_path(&x, one) : explain_part(&x, one);
		one->cause = number_of(&x, &l, v);
		d->causes[one->cause].n++;
		d->causes[one->cause].n_paths += one->area == DIFFERENCE_TREE;
	}
	sort_causes(&x);
	for (size_t i = 0; i < d->n_causes; i++)
		if (d->causes[i].kind == DIFFERENCE_BY_PACKAGE && d->causes[i].a.ptr &&
		    d->causes[i].b.ptr)
			find_changelog(&x, &d->causes[i]);
	arena_release(&x.arena);
}

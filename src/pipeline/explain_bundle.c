/* Two bundles: file by file; locks and texts are looked into. */
#include "base/limits.h"
#include "base/text.h"
#include "pipeline/explain_private.h"

#define TEXT_MAX (16u << 20) /* bytes of a file that is looked into */

struct work {
	struct context *context;
	const struct bundle *a, *b;
	struct image_diff *d;
	struct arena arena;
	bool locks_differ;
};

static struct str told(struct work *w, const struct oci_artifact_file *f)
{
	char hex[DIGEST_HEX_MAX];

	if (!f)
		return (struct str){ NULL, 0 };
	return str_of(arena_printf(&w->arena, "%llu bytes (%.12s)", (unsigned long long)f->size,
				   digest_hex(&f->digest, hex)));
}

/* What the lock names comes and goes with it. */
static const char *follows_of(const struct work *w, const struct oci_artifact_file *f)
{
	switch (bundle_kind_of(f)) {
	case BUNDLE_PACKAGE:
	case BUNDLE_EFFECTS:
	case BUNDLE_EVIDENCE:
	case BUNDLE_SOURCE:
	case BUNDLE_ARCHIVE:
		return w->locks_differ ? "the lock" : "";
	default:
		return "";
	}
}

static struct difference *add(struct work *w, enum difference_what what,
			      const struct oci_artifact_file *a, const struct oci_artifact_file *b)
{
	const struct oci_artifact_file *any = b ? b : a;

	return image_diff_add(
		w->d,
		&(struct difference){ .area = DIFFERENCE_BUNDLE,
				      .what = what,
				      .where = str_of(arena_printf(&w->arena, "bundle > " STR_FMT,
								   STR_ARG(any->name))),
				      .a = told(w, a),
				      .b = told(w, b),
				      .follows = str_of(follows_of(w, any)) });
}

static int load_lock(const struct bundle *b, const struct oci_artifact_file *f, struct buf *text,
		     struct lock **ret, struct error *err)
{
	if (bundle_load(b, f, text, err) < 0)
		return -1;
	return lock_parse(buf_bytes(text), "the bundle's lock", ret, err);
}

static int compare_locks(struct work *w, const struct oci_artifact_file *a,
			 const struct oci_artifact_file *b, struct error *err)
{
	CLEANUP_BUF struct buf x = BUF_INIT(LIMIT_LOCK_SIZE), y = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_LOCK struct lock *before = NULL, *after = NULL;

	if (load_lock(w->a, a, &x, &before, err) < 0 || load_lock(w->b, b, &y, &after, err) < 0)
		return -1;
	return explain_locks(w->context, before, after, buf_bytes(&x), buf_bytes(&y), w->d, err);
}

static int compare_contents(struct work *w, const struct oci_artifact_file *a,
			    const struct oci_artifact_file *b, struct error *err)
{
	CLEANUP_BUF struct buf x = BUF_INIT(TEXT_MAX), y = BUF_INIT(TEXT_MAX);
	struct difference *one = add(w, DIFFERENCE_CONTENT, a, b);
	struct content_diff *detail;

	if (one->follows.len || a->size > TEXT_MAX || b->size > TEXT_MAX)
		return 0;
	if (bundle_load(w->a, a, &x, err) < 0 || bundle_load(w->b, b, &y, err) < 0)
		return -1;
	detail = arena_alloc(&w->d->arena, sizeof(*detail));
	if (content_diff(buf_bytes(&x), buf_bytes(&y), &w->d->arena, detail, err) < 0)
		return -1;
	one->detail = detail;
	return 0;
}

static int compare_file(struct work *w, const struct oci_artifact_file *a,
			const struct oci_artifact_file *b, struct error *err)
{
	if (!a || !b) {
		add(w, DIFFERENCE_PRESENCE, a, b);
		return 0;
	}
	if (digest_equal(&a->digest, &b->digest))
		return 0;
	if (bundle_kind_of(a) == BUNDLE_LOCK && bundle_kind_of(b) == BUNDLE_LOCK)
		return compare_locks(w, a, b, err);
	return compare_contents(w, a, b, err);
}

static const struct oci_artifact_file *lock_of(const struct bundle *b)
{
	for (size_t i = 0; i < b->files.n_files; i++)
		if (bundle_kind_of(&b->files.files[i]) == BUNDLE_LOCK)
			return &b->files.files[i];
	return NULL;
}

static int compare(struct work *w, struct error *err)
{
	const struct oci_artifact *a = &w->a->files, *b = &w->b->files;
	const struct oci_artifact_file *x = lock_of(w->a), *y = lock_of(w->b);
	size_t i = 0, k = 0;

	w->locks_differ = x && y && !digest_equal(&x->digest, &y->digest);
	while (i < a->n_files || k < b->n_files) {
		int order = i == a->n_files   ? 1
			    : k == b->n_files ? -1
					      : str_compare(a->files[i].name, b->files[k].name);

		if (compare_file(w, order <= 0 ? &a->files[i] : NULL,
				 order >= 0 ? &b->files[k] : NULL, err) < 0)
			return -1;
		i += order <= 0;
		k += order >= 0;
	}
	if (w->d->n)
		return 0;
	image_diff_add(w->d, &(struct difference){ .area = DIFFERENCE_BUNDLE,
						   .what = DIFFERENCE_BYTES,
						   .where = STR("bundle > envelope"),
						   .name = STR("of the tar, or notes, around the "
							       "same files"),
						   .a = STR("one"),
						   .b = STR("another") });
	return 0;
}

int explain_bundles(struct context *c, const struct bundle *a, const struct bundle *b,
		    struct image_diff *d, struct error *err)
{
	struct work w = { .context = c, .a = a, .b = b, .d = d };
	int r = compare(&w, err);

	arena_release(&w.arena);
	return r;
}

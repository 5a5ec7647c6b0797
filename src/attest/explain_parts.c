#define _GNU_SOURCE
/* What is no path: documents of an image, layers. */
#include "attest/diff_explain_private.h"

#define N(table) (sizeof(table) / sizeof(*(table)))

struct verdict verdict_of_keys(const struct explaining *x, const char *const *keys)
{
	struct verdict v = { .kind = VERDICT_NONE };

	for (size_t i = 0; keys[i]; i++)
		for (size_t k = 0; k < x->changes->n; k++) {
			struct diff_change *c = &x->changes->list[k];

			/* Of what need not have changed the first key says enough. */
			if (diff_change_is_below(c, str_of(keys[i])) && !(c->is_origin && v.n))
				verdict_add(&v, c);
		}
	return v;
}

static struct verdict all_of_kind(const struct explaining *x, enum difference_cause_kind kind)
{
	struct verdict v = { .kind = VERDICT_NONE };

	for (size_t i = 0; i < x->changes->n; i++)
		if (x->changes->list[i].kind == kind && !x->changes->list[i].is_origin)
			verdict_add(&v, &x->changes->list[i]);
	return v;
}

/* Which writers decide the bytes of an area: the version of one of them may be another. */
static const char *const *formats_of(enum difference_area area)
{
	static const char *const rows[DIFFERENCE_AREA_COUNT][5] = {
		[DIFFERENCE_FILE] = { "format oci", "format disk", "format gpt" },
		[DIFFERENCE_INDEX] = { "format oci" },
		[DIFFERENCE_MANIFEST] = { "format oci" },
		[DIFFERENCE_CONFIG] = { "format oci" },
		[DIFFERENCE_LAYERS] = { "format tar", "format oci" },
		[DIFFERENCE_TABLE] = { "format gpt", "format disk" },
		[DIFFERENCE_ESP] = { "format fat", "format disk" },
		[DIFFERENCE_UKI] = { "format uki", "format disk" },
		[DIFFERENCE_INITRD] = { "format cpio", "evaluator" },
		[DIFFERENCE_ROOT] = { "format ext4", "format erofs", "format lz4", "format disk" },
		[DIFFERENCE_VERITY] = { "format verity" },
		[DIFFERENCE_TREE] = { "evaluator" },
	};

	return rows[area];
}

struct verdict verdict_by_format(const struct explaining *x, const struct difference *d)
{
	const char *const *formats = formats_of(d->area);
	struct verdict v = { .kind = VERDICT_NONE };

	for (size_t i = 0; formats[i]; i++)
		verdict_add(&v, diff_change_key(x->changes, formats[i]));
	if (!v.kind)
		v = verdict_of(diff_change_key(x->changes, "output format"));
	return v.kind ? v : verdict_unaccounted(x);
}

struct verdict verdict_or_format(const struct explaining *x, const struct difference *d,
				 struct verdict v)
{
	return v.kind ? v : verdict_by_format(x, d);
}

/* ---- documents ---- */

/*
 * "config.Labels.org.example.x" is "target.labels.org.example.x"; where only one side has any,
 * "config.Labels" is all of them.
 */
static struct verdict pair_change(struct explaining *x, struct str place, const char *prefix,
				  const char *key)
{
	size_t n = strlen(prefix);

	if (place.len == n)
		return VERDICT_OF_KEYS(x, key);
	return verdict_of(diff_change_key(x->changes,
					  arena_printf(&x->arena, "%s" STR_FMT, key,
						       (int)(place.len - n), place.ptr + n)));
}

static struct verdict explain_config(struct explaining *x, const struct difference *d)
{
	static const struct {
		const char *place;
		const char *keys[3];
	} rows[] = {
		{ "config.Entrypoint", { "target.entrypoint" } },
		{ "config.Cmd", { "target.cmd" } },
		{ "config.Env", { "target.env", "locale" } },
		{ "config.ExposedPorts", { "target.ports" } },
		{ "config.StopSignal", { "target.stop_signal" } },
		{ "config.User", { "target.user" } },
		{ "config.Volumes", { "target.volumes" } },
		{ "config.WorkingDir", { "target.workdir" } },
		{ "architecture", { "architecture" } },
		{ "variant", { "architecture" } },
		{ "created", { "epoch", "lock.epoch" } },
	};

	for (size_t i = 0; i < N(rows); i++)
		if (str_has_prefix(d->path, str_of(rows[i].place)))
			return verdict_or_format(x, d, verdict_of_keys(x, rows[i].keys));
	if (str_has_prefix(d->path, STR("config.Labels")))
		return verdict_or_format(x, d,
					 pair_change(x, d->path, "config.Labels", "target.labels"));
	return verdict_by_format(x, d);
}

static struct verdict explain_manifest(struct explaining *x, const struct difference *d)
{
	if (!str_has_prefix(d->path, STR("annotations")))
		return verdict_by_format(x, d);
	return verdict_or_format(x, d,
				 pair_change(x, d->path, "annotations", "target.annotations"));
}

/* The tag is the version, the full name has both. */
static struct verdict explain_index(struct explaining *x, const struct difference *d)
{
	struct verdict v = VERDICT_OF_KEYS(x, "version");

	if (!v.kind || !str_has_suffix(d->path, STR("image.ref.name")))
		v = VERDICT_OF_KEYS(x, "version", "name");
	return verdict_or_format(x, d, v);
}

/* ---- layers ---- */

/* Which layer holds what, and how many there are: the plan, or packages that came and went. */
static struct verdict by_plan(const struct explaining *x)
{
	struct verdict v = VERDICT_OF_KEYS(x, "target.layers", "lock.slices of packages",
					   "lock.slices");

	return v.kind ? v : all_of_kind(x, DIFFERENCE_BY_PACKAGE);
}

static struct verdict explain_layers(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	switch (d->what) {
	case DIFFERENCE_VALUE:
		if (str_has_suffix(d->where, STR("media type")))
			return verdict_or_format(x, d, VERDICT_OF_KEYS(x, "target.compression"));
		break;
	case DIFFERENCE_COMPRESSION:
		v = all_of_kind(x, DIFFERENCE_BY_COMPRESSOR);
		return v.kind ? v : verdict_unaccounted(x);
	case DIFFERENCE_LAYER:
		/* A package that is new may have brought another plan. */
		if (d->path.ptr && !diff_change_key(x->changes, "target.layers"))
			v = explain_path(x, d);
		if (v.kind == VERDICT_CHANGE)
			return v;
		break;
	default:
		return verdict_by_format(x, d);
	}
	v = by_plan(x);
	return v.kind ? v : verdict_or_format(x, d, verdict_of(diff_change_only(x->changes)));
}

/* Of bytes that nobody could look into, and of what else changed: who knows which it was. */
static bool is_past_telling(const struct explaining *x, const struct difference *d)
{
	return x->d->is_damaged && d->what == DIFFERENCE_BYTES && x->changes->n;
}

struct verdict explain_part(struct explaining *x, const struct difference *d)
{
	if (is_past_telling(x, d))
		return verdict_of(NULL);
	switch (d->area) {
	case DIFFERENCE_CONFIG:
		return explain_config(x, d);
	case DIFFERENCE_MANIFEST:
		return explain_manifest(x, d);
	case DIFFERENCE_INDEX:
		return explain_index(x, d);
	case DIFFERENCE_LAYERS:
		return explain_layers(x, d);
	case DIFFERENCE_TABLE:
	case DIFFERENCE_ESP:
	case DIFFERENCE_UKI:
	case DIFFERENCE_INITRD:
	case DIFFERENCE_ROOT:
		return explain_disk(x, d);
	default:
		return verdict_by_format(x, d);
	}
}

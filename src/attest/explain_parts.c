#define _GNU_SOURCE
/* What is no path: documents of an image, layers, parts of a disk. */
#include "attest/diff_explain_private.h"

#define N(table) (sizeof(table) / sizeof(*(table)))

static struct diff_change *first_of(const struct explaining *x, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++) {
		struct diff_change *c = diff_change_below(x->changes, str_of(keys[i]));

		if (c)
			return c;
	}
	return NULL;
}

#define FIRST_OF(x, ...) first_of((x), (const char *const[]){ __VA_ARGS__, NULL })

static struct diff_change *of_kind(const struct explaining *x, enum difference_cause_kind kind)
{
	for (size_t i = 0; i < x->changes->n; i++)
		if (x->changes->list[i].kind == kind)
			return &x->changes->list[i];
	return NULL;
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

/* What the writers of a format would do: their version, or else somebody's hand. */
static struct verdict by_format(const struct explaining *x, const struct difference *d)
{
	const char *const *formats = formats_of(d->area);
	struct diff_change *c = NULL;

	for (size_t i = 0; !c && formats[i]; i++)
		c = diff_change_key(x->changes, formats[i]);
	if (!c)
		c = diff_change_key(x->changes, "output format");
	return c ? verdict_of(c) : verdict_unaccounted(x);
}

static struct verdict found_or_format(const struct explaining *x, const struct difference *d,
				      struct diff_change *c)
{
	return c ? verdict_of(c) : by_format(x, d);
}

/* ---- documents ---- */

/*
 * "config.Labels.org.example.x" is "target.labels.org.example.x"; where only one side has any,
 * "config.Labels" is the first of them.
 */
static struct diff_change *pair_change(struct explaining *x, struct str place, const char *prefix,
				       const char *key)
{
	size_t n = strlen(prefix);
	struct diff_change *c = NULL;

	if (!str_has_prefix(place, str_of(prefix)))
		return NULL;
	if (place.len > n)
		c = diff_change_below(x->changes,
				      str_of(arena_printf(&x->arena, "%s" STR_FMT, key,
							  (int)(place.len - n), place.ptr + n)));
	return c ? c : diff_change_below(x->changes, str_of(key));
}

static struct diff_change *env_change(const struct explaining *x)
{
	return FIRST_OF(x, "target.env", "locale");
}

static struct verdict explain_config(struct explaining *x, const struct difference *d)
{
	static const struct {
		const char *place, *key;
	} rows[] = {
		{ "config.Entrypoint", "target.entrypoint" },
		{ "config.Cmd", "target.cmd" },
		{ "config.ExposedPorts", "target.ports" },
		{ "config.StopSignal", "target.stop_signal" },
		{ "config.User", "target.user" },
		{ "config.Volumes", "target.volumes" },
		{ "config.WorkingDir", "target.workdir" },
		{ "architecture", "architecture" },
		{ "variant", "architecture" },
	};
	struct str place = d->path;

	for (size_t i = 0; i < N(rows); i++)
		if (str_has_prefix(place, str_of(rows[i].place)))
			return found_or_format(x, d,
					       diff_change_below(x->changes, str_of(rows[i].key)));
	if (str_has_prefix(place, STR("config.Labels")))
		return found_or_format(x, d,
				       pair_change(x, place, "config.Labels", "target.labels"));
	if (str_has_prefix(place, STR("config.Env")))
		return found_or_format(x, d, env_change(x));
	if (str_has_prefix(place, STR("created")))
		return found_or_format(x, d, FIRST_OF(x, "epoch", "lock.epoch"));
	return by_format(x, d);
}

static struct verdict explain_manifest(struct explaining *x, const struct difference *d)
{
	return found_or_format(x, d, pair_change(x, d->path, "annotations", "target.annotations"));
}

static struct verdict explain_index(struct explaining *x, const struct difference *d)
{
	(void)d;
	return found_or_format(x, d, FIRST_OF(x, "version", "name"));
}

/* ---- layers ---- */

static struct verdict explain_layers(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = NULL;

	switch (d->what) {
	case DIFFERENCE_VALUE:
		c = FIRST_OF(x, "target.compression", "target.layers", "lock.slices of packages",
			     "lock.slices");
		if (c && str_has_suffix(d->where, STR("number")) &&
		    str_equal_cstr(c->key, "target.compression"))
			c = FIRST_OF(x, "target.layers", "lock.slices of packages", "lock.slices");
		break;
	case DIFFERENCE_COMPRESSION:
		c = of_kind(x, DIFFERENCE_BY_COMPRESSOR);
		return c ? verdict_of(c) : verdict_unaccounted(x);
	case DIFFERENCE_LAYER:
		c = FIRST_OF(x, "target.layers", "lock.slices of packages", "lock.slices");
		break;
	default:
		return by_format(x, d);
	}
	if (c)
		return verdict_of(c);
	/* Another package may have brought another plan. */
	if (d->what == DIFFERENCE_LAYER && d->path.ptr) {
		struct verdict v = explain_path(x, d);

		if (v.kind == VERDICT_CHANGE)
			return v;
	}
	c = diff_change_only(x->changes);
	return c ? verdict_of(c) : by_format(x, d);
}

/* ---- disks ---- */

static bool ends(const struct difference *d, const char *what)
{
	return str_has_suffix(d->where, str_of(what));
}

static struct verdict explain_table(struct explaining *x, const struct difference *d)
{
	if (d->what == DIFFERENCE_PRESENCE)
		return found_or_format(x, d, FIRST_OF(x, "target.root.verity"));
	if (ends(d, "> size"))
		return found_or_format(x, d, FIRST_OF(x, "target.root.size", "target.root"));
	if (ends(d, "> attributes"))
		return found_or_format(x, d, FIRST_OF(x, "target.root.grow", "target.root.type"));
	if (ends(d, "> type"))
		return found_or_format(x, d, FIRST_OF(x, "architecture"));
	return by_format(x, d);
}

static struct verdict explain_esp(struct explaining *x, const struct difference *d)
{
	if (ends(d, "> mtime"))
		return found_or_format(x, d, FIRST_OF(x, "epoch", "lock.epoch"));
	return by_format(x, d);
}

static struct verdict explain_root(struct explaining *x, const struct difference *d)
{
	if (ends(d, "> type"))
		return found_or_format(x, d, FIRST_OF(x, "target.root.type"));
	if (ends(d, "> size"))
		return found_or_format(
			x, d,
			FIRST_OF(x, "target.root.size", "target.root.compression", "target.root"));
	return found_or_format(x, d, FIRST_OF(x, "target.root.compression", "target.root.grow"));
}

/* The cause of a file in the tree, if it differs there too. */
static struct verdict as_in_tree(struct explaining *x, const char *start)
{
	for (size_t i = 0; i < x->d->n; i++) {
		const struct difference *one = &x->d->list[i];

		if (one->area == DIFFERENCE_TREE && str_has_prefix(one->path, str_of(start)) &&
		    !one->follows.len)
			return explain_path(x, one);
	}
	return (struct verdict){ .kind = VERDICT_NONE };
}

/* A package whose name starts so: the kernel has its version in its name. */
static struct diff_change *package_like(const struct explaining *x, const char *start)
{
	struct diff_change *found = NULL;

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];

		if (c->kind == DIFFERENCE_BY_PACKAGE && str_has_prefix(c->key, str_of(start)) &&
		    (!found || c->b.ptr))
			found = c;
	}
	return found;
}

static struct verdict explain_uki(struct explaining *x, const struct difference *d)
{
	struct diff_change *c;
	struct verdict v;

	if (ends(d, "signature")) {
		c = FIRST_OF(x, "target.secure_boot");
		return c ? verdict_of(c) : (struct verdict){ .kind = VERDICT_SIGNATURE };
	}
	if (ends(d, ".cmdline")) {
		c = FIRST_OF(x, "target.cmdline", "target.root.verity", "target.root.type",
			     "target.root");
		return c ? verdict_of(c) : verdict_unaccounted(x);
	}
	if (ends(d, ".osrel")) {
		v = as_in_tree(x, "usr/lib/os-release");
		return v.kind ? v : as_in_tree(x, "etc/os-release");
	}
	if (ends(d, ".initrd")) {
		c = FIRST_OF(x, "target.root.verity", "target.root.type");
		c = c ? c : package_like(x, "linux-image-");
		return c ? verdict_of(c) : verdict_generated(x);
	}
	if (ends(d, ".linux") || ends(d, ".uname")) {
		c = package_like(x, "linux-image-");
		return c ? verdict_of(c) : verdict_unaccounted(x);
	}
	c = package_like(x, "systemd-boot-efi");
	return found_or_format(x, d, c ? c : package_like(x, "systemd"));
}

/* What is in it comes from packages; which of them are asked, the type of the root decides. */
static struct verdict explain_initrd(struct explaining *x, const struct difference *d)
{
	struct str path = d->path;
	struct diff_change *c = NULL;
	struct verdict v = { .kind = VERDICT_NONE };

	if (x->changes->a && x->changes->b &&
	    (causes_path(x->changes->a, path) || causes_path(x->changes->b, path)))
		v = explain_path(x, d);
	if (v.kind == VERDICT_CHANGE)
		return v;
	c = FIRST_OF(x, "target.root.verity", "target.root.type");
	if (!c && memmem(path.ptr, path.len, "modules", 7))
		c = package_like(x, "linux-image-");
	if (!c && memmem(path.ptr, path.len, "busybox", 7))
		c = package_like(x, "busybox");
	return c ? verdict_of(c) : verdict_generated(x);
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
		return explain_table(x, d);
	case DIFFERENCE_ESP:
		return explain_esp(x, d);
	case DIFFERENCE_UKI:
		return explain_uki(x, d);
	case DIFFERENCE_INITRD:
		return explain_initrd(x, d);
	case DIFFERENCE_ROOT:
		return explain_root(x, d);
	default:
		return by_format(x, d);
	}
}

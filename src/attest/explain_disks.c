#define _GNU_SOURCE
/* Parts of a disk: the table of partitions, the ESP, the UKI, the initrd, facts of the root. */
#include "attest/diff_explain_private.h"

#define MODULES STR("usr/lib/modules/")

static bool ends(const struct difference *d, const char *what)
{
	return str_has_suffix(d->where, str_of(what));
}

static struct verdict epoch(const struct explaining *x)
{
	return VERDICT_OF_KEYS(x, "epoch", "lock.epoch");
}

static bool has_digit_at(struct str s, size_t at)
{
	return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

/*
 * A package whose name starts so: the kernel has its version in its name. What is there now,
 * before what was; what holds something, before what only asks for it.
 */
static struct diff_change *package_like(const struct explaining *x, const char *start)
{
	struct diff_change *found = NULL;
	int best = 0;

	for (size_t i = 0; i < x->changes->n; i++) {
		struct diff_change *c = &x->changes->list[i];
		int rank = 1 + 2 * has_digit_at(c->key, strlen(start)) + (c->b.ptr != NULL);

		if (c->kind != DIFFERENCE_BY_PACKAGE || !str_has_prefix(c->key, str_of(start)) ||
		    rank < best)
			continue;
		found = c;
		best = rank;
	}
	return found;
}

struct diff_change *explain_kernel(const struct explaining *x)
{
	return package_like(x, "linux-image-");
}

/* ---- partitions, ESP, root ---- */

static struct verdict explain_table(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	if (d->what == DIFFERENCE_PRESENCE) {
		v = VERDICT_OF_KEYS(x, "target.root.verity");
	} else if (ends(d, "> size")) {
		if (!ends(d, "root-verity > size"))
			v = VERDICT_OF_KEYS(x, "target.root.size");
		if (!v.kind)
			v = VERDICT_OF_KEYS(x, "target.root.compression", "target.root.grow");
	} else if (ends(d, "> attributes")) {
		v = VERDICT_OF_KEYS(x, "target.root.grow");
		if (!v.kind)
			v = VERDICT_OF_KEYS(x, "target.root.type");
	} else if (ends(d, "> type")) {
		v = VERDICT_OF_KEYS(x, "architecture");
	}
	return verdict_or_format(x, d, v);
}

static struct verdict explain_esp(struct explaining *x, const struct difference *d)
{
	if (ends(d, "> mtime"))
		return verdict_or_format(x, d, epoch(x));
	return verdict_by_format(x, d);
}

static struct verdict explain_root(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	if (ends(d, "> type"))
		v = VERDICT_OF_KEYS(x, "target.root.type");
	else if (ends(d, "> size"))
		v = VERDICT_OF_KEYS(x, "target.root.size");
	if (!v.kind && !ends(d, "> type"))
		v = VERDICT_OF_KEYS(x, "target.root.compression", "target.root.grow");
	return verdict_or_format(x, d, v);
}

/* ---- the UKI ---- */

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

/* A value that was too long to be kept may hold any word. */
static bool may_hold(struct str value, struct str word)
{
	return word.len && value.len &&
	       (memmem(value.ptr, value.len, word.ptr, word.len) ||
		memmem(value.ptr, value.len, " bytes, sha256 ", 15));
}

/* Words of the recipe are the recipe's; all others come from what the root is. */
static struct verdict explain_cmdline(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = diff_change_key(x->changes, "target.cmdline");
	struct verdict v = { .kind = VERDICT_NONE };

	if (c && (d->what == DIFFERENCE_ORDER || may_hold(c->a, d->a) || may_hold(c->b, d->b)))
		return verdict_of(c);
	v = VERDICT_OF_KEYS(x, "target.root.verity", "target.root.type");
	if (!v.kind)
		v = verdict_of(c);
	return v.kind ? v : verdict_unaccounted(x);
}

/*
 * That there is one at all: EROFS always needs it, ext4 where a driver is a module. (Verity
 * needs EROFS.)
 */
static struct verdict explain_whole_initrd(struct explaining *x, const struct difference *d)
{
	struct verdict v = VERDICT_OF_KEYS(x, "target.root.type");

	if (v.kind && d->what == DIFFERENCE_PRESENCE)
		return v;
	v = VERDICT_OF_KEYS(x, "target.root.type", "target.root.verity");
	verdict_add(&v, explain_kernel(x));
	return v.kind ? v : verdict_generated(x);
}

static struct verdict explain_stub(struct explaining *x, const struct difference *d)
{
	struct diff_change *c = package_like(x, "systemd-boot-efi");

	c = c ? c : diff_change_package(x->changes, STR("systemd"));
	return verdict_or_format(x, d, verdict_of(c));
}

static struct verdict explain_uki(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	if (ends(d, "signature")) {
		v = VERDICT_OF_KEYS(x, "target.secure_boot");
		return v.kind ? v : (struct verdict){ .kind = VERDICT_SIGNATURE };
	}
	if (ends(d, ".cmdline"))
		return explain_cmdline(x, d);
	if (ends(d, ".osrel")) {
		v = as_in_tree(x, "usr/lib/os-release");
		return v.kind ? v : as_in_tree(x, "etc/os-release");
	}
	if (ends(d, ".initrd"))
		return explain_whole_initrd(x, d);
	if (ends(d, ".linux") || ends(d, ".uname")) {
		v = verdict_of(explain_kernel(x));
		return v.kind ? v : verdict_unaccounted(x);
	}
	return explain_stub(x, d);
}

/* ---- the initrd ---- */

/* A module is there as the package has it, the initrd has it plain. */
static bool is_in_root(struct explaining *x, const struct tree *t, struct str path)
{
	static const char *const endings[] = { "", ".xz", ".zst", ".gz" };

	for (size_t i = 0; t && i < sizeof(endings) / sizeof(*endings); i++) {
		const char *there =
			arena_printf(&x->arena, STR_FMT "%s", STR_ARG(path), endings[i]);

		if (tree_find(t, str_of(there)))
			return true;
	}
	return false;
}

/* Of a module that only one initrd has: whether only one kernel has it as a module. */
static bool is_by_kernel(struct explaining *x, struct str path)
{
	return is_in_root(x, x->in->tree_a, path) != is_in_root(x, x->in->tree_b, path);
}

static struct str file_name(struct str path)
{
	size_t start = path.len;

	while (start && path.ptr[start - 1] != '/')
		start--;
	return (struct str){ path.ptr + start, path.len - start };
}

/* Which of the two asks for a module; both if its name does not tell. */
static struct verdict by_root(const struct explaining *x, struct str path)
{
	static const struct {
		const char *start, *key;
	} rows[] = {
		{ "dm-", "target.root.verity" },   { "sha256", "target.root.verity" },
		{ "reed_", "target.root.verity" }, { "erofs", "target.root.type" },
		{ "overlay", "target.root.type" }, { "ext4", "target.root.type" },
		{ "jbd2", "target.root.type" },	   { "mbcache", "target.root.type" },
	};
	struct str name = file_name(path);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdict v = { .kind = VERDICT_NONE };

		if (str_has_prefix(name, str_of(rows[i].start)))
			v = VERDICT_OF_KEYS(x, rows[i].key);
		if (v.kind)
			return v;
	}
	return VERDICT_OF_KEYS(x, "target.root.verity", "target.root.type");
}

static struct verdict explain_module(struct explaining *x, const struct difference *d)
{
	struct diff_change *kernel = explain_kernel(x);
	struct verdict v = { .kind = VERDICT_NONE };

	if (kernel && (d->what != DIFFERENCE_PRESENCE || is_by_kernel(x, d->path)))
		return verdict_of(kernel);
	v = by_root(x, d->path);
	verdict_add(&v, v.kind ? NULL : kernel);
	return v;
}

/* /init mounts the root, opens the hash tree, and loads the modules that are there. */
static struct verdict explain_init(struct explaining *x)
{
	struct verdict v = VERDICT_OF_KEYS(x, "target.root.type", "target.root.verity");
	struct diff_change *kernel = explain_kernel(x);
	bool loads_others = !v.kind;

	for (size_t i = 0; kernel && !loads_others && i < x->d->n; i++) {
		const struct difference *one = &x->d->list[i];

		loads_others = one->area == DIFFERENCE_INITRD && one->what == DIFFERENCE_PRESENCE &&
			       str_has_prefix(one->path, MODULES) && is_by_kernel(x, one->path);
	}
	if (loads_others)
		verdict_add(&v, kernel);
	return v;
}

/* busybox, or veritysetup and the libraries that it needs. */
static struct verdict explain_program(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	if (memmem(d->path.ptr, d->path.len, "busybox", 7))
		return verdict_of(package_like(x, "busybox"));
	if (d->what == DIFFERENCE_PRESENCE)
		v = VERDICT_OF_KEYS(x, "target.root.verity");
	if (!v.kind && ends(d, "veritysetup"))
		v = verdict_of(package_like(x, "cryptsetup-bin"));
	return v;
}

static struct verdict explain_initrd(struct explaining *x, const struct difference *d)
{
	struct verdict v = { .kind = VERDICT_NONE };

	if (str_has_prefix(d->path, MODULES)) {
		v = explain_module(x, d);
	} else if (str_equal_cstr(d->path, "init")) {
		v = explain_init(x);
	} else {
		if (d->what == DIFFERENCE_MTIME)
			v = epoch(x);
		if (!v.kind)
			v = explain_program(x, d);
		if (!v.kind && x->changes->a && x->changes->b &&
		    (causes_path(x->changes->a, d->path) || causes_path(x->changes->b, d->path)))
			v = explain_path(x, d);
		if (v.kind != VERDICT_CHANGE)
			v = VERDICT_OF_KEYS(x, "target.root.verity", "target.root.type");
	}
	return v.kind ? v : verdict_generated(x);
}

struct verdict explain_disk(struct explaining *x, const struct difference *d)
{
	switch (d->area) {
	case DIFFERENCE_TABLE:
		return explain_table(x, d);
	case DIFFERENCE_ESP:
		return explain_esp(x, d);
	case DIFFERENCE_UKI:
		return explain_uki(x, d);
	case DIFFERENCE_INITRD:
		return explain_initrd(x, d);
	default:
		return explain_root(x, d);
	}
}

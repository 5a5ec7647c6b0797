/*
 * What decides where and how a path is unpacked: diversions and overrides, as
 * dpkg's own files of the tree have them at this moment.
 */
#include "debian/unpack.h"

#define DIVERSIONS STR("var/lib/dpkg/diversions")
#define OVERRIDES  STR("var/lib/dpkg/statoverride")

/* Three lines each: from, to, package (":" for the administrator's). */
static int load_diversions(struct debian *d, struct error *err)
{
	struct str text, from, to, package;
	int r = debian_read(d, DIVERSIONS, &text, err);

	d->n_diversions = 0;
	if (r)
		return r < 0 ? -1 : 0;
	while (str_split(&text, '\n', &from) && from.len) {
		if (!str_split(&text, '\n', &to) || !str_split(&text, '\n', &package) ||
		    from.len < 2 || *from.ptr != '/' || to.len < 2 || *to.ptr != '/')
			return err_set(err, ERR_FORMAT, "'/var/lib/dpkg/diversions' is malformed");
		ARENA_GROW(d->arena, d->diversions, d->n_diversions, d->diversions_capacity);
		d->diversions[d->n_diversions++] = (struct diversion){ from, to, package };
	}
	return 0;
}

static bool parse_octal(struct str text, uint16_t *ret)
{
	uint16_t mode = 0;

	if (!text.len || text.len > 5)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return false;
		mode = (uint16_t)(mode << 3 | (text.ptr[i] - '0'));
	}
	*ret = mode & 07777;
	return true;
}

/* USER GROUP MODE PATH; the path may have blanks. */
static int load_overrides(struct debian *d, struct error *err)
{
	struct str text, line, mode;
	int r = debian_read(d, OVERRIDES, &text, err);

	d->n_overrides = 0;
	if (r)
		return r < 0 ? -1 : 0;
	while (str_split(&text, '\n', &line) && line.len) {
		struct statoverride o = { .mode = 0 };

		if (!str_split(&line, ' ', &o.user) || !str_split(&line, ' ', &o.group) ||
		    !str_split(&line, ' ', &mode) || !parse_octal(mode, &o.mode) || !line.len)
			return err_set(err, ERR_FORMAT,
				       "'/var/lib/dpkg/statoverride' is malformed");
		o.path = line;
		ARENA_GROW(d->arena, d->overrides, d->n_overrides, d->overrides_capacity);
		d->overrides[d->n_overrides++] = o;
	}
	return 0;
}

static bool is_new(const struct debian *d, struct str path, struct digest *seen)
{
	struct node *node = tree_resolve(d->tree, path, true);
	struct digest now = { { 0 } };

	if (node && node->inode->kind == NODE_FILE)
		now = node->inode->content.digest;
	if (digest_equal(&now, seen))
		return false;
	*seen = now;
	return true;
}

int unpack_rules(struct debian *d, struct error *err)
{
	if (is_new(d, DIVERSIONS, &d->diversions_seen) && load_diversions(d, err) < 0)
		return -1;
	if (is_new(d, OVERRIDES, &d->overrides_seen) && load_overrides(d, err) < 0)
		return -1;
	return 0;
}

struct str debian_diverted(const struct debian *d, struct str package, struct str path)
{
	for (size_t i = 0; i < d->n_diversions; i++) {
		const struct diversion *v = &d->diversions[i];

		if (v->path.len == path.len + 1 &&
		    memcmp(v->path.ptr + 1, path.ptr, path.len) == 0 &&
		    !str_equal(v->package, package))
			return (struct str){ v->to.ptr + 1, v->to.len - 1 };
	}
	return path;
}

/* A user's or group's number: "#100", or a name that the tree's accounts have. */
static int number_of(struct debian *d, struct str name, bool group, uint32_t *ret,
		     struct error *err)
{
	struct accounts *a;
	uint64_t value;
	uint32_t gid;

	if (name.len > 1 && *name.ptr == '#') {
		if (!str_parse_u64((struct str){ name.ptr + 1, name.len - 1 }, &value) ||
		    value >= UINT32_MAX)
			return err_set(err, ERR_FORMAT, "an override has no owner");
		*ret = (uint32_t)value;
		return 0;
	}
	if (accounts_open(d, &a, err) < 0)
		return -1;
	if (group ? accounts_find_group(a, name, ret) : accounts_find_user(a, name, ret, &gid))
		return 0;
	return err_set(err, ERR_FORMAT, "an override names '" STR_FMT "', who has no number",
		       STR_ARG(name));
}

int unpack_override(struct debian *d, struct str path, struct inode *inode, struct error *err)
{
	for (size_t i = 0; i < d->n_overrides; i++) {
		const struct statoverride *o = &d->overrides[i];

		if (o->path.len != path.len + 1 ||
		    memcmp(o->path.ptr + 1, path.ptr, path.len) != 0)
			continue;
		inode->mode = o->mode;
		return number_of(d, o->user, false, &inode->uid, err) < 0 ||
			       number_of(d, o->group, true, &inode->gid, err) < 0 ? -1 : 0;
	}
	return 0;
}

/*
 * Access lists of tmpfiles.d(5) (a, A): as systemd merges them, as Linux keeps them in
 * system.posix_acl_access and system.posix_acl_default (linux/posix_acl_xattr.h), and
 * what setting one does to the mode.
 */
#include <stdlib.h>

#include "base/endian.h"
#include "debian/tmpfiles.h"

#define ENTRIES_MAX 64u
#define XATTR_VERSION 2u
#define NO_QUALIFIER UINT32_MAX

enum acl_tag { /* of the kernel: an attribute is sorted by them, then by number */
	       ACL_USER_OBJ = 0x01,
	       ACL_USER = 0x02,
	       ACL_GROUP_OBJ = 0x04,
	       ACL_GROUP = 0x08,
	       ACL_MASK = 0x10,
	       ACL_OTHER = 0x20,
};

struct acl_entry {
	uint32_t tag, id;
	unsigned permissions; /* rwx */
};

struct acl {
	struct acl_entry list[ENTRIES_MAX];
	size_t n;
};

static struct acl_entry *acl_find(struct acl *a, uint32_t tag, uint32_t id)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].tag == tag && a->list[i].id == id)
			return &a->list[i];
	return NULL;
}

static bool acl_put(struct acl *a, struct acl_entry e)
{
	struct acl_entry *old = acl_find(a, e.tag, e.id);

	if (old) {
		*old = e;
		return true;
	}
	if (a->n == ENTRIES_MAX)
		return false;
	a->list[a->n++] = e;
	return true;
}

static bool take_permissions(struct str text, unsigned *ret)
{
	*ret = 0;
	if (text.len != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (text.ptr[i] == "rwx"[i])
			*ret |= 4u >> i;
		else if (text.ptr[i] != '-')
			return false;
	}
	return true;
}

static bool take_qualifier(struct tmpfiles *t, struct str name, bool user, uint32_t *ret)
{
	uint32_t gid;
	uint64_t v;

	if (str_parse_u64(name, &v) && v < NO_QUALIFIER) {
		*ret = (uint32_t)v;
		return true;
	}
	return user ? accounts_find_user(t->accounts, name, ret, &gid)
		    : accounts_find_group(t->accounts, name, ret);
}

enum entry_outcome { ENTRY_TAKEN, ENTRY_BAD, ENTRY_UNKNOWN };

/* "group:adm:r-x" */
static enum entry_outcome take_entry(struct tmpfiles *t, struct str text, struct acl *to)
{
	static const struct {
		const char *word, *letter;
		uint32_t plain, named;
	} tags[] = {
		{ "user", "u", ACL_USER_OBJ, ACL_USER },
		{ "group", "g", ACL_GROUP_OBJ, ACL_GROUP },
		{ "mask", "m", ACL_MASK, 0 },
		{ "other", "o", ACL_OTHER, 0 },
	};
	struct acl_entry e = { .id = NO_QUALIFIER };
	struct str word, name;

	if (!str_split(&text, ':', &word) || !str_split(&text, ':', &name) ||
	    !take_permissions(text, &e.permissions))
		return ENTRY_UNKNOWN;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		if (!str_equal_cstr(word, tags[i].word) && !str_equal_cstr(word, tags[i].letter))
			continue;
		e.tag = name.len ? tags[i].named : tags[i].plain;
		if (!e.tag)
			return ENTRY_UNKNOWN;
		if (name.len && !take_qualifier(t, name, e.tag == ACL_USER, &e.id))
			return ENTRY_BAD; /* no such user: the program leaves the line out */
		return !acl_find(to, e.tag, e.id) && acl_put(to, e) ? ENTRY_TAKEN : ENTRY_UNKNOWN;
	}
	return ENTRY_UNKNOWN;
}

/* Those with "d:" go to @later, the others to @access. */
static enum entry_outcome take_list(struct tmpfiles *t, struct str text, struct acl *access,
				    struct acl *later)
{
	struct str entry;

	while (str_split(&text, ',', &entry)) {
		struct acl *to = access;
		enum entry_outcome o;

		if (str_has_prefix(entry, STR("d:")) || str_has_prefix(entry, STR("default:"))) {
			struct str ignored;

			(void)str_split(&entry, ':', &ignored);
			to = later;
		}
		o = take_entry(t, entry, to);
		if (o != ENTRY_TAKEN)
			return o;
	}
	return ENTRY_TAKEN;
}

static const char *attribute_name(bool later)
{
	return later ? "system.posix_acl_default" : "system.posix_acl_access";
}

static const struct xattr *attribute_of(const struct node *n, bool later)
{
	for (uint32_t i = 0; i < n->inode->n_xattrs; i++)
		if (str_equal_cstr(n->inode->xattrs[i].name, attribute_name(later)))
			return &n->inode->xattrs[i];
	return NULL;
}

static void acl_of_mode(struct acl *a, uint16_t mode)
{
	static const uint32_t tags[] = { ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER };

	for (unsigned i = 0; i < 3; i++) {
		uint32_t bits = (uint32_t)mode >> (6 - 3 * i);

		if (!acl_find(a, tags[i], NO_QUALIFIER))
			(void)acl_put(a, (struct acl_entry){ tags[i], NO_QUALIFIER, bits & 7u });
	}
}

/* What the node has now; of a folder without a default list: nothing. */
static void acl_of_node(struct acl *a, const struct node *n, bool later)
{
	const struct xattr *x = attribute_of(n, later);

	a->n = 0;
	if (!x && !later)
		acl_of_mode(a, n->inode->mode);
	for (size_t at = 4; x && at + 8 <= x->value.len && a->n < ENTRIES_MAX; at += 8)
		a->list[a->n++] = (struct acl_entry){ get_le16(x->value.ptr + at),
						      get_le32(x->value.ptr + at + 4),
						      get_le16(x->value.ptr + at + 2) };
}

/* The union of what users and groups have, unless there is a mask or nobody needs one. */
static bool add_mask(struct acl *a)
{
	struct acl_entry mask = { ACL_MASK, NO_QUALIFIER, 0 };
	bool needed = false;

	if (acl_find(a, ACL_MASK, NO_QUALIFIER))
		return true;
	for (size_t i = 0; i < a->n; i++) {
		needed |= a->list[i].tag == ACL_USER || a->list[i].tag == ACL_GROUP;
		if (a->list[i].tag & (ACL_USER | ACL_GROUP | ACL_GROUP_OBJ))
			mask.permissions |= a->list[i].permissions;
	}
	return !needed || acl_put(a, mask);
}

static int by_tag(const void *x, const void *y)
{
	const struct acl_entry *a = x, *b = y;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* As posix_acl_update_mode(): the group's bits are the mask's if there is one. */
static uint16_t mode_of(struct acl *a, uint16_t mode)
{
	struct acl_entry *group = acl_find(a, ACL_MASK, NO_QUALIFIER);
	unsigned bits;

	if (!group)
		group = acl_find(a, ACL_GROUP_OBJ, NO_QUALIFIER);
	bits = acl_find(a, ACL_USER_OBJ, NO_QUALIFIER)->permissions << 6 | group->permissions << 3 |
	       acl_find(a, ACL_OTHER, NO_QUALIFIER)->permissions;
	return (uint16_t)((mode & 07000) | bits);
}

static void set_list(struct tmpfiles *t, struct node *n, struct acl *a, bool later)
{
	uint8_t value[4 + 8 * ENTRIES_MAX];
	struct bytes all = { value, 4 + 8 * a->n };
	uint16_t mode = mode_of(a, n->inode->mode);

	qsort(a->list, a->n, sizeof(*a->list), by_tag);
	put_le32(value, XATTR_VERSION);
	for (size_t i = 0; i < a->n; i++) {
		put_le16(value + 4 + 8 * i, (uint16_t)a->list[i].tag);
		put_le16(value + 6 + 8 * i, (uint16_t)a->list[i].permissions);
		put_le32(value + 8 + 8 * i, a->list[i].id);
	}
	if (!later && a->n == 3) /* says no more than the mode does: not kept */
		all = (struct bytes){ NULL, 0 };
	if (all.ptr || attribute_of(n, later))
		tree_set_xattr(t->d->tree, n, str_of(attribute_name(later)), all, t->files.cause);
	if (!later && mode != n->inode->mode)
		tree_set_mode(n, mode, t->files.cause);
}

/* Return: false if there is no room. */
static bool change(struct tmpfiles *t, const struct tmp_item *i, struct node *n,
		   const struct acl *given, bool later)
{
	struct acl a = { .n = 0 };

	if (!given->n)
		return true;
	if (i->plus)
		acl_of_node(&a, n, later);
	for (size_t k = 0; k < given->n; k++)
		if (!acl_put(&a, given->list[k]))
			return false;
	if (a.n > ENTRIES_MAX - 4 || !add_mask(&a))
		return false;
	acl_of_mode(&a, n->inode->mode);
	set_list(t, n, &a, later);
	return true;
}

static bool change_one(struct tmpfiles *t, const struct tmp_item *i, struct node *n,
		       const struct acl *access, const struct acl *later)
{
	if (n->inode->kind == NODE_SYMLINK)
		return true;
	return change(t, i, n, access, false) &&
	       (n->inode->kind != NODE_DIRECTORY || change(t, i, n, later, true));
}

int tmpfiles_acl(struct tmpfiles *t, const struct tmp_item *i, struct node *top,
		 const char **ret_reason)
{
	struct acl access = { .n = 0 }, later = { .n = 0 };
	struct tree_iter it = tree_iter(t->d->tree, top);
	struct node *n;

	*ret_reason = "an access list";
	switch (take_list(t, i->argument, &access, &later)) {
	case ENTRY_BAD:
		return 0;
	case ENTRY_UNKNOWN:
		return 1;
	case ENTRY_TAKEN:
		break;
	}
	if (!i->plus && (!add_mask(&access) || !add_mask(&later)))
		return 1;
	if (i->type == TMP_ACL)
		return change_one(t, i, top, &access, &later) ? 0 : 1;
	while ((n = tree_next(&it)))
		if (!change_one(t, i, n, &access, &later))
			return 1;
	return 0;
}

#include "base/endian.h"
#include "format/erofs/erofs_private.h"

#define HEADER_SIZE 12u /* erofs_xattr_ibody_header: no name filter, nothing shared */
#define ENTRY_SIZE 4u	/* erofs_xattr_entry, then name and value; a multiple of 4 in all */

/* The start of a name is a number on disk. */
static const struct {
	uint8_t index;
	bool whole; /* nothing follows */
	struct str start;
} starts[] = {
	{ 1, false, { "user.", 5 } },
	{ 2, true, { "system.posix_acl_access", 23 } },
	{ 3, true, { "system.posix_acl_default", 24 } },
	{ 4, false, { "trusted.", 8 } },
	{ 6, false, { "security.", 9 } },
};

/* The number, or 0 if there is none; *ret is what follows of the name. */
static uint8_t split_name(struct str name, struct str *ret)
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		size_t n = starts[i].start.len;

		if (!str_has_prefix(name, starts[i].start) || starts[i].whole != (name.len == n))
			continue;
		*ret = (struct str){ name.ptr + n, name.len - n };
		return starts[i].index;
	}
	return 0;
}

static uint32_t entry_size(struct str rest, struct bytes value)
{
	return (uint32_t)(ENTRY_SIZE + rest.len + value.len + 3) & ~3u;
}

static int measure_one(const struct xattr *x, uint32_t *size, struct error *err)
{
	struct str rest;

	if (!split_name(x->name, &rest))
		return err_set(err, ERR_UNSUPPORTED,
			       "EROFS has no extended attribute '" STR_FMT "'", STR_ARG(x->name));
	if (rest.len > UINT8_MAX || x->value.len > UINT16_MAX)
		return err_set(err, ERR_LIMIT,
			       "the extended attribute '" STR_FMT "' has %zu bytes, EROFS holds %u",
			       STR_ARG(x->name), x->value.len, UINT16_MAX);
	*size += entry_size(rest, x->value);
	return 0;
}

int erofs_xattr_measure(const struct inode *inode, uint32_t *ret, struct error *err)
{
	uint32_t size = inode->n_xattrs ? HEADER_SIZE : 0;

	for (uint32_t i = 0; i < inode->n_xattrs; i++) {
		if (measure_one(&inode->xattrs[i], &size, err) < 0)
			return -1;
		if (size > EROFS_XATTR_SIZE_MAX)
			return err_set(err, ERR_LIMIT, "extended attributes of more than %u bytes",
				       EROFS_XATTR_SIZE_MAX);
	}
	*ret = size;
	return 0;
}

void erofs_xattr_encode(const struct inode *inode, uint8_t *to)
{
	to += HEADER_SIZE;
	for (uint32_t i = 0; i < inode->n_xattrs; i++) {
		const struct xattr *x = &inode->xattrs[i];
		struct str rest = { NULL, 0 };

		to[1] = split_name(x->name, &rest);
		to[0] = (uint8_t)rest.len;
		put_le16(to + 2, (uint16_t)x->value.len);
		memcpy(to + ENTRY_SIZE, rest.ptr, rest.len);
		if (x->value.len)
			memcpy(to + ENTRY_SIZE + rest.len, x->value.ptr, x->value.len);
		to += entry_size(rest, x->value);
	}
}

/*
 * Extended attributes: struct erofs_xattr_ibody_header and erofs_xattr_entry of erofs_fs.h.
 * Some lie behind the inode, others in one place for all who have them.
 */
#include "format/erofs/erofs_reader.h"

#include "base/endian.h"
#include "base/limits.h"

#define HEADER_SIZE 12u
#define ENTRY_SIZE 4u

static const char *const prefixes[] = {
	NULL, "user.",	   "system.posix_acl_access", "system.posix_acl_default", "trusted.",
	NULL, "security.",
};

static int count(struct erofs_reader *r, const struct erofs_inode *i, uint64_t size,
		 struct error *err)
{
	r->xattr_bytes += size;
	if (r->xattr_bytes <= EROFS_XATTR_BYTES)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "the EROFS has more than %u bytes of extended attributes, at inode %llu",
		       EROFS_XATTR_BYTES, (unsigned long long)i->number);
}

static int set_name(const struct erofs_inode *i, uint8_t index, struct str rest,
		    struct arena *arena, struct str *ret, struct error *err)
{
	bool is_whole = index == 2 || index == 3; /* the name is the prefix */

	if (index >= sizeof(prefixes) / sizeof(*prefixes) || !prefixes[index])
		return err_set(err, ERR_UNSUPPORTED,
			       "inode %llu of the EROFS has an extended attribute of kind %u",
			       (unsigned long long)i->number, index);
	if (is_whole != (rest.len == 0) || memchr(rest.ptr, 0, rest.len))
		return erofs_wrong(err, i->number, "has an extended attribute with a wrong name");
	*ret = str_of(arena_printf(arena, "%s" STR_FMT, prefixes[index], STR_ARG(rest)));
	return 0;
}

/* @p: a whole entry, its name and its value. */
static int add_xattr(struct erofs_inode *i, const uint8_t *p, struct arena *arena,
		     struct error *err)
{
	struct xattr *x = &i->attributes.xattrs[i->attributes.n_xattrs];
	const char *name = (const char *)p + ENTRY_SIZE;

	if (set_name(i, p[1], (struct str){ name, p[0] }, arena, &x->name, err) < 0)
		return -1;
	x->value = arena_bytes(arena, (struct bytes){ p + ENTRY_SIZE + p[0], get_le16(p + 2) });
	for (uint32_t k = 0; k < i->attributes.n_xattrs; k++)
		if (str_equal(i->attributes.xattrs[k].name, x->name))
			return erofs_wrong(err, i->number, "has an extended attribute twice");
	i->attributes.n_xattrs++;
	return 0;
}

static size_t entry_size(const uint8_t *p)
{
	return ENTRY_SIZE + p[0] + get_le16(p + 2);
}

static int read_shared(struct erofs_reader *r, struct erofs_inode *i, uint32_t id,
		       struct arena *arena, struct error *err)
{
	uint64_t start = r->super.xattrs + 4ull * id;
	uint8_t entry[ENTRY_SIZE + 255 + 65535];
	size_t size;

	if (start > r->super.size || ENTRY_SIZE > r->super.size - start)
		return erofs_wrong(err, i->number, "has shared attribute %u, outside of it", id);
	if (window_read(r->in, start, entry, ENTRY_SIZE, err) < 0)
		return -1;
	size = entry_size(entry);
	if (count(r, i, size, err) < 0 ||
	    erofs_claim(&r->ranges, start, size, true, i->number, err) < 0 ||
	    window_read(r->in, start, entry, size, err) < 0)
		return -1;
	return add_xattr(i, entry, arena, err);
}

/* Each entry starts at a multiple of 4, with zeros before it. */
static int read_inline(struct erofs_inode *i, const uint8_t *body, size_t at, struct arena *arena,
		       struct error *err)
{
	while (at < i->xattrs_size) {
		size_t size, padded;

		if (i->attributes.n_xattrs == LIMIT_XATTRS)
			return err_set(err, ERR_LIMIT,
				       "inode %llu of the EROFS has more than %u attributes",
				       (unsigned long long)i->number, LIMIT_XATTRS);
		size = entry_size(body + at);
		padded = (size + 3) & ~(size_t)3;
		if (padded > i->xattrs_size - at)
			return erofs_wrong(err, i->number,
					   "has an attribute longer than their room");
		if (add_xattr(i, body + at, arena, err) < 0)
			return -1;
		if (!bytes_are_zero(body + at + size, padded - size))
			return erofs_wrong(err, i->number, "has bytes between its attributes");
		at += padded;
	}
	return 0;
}

static int read_body(struct erofs_reader *r, struct erofs_inode *i, const uint8_t *body,
		     struct arena *arena, struct error *err)
{
	unsigned n_shared = body[4];

	if (!bytes_are_zero(body, 4) || !bytes_are_zero(body + 5, 7))
		return erofs_wrong(err, i->number, "has reserved bytes before its attributes");
	if (HEADER_SIZE + 4u * n_shared > i->xattrs_size)
		return erofs_wrong(err, i->number, "has %u shared attributes in %zu bytes",
				   n_shared, i->xattrs_size);
	if (n_shared > LIMIT_XATTRS)
		return err_set(err, ERR_LIMIT,
			       "inode %llu of the EROFS has more than %u attributes",
			       (unsigned long long)i->number, LIMIT_XATTRS);
	i->attributes.xattrs = arena_array(arena, LIMIT_XATTRS, sizeof(struct xattr));
	for (unsigned k = 0; k < n_shared; k++)
		if (read_shared(r, i, get_le32(body + HEADER_SIZE + 4 * k), arena, err) < 0)
			return -1;
	return read_inline(i, body, HEADER_SIZE + 4u * n_shared, arena, err);
}

int erofs_read_xattrs(struct erofs_reader *r, struct erofs_inode *i, struct arena *arena,
		      struct error *err)
{
	CLEANUP_BUF struct buf body = BUF_INIT(12 + 4 * 65535);

	if (i->xattrs_size == 0)
		return 0;
	if (count(r, i, i->xattrs_size, err) < 0 ||
	    window_read(r->in, i->xattrs, buf_reserve(&body, i->xattrs_size), i->xattrs_size, err) <
		    0)
		return -1;
	return read_body(r, i, body.ptr, arena, err);
}

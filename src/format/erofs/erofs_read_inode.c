/* Inodes: struct erofs_inode_compact and erofs_inode_extended of erofs_fs.h. */
#include "format/erofs/erofs_reader.h"

#include "base/endian.h"
#include "base/limits.h"

#define COMPACT_SIZE 32u
#define EXTENDED_SIZE 64u

static int set_common(const uint8_t *p, struct erofs_inode *i, struct error *err)
{
	uint16_t format = get_le16(p), mode = get_le16(p + 4);

	if (format >> 4)
		return err_set(err, ERR_UNSUPPORTED, "inode %llu of the EROFS has format %04x",
			       (unsigned long long)i->number, format);
	i->layout = format >> 1 & 7;
	if (format >> 1 > EROFS_COMPACT)
		return err_set(err, ERR_UNSUPPORTED, "inode %llu of the EROFS is %s",
			       (unsigned long long)i->number,
			       format >> 1 == 4 ? "chunk-based" : "of a new layout");
	i->attributes.kind = node_kind_of_mode(mode);
	i->attributes.mode = mode & 07777;
	if (mode >> 12 == 014)
		return err_set(err, ERR_UNSUPPORTED, "inode %llu of the EROFS is a socket",
			       (unsigned long long)i->number);
	if (!i->attributes.kind)
		return erofs_wrong(err, i->number, "has mode %06o", mode);
	return 0;
}

static int set_compact(const struct erofs_reader *r, const uint8_t *p, struct erofs_inode *i,
		       struct error *err)
{
	if (get_le32(p + 12) || get_le32(p + 28))
		return erofs_wrong(err, i->number, "has reserved bytes that are not zero");
	i->links = get_le16(p + 6);
	i->size = get_le32(p + 8);
	i->serial = get_le32(p + 20);
	i->attributes.uid = get_le16(p + 24);
	i->attributes.gid = get_le16(p + 26);
	i->attributes.mtime = r->super.time;
	return 0;
}

static int set_extended(const uint8_t *p, struct erofs_inode *i, struct error *err)
{
	i->size = get_le64(p + 8);
	i->serial = get_le32(p + 20);
	i->attributes.uid = get_le32(p + 24);
	i->attributes.gid = get_le32(p + 28);
	i->attributes.mtime = (int64_t)get_le64(p + 32);
	i->links = get_le32(p + 44);
	if (get_le16(p + 6) || !bytes_are_zero(p + 48, 16))
		return erofs_wrong(err, i->number, "has reserved bytes that are not zero");
	if (get_le32(p + 40) >= 1000000000)
		return erofs_wrong(err, i->number, "has an impossible time");
	return 0;
}

/* Where the bytes of files, folders and links are. */
static int set_data(struct erofs_reader *r, struct erofs_inode *i, uint32_t block, uint64_t end,
		    struct error *err)
{
	uint64_t tail = i->layout == EROFS_INLINE ? i->size % EROFS_BLOCK : 0;
	uint64_t outside = i->size - tail;

	if (i->size > LIMIT_FILE_SIZE)
		return err_set(err, ERR_LIMIT, "inode %llu of the EROFS has %llu bytes",
			       (unsigned long long)i->number, (unsigned long long)i->size);
	if (erofs_is_compressed(i->layout)) {
		i->clusters = block;
		return erofs_claim_index(r, i, end, err);
	}
	if (i->layout == EROFS_INLINE && tail == 0)
		return erofs_wrong(err, i->number, "is inline, with nothing to be inline");
	if (tail && end % EROFS_BLOCK + tail > EROFS_BLOCK)
		return erofs_wrong(err, i->number,
				   "has %llu inline bytes across the end of a block",
				   (unsigned long long)tail);
	if (outside == 0 && block && block != EROFS_NO_BLOCK)
		return erofs_wrong(err, i->number, "has block %u, and nothing in it", block);
	i->data = outside ? (uint64_t)block * EROFS_BLOCK : 0;
	i->tail = end;
	if (outside && erofs_claim_blocks(&r->ranges, i->data, outside, i->number, err) < 0)
		return -1;
	return erofs_claim(&r->ranges, end, tail, false, i->number, err);
}

/* Linux' "new" encoding of a device's number. */
static int set_device(struct erofs_inode *i, uint32_t value, struct error *err)
{
	bool is_device = i->attributes.kind != NODE_FIFO;

	if (i->size || i->layout != EROFS_PLAIN)
		return erofs_wrong(err, i->number, "is a device or pipe with content");
	if (!is_device && value)
		return erofs_wrong(err, i->number, "is a pipe with a number");
	i->attributes.major = value >> 8 & 0xfff;
	i->attributes.minor = (value & 0xff) | (value >> 12 & 0xfff00);
	return 0;
}

int erofs_read_inode(struct erofs_reader *r, uint64_t number, struct arena *arena,
		     struct erofs_inode *ret, struct error *err)
{
	uint64_t start = r->super.metadata + number * EROFS_SLOT;
	struct erofs_inode i = { .number = number };
	uint8_t p[EXTENDED_SIZE];
	size_t size;

	if (number > (r->super.size - r->super.metadata) / EROFS_SLOT)
		return erofs_wrong(err, number, "lies outside of it");
	if (window_read(r->in, start, p, COMPACT_SIZE, err) < 0)
		return -1;
	size = p[0] & 1 ? EXTENDED_SIZE : COMPACT_SIZE;
	if (window_read(r->in, start, p, size, err) < 0 || set_common(p, &i, err) < 0)
		return -1;
	if ((p[0] & 1 ? set_extended(p, &i, err) : set_compact(r, p, &i, err)) < 0)
		return -1;
	i.xattrs = start + size;
	i.xattrs_size = get_le16(p + 2) ? 12 + 4 * (get_le16(p + 2) - 1u) : 0;
	if (erofs_claim(&r->ranges, start, size + i.xattrs_size, false, number, err) < 0 ||
	    erofs_read_xattrs(r, &i, arena, err) < 0)
		return -1;
	if (i.attributes.kind == NODE_FILE || i.attributes.kind == NODE_DIRECTORY ||
	    i.attributes.kind == NODE_SYMLINK) {
		if (set_data(r, &i, get_le32(p + 16), i.xattrs + i.xattrs_size, err) < 0)
			return -1;
	} else if (set_device(&i, get_le32(p + 16), err) < 0) {
		return -1;
	}
	*ret = i;
	return 0;
}

size_t erofs_extents(const struct erofs_inode *i, struct block_extent ret[static 2])
{
	uint64_t tail = i->layout == EROFS_INLINE ? i->size % EROFS_BLOCK : 0;
	size_t n = 0;

	if (i->size > tail)
		ret[n++] = (struct block_extent){ .offset = i->data, .length = i->size - tail };
	if (tail)
		ret[n++] = (struct block_extent){ .offset = i->tail, .length = tail };
	return n;
}

int erofs_load(const struct erofs_reader *r, const struct erofs_inode *inode, struct buf *to,
	       struct error *err)
{
	struct block_extent extents[2];
	size_t n = erofs_extents(inode, extents);

	if (inode->size > to->max)
		return err_set(err, ERR_LIMIT,
			       "inode %llu of the EROFS has %llu bytes, more than %zu",
			       (unsigned long long)inode->number, (unsigned long long)inode->size,
			       to->max);
	buf_reset(to);
	for (size_t i = 0; i < n; i++) {
		size_t size = (size_t)extents[i].length;

		if (window_read(r->in, extents[i].offset, buf_reserve(to, size), size, err) < 0)
			return -1;
		to->len += size;
	}
	return 0;
}

/* One inode in use: attributes, and where its bytes are (inodes.rst). */
#include "base/endian.h"
#include "format/ext4/ext4_read_private.h"

enum {
	I_MODE = 0x0,
	I_UID = 0x2,
	I_SIZE = 0x4,
	I_MTIME = 0x10,
	I_DTIME = 0x14,
	I_GID = 0x18,
	I_LINKS = 0x1a,
	I_BLOCKS = 0x1c,
	I_FLAGS = 0x20,
	I_BLOCK = 0x28,
	I_SIZE_HIGH = 0x6c,
	I_BLOCKS_HIGH = 0x74,
	I_UID_HIGH = 0x78,
	I_GID_HIGH = 0x7a,
	I_EXTRA_SIZE = 0x80,
	I_MTIME_EXTRA = 0x88,

	IN_INODE_MAX = 60,     /* bytes of i_block */
	FLAG_TOPDIR = 0x20000, /* a hint for layout */
	FLAGS_KNOWN = EXT4_FLAG_INDEX | EXT4_FLAG_HUGE | EXT4_FLAG_EXTENTS | FLAG_TOPDIR,
};

static const struct {
	uint32_t bit;
	const char *name;
} unknown_flags[] = {
	{ 0x10, "immutable" },	       { 0x20, "append only" },
	{ 0x800, "encrypted" },	       { 0x4, "compressed" },
	{ 0x100000, "verity" },	       { 0x200000, "value of an xattr" },
	{ 0x10000000, "inline data" }, { 0x40000000, "casefold" },
};

static int check_flags(uint32_t flags, struct error *err)
{
	for (size_t i = 0; i < sizeof(unknown_flags) / sizeof(*unknown_flags); i++)
		if (flags & unknown_flags[i].bit)
			return err_set(err, ERR_UNSUPPORTED, "the inode is '%s'",
				       unknown_flags[i].name);
	if (flags & ~(uint32_t)FLAGS_KNOWN)
		return err_set(err, ERR_UNSUPPORTED, "the inode has flags 0x%x", flags);
	return 0;
}

static int kind_of(uint16_t mode, enum node_kind *ret, struct error *err)
{
	*ret = node_kind_of_mode(mode);
	if (*ret)
		return 0;
	if ((mode & 0xf000) == 0xc000)
		return err_set(err, ERR_UNSUPPORTED, "a socket");
	return err_set(err, ERR_FORMAT, "no kind of file has mode 0%o", mode);
}

static int64_t mtime_of(const struct ext4_reader *r, const uint8_t *raw)
{
	int64_t seconds = (int32_t)get_le32(raw + I_MTIME);

	/* the two low bits are bits 32 and 33; the others are nanoseconds */
	if (r->inode_size > EXT4_INODE_BASE &&
	    get_le16(raw + I_EXTRA_SIZE) >= I_MTIME_EXTRA + 4 - EXT4_INODE_BASE)
		seconds += (int64_t)(get_le32(raw + I_MTIME_EXTRA) & 3) << 32;
	return seconds;
}

static int check_extra(const struct ext4_reader *r, const uint8_t *raw, struct error *err)
{
	uint16_t extra = 0;

	if (r->inode_size == EXT4_INODE_BASE)
		return 0;
	extra = get_le16(raw + I_EXTRA_SIZE);
	if (extra > r->inode_size - EXT4_INODE_BASE || extra % 4)
		return err_set(err, ERR_FORMAT, "%u bytes of extra fields", extra);
	return 0;
}

static int read_attributes(const struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
			   struct error *err)
{
	struct inode *a = &item->attributes;
	uint16_t mode = get_le16(raw + I_MODE);

	if (check_extra(r, raw, err) < 0 || kind_of(mode, &a->kind, err) < 0)
		return -1;
	a->mode = mode & 07777;
	a->uid = get_le16(raw + I_UID) | (uint32_t)get_le16(raw + I_UID_HIGH) << 16;
	a->gid = get_le16(raw + I_GID) | (uint32_t)get_le16(raw + I_GID_HIGH) << 16;
	a->mtime = mtime_of(r, raw);
	item->links = get_le16(raw + I_LINKS);
	item->flags = get_le32(raw + I_FLAGS);
	item->size = get_le32(raw + I_SIZE) | (uint64_t)get_le32(raw + I_SIZE_HIGH) << 32;
	if (item->links == 0 || get_le32(raw + I_DTIME) != 0)
		return err_set(err, ERR_FORMAT, "the inode is deleted and marked as in use");
	if (item->size >> 31 && !(r->ro_compat & EXT4_HAS_LARGE_FILE))
		return err_set(err, ERR_FORMAT, "%llu bytes without the feature 'large_file'",
			       (unsigned long long)item->size);
	return check_flags(item->flags, err);
}

/* The new encoding has room for what does not fit the old one of two bytes. */
static int read_device(const uint8_t *raw, struct ext4_item *item, struct error *err)
{
	uint32_t old = get_le32(raw + I_BLOCK), new = get_le32(raw + I_BLOCK + 4);
	bool is_old = old != 0;

	if (old >> 16 || (is_old && new) || !bytes_are_zero(raw + I_BLOCK + 8, IN_INODE_MAX - 8))
		return err_set(err, ERR_FORMAT, "a device with number 0x%x or 0x%x", old, new);
	item->attributes.major = is_old ? old >> 8 : (new & 0xfff00) >> 8;
	item->attributes.minor = is_old ? old & 0xff : (new & 0xff) | (new >> 12 & 0xfff00);
	return 0;
}

static int set_target(struct ext4_reader *r, struct ext4_item *item, const uint8_t *bytes,
		      struct error *err)
{
	size_t n = (size_t)item->size;

	if (n == 0 || memchr(bytes, 0, n))
		return err_set(err, ERR_FORMAT, "the link's target is empty or has a NUL in it");
	item->attributes.target = arena_str(&r->arena, (struct str){ (const char *)bytes, n });
	return 0;
}

static int read_short_target(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
			     struct error *err)
{
	const uint8_t *bytes = raw + I_BLOCK;

	if (item->size >= IN_INODE_MAX)
		return err_set(err, ERR_UNSUPPORTED, "a link that is mapped by blocks");
	if (!bytes_are_zero(bytes + item->size, (size_t)(IN_INODE_MAX - item->size)))
		return err_set(err, ERR_FORMAT, "bytes behind the link's target");
	return set_target(r, item, bytes, err);
}

static int read_long_target(struct ext4_reader *r, struct ext4_item *item, struct error *err)
{
	if (item->size >= r->block_size || item->n_runs != 1 || item->runs[0].hole)
		return err_set(err, ERR_FORMAT, "a link's target of %llu bytes in %zu runs",
			       (unsigned long long)item->size, item->n_runs);
	if (ext4_read_block(r, item->runs[0].offset / r->block_size, r->block, err) < 0)
		return -1;
	if (r->block[item->size] != 0)
		return err_set(err, ERR_FORMAT, "bytes behind the link's target");
	return set_target(r, item, r->block, err);
}

/* Devices and pipes have neither bytes nor blocks. */
static int read_node(const uint8_t *raw, struct ext4_item *item, struct error *err)
{
	if (item->size || item->flags & (EXT4_FLAG_EXTENTS | EXT4_FLAG_INDEX))
		return err_set(err, ERR_FORMAT, "a device or pipe with bytes");
	if (item->attributes.kind != NODE_FIFO)
		return read_device(raw, item, err);
	if (!bytes_are_zero(raw + I_BLOCK, IN_INODE_MAX))
		return err_set(err, ERR_FORMAT, "a pipe with blocks");
	return 0;
}

static int check_folder(const struct ext4_reader *r, const struct ext4_item *item,
			struct error *err)
{
	if (item->size == 0 || item->size % r->block_size ||
	    item->size / r->block_size > UINT32_MAX)
		return err_set(err, ERR_FORMAT, "a folder of %llu bytes",
			       (unsigned long long)item->size);
	for (size_t i = 0; i < item->n_runs; i++)
		if (item->runs[i].hole)
			return err_set(err, ERR_FORMAT, "a folder with a hole");
	return 0;
}

static int read_contents(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
			 uint64_t *ret_blocks, struct error *err)
{
	enum node_kind kind = item->attributes.kind;

	if (kind != NODE_DIRECTORY && item->flags & EXT4_FLAG_INDEX)
		return err_set(err, ERR_FORMAT, "an index, but no folder");
	if (kind != NODE_DIRECTORY && kind != NODE_FILE && kind != NODE_SYMLINK)
		return read_node(raw, item, err);
	if (kind == NODE_SYMLINK && !(item->flags & EXT4_FLAG_EXTENTS))
		return read_short_target(r, raw, item, err);
	if (!(item->flags & EXT4_FLAG_EXTENTS))
		return err_set(err, ERR_UNSUPPORTED, "a file that is mapped by blocks");
	if (ext4_read_runs(r, raw, item, ret_blocks, err) < 0)
		return -1;
	if (kind == NODE_DIRECTORY)
		return check_folder(r, item, err);
	return kind == NODE_SYMLINK ? read_long_target(r, item, err) : 0;
}

/* i_blocks counts 512 bytes, or blocks in huge files. */
static int check_blocks(const struct ext4_reader *r, const uint8_t *raw,
			const struct ext4_item *item, uint64_t blocks, struct error *err)
{
	uint64_t said = get_le32(raw + I_BLOCKS);

	if (r->ro_compat & EXT4_HAS_HUGE_FILE)
		said |= (uint64_t)get_le16(raw + I_BLOCKS_HIGH) << 32;
	if (!(item->flags & EXT4_FLAG_HUGE))
		blocks *= r->block_size / 512;
	if (said != blocks)
		return err_set(err, ERR_FORMAT, "the inode takes %llu blocks and says %llu",
			       (unsigned long long)blocks, (unsigned long long)said);
	return 0;
}

int ext4_read_item(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		   struct error *err)
{
	uint64_t blocks = 0, xattr_blocks = 0;

	if (read_attributes(r, raw, item, err) < 0 ||
	    read_contents(r, raw, item, &blocks, err) < 0 ||
	    ext4_read_xattrs(r, raw, item, &xattr_blocks, err) < 0)
		return -1;
	return check_blocks(r, raw, item, blocks + xattr_blocks, err);
}

#include "base/endian.h"
#include "base/limits.h"
#include "format/erofs/erofs_private.h"

#define TARGET_MAX 4095u   /* bytes; Linux PATH_MAX with its NUL */
#define MAJOR_MAX 4095u	   /* Linux, include/linux/kdev_t.h: 12 bits */
#define MINOR_MAX 1048575u /* and 20 */

/* Both sizes of inode begin alike; 32 bytes, or the 64 of an extended one. */
enum {
	I_FORMAT = 0, /* bit 0: extended; from bit 1 on: enum erofs_layout */
	I_XATTR_COUNT = 2,
	I_MODE = 4,
	I_LINKS = 6,  /* le16; extended: 0 */
	I_SIZE = 8,   /* le32; extended: le64 */
	I_PLACE = 16, /* block of the content, number of clusters or of the device */
	I_INO = 20,
	I_UID = 24, /* le16; extended: le32 */
	I_GID = 26, /* le16 */
	I_EXTENDED_GID = 28,
	I_EXTENDED_MTIME = 32, /* le64, then le32 of nanoseconds: 0 */
	I_EXTENDED_LINKS = 44,
};

/* What Linux knows a kind by. */
static const struct {
	uint16_t mode;	   /* S_IF* */
	uint8_t file_type; /* erofs_fs.h: EROFS_FT_* */
} kinds[] = {
	[NODE_FILE] = { 0100000, 1 }, [NODE_DIRECTORY] = { 0040000, 2 },
	[NODE_CHAR] = { 0020000, 3 }, [NODE_BLOCK] = { 0060000, 4 },
	[NODE_FIFO] = { 0010000, 5 }, [NODE_SYMLINK] = { 0120000, 7 },
};

uint8_t erofs_file_type(enum node_kind kind)
{
	return kinds[kind].file_type;
}

static int64_t mtime_of(const struct inode *inode, const struct erofs_options *o)
{
	if (inode->kind == NODE_DIRECTORY)
		return o->folder_mtime;
	if (inode->mtime < 0)
		return 0;
	return inode->mtime < o->epoch ? inode->mtime : o->epoch;
}

static int measure_target(const struct inode *inode, uint64_t *ret, struct error *err)
{
	if (inode->target.len == 0)
		return err_set(err, ERR_UNSUPPORTED, "a link without a target");
	if (inode->target.len > TARGET_MAX)
		return err_set(err, ERR_UNSUPPORTED, "a link's target of %zu bytes, %u are allowed",
			       inode->target.len, TARGET_MAX);
	*ret = inode->target.len;
	return 0;
}

static void measure_folder(const struct node *node, struct erofs_item *item)
{
	struct erofs_names names = erofs_names(node);
	uint32_t used;

	item->links = 2;
	for (size_t i = 0; i < names.n; i++)
		if (names.children[i]->inode->kind == NODE_DIRECTORY)
			item->links++;
	/* All blocks but the last count whole, whatever is left free in them. */
	while ((used = erofs_names_skip(&names)) > 0) {
		item->size = (item->size + EROFS_BLOCK_SIZE - 1) / EROFS_BLOCK_SIZE;
		item->size = item->size * EROFS_BLOCK_SIZE + used;
	}
}

static int measure_content(const struct node *node, struct erofs_item *item, struct error *err)
{
	const struct inode *inode = node->inode;

	switch (inode->kind) {
	case NODE_DIRECTORY:
		measure_folder(node, item);
		return 0;
	case NODE_SYMLINK:
		return measure_target(inode, &item->size, err);
	case NODE_FILE:
		item->size = inode->content.size;
		if (item->size > LIMIT_FILE_SIZE)
			return err_set(err, ERR_LIMIT, "a file of %llu bytes, %llu are allowed",
				       (unsigned long long)item->size, LIMIT_FILE_SIZE);
		return 0;
	case NODE_CHAR:
	case NODE_BLOCK:
		if (inode->major > MAJOR_MAX || inode->minor > MINOR_MAX)
			return err_set(err, ERR_LIMIT, "device %u:%u, Linux has up to %u:%u",
				       inode->major, inode->minor, MAJOR_MAX, MINOR_MAX);
		return 0;
	case NODE_FIFO:
		return 0;
	}
	return 0;
}

/* What 32 bytes can't say: another time than the superblock's, large numbers. */
static bool is_extended(const struct inode *inode, const struct erofs_options *o,
			const struct erofs_item *item)
{
	return mtime_of(inode, o) != o->epoch || item->size > UINT32_MAX ||
	       inode->uid > UINT16_MAX || inode->gid > UINT16_MAX || item->links > UINT16_MAX;
}

/* A tail must not cross the end of a block; that the inode is in the same spares a read. */
static enum erofs_layout layout_of(const struct erofs_item *item)
{
	uint64_t tail = item->size % EROFS_BLOCK_SIZE;

	if (tail && erofs_inode_size(item) + item->xattr_size + tail <= EROFS_BLOCK_SIZE)
		return EROFS_INLINE;
	return EROFS_PLAIN;
}

/* The last number of 32 bits means "nobody in particular" to Linux. */
static int check_owner(const struct inode *inode, struct error *err)
{
	if (inode->uid == UINT32_MAX || inode->gid == UINT32_MAX)
		return err_set(err, ERR_LIMIT, "owner %u:%u, Linux has up to %u", inode->uid,
			       inode->gid, UINT32_MAX - 1);
	return 0;
}

int erofs_inode_measure(const struct node *node, const struct erofs_options *o,
			struct erofs_item *item, struct error *err)
{
	*item = (struct erofs_item){ .node = node, .links = node->inode->links };
	if (check_owner(node->inode, err) < 0 || measure_content(node, item, err) < 0 ||
	    erofs_xattr_measure(node->inode, &item->xattr_size, err) < 0)
		return -1;
	item->extended = is_extended(node->inode, o, item);
	item->layout = layout_of(item);
	return 0;
}

/* Linux, new_encode_dev(). */
static uint32_t encode_device(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static uint32_t place_of(const struct erofs_item *item)
{
	const struct inode *inode = erofs_inode(item);

	if (inode->kind == NODE_CHAR || inode->kind == NODE_BLOCK)
		return encode_device(inode->major, inode->minor);
	return item->layout == EROFS_COMPRESSED ? item->clusters : item->first_block;
}

static void encode_extended(const struct erofs_item *item, int64_t mtime, uint8_t *to)
{
	const struct inode *inode = erofs_inode(item);

	put_le64(to + I_SIZE, item->size);
	put_le32(to + I_UID, inode->uid);
	put_le32(to + I_EXTENDED_GID, inode->gid);
	put_le64(to + I_EXTENDED_MTIME, (uint64_t)mtime);
	put_le32(to + I_EXTENDED_LINKS, item->links);
}

static void encode_compact(const struct erofs_item *item, uint8_t *to)
{
	const struct inode *inode = erofs_inode(item);

	put_le16(to + I_LINKS, (uint16_t)item->links);
	put_le32(to + I_SIZE, (uint32_t)item->size);
	put_le16(to + I_UID, (uint16_t)inode->uid);
	put_le16(to + I_GID, (uint16_t)inode->gid);
}

/* Linux gives all links the same. */
static uint16_t mode_of(const struct inode *inode)
{
	uint16_t mode = inode->kind == NODE_SYMLINK ? 0777 : inode->mode;

	return (uint16_t)(kinds[inode->kind].mode | mode);
}

void erofs_inode_encode(const struct erofs_plan *p, const struct erofs_item *item, uint8_t *to)
{
	const struct inode *inode = erofs_inode(item);
	/* The first 12 bytes of xattrs count as one, every 4 after them as another. */
	uint32_t count = item->xattr_size ? (item->xattr_size - 12) / 4 + 1 : 0;

	put_le16(to + I_FORMAT, (uint16_t)((unsigned)item->layout << 1 | item->extended));
	put_le16(to + I_XATTR_COUNT, (uint16_t)count);
	put_le16(to + I_MODE, mode_of(inode));
	put_le32(to + I_PLACE, place_of(item));
	put_le32(to + I_INO, (uint32_t)(item - p->items) + 1);
	if (item->extended)
		encode_extended(item, mtime_of(inode, &p->options), to);
	else
		encode_compact(item, to);
	if (item->xattr_size)
		erofs_xattr_encode(inode, to + erofs_inode_size(item));
}

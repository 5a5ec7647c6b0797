/*
 * Extended attributes: a header, then entries from its end upwards, values from the end
 * of the area downwards. What does not fit into the inode goes to a block; there the
 * kernel looks for names in this very order. Access control lists have a shorter form
 * on disk than in the system call.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "format/ext4/ext4_encode.h"

#define MAGIC 0xea020000u
#define ENTRY_SIZE 16u
#define BLOCK_HEADER 32u
#define INODE_HEADER 4u
#define NAME_MAX_LEN 255u

enum {
	ENTRY_NAME_LEN = 0,
	ENTRY_INDEX = 1,
	ENTRY_OFFSET = 2,
	ENTRY_VALUE_SIZE = 8,
	ENTRY_HASH = 12
};
enum { BLOCK_MAGIC = 0, BLOCK_REFCOUNT = 4, BLOCK_BLOCKS = 8, BLOCK_HASH = 12, BLOCK_CSUM = 16 };

/* POSIX access control lists: acl(5), Linux posix_acl_xattr.h and fs/ext4/acl.h. */
enum { ACL_CALL_VERSION = 2, ACL_DISK_VERSION = 1, ACL_USER = 0x02, ACL_GROUP = 0x08 };

struct item {
	struct str name; /* without its prefix */
	struct bytes value;
	uint8_t index; /* of the prefix */
	bool in_block;
};

struct xattrs {
	struct item *items;
	size_t n;
	struct buf lists; /* converted access control lists */
	size_t in_block;  /* bytes */
};

static void xattrs_release(struct xattrs *x)
{
	free(x->items);
	buf_release(&x->lists);
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static size_t item_size(const struct item *i)
{
	return ENTRY_SIZE + align4(i->name.len) + align4(i->value.len);
}

static bool find_prefix(struct str name, struct item *ret)
{
	static const struct {
		const char *prefix;
		uint8_t index;
		bool whole; /* nothing may follow; otherwise something must */
	} prefixes[] = { { "user.", 1, false },
			 { "system.posix_acl_access", 2, true },
			 { "system.posix_acl_default", 3, true },
			 { "trusted.", 4, false },
			 { "security.", 6, false } };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		struct str prefix = str_of(prefixes[i].prefix);

		if (!str_has_prefix(name, prefix) || (name.len == prefix.len) != prefixes[i].whole)
			continue;
		ret->index = prefixes[i].index;
		ret->name = (struct str){ name.ptr + prefix.len, name.len - prefix.len };
		return true;
	}
	return false;
}

/* Entries of 8 bytes become 4 where no id belongs to the tag. */
static int convert_list(struct bytes list, struct buf *to, struct error *err)
{
	uint8_t version[4];

	if (list.len < 4 || list.len % 8 != 4 || get_le32(list.ptr) != ACL_CALL_VERSION)
		return err_set(err, ERR_FORMAT, "an access control list is malformed");
	put_le32(version, ACL_DISK_VERSION);
	buf_add(to, version, sizeof(version));
	for (size_t i = 4; i < list.len; i += 8) {
		uint16_t tag = get_le16(list.ptr + i);

		buf_add(to, list.ptr + i, tag == ACL_USER || tag == ACL_GROUP ? 8 : 4);
	}
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->name.len != y->name.len)
		return x->name.len < y->name.len ? -1 : 1;
	return str_compare(x->name, y->name);
}

static int take_item(struct xattrs *x, const struct xattr *from, struct error *err)
{
	struct item item = { .value = from->value };

	if (!find_prefix(from->name, &item))
		return err_set(err, ERR_UNSUPPORTED,
			       "ext4 can't hold the extended attribute '" STR_FMT "'",
			       STR_ARG(from->name));
	if (item.name.len > NAME_MAX_LEN)
		return err_set(err, ERR_LIMIT, "the name of an extended attribute has %zu bytes",
			       from->name.len);
	if (from->value.len > LIMIT_XATTR_SIZE)
		return err_set(err, ERR_LIMIT, "the extended attribute '" STR_FMT "' has %zu bytes",
			       STR_ARG(from->name), from->value.len);
	if (!item.name.len) { /* a list: its place in the buffer, for the buffer may move */
		item.value.len = x->lists.len;
		if (convert_list(from->value, &x->lists, err) < 0)
			return -1;
		item.value.len = x->lists.len - item.value.len;
	}
	x->items[x->n++] = item;
	return 0;
}

/* What fits into the inode, in order, goes there. */
static void distribute(struct xattrs *x)
{
	size_t left = EXT4_INODE_XATTRS - INODE_HEADER - 4; /* 4 zeros end the entries */
	size_t list = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct item *item = &x->items[i];

		if (!item->name.len) {
			item->value.ptr = x->lists.ptr + list;
			list += item->value.len;
		}
	}
	if (x->n > 1)
		qsort(x->items, x->n, sizeof(*x->items), compare_items);
	for (size_t i = 0; i < x->n; i++) {
		size_t size = item_size(&x->items[i]);

		x->items[i].in_block = size > left;
		if (size > left)
			x->in_block += size;
		else
			left -= size;
	}
}

static int take_all(struct xattrs *x, const struct inode *inode, struct error *err)
{
	x->items = mem_array(inode->n_xattrs, sizeof(*x->items));
	for (uint32_t i = 0; i < inode->n_xattrs; i++)
		if (take_item(x, &inode->xattrs[i], err) < 0)
			return -1;
	distribute(x);
	if (x->in_block > EXT4_BLOCK_SIZE - BLOCK_HEADER - 4)
		return err_set(err, ERR_LIMIT,
			       "extended attributes take %zu bytes beside the inode, "
			       "ext4 has %u",
			       x->in_block, EXT4_BLOCK_SIZE - BLOCK_HEADER - 4);
	return 0;
}

#define XATTRS_INIT                                                                                \
	{                                                                                          \
		.lists = BUF_INIT(2 * LIMIT_XATTR_SIZE)                                            \
	}

int ext4_check_xattrs(const struct inode *inode, bool *ret_block, struct error *err)
{
	CLEANUP(xattrs_release) struct xattrs x = XATTRS_INIT;

	*ret_block = false;
	if (!inode->n_xattrs)
		return 0;
	if (take_all(&x, inode, err) < 0)
		return -1;
	*ret_block = x.in_block > 0;
	return 0;
}

static uint32_t hash_item(const struct item *item)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < item->name.len; i++)
		hash = (hash << 5 | hash >> 27) ^ (uint8_t)item->name.ptr[i];
	for (size_t i = 0; i < item->value.len; i += 4) {
		uint8_t word[4] = { 0 };

		memcpy(word, item->value.ptr + i,
		       item->value.len - i < 4 ? item->value.len - i : 4);
		hash = (hash << 16 | hash >> 16) ^ get_le32(word);
	}
	return hash;
}

/*
 * Entries from @at on, values down from the end of the @size bytes at @area. Offsets
 * count from @base. Returns the hash of all.
 */
static uint32_t encode_items(const struct xattrs *x, bool in_block, uint8_t *area, size_t at,
			     size_t size, size_t base)
{
	uint32_t all = 0;

	for (size_t i = 0; i < x->n; i++) {
		const struct item *item = &x->items[i];
		uint32_t hash;

		if (item->in_block != in_block)
			continue;
		hash = hash_item(item);
		size -= align4(item->value.len);
		area[at + ENTRY_NAME_LEN] = (uint8_t)item->name.len;
		area[at + ENTRY_INDEX] = item->index;
		put_le16(area + at + ENTRY_OFFSET, item->value.len ? (uint16_t)(size - base) : 0);
		put_le32(area + at + ENTRY_VALUE_SIZE, (uint32_t)item->value.len);
		put_le32(area + at + ENTRY_HASH, hash);
		if (item->name.len)
			memcpy(area + at + ENTRY_SIZE, item->name.ptr, item->name.len);
		if (item->value.len)
			memcpy(area + size, item->value.ptr, item->value.len);
		at += ENTRY_SIZE + align4(item->name.len);
		all = (all << 16 | all >> 16) ^ hash;
		assert(at + 4 <= size);
	}
	return all;
}

static void encode_block(const struct ext4_plan *p, const struct xattrs *x, uint32_t number,
			 uint8_t *block)
{
	uint8_t le_number[8];
	uint32_t crc;

	put_le32(block + BLOCK_MAGIC, MAGIC);
	put_le32(block + BLOCK_REFCOUNT, 1);
	put_le32(block + BLOCK_BLOCKS, 1);
	put_le32(block + BLOCK_HASH,
		 encode_items(x, true, block, BLOCK_HEADER, EXT4_BLOCK_SIZE, 0));
	put_le64(le_number, number);
	crc = crc32c_raw(ext4_seed(p), BYTES_OF(le_number));
	crc = crc32c_raw(crc, (struct bytes){ block, EXT4_BLOCK_SIZE });
	put_le32(block + BLOCK_CSUM, crc);
}

void ext4_encode_xattrs(const struct ext4_plan *p, const struct inode *inode, uint8_t *in_inode,
			uint32_t block_number, uint8_t *block)
{
	CLEANUP(xattrs_release) struct xattrs x = XATTRS_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	size_t outside = 0;
	int r = take_all(&x, inode, &err);

	assert(r == 0); /* the plan has seen them */
	for (size_t i = 0; i < x.n; i++)
		outside += x.items[i].in_block;
	if (in_inode && outside < x.n) {
		put_le32(in_inode, MAGIC);
		encode_items(&x, false, in_inode, INODE_HEADER, EXT4_INODE_XATTRS, INODE_HEADER);
	}
	if (block)
		encode_block(p, &x, block_number, block);
}

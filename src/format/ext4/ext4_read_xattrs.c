/* Extended attributes, in the inode and in a block (attributes.rst). */
#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

enum {
	I_FILE_ACL = 0x68,
	I_FILE_ACL_HIGH = 0x76,
	I_EXTRA_SIZE = 0x80,

	MAGIC = 0xea020000,
	ENTRY = 16, /* bytes before the name */
	BLOCK_HEADER = 32,
	REFERENCES_MAX = 1024,

	INDEX_ACL_ACCESS = 2,
	INDEX_ACL_DEFAULT = 3,
};

/* By e_name_index. */
static const char *const prefixes[] = {
	NULL,
	"user.",
	"system.posix_acl_access",
	"system.posix_acl_default",
	"trusted.",
	NULL,
	"security.",
	"system.",
};

/* A region of entries from the front and values from the back. */
struct area {
	const uint8_t *base;  /* what offsets of values count from */
	uint32_t start, size; /* of the entries; of the whole, from base */
	bool in_block;
	uint32_t hash;	     /* of all entries so far */
	bool unhashed;	     /* one has no hash: neither has the block */
	const uint8_t *last; /* entry */
	uint8_t *taken;	     /* a byte for each four of the area */
};

struct list {
	struct xattr items[LIMIT_XATTRS];
	uint32_t n;
};

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

/* e_hash: the name, then the value in words of four bytes, padded with zeros. */
static uint32_t hash_of(const uint8_t *entry, const uint8_t *value, bool is_signed)
{
	uint32_t hash = 0, size = get_le32(entry + 8);

	for (uint8_t i = 0; i < entry[0]; i++) {
		uint32_t c = entry[ENTRY + i];

		hash = rotate(hash, 5) ^ (is_signed && c & 0x80 ? c | 0xffffff00u : c);
	}
	for (uint32_t i = 0; i < size; i += 4) {
		uint8_t word[4] = { 0 };

		memcpy(word, value + i, size - i < 4 ? size - i : 4);
		hash = rotate(hash, 16) ^ get_le32(word);
	}
	return hash;
}

static int wrong(const char *what, struct error *err)
{
	return err_set(err, ERR_FORMAT, "extended attributes: %s", what);
}

/* Every four bytes belong to one thing only. */
static int take(struct area *a, uint32_t from, uint32_t size, struct error *err)
{
	for (uint32_t i = from / 4; i < (from + size + 3) / 4; i++) {
		if (a->taken[i])
			return wrong("two of them overlap", err);
		a->taken[i] = 1;
	}
	return 0;
}

static int check_hash(struct area *a, const uint8_t *entry, const uint8_t *value, struct error *err)
{
	uint32_t said = get_le32(entry + 12);

	a->hash = rotate(a->hash, 16) ^ said;
	a->unhashed |= said == 0;
	if (said == 0 && !a->in_block)
		return 0; /* old kernels leave it out in the inode */
	if (said != hash_of(entry, value, false) && said != hash_of(entry, value, true))
		return wrong("the hash of one is wrong", err);
	return 0;
}

/* Kernels search blocks by this order. */
static int check_order(struct area *a, const uint8_t *entry, struct error *err)
{
	const uint8_t *last = a->last;
	int order = -1;

	a->last = entry;
	if (!a->in_block || !last)
		return 0;
	order = last[1] - entry[1];
	if (order == 0)
		order = last[0] - entry[0];
	if (order == 0)
		order = memcmp(last + ENTRY, entry + ENTRY, entry[0]);
	return order < 0 ? 0 : wrong("they are not in order", err);
}

/*
 * An access control list: on disk version 1, with ids only where one is meant; for
 * callers version 2, with an id in each entry (Linux uapi/linux/posix_acl_xattr.h).
 */
static int convert_acl(struct arena *arena, struct bytes disk, struct bytes *ret, struct error *err)
{
	uint8_t *to = arena_alloc(arena, 4 + disk.len * 2);
	size_t at = 4, n = 4;

	if (disk.len < 4 || get_le32(disk.ptr) != 1)
		return wrong("an access control list is not of version 1", err);
	put_le32(to, 2);
	while (at < disk.len) {
		uint16_t tag = disk.len - at < 4 ? 0 : get_le16(disk.ptr + at);
		bool has_id = tag == 0x02 || tag == 0x08; /* a user, a group */
		bool known = has_id || tag == 0x01 || tag == 0x04 || tag == 0x10 || tag == 0x20;

		if (!known || disk.len - at < (has_id ? 8u : 4u))
			return wrong("an access control list is broken", err);
		memcpy(to + n, disk.ptr + at, 4);
		put_le32(to + n + 4, has_id ? get_le32(disk.ptr + at + 4) : ~0u);
		at += has_id ? 8 : 4;
		n += 8;
	}
	*ret = (struct bytes){ to, n };
	return 0;
}

static int add(struct ext4_reader *r, struct list *list, const uint8_t *entry, const uint8_t *value,
	       struct error *err)
{
	uint8_t index = entry[1];
	const char *prefix = index < sizeof(prefixes) / sizeof(*prefixes) ? prefixes[index] : NULL;
	bool is_acl = index == INDEX_ACL_ACCESS || index == INDEX_ACL_DEFAULT;
	struct xattr *x = &list->items[list->n];
	struct bytes data = { value, get_le32(entry + 8) };

	if (!prefix)
		return err_set(err, ERR_UNSUPPORTED, "an extended attribute with prefix %u", index);
	if (is_acl != (entry[0] == 0) || memchr(entry + ENTRY, 0, entry[0]))
		return wrong("a name is empty or has a NUL in it", err);
	if (list->n == LIMIT_XATTRS)
		return err_set(err, ERR_LIMIT, "more than %u extended attributes", LIMIT_XATTRS);
	x->name = str_of(arena_printf(&r->arena, "%s%.*s", prefix, (int)entry[0],
				      (const char *)entry + ENTRY));
	for (uint32_t i = 0; i < list->n; i++)
		if (str_equal(list->items[i].name, x->name))
			return wrong("one name stands twice", err);
	if (is_acl) {
		if (convert_acl(&r->arena, data, &x->value, err) < 0)
			return -1;
	} else {
		x->value = arena_bytes(&r->arena, data);
	}
	list->n++;
	return 0;
}

static int read_entry(struct ext4_reader *r, struct area *a, uint32_t at, uint32_t size,
		      struct list *list, struct error *err)
{
	const uint8_t *entry = a->base + at;
	uint32_t offset = get_le16(entry + 2), value_size = get_le32(entry + 8);

	if (get_le32(entry + 4) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "an extended attribute in an inode of its own");
	if (value_size == 0)
		offset = 0;
	if (offset > a->size || value_size > a->size - offset || offset % 4)
		return wrong("a value is outside", err);
	if (take(a, at, size, err) < 0 || take(a, offset, value_size, err) < 0 ||
	    check_hash(a, entry, a->base + offset, err) < 0 || check_order(a, entry, err) < 0)
		return -1;
	return add(r, list, entry, a->base + offset, err);
}

/* Entries end with four bytes of zeros. */
static int read_area(struct ext4_reader *r, struct area *a, struct list *list, struct error *err)
{
	CLEANUP_FREE uint8_t *taken = mem_alloc(a->size / 4 + 1);
	uint32_t at = a->start;

	a->taken = taken;
	for (;;) {
		uint32_t size = 0;

		if (a->size - at < 4)
			return wrong("their list has no end", err);
		if (get_le32(a->base + at) == 0)
			return take(a, at, 4, err);
		size = (ENTRY + (uint32_t)a->base[at] + 3) & ~3u;
		if (size > a->size - at)
			return wrong("an entry is outside", err);
		if (read_entry(r, a, at, size, list, err) < 0)
			return -1;
		at += size;
	}
}

static int read_in_inode(struct ext4_reader *r, const uint8_t *raw, struct list *list,
			 struct error *err)
{
	uint32_t start = EXT4_INODE_BASE;
	struct area a = { 0 };

	if (r->inode_size == EXT4_INODE_BASE)
		return 0;
	start += get_le16(raw + I_EXTRA_SIZE);
	if (r->inode_size - start < 4 || get_le32(raw + start) == 0)
		return 0;
	if (get_le32(raw + start) != MAGIC)
		return wrong("wrong magic in the inode", err);
	a.base = raw + start + 4;
	a.size = r->inode_size - start - 4;
	return read_area(r, &a, list, err);
}

static int check_block(const struct ext4_reader *r, uint64_t block, const uint8_t *data,
		       struct error *err)
{
	static const uint8_t none[4];
	uint8_t number[8];
	uint32_t crc = 0;

	put_le64(number, block);
	crc = crc32c_raw(r->seed, BYTES_OF(number));
	crc = crc32c_raw(crc, (struct bytes){ data, 16 });
	crc = crc32c_raw(crc, BYTES_OF(none));
	crc = crc32c_raw(crc, (struct bytes){ data + 20, r->block_size - 20 });
	if (get_le32(data) != MAGIC || get_le32(data + 8) != 1)
		return wrong("wrong magic or size of their block", err);
	if (crc != get_le32(data + 16))
		return wrong("the checksum of their block is wrong", err);
	if (get_le32(data + 4) == 0 || get_le32(data + 4) > REFERENCES_MAX)
		return wrong("wrong count of references", err);
	return 0;
}

/* The first who comes takes the block; how often others came must add up in the end. */
static int use_block(struct ext4_reader *r, uint64_t block, struct error *err)
{
	uint32_t references = get_le32(r->block + 4), i = 0;

	if (references > 1) {
		i = strtab_intern(&r->shared_numbers,
				  (struct str){ (const char *)&block, sizeof(block) }, NULL);
		if (i < r->n_shared) {
			r->shared[i].seen++;
			return 0;
		}
		MEM_GROW(r->shared, r->n_shared, r->shared_capacity);
		r->shared[r->n_shared++] = (struct ext4_shared){ block, references, 1 };
	}
	return ext4_use(r, block, 1, err);
}

int ext4_check_shared(const struct ext4_reader *r, struct error *err)
{
	for (size_t i = 0; i < r->n_shared; i++)
		if (r->shared[i].references != r->shared[i].seen)
			return err_set(err, ERR_FORMAT,
				       "block %llu of extended attributes has %u references and "
				       "says %u",
				       (unsigned long long)r->shared[i].block, r->shared[i].seen,
				       r->shared[i].references);
	return 0;
}

static int read_in_block(struct ext4_reader *r, uint64_t block, struct list *list,
			 struct error *err)
{
	struct area a = {
		.base = r->block, .start = BLOCK_HEADER, .size = r->block_size, .in_block = true
	};

	if (ext4_read_block(r, block, r->block, err) < 0 ||
	    check_block(r, block, r->block, err) < 0 || use_block(r, block, err) < 0 ||
	    read_area(r, &a, list, err) < 0)
		return -1;
	/* for sharing blocks only; mke2fs leaves it out */
	if (get_le32(r->block + 12) != 0 && get_le32(r->block + 12) != (a.unhashed ? 0 : a.hash))
		return wrong("the hash of their block is wrong", err);
	return 0;
}

int ext4_read_xattrs(struct ext4_reader *r, const uint8_t *raw, struct ext4_item *item,
		     uint64_t *ret_blocks, struct error *err)
{
	uint64_t block =
		get_le32(raw + I_FILE_ACL) |
		(r->incompat & EXT4_HAS_64BIT ? (uint64_t)get_le16(raw + I_FILE_ACL_HIGH) << 32
					      : 0);
	struct list list = { .n = 0 };

	if (read_in_inode(r, raw, &list, err) < 0 ||
	    (block && read_in_block(r, block, &list, err) < 0))
		return -1;
	*ret_blocks = block != 0;
	item->attributes.n_xattrs = list.n;
	item->attributes.xattrs = arena_array(&r->arena, list.n, sizeof(*list.items));
	if (list.n)
		memcpy(item->attributes.xattrs, list.items, list.n * sizeof(*list.items));
	return 0;
}

/* Inodes without names: for growing, of the journal, of orphans. */
#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

enum {
	I_BLOCKS = 0x1c,
	I_BLOCK = 0x28,
	DOUBLE_INDIRECT = 13,

	SB_JOURNAL_BACKUP_TYPE = 0xfd, /* of the file system's superblock */
	SB_JOURNAL_BACKUP = 0x10c,
	SB_ID = 0x68,

	J_MAGIC = 0x0, /* of the journal's superblock: journal.rst; big-endian */
	J_TYPE = 0x4,
	J_BLOCK_SIZE = 0xc,
	J_LENGTH = 0x10,
	J_FIRST = 0x14,
	J_START = 0x1c,
	J_ERRNO = 0x20,
	J_COMPAT = 0x24,
	J_INCOMPAT = 0x28,
	J_RO_COMPAT = 0x2c,
	J_UUID = 0x30,
	J_USERS = 0x40,
	J_CHECKSUM_TYPE = 0x50,
	J_CHECKSUM = 0xfc,
	J_SIZE = 1024,
	J_CHECKSUMS = 0x18, /* either of two versions */
	J_KNOWN = 0x1f,	    /* no fast commits */

	ORPHAN_TAIL = 8,
};

/*
 * The inode for growing maps the blocks that are reserved for descriptors: a doubly
 * indirect block names those of group 0, and each of them the ones of the same number
 * beside the other copies of the superblock. It is the only one mapped by blocks.
 */
static int check_reserved_block(struct ext4_reader *r, uint64_t block, uint32_t *n_copies,
				struct error *err)
{
	uint32_t n = 0;

	if (ext4_read_block(r, block, r->block, err) < 0)
		return -1;
	for (uint32_t g = 1; g < r->n_groups; g++) {
		if (!ext4_has_super(r, g))
			continue;
		if (n == r->block_size / 4 ||
		    get_le32(r->block + (size_t)n * 4) != block + (uint64_t)g * r->blocks_per_group)
			return err_set(
				err, ERR_FORMAT, "block %llu names %u as its copy in group %u",
				(unsigned long long)block, get_le32(r->block + (size_t)n * 4), g);
		n++;
	}
	if (!bytes_are_zero(r->block + (size_t)n * 4, r->block_size - (size_t)n * 4))
		return err_set(err, ERR_FORMAT, "block %llu names more than its copies",
			       (unsigned long long)block);
	*n_copies += n;
	return 0;
}

static int check_double_indirect(struct ext4_reader *r, const uint8_t *map, uint64_t *ret_blocks,
				 struct error *err)
{
	uint32_t n = r->block_size / 4, copies = 0;
	uint64_t first = r->first_block + 1 + r->first_meta;

	for (uint32_t i = 0; i < n; i++) {
		/* the place in the map is that among all blocks of descriptors */
		uint32_t k = (i + n - r->first_meta % n) % n;
		uint64_t block = k < r->reserved_gdt ? first + k : 0;

		if (get_le32(map + (size_t)i * 4) != block)
			return err_set(err, ERR_FORMAT,
				       "block %u is reserved for descriptors, not block %llu",
				       get_le32(map + (size_t)i * 4), (unsigned long long)block);
		if (block && check_reserved_block(r, block, &copies, err) < 0)
			return -1;
	}
	*ret_blocks = 1 + (uint64_t)r->reserved_gdt + copies;
	return 0;
}

int ext4_check_resize_inode(struct ext4_reader *r, const uint8_t *raw, struct error *err)
{
	CLEANUP_FREE uint8_t *map = mem_alloc(r->block_size);
	const uint8_t *at = raw + I_BLOCK + (size_t)4 * DOUBLE_INDIRECT;
	uint64_t blocks = 0, block = get_le32(at);

	if (!bytes_are_zero(raw + I_BLOCK, (size_t)4 * DOUBLE_INDIRECT) || get_le32(at + 4))
		return err_set(err, ERR_FORMAT, "the inode for growing maps other blocks");
	if (block == 0)
		return r->reserved_gdt == 0 && get_le32(raw + I_BLOCKS) == 0
			       ? 0
			       : err_set(err, ERR_FORMAT, "the inode for growing has no map");
	if (ext4_use(r, block, 1, err) < 0 || ext4_read_block(r, block, map, err) < 0 ||
	    check_double_indirect(r, map, &blocks, err) < 0)
		return -1;
	if (get_le32(raw + I_BLOCKS) != blocks * (r->block_size / 512))
		return err_set(err, ERR_FORMAT, "the inode takes %llu blocks and says %u of 512",
			       (unsigned long long)blocks, get_le32(raw + I_BLOCKS));
	return 0;
}

static int check_journal_super(const struct ext4_reader *r, const struct ext4_item *item,
			       const uint8_t *sb, struct error *err)
{
	uint32_t incompat = get_be32(sb + J_INCOMPAT);
	uint8_t copy[J_SIZE];

	if (get_be32(sb + J_MAGIC) != 0xc03b3998 || get_be32(sb + J_TYPE) != 4)
		return err_set(err, ERR_FORMAT, "the journal has no superblock of version 2");
	if (get_be32(sb + J_START) != 0)
		return err_set(err, ERR_FORMAT,
			       "the file system is not clean: its journal needs recovery");
	if (get_be32(sb + J_BLOCK_SIZE) != r->block_size ||
	    get_be32(sb + J_LENGTH) != item->size / r->block_size || get_be32(sb + J_FIRST) != 1 ||
	    get_be32(sb + J_ERRNO) != 0)
		return err_set(err, ERR_FORMAT,
			       "the journal has %u blocks of %u bytes from %u on, error %u",
			       get_be32(sb + J_LENGTH), get_be32(sb + J_BLOCK_SIZE),
			       get_be32(sb + J_FIRST), get_be32(sb + J_ERRNO));
	if (memcmp(sb + J_UUID, r->super + SB_ID, 16) != 0 || get_be32(sb + J_USERS) != 1)
		return err_set(err, ERR_FORMAT, "the journal is of another file system");
	if (get_be32(sb + J_COMPAT) || get_be32(sb + J_RO_COMPAT) || incompat & ~(uint32_t)J_KNOWN)
		return err_set(err, ERR_UNSUPPORTED, "a journal with features 0x%x 0x%x 0x%x",
			       get_be32(sb + J_COMPAT), incompat, get_be32(sb + J_RO_COMPAT));
	if (!(incompat & J_CHECKSUMS))
		return 0;
	memcpy(copy, sb, J_SIZE);
	put_le32(copy + J_CHECKSUM, 0);
	if (sb[J_CHECKSUM_TYPE] != 4 ||
	    crc32c_raw(~0u, BYTES_OF(copy)) != get_be32(sb + J_CHECKSUM))
		return err_set(err, ERR_FORMAT, "the checksum of the journal is wrong");
	return 0;
}

/* The superblock keeps a copy of where the journal is: i_block, then both sizes. */
static int check_journal_backup(const struct ext4_reader *r, const struct ext4_item *item,
				struct error *err)
{
	const uint8_t *copy = r->super + SB_JOURNAL_BACKUP;

	if (r->super[SB_JOURNAL_BACKUP_TYPE] != 1)
		return 0;
	if (get_le32(copy + 60) != item->size >> 32 || get_le32(copy + 64) != (uint32_t)item->size)
		return err_set(err, ERR_FORMAT,
			       "the superblock's copy of the journal's inode differs");
	return 0;
}

static int check_journal(struct ext4_reader *r, struct error *err)
{
	const struct ext4_item *item = ext4_item(r, r->journal);

	if (!item || item->attributes.kind != NODE_FILE || item->links != 1 || item->size < J_SIZE)
		return err_set(err, ERR_FORMAT, "inode %u is no journal", r->journal);
	for (size_t i = 0; i < item->n_runs; i++)
		if (item->runs[i].hole)
			return err_set(err, ERR_FORMAT, "the journal has a hole");
	if (window_read(r->in, item->runs[0].offset, r->block, r->block_size, err) < 0 ||
	    check_journal_super(r, item, r->block, err) < 0)
		return -1;
	return check_journal_backup(r, item, err);
}

static int check_orphan_block(struct ext4_reader *r, const struct ext4_item *item, uint64_t block,
			      struct error *err)
{
	uint32_t size = r->block_size - ORPHAN_TAIL, crc = 0;
	uint8_t number[8];

	if (ext4_read_block(r, block, r->block, err) < 0)
		return -1;
	put_le64(number, block);
	crc = crc32c_raw(ext4_read_seed(r, item->number, item->generation), BYTES_OF(number));
	crc = crc32c_raw(crc, (struct bytes){ r->block, size });
	if (get_le32(r->block + size) != 0x0b10ca04 || get_le32(r->block + size + 4) != crc)
		return err_set(err, ERR_FORMAT, "the checksum of block %llu of orphans is wrong",
			       (unsigned long long)block);
	if (!bytes_are_zero(r->block, size))
		return err_set(err, ERR_FORMAT, "the file system is not clean: it has orphans");
	return 0;
}

static int check_orphan_file(struct ext4_reader *r, struct error *err)
{
	const struct ext4_item *item = ext4_item(r, r->orphan_file);

	if (!item || item->attributes.kind != NODE_FILE || item->links != 1 ||
	    item->size % r->block_size)
		return err_set(err, ERR_FORMAT, "inode %u is no file of orphans", r->orphan_file);
	for (size_t i = 0; i < item->n_runs; i++) {
		const struct block_extent *e = &item->runs[i];

		if (e->hole)
			return err_set(err, ERR_FORMAT, "the file of orphans has a hole");
		for (uint64_t k = 0; k < e->length; k += r->block_size)
			if (check_orphan_block(r, item, (e->offset + k) / r->block_size, err) < 0)
				return -1;
	}
	return 0;
}

int ext4_check_special(struct ext4_reader *r, struct error *err)
{
	if (r->journal && check_journal(r, err) < 0)
		return -1;
	return r->orphan_file ? check_orphan_file(r, err) : 0;
}

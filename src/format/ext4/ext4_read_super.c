/* The superblock (super.rst) and its copies. */
#include "base/crc.h"
#include "base/endian.h"
#include "format/ext4/ext4_read_private.h"

enum {
	SB_INODES = 0x0,
	SB_BLOCKS = 0x4,
	SB_FREE_BLOCKS = 0xc,
	SB_FREE_INODES = 0x10,
	SB_FIRST_BLOCK = 0x14,
	SB_LOG_BLOCK_SIZE = 0x18,
	SB_LOG_CLUSTER_SIZE = 0x1c,
	SB_BLOCKS_PER_GROUP = 0x20,
	SB_CLUSTERS_PER_GROUP = 0x24,
	SB_INODES_PER_GROUP = 0x28,
	SB_MAGIC = 0x38,
	SB_STATE = 0x3a,
	SB_REVISION = 0x4c,
	SB_FIRST_INODE = 0x54,
	SB_INODE_SIZE = 0x58,
	SB_GROUP = 0x5a,
	SB_COMPAT = 0x5c,
	SB_INCOMPAT = 0x60,
	SB_RO_COMPAT = 0x64,
	SB_UUID = 0x68,
	SB_LABEL = 0x78,
	SB_RESERVED_GDT = 0xce,
	SB_JOURNAL_INODE = 0xe0,
	SB_JOURNAL_DEVICE = 0xe4,
	SB_LAST_ORPHAN = 0xe8,
	SB_HASH_SEED = 0xec,
	SB_DESCRIPTOR_SIZE = 0xfe,
	SB_FIRST_META = 0x104,
	SB_MADE = 0x108,
	SB_BLOCKS_HIGH = 0x150,
	SB_FREE_BLOCKS_HIGH = 0x158,
	SB_CHECKSUM_TYPE = 0x175,
	SB_ERROR_COUNT = 0x194,
	SB_CHECKSUM_SEED = 0x270,
	SB_MADE_HIGH = 0x276,
	SB_ORPHAN_FILE = 0x280,
	SB_CHECKSUM = 0x3fc,

	STATE_CLEAN = 1, /* s_state: nothing else is set */
	INCOMPAT_RECOVER = 0x4,
	RO_ORPHANS = 0x10000,
	CHECKSUM_CRC32C = 1,
};

/* What this reader knows, and the names of what it does not. */
static const struct feature_set {
	unsigned offset;
	uint32_t known, needed;
	struct {
		uint32_t bit;
		const char *name;
	} names[9];
} feature_sets[] = {
	{ SB_COMPAT,
	  0x103c,
	  0,
	  { { 0x1, "dir_prealloc" },
	    { 0x200, "sparse_super2" },
	    { 0x400, "fast_commit" },
	    { 0x800, "stable_inodes" } } },
	{ SB_INCOMPAT,
	  0x62d6,
	  0x42,
	  { { 0x1, "compression" },
	    { 0x8, "journal_dev" },
	    { 0x100, "mmp" },
	    { 0x400, "ea_inode" },
	    { 0x1000, "dirdata" },
	    { 0x8000, "inline_data" },
	    { 0x10000, "encrypt" },
	    { 0x20000, "casefold" } } },
	{ SB_RO_COMPAT,
	  0x1046b,
	  0x400,
	  { { 0x10, "gdt_csum" },
	    { 0x80, "snapshots" },
	    { 0x100, "quota" },
	    { 0x200, "bigalloc" },
	    { 0x800, "replica" },
	    { 0x1000, "readonly" },
	    { 0x2000, "project" },
	    { 0x4000, "shared_blocks" },
	    { 0x8000, "verity" } } },
};

static int check_features(const uint8_t *sb, struct error *err)
{
	for (size_t i = 0; i < sizeof(feature_sets) / sizeof(*feature_sets); i++) {
		const struct feature_set *set = &feature_sets[i];
		uint32_t has = get_le32(sb + set->offset), unknown = 0;

		unknown = has & ~set->known;
		for (size_t k = 0; k < 9 && set->names[k].name; k++)
			if (unknown & set->names[k].bit)
				return err_set(err, ERR_UNSUPPORTED,
					       "an ext4 file system with '%s'", set->names[k].name);
		if (unknown)
			return err_set(err, ERR_UNSUPPORTED,
				       "an ext4 file system with unknown features 0x%x (word at "
				       "0x%x of the superblock)",
				       unknown, set->offset);
		if ((has & set->needed) != set->needed)
			return err_set(err, ERR_UNSUPPORTED,
				       "an ext4 file system without extents, file types or "
				       "checksums of metadata");
	}
	return 0;
}

static int check_clean(const uint8_t *sb, struct error *err)
{
	if (get_le32(sb + SB_INCOMPAT) & INCOMPAT_RECOVER)
		return err_set(err, ERR_FORMAT,
			       "the file system is not clean: its journal needs recovery");
	if (get_le16(sb + SB_STATE) != STATE_CLEAN || get_le32(sb + SB_ERROR_COUNT))
		return err_set(err, ERR_FORMAT, "the file system is not clean: state %u, %u errors",
			       get_le16(sb + SB_STATE), get_le32(sb + SB_ERROR_COUNT));
	if (get_le32(sb + SB_LAST_ORPHAN) || get_le32(sb + SB_RO_COMPAT) & RO_ORPHANS)
		return err_set(err, ERR_FORMAT, "the file system is not clean: it has orphans");
	return 0;
}

static bool checksum_is_right(const uint8_t *sb)
{
	return crc32c_raw(~0u, (struct bytes){ sb, SB_CHECKSUM }) == get_le32(sb + SB_CHECKSUM);
}

static int check_kind(const uint8_t *sb, struct error *err)
{
	if (get_le16(sb + SB_MAGIC) != 0xef53)
		return err_set(err, ERR_FORMAT, "no ext4 file system: magic 0x%04x, not 0xef53",
			       get_le16(sb + SB_MAGIC));
	if (get_le32(sb + SB_REVISION) != 1)
		return err_set(err, ERR_UNSUPPORTED, "an ext4 file system of revision %u",
			       get_le32(sb + SB_REVISION));
	if (check_features(sb, err) < 0)
		return -1;
	if (sb[SB_CHECKSUM_TYPE] != CHECKSUM_CRC32C)
		return err_set(err, ERR_UNSUPPORTED, "checksums of type %u", sb[SB_CHECKSUM_TYPE]);
	if (!checksum_is_right(sb))
		return err_set(err, ERR_FORMAT, "the superblock's checksum is wrong");
	return check_clean(sb, err);
}

static uint64_t blocks_of(const uint8_t *sb, unsigned low, unsigned high)
{
	bool wide = get_le32(sb + SB_INCOMPAT) & EXT4_HAS_64BIT;

	return get_le32(sb + low) | (wide ? (uint64_t)get_le32(sb + high) << 32 : 0);
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static int wrong_geometry(const char *what, uint64_t value, struct error *err)
{
	return err_set(err, ERR_FORMAT, "the superblock's %s can't be %llu", what,
		       (unsigned long long)value);
}

static int decode_sizes(struct ext4_reader *r, struct error *err)
{
	const uint8_t *sb = r->super;
	uint32_t log = get_le32(sb + SB_LOG_BLOCK_SIZE);

	if (log > 5)
		return wrong_geometry("log of the block size", log, err);
	if (get_le32(sb + SB_LOG_CLUSTER_SIZE) != log)
		return wrong_geometry("log of the cluster size", get_le32(sb + SB_LOG_CLUSTER_SIZE),
				      err);
	r->block_size = 1024u << log;
	r->first_block = get_le32(sb + SB_FIRST_BLOCK);
	if (r->first_block != (log == 0))
		return wrong_geometry("first block", r->first_block, err);
	r->inode_size = get_le16(sb + SB_INODE_SIZE);
	if (!is_power_of_two(r->inode_size) || r->inode_size < EXT4_INODE_BASE ||
	    r->inode_size > r->block_size)
		return wrong_geometry("size of an inode", r->inode_size, err);
	r->descriptor_size = r->incompat & EXT4_HAS_64BIT ? get_le16(sb + SB_DESCRIPTOR_SIZE) : 32;
	if (r->incompat & EXT4_HAS_64BIT && r->descriptor_size != 64)
		return wrong_geometry("size of a descriptor", r->descriptor_size, err);
	return 0;
}

static int decode_counts(struct ext4_reader *r, struct error *err)
{
	const uint8_t *sb = r->super;
	uint64_t groups = 0;

	r->n_blocks = blocks_of(sb, SB_BLOCKS, SB_BLOCKS_HIGH);
	if (r->n_blocks <= r->first_block || r->n_blocks > r->in->size / r->block_size)
		return err_set(err, ERR_FORMAT,
			       "the file system has %llu blocks of %u bytes, but '%s' %llu bytes",
			       (unsigned long long)r->n_blocks, r->block_size, r->in->name,
			       (unsigned long long)r->in->size);
	r->blocks_per_group = get_le32(sb + SB_BLOCKS_PER_GROUP);
	if (r->blocks_per_group < 256 || r->blocks_per_group % 8 ||
	    r->blocks_per_group > 8 * r->block_size ||
	    get_le32(sb + SB_CLUSTERS_PER_GROUP) != r->blocks_per_group)
		return wrong_geometry("count of blocks in a group", r->blocks_per_group, err);
	r->inodes_per_group = get_le32(sb + SB_INODES_PER_GROUP);
	if (!r->inodes_per_group || r->inodes_per_group > 8 * r->block_size ||
	    r->inodes_per_group % 8 || r->inodes_per_group % (r->block_size / r->inode_size))
		return wrong_geometry("count of inodes in a group", r->inodes_per_group, err);
	groups = (r->n_blocks - r->first_block - 1) / r->blocks_per_group + 1;
	r->n_inodes = get_le32(sb + SB_INODES);
	if (groups > UINT32_MAX || r->n_inodes != groups * r->inodes_per_group)
		return wrong_geometry("count of inodes", r->n_inodes, err);
	r->n_groups = (uint32_t)groups;
	r->first_inode = get_le32(sb + SB_FIRST_INODE);
	if (r->first_inode < 11 || r->first_inode > r->n_inodes)
		return wrong_geometry("first inode", r->first_inode, err);
	return 0;
}

static int decode_descriptors(struct ext4_reader *r, struct error *err)
{
	const uint8_t *sb = r->super;
	uint32_t per_block = r->block_size / r->descriptor_size;

	r->descriptor_blocks = (r->n_groups - 1) / per_block + 1;
	r->first_meta = r->descriptor_blocks;
	r->reserved_gdt = get_le16(sb + SB_RESERVED_GDT);
	if (r->incompat & EXT4_HAS_META_BG) {
		if (get_le32(sb + SB_FIRST_META) < r->first_meta)
			r->first_meta = get_le32(sb + SB_FIRST_META);
		if (r->reserved_gdt)
			return wrong_geometry("count of reserved descriptor blocks",
					      r->reserved_gdt, err);
	}
	if (r->reserved_gdt > r->block_size / 4 ||
	    (uint64_t)r->first_meta + r->reserved_gdt >= r->blocks_per_group)
		return wrong_geometry("count of reserved descriptor blocks", r->reserved_gdt, err);
	return 0;
}

int ext4_read_super(struct ext4_reader *r, struct error *err)
{
	const uint8_t *sb = r->super;

	if (window_read(r->in, EXT4_SUPER_OFFSET, r->super, sizeof(r->super), err) < 0 ||
	    check_kind(sb, err) < 0)
		return -1;
	r->compat = get_le32(sb + SB_COMPAT);
	r->incompat = get_le32(sb + SB_INCOMPAT);
	r->ro_compat = get_le32(sb + SB_RO_COMPAT);
	r->seed = r->incompat & EXT4_HAS_CSUM_SEED
			  ? get_le32(sb + SB_CHECKSUM_SEED)
			  : crc32c_raw(~0u, (struct bytes){ sb + SB_UUID, 16 });
	if (r->compat & EXT4_HAS_JOURNAL)
		r->journal = get_le32(sb + SB_JOURNAL_INODE);
	if (r->compat & EXT4_HAS_ORPHAN_FILE)
		r->orphan_file = get_le32(sb + SB_ORPHAN_FILE);
	if (get_le32(sb + SB_JOURNAL_DEVICE))
		return err_set(err, ERR_UNSUPPORTED, "a journal on another device");
	if (get_le16(sb + SB_GROUP) != 0)
		return wrong_geometry("group", get_le16(sb + SB_GROUP), err);
	if (decode_sizes(r, err) < 0 || decode_counts(r, err) < 0)
		return -1;
	return decode_descriptors(r, err);
}

/* Fields that no kernel and no tool changes in the first one only: offset, size. */
static const uint16_t same[][2] = {
	{ SB_INODES, 8 },	   { SB_FIRST_BLOCK, 24 },  { SB_MAGIC, 2 },
	{ SB_REVISION, 4 },	   { SB_FIRST_INODE, 6 },   { SB_COMPAT, 4 },
	{ SB_UUID, 16 },	   { SB_RESERVED_GDT, 2 },  { SB_JOURNAL_INODE, 8 },
	{ SB_DESCRIPTOR_SIZE, 2 }, { SB_FIRST_META, 4 },    { SB_BLOCKS_HIGH, 4 },
	{ SB_CHECKSUM_TYPE, 1 },   { SB_CHECKSUM_SEED, 4 }, { SB_ORPHAN_FILE, 4 },
	{ SB_INCOMPAT, 4 },
};

static int check_super_copy(struct ext4_reader *r, uint32_t group, struct error *err)
{
	uint8_t copy[EXT4_SUPER_SIZE];

	if (window_read(r->in, ext4_group_start(r, group) * r->block_size, copy, sizeof(copy),
			err) < 0)
		return -1;
	if (!checksum_is_right(copy))
		return err_set(err, ERR_FORMAT, "group %u: the checksum of its superblock is wrong",
			       group);
	if (get_le16(copy + SB_GROUP) != (group & 0xffff))
		return err_set(err, ERR_FORMAT, "group %u: its superblock is of group %u", group,
			       get_le16(copy + SB_GROUP));
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (memcmp(copy + same[i][0], r->super + same[i][0], same[i][1]) != 0)
			return err_set(err, ERR_FORMAT,
				       "group %u: its superblock differs from the first one at "
				       "byte 0x%x",
				       group, same[i][0]);
	/* a kernel that writes the first large file says so in the first one only */
	if ((get_le32(copy + SB_RO_COMPAT) | EXT4_HAS_LARGE_FILE) !=
	    (r->ro_compat | EXT4_HAS_LARGE_FILE))
		return err_set(err, ERR_FORMAT,
			       "group %u: its superblock has features 0x%x, the first one 0x%x",
			       group, get_le32(copy + SB_RO_COMPAT), r->ro_compat);
	return 0;
}

/* Counts in a copy may be old; where bitmaps and tables are may not. */
static int check_descriptors_copy(struct ext4_reader *r, uint64_t block, uint32_t i,
				  struct error *err)
{
	uint32_t per_block = r->block_size / r->descriptor_size, first = i * per_block;

	if (ext4_read_block(r, block, r->block, err) < 0)
		return -1;
	for (uint32_t k = 0; k < per_block && first + k < r->n_groups; k++) {
		const uint8_t *raw = r->block + (size_t)k * r->descriptor_size;
		const struct ext4_group *g = &r->groups[first + k];

		if (ext4_check_descriptor(r, first + k, raw, err) < 0)
			return err_while(err, "reading the copy in block %llu",
					 (unsigned long long)block);
		if (ext4_descriptor_place(r, raw, 0) != g->block_bitmap ||
		    ext4_descriptor_place(r, raw, 1) != g->inode_bitmap ||
		    ext4_descriptor_place(r, raw, 2) != g->inode_table)
			return err_set(err, ERR_FORMAT,
				       "group %u: the copy of its descriptor in block %llu differs",
				       first + k, (unsigned long long)block);
	}
	return 0;
}

static int check_meta_copies(struct ext4_reader *r, uint32_t i, struct error *err)
{
	uint32_t per_block = r->block_size / r->descriptor_size;
	const uint64_t copies[] = { (uint64_t)i * per_block + 1,
				    (uint64_t)i * per_block + per_block - 1 };

	for (size_t k = 0; k < 2; k++) {
		uint32_t group = (uint32_t)copies[k];

		if (copies[k] < r->n_groups &&
		    check_descriptors_copy(r, ext4_group_start(r, group) + ext4_has_super(r, group),
					   i, err) < 0)
			return -1;
	}
	return 0;
}

int ext4_check_backups(struct ext4_reader *r, struct error *err)
{
	uint32_t per_block = r->block_size / r->descriptor_size;

	for (uint32_t g = 1; g < r->n_groups; g++) {
		if (!ext4_has_super(r, g))
			continue;
		if (check_super_copy(r, g, err) < 0)
			return -1;
		if (g / per_block >= r->first_meta && r->incompat & EXT4_HAS_META_BG)
			continue;
		for (uint32_t i = 0; i < r->first_meta; i++)
			if (check_descriptors_copy(r, ext4_group_start(r, g) + 1 + i, i, err) < 0)
				return -1;
	}
	for (uint32_t i = r->first_meta; i < r->descriptor_blocks; i++)
		if (check_meta_copies(r, i, err) < 0)
			return -1;
	return 0;
}

int ext4_check_counts(const struct ext4_reader *r, struct ext4_facts *ret, struct error *err)
{
	const uint8_t *sb = r->super;
	uint64_t blocks = blocks_of(sb, SB_FREE_BLOCKS, SB_FREE_BLOCKS_HIGH), inodes = 0;
	uint64_t free_blocks = r->n_blocks - r->first_block - r->n_in_use;

	for (uint32_t g = 0; g < r->n_groups; g++)
		inodes += r->groups[g].free_inodes; /* each compared with its bitmap */
	if (blocks != free_blocks || get_le32(sb + SB_FREE_INODES) != inodes)
		return err_set(err, ERR_FORMAT,
			       "%llu blocks and %llu inodes are free; the superblock says %llu "
			       "and %u",
			       (unsigned long long)free_blocks, (unsigned long long)inodes,
			       (unsigned long long)blocks, get_le32(sb + SB_FREE_INODES));
	*ret = (struct ext4_facts){ .size = r->n_blocks * r->block_size,
				    .blocks = r->n_blocks,
				    .free_blocks = free_blocks,
				    .inodes = r->n_inodes,
				    .free_inodes = (uint32_t)inodes,
				    .groups = r->n_groups,
				    .has_journal = r->journal != 0,
				    .is_clean = true,
				    .made = get_le32(sb + SB_MADE) |
					    (int64_t)sb[SB_MADE_HIGH] << 32,
				    .can_grow = r->reserved_gdt != 0 };
	memcpy(ret->hash_seed, sb + SB_HASH_SEED, sizeof(ret->hash_seed));
	memcpy(ret->uuid, sb + SB_UUID, sizeof(ret->uuid));
	memcpy(ret->label, sb + SB_LABEL, sizeof(ret->label) - 1);
	return 0;
}

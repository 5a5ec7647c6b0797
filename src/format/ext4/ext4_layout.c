#include "format/ext4/ext4_layout.h"

#include <assert.h>

#include "base/mem.h"

/*
 * Inodes. What is only read has as many as it needs. What will be written to has, as
 * mke2fs would give it, one for 16 KiB that are free, and 1024 at least. What will grow
 * has one for 16 KiB of its size, because new groups get as many as old ones.
 */
#define INODE_RATIO 16384u /* bytes */
#define SPARE_INODES 1024u
#define GROWING_GROUP (EXT4_GROUP_BLOCKS / (INODE_RATIO / EXT4_BLOCK_SIZE))
#define BLOCKS_MAX UINT32_MAX
#define JOURNAL_MIN 1024u /* blocks; what the kernel asks for */

/* The kernel keeps some free blocks for itself: 2 %, at most 4096. */
#define KERNEL_SHARE 50u
#define KERNEL_MAX 4096u

static uint64_t div_up(uint64_t n, uint64_t by)
{
	return n / by + (n % by != 0);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint32_t ext4_journal_blocks(uint64_t blocks)
{
	static const struct {
		uint64_t below; /* blocks */
		uint32_t journal;
	} table[] = { { 32768, JOURNAL_MIN }, { 262144, 4096 },	     { 524288, 8192 },
		      { 4194304, 16384 },     { 8388608, 32768 },    { 16777216, 65536 },
		      { 33554432, 131072 },   { UINT64_MAX, 262144 } };
	size_t i = 0;

	while (blocks >= table[i].below)
		i++;
	return table[i].journal;
}

static bool has_backup(uint32_t group)
{
	static const uint32_t bases[] = { 3, 5, 7 };

	if (group <= 1)
		return true;
	for (size_t i = 0; i < 3; i++) {
		uint64_t power = bases[i];

		while (power < group)
			power *= bases[i];
		if (power == group)
			return true;
	}
	return false;
}

static void set_backups(struct ext4_geometry *g)
{
	struct ext4_backups *b = &g->backups;

	b->n = 0;
	b->span = 1 + g->gdt_blocks + g->reserved_gdt_blocks;
	/* Even numbers aren't powers of odd ones. */
	for (uint32_t group = 1; group < g->groups; group += 2) {
		if (!has_backup(group))
			continue;
		assert(b->n < EXT4_BACKUPS_MAX);
		b->start[b->n++] = (uint64_t)group * EXT4_GROUP_BLOCKS;
	}
}

/* Room in the descriptor table for groups that growing will add. */
static uint32_t reserved_blocks(const struct ext4_plan *p, uint32_t gdt_blocks)
{
	uint64_t groups = div_up(p->options.grow_to, EXT4_BLOCK_SIZE * EXT4_GROUP_BLOCKS);
	uint64_t all = div_up(groups, EXT4_BLOCK_DESCRIPTORS);

	if (!p->options.grow_to)
		return 0;
	/* One at least: a table without reserve would be turned into another kind of table. */
	return (uint32_t)min_u64(all > gdt_blocks ? all - gdt_blocks : 1, EXT4_RESERVED_GDT_MAX);
}

static void set_size(struct ext4_plan *p, uint64_t blocks)
{
	struct ext4_geometry *g = &p->geometry;

	g->blocks = blocks;
	g->groups = (uint32_t)div_up(blocks, EXT4_GROUP_BLOCKS);
	g->gdt_blocks = (uint32_t)div_up(g->groups, EXT4_BLOCK_DESCRIPTORS);
	g->reserved_gdt_blocks = reserved_blocks(p, g->gdt_blocks);
	g->journal_blocks = p->options.journal ? ext4_journal_blocks(blocks) : 0;
	set_backups(g);
}

static void set_inodes(struct ext4_geometry *g, uint64_t wanted, uint64_t least_per_group)
{
	uint64_t n = max_u64(div_up(wanted, g->groups), least_per_group);

	n = div_up(n, EXT4_BLOCK_INODES) * EXT4_BLOCK_INODES;
	g->inodes_per_group = (uint32_t)min_u64(n, EXT4_GROUP_INODES_MAX);
	g->table_blocks = g->inodes_per_group / EXT4_BLOCK_INODES;
}

/* The next block that is in no backup. */
static uint32_t take_block(struct ext4_geometry *g)
{
	uint64_t block = ext4_backups_skip(&g->backups, g->end);

	g->end = block + 1;
	return (uint32_t)min_u64(block, BLOCKS_MAX);
}

/* @n blocks in one piece: what does not fit before a backup leaves a gap there. */
static uint32_t take_piece(struct ext4_geometry *g, uint32_t n)
{
	uint64_t start = ext4_backups_skip(&g->backups, g->end);
	uint64_t next = ext4_backups_next(&g->backups, start);

	if (next - start < n) {
		g->gaps[g->n_gaps++] = (struct ext4_gap){ start, next - start };
		start = ext4_backups_skip(&g->backups, next);
	}
	g->end = start + n;
	return (uint32_t)min_u64(start, BLOCKS_MAX);
}

/* @n blocks around backups. *ret_runs: in how many pieces. */
static uint32_t take_blocks(struct ext4_geometry *g, uint64_t n, uint32_t *ret_runs)
{
	struct ext4_runs runs = { .backups = &g->backups, .next = g->end, .left = n };
	uint64_t start = ext4_backups_skip(&g->backups, g->end);
	struct ext4_run run;

	*ret_runs = 0;
	while (ext4_runs_next(&runs, &run))
		++*ret_runs;
	g->end = runs.next;
	return (uint32_t)min_u64(start, BLOCKS_MAX);
}

static void place_inode(struct ext4_plan *p, uint32_t number)
{
	struct ext4_geometry *g = &p->geometry;
	struct ext4_place *place = &p->places[number - 1];
	struct ext4_extent_tree tree;
	uint32_t runs;

	if (place->xattrs)
		place->xattrs = take_block(g);
	place->start = place->extents = 0;
	if (!place->n)
		return;
	place->start = take_blocks(g, place->n, &runs);
	tree = ext4_extent_tree(runs);
	for (uint32_t i = 0; i < tree.indexes + tree.leaves; i++) {
		uint32_t block = take_block(g);

		if (i == 0)
			place->extents = block;
	}
}

static void place_groups(struct ext4_plan *p)
{
	struct ext4_geometry *g = &p->geometry;

	if (g->groups > p->groups_capacity) {
		p->groups_capacity = g->groups;
		p->block_bitmaps = mem_resize(p->block_bitmaps, g->groups, sizeof(uint32_t));
		p->inode_bitmaps = mem_resize(p->inode_bitmaps, g->groups, sizeof(uint32_t));
		p->inode_tables = mem_resize(p->inode_tables, g->groups, sizeof(uint32_t));
	}
	for (uint32_t i = 0; i < g->groups; i++)
		p->block_bitmaps[i] = take_block(g);
	for (uint32_t i = 0; i < g->groups; i++)
		p->inode_bitmaps[i] = take_block(g);
	for (uint32_t i = 0; i < g->groups; i++)
		p->inode_tables[i] = take_piece(g, g->table_blocks);
}

static void place_everything(struct ext4_plan *p)
{
	struct ext4_geometry *g = &p->geometry;

	g->end = g->backups.span; /* group 0's own */
	g->n_gaps = 0;
	place_groups(p);
	p->resize_block = g->reserved_gdt_blocks ? take_block(g) : 0;
	for (uint32_t i = EXT4_ROOT_INODE; i <= p->n_used; i++)
		if (ext4_is_folder(p, i))
			place_inode(p, i);
	p->places[EXT4_JOURNAL_INODE - 1].n = g->journal_blocks;
	place_inode(p, EXT4_JOURNAL_INODE);
	for (uint32_t i = EXT4_LOST_FOUND_INODE; i <= p->n_used; i++)
		if (!ext4_is_folder(p, i))
			place_inode(p, i);
}

/* The last group holds its own backup whole, if it has one. */
static uint64_t end_of_last_backup(const struct ext4_geometry *g)
{
	const struct ext4_backups *b = &g->backups;

	return b->n ? b->start[b->n - 1] + b->span : 0;
}

/* Behind @free more blocks. */
static uint64_t end_with_free(const struct ext4_geometry *g, uint64_t free)
{
	struct ext4_runs runs = { .backups = &g->backups, .next = g->end, .left = free };
	struct ext4_run run;

	while (ext4_runs_next(&runs, &run))
		;
	return max_u64(runs.next, end_of_last_backup(g));
}

static bool is_written_to(const struct ext4_options *o)
{
	return o->journal || o->free || o->grow_to;
}

static int does_not_fit(const struct ext4_plan *p, uint64_t needed, uint64_t has, struct error *err)
{
	return err_set(err, ERR_LIMIT,
		       "the tree does not fit: it needs %llu blocks of %u bytes and %u inodes, "
		       "the file system has %llu blocks and at most %llu inodes",
		       (unsigned long long)needed, EXT4_BLOCK_SIZE, p->n_used,
		       (unsigned long long)has,
		       (unsigned long long)div_up(has, EXT4_GROUP_BLOCKS) * EXT4_GROUP_INODES_MAX);
}

/*
 * The size is asked for by its own result: more blocks are more groups with more bitmaps
 * and tables. From below, each answer is the next question, until it does not grow.
 */
static int lay_out_smallest(struct ext4_plan *p, struct error *err)
{
	const struct ext4_options *o = &p->options;
	struct ext4_geometry *g = &p->geometry;
	uint64_t spare = max_u64(o->free / INODE_RATIO, is_written_to(o) ? SPARE_INODES : 0);
	uint64_t wanted = p->n_used + spare;
	/* As many groups as inodes ask for, the last one a stub. */
	uint64_t need = (div_up(wanted, EXT4_GROUP_INODES_MAX) - 1) * EXT4_GROUP_BLOCKS + 1;

	do {
		uint64_t free = div_up(o->free, EXT4_BLOCK_SIZE);

		if (need > BLOCKS_MAX)
			return does_not_fit(p, need, BLOCKS_MAX, err);
		set_size(p, need);
		set_inodes(g, wanted, o->grow_to ? GROWING_GROUP : 0);
		place_everything(p);
		if (free)
			free += min_u64(need / KERNEL_SHARE, KERNEL_MAX);
		need = end_with_free(g, free);
	} while (need > g->blocks);
	return 0;
}

static uint64_t content_blocks(const struct ext4_plan *p)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->n_used; i++)
		if (i + 1 != EXT4_JOURNAL_INODE)
			n += p->places[i].n;
	return n;
}

static bool fits(struct ext4_plan *p, uint64_t inodes_per_group)
{
	struct ext4_geometry *g = &p->geometry;

	set_inodes(g, 0, inodes_per_group);
	place_everything(p);
	return max_u64(g->end, end_of_last_backup(g)) <= g->blocks;
}

/* @fewest fit, @most do not: the most that do. */
static void search_inodes(struct ext4_plan *p, uint64_t fewest, uint64_t most)
{
	while (most - fewest > EXT4_BLOCK_INODES) {
		uint64_t middle = (fewest + most) / 2 / EXT4_BLOCK_INODES * EXT4_BLOCK_INODES;

		if (fits(p, middle))
			fewest = middle;
		else
			most = middle;
	}
	if (!fits(p, fewest))
		assert(false);
}

/*
 * As many inodes as the rule gives, or as many as fit; a journal as the rule gives, or the
 * half of it, and so on, down to the smallest.
 */
static bool lay_out_into(struct ext4_plan *p, uint64_t blocks)
{
	struct ext4_geometry *g = &p->geometry;
	uint64_t content = content_blocks(p), left, fewest, most;

	set_size(p, blocks);
	if (p->n_used > (uint64_t)EXT4_GROUP_INODES_MAX * g->groups)
		return false;
	content += g->journal_blocks;
	left = blocks > content ? blocks - content : 0;
	set_inodes(g, p->n_used + left / (INODE_RATIO / EXT4_BLOCK_SIZE),
		   p->options.grow_to ? GROWING_GROUP : 0);
	most = g->inodes_per_group;
	if (fits(p, most))
		return true;
	set_inodes(g, p->n_used, 0);
	fewest = g->inodes_per_group;
	while (!fits(p, fewest)) {
		if (g->journal_blocks <= JOURNAL_MIN)
			return false;
		g->journal_blocks /= 2;
	}
	search_inodes(p, fewest, most);
	return true;
}

/* A last group that can't hold what it costs is left out. */
static int lay_out_fixed(struct ext4_plan *p, struct error *err)
{
	uint64_t blocks = min_u64(p->options.size / EXT4_BLOCK_SIZE, BLOCKS_MAX);
	uint64_t whole = blocks / EXT4_GROUP_BLOCKS * EXT4_GROUP_BLOCKS, needed;

	if (lay_out_into(p, blocks))
		return 0;
	needed = max_u64(p->geometry.end, content_blocks(p));
	if (whole && whole < blocks && lay_out_into(p, whole))
		return 0;
	return does_not_fit(p, needed, blocks, err);
}

int ext4_lay_out(struct ext4_plan *p, struct error *err)
{
	return p->options.size ? lay_out_fixed(p, err) : lay_out_smallest(p, err);
}

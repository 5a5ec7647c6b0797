/*
 * Every inode and block gets its place without a look at any content, unless it is to be
 * compressed: sizes decide.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/erofs/erofs_private.h"

#define SUPERBLOCK_END (1024u + 128u) /* bytes; a multiple of EROFS_SLOT_SIZE */

int erofs_placing(const struct node *node, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	tree_path(node, &path);
	return err_while(err, "placing '/%s'", buf_cstr(&path));
}

/* The inodes that are files, or all others: in canonical order of their first names. */
static int collect(struct erofs_plan *p, bool files, struct error *err)
{
	struct tree_iter it = tree_iter(p->tree, tree_root(p->tree));

	for (struct node *n; (n = tree_next(&it));) {
		struct erofs_item *item = &p->items[p->n_items];

		if ((n->inode->kind == NODE_FILE) != files ||
		    p->item_of[n->inode->serial] != UINT32_MAX)
			continue;
		if (erofs_inode_measure(n, &p->options, item, err) < 0)
			return erofs_placing(n, err);
		p->item_of[n->inode->serial] = p->n_items++;
	}
	return 0;
}

static void place_data(struct erofs_plan *p, const struct erofs_group *g)
{
	uint64_t block = g->data_block;

	for (uint32_t i = g->first_item; i < g->first_item + g->n_items; i++) {
		uint64_t n = erofs_data_blocks(&p->items[i]);

		p->items[i].first_block = n ? (uint32_t)block : 0;
		block += n;
	}
}

static uint64_t data_blocks(const struct erofs_plan *p, const struct erofs_group *g)
{
	uint64_t n = 0;

	for (uint32_t i = g->first_item; i < g->first_item + g->n_items; i++)
		n += erofs_data_blocks(&p->items[i]);
	return n;
}

/* Block numbers have 32 bits, and the last one is the mark for "nowhere". */
static int place_group(struct erofs_plan *p, struct erofs_group *g, bool files, struct error *err)
{
	uint64_t n = data_blocks(p, g);

	g->meta_block = p->blocks + (files ? n : 0);
	g->data_block = p->blocks + (files ? 0 : g->meta_blocks);
	p->blocks += n + g->meta_blocks;
	if (p->blocks >= UINT32_MAX)
		return err_set(err, ERR_LIMIT,
			       "the file system would have %llu blocks or more, EROFS has up to %u",
			       (unsigned long long)p->blocks, UINT32_MAX - 1);
	place_data(p, g);
	for (uint32_t i = g->first_item; i < g->first_item + g->n_items; i++)
		p->items[i].nid += g->meta_block * EROFS_SLOTS;
	return 0;
}

/* As many items from @first on as the metadata of one group holds. */
static struct erofs_group fill_group(struct erofs_plan *p, uint32_t first)
{
	struct erofs_group g = { .first_item = first };
	struct erofs_space space = { .n = 0 };
	uint64_t offset;

	if (first == 0)
		space.used[space.n++] = SUPERBLOCK_END;
	for (uint32_t i = first; i < p->n_items; i++) {
		struct erofs_item *item = &p->items[i];

		if (!erofs_space_take(&space, erofs_meta_size(item), &offset))
			break;
		item->nid = offset / EROFS_SLOT_SIZE;
		g.n_items++;
	}
	assert(g.n_items > 0);
	g.meta_blocks = space.n;
	return g;
}

/* From the item after those that have a place to the last one there is. */
static int place(struct erofs_plan *p, uint32_t first, bool files, struct error *err)
{
	while (first < p->n_items) {
		struct erofs_group g = fill_group(p, first);

		if (place_group(p, &g, files, err) < 0)
			return -1;
		MEM_GROW(p->groups, p->n_groups, p->group_capacity);
		p->groups[p->n_groups++] = g;
		first += g.n_items;
	}
	return 0;
}

static int plan(struct erofs_plan *p, struct error *err)
{
	uint32_t n_head;

	if (collect(p, false, err) < 0 || place(p, 0, false, err) < 0)
		return -1;
	p->n_head_groups = p->n_groups;
	n_head = p->n_items;
	if (collect(p, true, err) < 0)
		return -1;
	if (p->options.compression == EROFS_LZ4 && erofs_clusters_measure(p, n_head, err) < 0)
		return -1;
	return place(p, n_head, true, err);
}

int erofs_plan(const struct tree *t, const struct erofs_options *o, struct erofs_plan **ret,
	       struct error *err)
{
	CLEANUP_EROFS_PLAN struct erofs_plan *p = mem_alloc(sizeof(*p));
	uint32_t n = tree_inode_count(t);

	assert(o->epoch >= 0 && o->folder_mtime >= 0);
	if (o->label.len > sizeof(p->label))
		return err_set(err, ERR_LIMIT, "a label of %zu bytes, EROFS holds %zu",
			       o->label.len, sizeof(p->label));
	p->tree = t;
	p->options = *o;
	if (o->label.len)
		memcpy(p->label, o->label.ptr, o->label.len);
	p->options.label = (struct str){ p->label, o->label.len };
	p->items = mem_array(n, sizeof(*p->items));
	p->item_of = mem_array(n, sizeof(*p->item_of));
	memset(p->item_of, 0xff, n * sizeof(*p->item_of));
	if (plan(p, err) < 0)
		return -1;
	*ret = TAKE_PTR(p);
	return 0;
}

void erofs_plan_free(struct erofs_plan *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->n_items; i++)
		erofs_kept_free(p->items[i].kept);
	free(p->item_of);
	free(p->items);
	free(p->groups);
	free(p);
}

uint64_t erofs_size(const struct erofs_plan *p)
{
	return p->blocks * EROFS_BLOCK_SIZE;
}

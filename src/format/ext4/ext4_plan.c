#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "format/ext4/ext4_encode.h"

#define FAST_LINK_MAX 60u		   /* bytes, with the NUL behind */
#define LINK_MAX_SIZE 4095u		   /* bytes; PATH_MAX without the NUL */
#define TIME_MAX ((3LL << 32) + INT32_MAX) /* seconds: May 2446 */
#define MAJOR_MAX 4095u
#define MINOR_MAX 1048575u
#define LOST_FOUND STR("lost+found")

static int check_file(const struct inode *i, struct error *err)
{
	uint64_t max = (uint64_t)UINT32_MAX * EXT4_BLOCK_SIZE;

	if (i->content.size > max)
		return err_set(err, ERR_LIMIT, "%llu bytes, a file on ext4 has at most %llu",
			       (unsigned long long)i->content.size, (unsigned long long)max);
	return 0;
}

static int check_link(const struct inode *i, struct error *err)
{
	if (i->target.len == 0)
		return err_set(err, ERR_UNSUPPORTED, "a symbolic link without a target");
	if (i->target.len > LINK_MAX_SIZE)
		return err_set(
			err, ERR_UNSUPPORTED,
			"the target of a symbolic link has %zu bytes, at most %u are possible",
			i->target.len, LINK_MAX_SIZE);
	return 0;
}

static int check_inode(const struct inode *i, struct error *err)
{
	if (i->kind == NODE_FILE && check_file(i, err) < 0)
		return -1;
	if (i->kind == NODE_SYMLINK && check_link(i, err) < 0)
		return -1;
	if ((i->kind == NODE_CHAR || i->kind == NODE_BLOCK) &&
	    (i->major > MAJOR_MAX || i->minor > MINOR_MAX))
		return err_set(err, ERR_LIMIT, "no device is %u:%u, Linux has %u:%u at most",
			       i->major, i->minor, MAJOR_MAX, MINOR_MAX);
	if (i->kind != NODE_DIRECTORY && i->links > EXT4_LINKS_MAX)
		return err_set(err, ERR_LIMIT, "%u names, a file on ext4 has at most %u", i->links,
			       EXT4_LINKS_MAX);
	return 0;
}

static uint64_t blocks_of_content(const struct ext4_plan *p, uint32_t number)
{
	const struct inode *i = p->nodes[number - 1]->inode;

	switch (i->kind) {
	case NODE_DIRECTORY:
		return ext4_folder_blocks(p, number);
	case NODE_FILE:
		return i->content.size / EXT4_BLOCK_SIZE + (i->content.size % EXT4_BLOCK_SIZE != 0);
	case NODE_SYMLINK:
		return i->target.len >= FAST_LINK_MAX;
	default:
		return 0;
	}
}

static int take_node(struct ext4_plan *p, struct node *node, uint32_t number, struct error *err)
{
	struct ext4_place *place = &p->places[number - 1];
	bool xattrs;

	if (check_inode(node->inode, err) < 0 || ext4_check_xattrs(node->inode, &xattrs, err) < 0)
		return -1;
	p->nodes[number - 1] = node;
	p->numbers[node->inode->serial] = number;
	place->xattrs = xattrs;
	return 0;
}

static bool is_lost_found(const struct node *node)
{
	return node->parent && !node->parent->parent && str_equal(node->name, LOST_FOUND);
}

static int err_at_node(const struct node *node, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(2 * LIMIT_PATH_MAX + LIMIT_NAME_MAX);

	tree_path(node, &path);
	return err_while(err, "laying out '/%s'", buf_cstr(&path));
}

/* Numbers in canonical order; the tree's own folder lost+found has the usual one. */
static int number_inodes(struct ext4_plan *p, struct error *err)
{
	struct tree_iter it = tree_iter(p->tree, tree_root(p->tree));
	struct node *node;

	p->n_used = EXT4_LOST_FOUND_INODE;
	while ((node = tree_next(&it))) {
		uint32_t number;

		if (p->numbers[node->inode->serial])
			continue; /* another name of it came before */
		if (is_lost_found(node)) {
			if (node->inode->kind != NODE_DIRECTORY)
				return err_set(err, ERR_UNSUPPORTED,
					       "'/lost+found' must be a folder on ext4");
			number = EXT4_LOST_FOUND_INODE;
		} else {
			number = node->parent ? ++p->n_used : EXT4_ROOT_INODE;
		}
		if (take_node(p, node, number, err) < 0)
			return err_at_node(node, err);
	}
	return 0;
}

/* After all have numbers: whether there is a lost+found decides about the root's blocks. */
static void count_blocks(struct ext4_plan *p)
{
	for (uint32_t i = EXT4_ROOT_INODE; i <= p->n_used; i++)
		if (p->nodes[i - 1])
			p->places[i - 1].n = (uint32_t)blocks_of_content(p, i);
	if (!p->nodes[EXT4_LOST_FOUND_INODE - 1])
		p->places[EXT4_LOST_FOUND_INODE - 1].n =
			ext4_folder_blocks(p, EXT4_LOST_FOUND_INODE);
}

static int check_options(const struct ext4_options *o, struct error *err)
{
	if (o->label.len > sizeof(((struct ext4_plan *)0)->label))
		return err_set(err, ERR_LIMIT, "the label '" STR_FMT "' has more than 16 bytes",
			       STR_ARG(o->label));
	if (o->epoch < 0 || o->epoch > TIME_MAX || o->folder_mtime < 0 ||
	    o->folder_mtime > TIME_MAX)
		return err_set(err, ERR_LIMIT, "ext4 has times from 1970 to 2446 only");
	if (o->size && o->size < EXT4_BLOCK_SIZE)
		return err_set(err, ERR_LIMIT, "a file system of %llu bytes is less than a block",
			       (unsigned long long)o->size);
	return 0;
}

int ext4_plan(const struct tree *t, const struct ext4_options *o, struct ext4_plan **ret,
	      struct error *err)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *p = NULL;
	uint32_t n = EXT4_LOST_FOUND_INODE + tree_node_count(t);

	if (check_options(o, err) < 0)
		return -1;
	p = mem_alloc(sizeof(*p));
	p->tree = t;
	p->options = *o;
	if (o->label.len)
		memcpy(p->label, o->label.ptr, o->label.len);
	p->nodes = mem_array(n, sizeof(struct node *));
	p->places = mem_array(n, sizeof(*p->places));
	p->numbers = mem_array((size_t)tree_inode_count(t) + 1, sizeof(*p->numbers));
	if (number_inodes(p, err) < 0)
		return -1;
	count_blocks(p);
	if (ext4_lay_out(p, err) < 0)
		return -1;
	*ret = TAKE_PTR(p);
	return 0;
}

void ext4_plan_free(struct ext4_plan *p)
{
	if (!p)
		return;
	free(p->nodes);
	free(p->places);
	free(p->numbers);
	free(p->block_bitmaps);
	free(p->inode_bitmaps);
	free(p->inode_tables);
	free(p);
}

struct ext4_numbers ext4_numbers(const struct ext4_plan *p)
{
	const struct ext4_geometry *g = &p->geometry;
	struct ext4_counts all = ext4_count_all(p);

	return (struct ext4_numbers){
		.size = p->options.size ? p->options.size : g->blocks * EXT4_BLOCK_SIZE,
		.blocks = g->blocks,
		.free_blocks = all.free_blocks,
		.journal_blocks = g->journal_blocks,
		.inodes = g->groups * g->inodes_per_group,
		.free_inodes = all.free_inodes,
		.groups = g->groups,
	};
}

#include "format/ext4/ext4_read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/ext4/ext4_read_private.h"

#define NODES_MAX 6 /* depths of a tree of extents */

static void release(struct ext4_reader *r)
{
	arena_release(&r->arena);
	strtab_release(&r->shared_numbers);
	free(r->in_use);
	free(r->block);
	free(r->extent_nodes);
	free(r->runs);
	free(r->shared);
	tree_free(r->tree);
}

/* By number of inode, which is near the order in which they lie. */
static int read_contents(struct ext4_reader *r, struct block_files *files, struct error *err)
{
	for (uint32_t g = 0; g < r->n_groups; g++)
		for (uint32_t i = 0; i < r->groups[g].n_items; i++) {
			struct ext4_item *item = r->groups[g].items[i];
			struct content content;

			if (!item || item->special || item->attributes.kind != NODE_FILE)
				continue;
			if (block_files_add(files, item->runs, item->n_runs, &content, err) < 0)
				return err_while(err, "reading inode %u", item->number);
			tree_set_content(item->node, &content, 0);
		}
	return 0;
}

static int read_all(struct ext4_reader *r, struct block_files *files, struct ext4_facts *facts,
		    struct error *err)
{
	if (ext4_read_super(r, err) < 0)
		return -1;
	r->block = mem_alloc(r->block_size);
	r->extent_nodes = mem_array(NODES_MAX, r->block_size);
	r->tree = tree_new();
	if (ext4_read_groups(r, err) < 0 || ext4_check_backups(r, err) < 0 ||
	    ext4_use_groups(r, err) < 0 || ext4_read_inodes(r, err) < 0 ||
	    ext4_check_shared(r, err) < 0 || ext4_check_special(r, err) < 0 ||
	    ext4_read_folders(r, err) < 0 || ext4_check_blocks(r, err) < 0 ||
	    ext4_check_counts(r, facts, err) < 0)
		return -1;
	return read_contents(r, files, err);
}

int ext4_read(const struct window *in, struct block_files *files, struct ext4_facts *ret_facts,
	      struct tree **ret_tree, struct error *err)
{
	struct ext4_reader r = { .in = in };
	struct ext4_facts facts = { 0 };
	int status = read_all(&r, files, &facts, err);

	if (status == 0) {
		*ret_facts = facts;
		*ret_tree = r.tree;
		r.tree = NULL;
	} else {
		err_while(err, "reading the ext4 file system in '%s'", in->name);
	}
	release(&r);
	return status;
}

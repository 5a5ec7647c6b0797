/*
 * A folder's content: blocks of 12-byte entries and then the names, each block as full as
 * it gets. Names are in one order over all blocks, by their bytes, "." and ".." among
 * them; the kernel searches in it by halves.
 */
#include "base/endian.h"
#include "format/erofs/erofs_private.h"

#define ENTRY_SIZE 12u /* erofs_dirent: nid, offset of the name, type */

struct entry {
	struct str name;
	const struct node *node;
};

struct erofs_names erofs_names(const struct node *folder)
{
	struct erofs_names names = { .folder = folder };

	names.n = tree_children(folder, &names.children);
	return names;
}

/* A name below "." is possible ("+x"), and one between "." and ".." as well (".+x"). */
static bool next_entry(struct erofs_names *names, struct entry *ret)
{
	const struct node *child = names->next < names->n ? names->children[names->next] : NULL;
	const struct node *folder = names->folder;
	struct str dots = names->dots ? STR("..") : STR(".");

	if (names->dots < 2 && (!child || str_compare(dots, child->name) < 0)) {
		ret->name = dots;
		ret->node = names->dots && folder->parent ? folder->parent : folder;
		names->dots++;
		return true;
	}
	if (!child)
		return false;
	ret->name = child->name;
	ret->node = child;
	names->next++;
	return true;
}

/* How many entries the next block has; *ret_used is what they take of it. */
static uint32_t fill(struct erofs_names *names, uint32_t *ret_used)
{
	uint32_t n = 0, used = 0;
	struct erofs_names before = *names;
	struct entry e;

	while (next_entry(names, &e) && ENTRY_SIZE + e.name.len <= EROFS_BLOCK_SIZE - used) {
		used += ENTRY_SIZE + (uint32_t)e.name.len;
		before = *names;
		n++;
	}
	*names = before;
	*ret_used = used;
	return n;
}

uint32_t erofs_names_skip(struct erofs_names *names)
{
	uint32_t used;

	fill(names, &used);
	return used;
}

uint32_t erofs_names_encode(struct erofs_names *names, const struct erofs_plan *p,
			    uint8_t to[static EROFS_BLOCK_SIZE])
{
	struct erofs_names at = *names;
	uint32_t used, n = fill(names, &used), name_at = n * ENTRY_SIZE;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *d = to + i * ENTRY_SIZE;
		struct entry e = { { NULL, 0 }, NULL };

		next_entry(&at, &e);
		put_le64(d, p->items[p->item_of[e.node->inode->serial]].nid);
		put_le16(d + 8, (uint16_t)name_at);
		d[10] = erofs_file_type(e.node->inode->kind);
		d[11] = 0;
		memcpy(to + name_at, e.name.ptr, e.name.len);
		name_at += (uint32_t)e.name.len;
	}
	memset(to + used, 0, EROFS_BLOCK_SIZE - used);
	return used;
}

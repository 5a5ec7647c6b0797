#include "tree/tree.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "tree/tree_private.h"

static struct str copy_name(struct tree *t, struct str name)
{
	char *to;

	assert(name.len <= LIMIT_NAME_MAX);
	if (t->names_left <= name.len) {
		t->names = arena_alloc(&t->arena, NAME_PIECE);
		t->names_left = NAME_PIECE;
	}
	to = t->names;
	if (name.len)
		memcpy(to, name.ptr, name.len);
	t->names += name.len + 1; /* a NUL follows */
	t->names_left -= name.len + 1;
	return (struct str){ to, name.len };
}

static struct node *new_node(struct tree *t, struct node *parent, struct str name)
{
	uint32_t chunk = t->n_serials / CHUNK_NODES;
	struct node *node;

	assert(t->n_serials < UINT32_MAX - 1);
	if (t->n_serials % CHUNK_NODES == 0) {
		MEM_GROW(t->chunks, chunk, t->chunk_capacity);
		t->chunks[chunk] = arena_array(&t->arena, CHUNK_NODES, sizeof(struct node));
	}
	node = node_at(t, t->n_serials);
	node->serial = t->n_serials++;
	node->parent = parent;
	node->name = copy_name(t, name);
	return node;
}

static struct inode *new_inode(struct tree *t)
{
	struct inode *inode;

	if (!t->inodes_left) {
		t->inodes = arena_array(&t->arena, CHUNK_NODES, sizeof(struct inode));
		t->inodes_left = CHUNK_NODES;
	}
	inode = t->inodes++;
	t->inodes_left--;
	inode->serial = t->n_inodes++;
	return inode;
}

static void set_attributes(struct tree *t, struct inode *inode, const struct inode *from,
			   cause_id cause)
{
	uint32_t serial = inode->serial, links = inode->links;
	struct xattr *xattrs = from->xattrs;

	assert(from->mode <= 07777);
	assert(from->kind >= NODE_DIRECTORY && from->kind <= NODE_BLOCK);
	*inode = *from;
	inode->serial = serial;
	inode->links = links;
	inode_set_xattrs(t, inode, xattrs, from->n_xattrs);
	if (from->kind == NODE_SYMLINK)
		inode->target = arena_str(&t->arena, from->target);
	else
		inode->target = (struct str){ "", 0 };
	if (from->kind != NODE_FILE)
		inode->content = (struct content){ 0 };
	else if (!from->content.size)
		inode->content = content_empty;
	for (int i = 0; i < CAUSE_OF_COUNT; i++)
		inode->cause[i] = cause;
}

struct tree *tree_new(void)
{
	const struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0755 };
	struct tree *t = mem_alloc(sizeof(*t));

	causes_init(t);
	t->root = new_node(t, NULL, STR(""));
	t->root->inode = new_inode(t);
	t->root->inode->links = 1;
	set_attributes(t, t->root->inode, &folder, 0);
	t->n_living = 1;
	return t;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	children_release(t);
	causes_release(t);
	index_release(t);
	free(t->chunks);
	arena_release(&t->arena);
	free(t);
}

struct node *tree_root(const struct tree *t)
{
	return t->root;
}

struct arena *tree_arena(struct tree *t)
{
	return &t->arena;
}

uint32_t tree_node_count(const struct tree *t)
{
	return t->n_living;
}

uint32_t tree_serial_count(const struct tree *t)
{
	return t->n_serials;
}

uint32_t tree_inode_count(const struct tree *t)
{
	return t->n_inodes;
}

bool tree_is_name(struct str name)
{
	if (!name.len || name.len > LIMIT_NAME_MAX)
		return false;
	if (name.ptr[0] == '.' && (name.len == 1 || (name.len == 2 && name.ptr[1] == '.')))
		return false;
	return !memchr(name.ptr, '/', name.len) && !memchr(name.ptr, 0, name.len);
}

struct node *tree_child(const struct tree *t, const struct node *dir, struct str name)
{
	struct node *node = index_find(t, dir->serial, name);

	assert(dir->inode->kind == NODE_DIRECTORY);
	return node && !node->removed ? node : NULL;
}

static struct node *find(const struct tree *t, struct str path, bool removed_too)
{
	struct node *node = t->root;
	struct str name;

	while (tree_path_next(&path, &name)) {
		node = index_find(t, node->serial, name);
		if (!node || (node->removed && !removed_too))
			return NULL;
	}
	return node;
}

struct node *tree_find(const struct tree *t, struct str path)
{
	return find(t, path, false);
}

struct node *tree_find_removed(const struct tree *t, struct str path)
{
	return find(t, path, true);
}

void tree_path(const struct node *node, struct buf *buf)
{
	size_t len = 0;
	uint8_t *end;

	if (!node->parent)
		return;
	for (const struct node *n = node; n->parent; n = n->parent)
		len += n->name.len + 1;
	len--; /* no slash in front */
	end = buf_reserve(buf, len) + len;
	*end = 0;
	for (const struct node *n = node; n->parent; n = n->parent) {
		end -= n->name.len;
		memcpy(end, n->name.ptr, n->name.len);
		if (n->parent->parent)
			*--end = '/';
	}
	buf->len += len;
}

static bool is_empty(const struct node *node)
{
	if (node->inode->kind != NODE_DIRECTORY || !node->children)
		return true;
	children_settle(node->children);
	return node->children->n == 0;
}

/* The node of that name, living and without an inode: the caller gives one. */
static struct node *vacate(struct tree *t, struct node *dir, struct str name, cause_id cause)
{
	struct node *node = index_find(t, dir->serial, name);

	assert(dir->inode->kind == NODE_DIRECTORY && !dir->removed);
	if (node && !node->removed) {
		assert(is_empty(node));
		node->inode->links--;
		node->inode = NULL;
		return node;
	}
	if (!node) {
		assert(tree_is_name(name));
		node = new_node(t, dir, name);
		index_put(t, node);
	}
	node->removed = false;
	node->inode = NULL;
	node->cause = cause;
	t->n_living++;
	children_add(t, dir, node);
	return node;
}

struct node *tree_put(struct tree *t, struct node *dir, struct str name,
		      const struct inode *attributes, cause_id cause)
{
	struct node *node = index_find(t, dir->serial, name);

	if (node && !node->removed && node->inode->kind == NODE_DIRECTORY &&
	    attributes->kind == NODE_DIRECTORY) {
		watch_attributes(node);
		set_attributes(t, node->inode, attributes, cause);
		return node;
	}
	watch_name(t, dir, name);
	node = vacate(t, dir, name, cause);
	node->inode = new_inode(t);
	node->inode->links = 1;
	set_attributes(t, node->inode, attributes, cause);
	return node;
}

struct node *tree_link(struct tree *t, struct node *dir, struct str name,
		       struct node *target, cause_id cause)
{
	struct inode *inode = target->inode;
	struct node *node;

	assert(!target->removed && inode->kind != NODE_DIRECTORY);
	watch_name(t, dir, name);
	inode->links++; /* first: the name may have held the last one */
	node = vacate(t, dir, name, cause);
	node->inode = inode;
	return node;
}

static void bury(struct tree *t, struct node *node, cause_id cause)
{
	node->removed = true;
	node->cause = cause;
	node->inode->links--;
	t->n_living--;
}

void tree_remove(struct tree *t, struct node *node, cause_id cause)
{
	assert(node->parent && !node->removed);
	watch_name(t, node->parent, node->name);
	watch_below(t, node);
	/* Lists are emptied from their ends: no stack, whatever the depth. */
	for (struct node *n = node;;) {
		struct node_children *c = n->children;

		if (c && c->n) {
			struct node *last = c->list[--c->n];

			last->listed = false;
			if (!last->removed)
				n = last;
			continue;
		}
		if (c)
			c->n_sorted = 0;
		bury(t, n, cause);
		if (n == node)
			break;
		n = n->parent;
	}
	if (node->listed)
		node->parent->children->has_removed = true;
}

static bool is_below(const struct node *node, const struct node *top)
{
	for (; node; node = node->parent)
		if (node == top)
			return true;
	return false;
}

struct node *tree_move(struct tree *t, struct node *node, struct node *dir, struct str name,
		       cause_id cause)
{
	struct node *old = index_find(t, dir->serial, name);
	struct node *left;

	assert(node->parent && !node->removed && !dir->removed);
	assert(dir->inode->kind == NODE_DIRECTORY && tree_is_name(name));
	assert(!is_below(dir, node));
	if (old == node)
		return node;
	watch_name(t, node->parent, node->name);
	watch_below(t, node);
	watch_name(t, dir, name);
	if (old && !old->removed) {
		assert(is_empty(old));
		bury(t, old, cause);
	}
	if (old && old->listed)
		children_drop(dir, old);

	/* What stays behind is a tombstone of its own. */
	left = new_node(t, node->parent, node->name);
	left->removed = true;
	left->cause = cause;
	left->inode = node->inode;
	index_put(t, left);

	children_drop(node->parent, node);
	node->parent = dir;
	node->name = copy_name(t, name);
	node->cause = cause;
	index_put(t, node);
	children_add(t, dir, node);
	watch_came(t, node);
	return node;
}

void tree_freeze(const struct tree *t)
{
	for (struct node_children *c = t->all_children; c; c = c->older)
		children_settle(c);
}

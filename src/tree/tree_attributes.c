#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "tree/tree_private.h"

/* SHA-256 of nothing: an empty file has it, whoever filled in the handle. */
const struct content content_empty = {
	.digest = { { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
		      0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
		      0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 } },
	.where = CONTENT_EMPTY,
};

struct content content_of_bytes(struct bytes data)
{
	if (!data.len)
		return content_empty;
	return (struct content){
		.digest = hash_bytes(data),
		.size = data.len,
		.where = CONTENT_MEMORY,
		.data = data.ptr,
	};
}

static int compare(const void *a, const void *b)
{
	const struct xattr *x = a, *y = b;

	return str_compare(x->name, y->name);
}

void inode_set_xattrs(struct tree *t, struct inode *inode, const struct xattr *xattrs,
		      uint32_t n)
{
	inode->xattrs = NULL;
	inode->n_xattrs = n;
	if (!n)
		return;
	inode->xattrs = arena_array(&t->arena, n, sizeof(*inode->xattrs));
	for (uint32_t i = 0; i < n; i++) {
		inode->xattrs[i].name = arena_str(&t->arena, xattrs[i].name);
		inode->xattrs[i].value = arena_bytes(&t->arena, xattrs[i].value);
	}
	qsort(inode->xattrs, n, sizeof(*inode->xattrs), compare);
	for (uint32_t i = 1; i < n; i++)
		assert(compare(&inode->xattrs[i - 1], &inode->xattrs[i]) != 0);
}

void tree_set_xattr(struct tree *t, struct node *node, struct str name, struct bytes value,
		    cause_id cause)
{
	struct inode *inode = node->inode;
	struct xattr all[LIMIT_XATTRS + 1];
	uint32_t n = 0;

	assert(name.len && inode->n_xattrs <= LIMIT_XATTRS);
	watch_attributes(node);
	for (uint32_t i = 0; i < inode->n_xattrs; i++)
		if (!str_equal(inode->xattrs[i].name, name))
			all[n++] = inode->xattrs[i];
	if (value.ptr)
		all[n++] = (struct xattr){ name, value };
	assert(n <= LIMIT_XATTRS);
	inode_set_xattrs(t, inode, all, n);
	inode->cause[CAUSE_XATTRS] = cause;
}

void tree_set_mode(struct node *node, uint16_t mode, cause_id cause)
{
	assert(mode <= 07777);
	watch_attributes(node);
	node->inode->mode = mode;
	node->inode->cause[CAUSE_OWNER] = cause;
}

void tree_set_owner(struct node *node, uint32_t uid, uint32_t gid, cause_id cause)
{
	watch_attributes(node);
	node->inode->uid = uid;
	node->inode->gid = gid;
	node->inode->cause[CAUSE_OWNER] = cause;
}

void tree_set_content(struct node *node, const struct content *content, cause_id cause)
{
	assert(node->inode->kind == NODE_FILE);
	watch_attributes(node);
	node->inode->content = content->size ? *content : content_empty;
	node->inode->cause[CAUSE_CONTENT] = cause;
}

void tree_set_mtime(struct node *node, int64_t mtime)
{
	watch_attributes(node);
	node->inode->mtime = mtime;
}

void tree_set_causes(struct node *node, cause_id existence,
		     const cause_id inode[CAUSE_OF_COUNT])
{
	node->cause = existence;
	memcpy(node->inode->cause, inode, sizeof(node->inode->cause));
}

enum node_kind node_kind_of_mode(uint32_t mode)
{
	switch (mode >> 12) {
	case 001:
		return NODE_FIFO;
	case 002:
		return NODE_CHAR;
	case 004:
		return NODE_DIRECTORY;
	case 006:
		return NODE_BLOCK;
	case 010:
		return NODE_FILE;
	case 012:
		return NODE_SYMLINK;
	default:
		return 0;
	}
}

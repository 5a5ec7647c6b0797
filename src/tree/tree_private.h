#pragma once

/*
 * tree/tree_private.h - what the files of tree/ share, and nobody else sees.
 *
 * Nodes and inodes lie in small arrays ("chunks") in the arena, so that a node
 * is found by its serial; names lie without alignment in pieces of their own.
 * One hash table finds (folder, name) for living nodes and tombstones alike; a
 * name never leaves it, so it knows no deletion.
 */

#include "base/strtab.h"
#include "tree/tree.h"

#define CHUNK_NODES 32u        /* small: what an arena block can't hold is lost */
#define NAME_PIECE  4096u      /* bytes */

struct index_slot {
	uint32_t serial_1; /* serial + 1; 0: free */
	uint32_t tag;      /* upper half of the hash: spares a look at most nodes */
};

struct tree {
	struct arena arena;
	struct node *root;
	struct node **chunks; /* heap; chunks[serial / CHUNK_NODES] */
	uint32_t n_serials, n_living, n_inodes;
	uint32_t chunk_capacity;
	struct inode *inodes; /* rest of the newest chunk of inodes */
	uint32_t inodes_left;
	char *names;          /* rest of the newest piece of names */
	size_t names_left;

	struct index_slot *slots; /* heap */
	uint32_t slot_mask, n_slots_used;

	struct node_children *all_children; /* every list ever made, to free them */

	const struct tree_watch *watch; /* NULL: nobody */

	struct strtab cause_ids;
	struct cause *causes; /* heap */
	uint32_t n_causes, cause_capacity;
};

/* The names in one folder: sorted when somebody looks, not when one is added. */
struct node_children {
	struct node **list;   /* heap */
	uint32_t n, capacity;
	uint32_t n_sorted;    /* this many at the start are in order */
	bool has_removed;     /* some of them are tombstones by now */
	struct tree *tree;
	struct node_children *older;
};

static inline struct node *node_at(const struct tree *t, uint32_t serial)
{
	return &t->chunks[serial / CHUNK_NODES][serial % CHUNK_NODES];
}

/* tree_index.c: finds tombstones too. */
void index_release(struct tree *t);
struct node *index_find(const struct tree *t, uint32_t folder, struct str name);
/* @node takes the place of whatever has its parent and name. */
void index_put(struct tree *t, struct node *node);

/* tree_children.c */
void children_release(struct tree *t);
void children_make(struct tree *t, struct node *dir); /* an empty list, if there is none */
void children_add(struct tree *t, struct node *dir, struct node *node);
void children_drop(struct node *dir, struct node *node); /* at once, not lazily */
void children_settle(struct node_children *c); /* in order, no tombstones */

/* tree_cause.c */
void causes_init(struct tree *t);
void causes_release(struct tree *t);

/* tree_watch.c: each does nothing without a watch. */
void watch_name(struct tree *t, struct node *dir, struct str name);
void watch_below(struct tree *t, struct node *top); /* names below it, before they go */
void watch_came(struct tree *t, struct node *top);  /* names below it, after a move */
void watch_attributes(struct node *node);

/* tree_attributes.c: sorted copies in the arena. */
void inode_set_xattrs(struct tree *t, struct inode *inode, const struct xattr *xattrs,
		      uint32_t n);

/* tree_resolve.c: as tree_resolve(), from @from on. */
struct node *resolve_at(const struct tree *t, const struct node *from, struct str path,
			bool follow_last);

#pragma once

/*
 * shell/walk.h - a path, walked as a kernel chrooted into the tree does.
 *
 * Spec: path_resolution(7); docs/shell.md, "The world". /dev/null, /dev/zero,
 * /dev/full, /dev/random, /dev/urandom and /dev/tty are there whether the tree has
 * them or not, /dev/fd, /dev/stdin, /dev/stdout and /dev/stderr are links to
 * nowhere, and /proc and /sys are folders in which nothing can be said to be.
 * These nodes lie outside of the tree: world_is_outside().
 */

#include "shell/world.h"

struct world_place {
	struct node *node; /* NULL: absent, though its folder is there */
	struct node *dir;  /* in which the last name lies, or would; NULL for "/", ".", ".." */
	struct str name;   /* the last name, after links that were followed; "" without dir */
	bool slash;	   /* a '/' follows it: a folder is meant */
	bool outside;	   /* in /proc, /sys or among the devices: not in the tree */
};

/* Return: 0 (node may be NULL), or WORLD_ABSENT, WORLD_NO_FOLDER, WORLD_LOOP. */
int world_walk(const struct shell *sh, struct str path, bool follow_last, struct world_place *ret);

/* The same from the folder @from on. */
int world_walk_at(const struct world *w, struct node *from, struct str path, bool follow_last,
		  struct world_place *ret);

/* A node that must never be changed. */
bool world_is_outside(const struct node *node);

/* The kernel takes a file's capabilities away when it is written to or given away. */
void world_drop_capability(struct world *w, struct node *node, cause_id cause);

/* The absolute path of a node, in the world's arena. */
struct str world_node_path(const struct world *w, const struct node *node);

/*
 * What is new in @dir as the kernel makes it: root's (or the folder's group and set-gid
 * bit, where the folder has one), with the epoch as its time. @mode: as it shall be.
 */
struct inode world_new_inode(const struct world *w, const struct node *dir, enum node_kind kind,
			     uint16_t mode);

#pragma once

/*
 * debian/tree_files.h - files of a tree as a program without a shell makes them:
 * absolute paths, links in parents are followed, owner root:root, time of the epoch.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct tree_files {
	struct tree *tree;
	const struct content_reader *reader;
	struct arena *arena; /* outlives the tree */
	int64_t epoch;
	cause_id cause;
};

#define FILES_ABSENT 1		  /* or no regular file */
#define FILES_READ_MAX (4u << 20) /* bytes of a file that is read */

/* The text of a regular file, links followed. In the arena. */
int files_read(const struct tree_files *f, struct str path, struct str *ret,
	       struct error *err) MUST_CHECK; /* or FILES_ABSENT */

/* The node at @path, the last link followed or not; NULL if there is none. */
struct node *files_find(const struct tree_files *f, struct str path, bool follow);
bool files_is_executable(const struct tree_files *f, const char *path);
bool files_is_regular(const struct tree_files *f, struct str path); /* test -f */
bool files_is_link(const struct tree_files *f, struct str path);    /* test -L */

/* The folder, made with its missing parents, 0755; NULL if a part of it is no folder. */
struct node *files_folder(const struct tree_files *f, struct str path);

/* Puts what *@attributes says at @path, in place of what is there; parents as above. */
struct node *files_put(const struct tree_files *f, struct str path, struct inode attributes);
struct node *files_link(const struct tree_files *f, struct str path, struct str target);
struct node *files_write(const struct tree_files *f, struct str path, struct str text,
			 uint16_t mode);

/* rmdir() of @path if it is an empty folder. */
bool files_remove_empty(const struct tree_files *f, struct str path);

/* "a" and the text after its last '/'. */
struct str path_last(struct str path);
struct str path_parent(struct str path); /* "" for "name" and "/name" */

#pragma once

/*
 * pack/tree_tar.h - the tree of a whole system, read from a tar.
 *
 * Spec: docs/formats/tar.md, "What is read as a tree". `ingot export` writes such tars, and so do
 * `tar -C ROOT`, mmdebstrap and `docker export`. They are read as tar(1) would unpack them as
 * root into an empty folder, by numbers of owners; where unpackers don't agree (a name with
 * "..", a path through a link) they are refused. Contents stay where they are, in the tar.
 */

#include "io/window.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct tree_tar {
	struct content_reader reader; /* of the contents */
	struct window in;
	struct tree *tree;  /* owned */
	struct digest self; /* its address says whose a content is */
	bool has_root;	    /* a member says what owner and mode the root has */
	size_t n_made;	    /* other folders without a member: 0755 root:root, time 0 */
	size_t n_again;	    /* members whose path stood before: the last one counts */
	size_t n_absolute;  /* members whose name began with a slash */
};

/*
 * @w:   a tar that is not compressed; its file and name are borrowed until tree_tar_free()
 * @ret: owned
 *
 * Errors: ERR_FORMAT malformed, cut off, or nothing that unpacks to one tree; ERR_LIMIT;
 *         ERR_UNSUPPORTED sparse files, access control lists and the like; ERR_INTERRUPTED.
 */
int tree_tar_read(const struct window *w, struct tree_tar **ret, struct error *err) MUST_CHECK;
void tree_tar_free(struct tree_tar *t); /* NULL is allowed */
static inline void cleanup_tree_tar(struct tree_tar **t)
{
	tree_tar_free(*t);
}
#define CLEANUP_TREE_TAR CLEANUP(cleanup_tree_tar)

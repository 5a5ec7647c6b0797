#pragma once

/*
 * tree/tree.h - the whole file tree of one target, in memory. Pure.
 *
 * Spec:    design.md, section 7. Names are byte strings, at most
 *          LIMIT_NAME_MAX; a path is their sequence joined by '/', without a
 *          leading one ("usr/bin/env"; the root is "").
 * Order:   canonical is depth first, a folder before its children, children
 *          by memcmp of the name, a proper prefix first. It is the only order
 *          that iteration has.
 * Content: a file holds a handle (digest, size, where), never its bytes; see
 *          tree/content.h.
 * Removal: leaves a tombstone, which finding and iteration skip, so that
 *          tree_cause() can still say what removed it.
 *
 * Everything lies in the tree's arena and lives until tree_free().
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

struct tree;

enum node_kind {
	NODE_DIRECTORY = 1,
	NODE_FILE,
	NODE_SYMLINK,
	NODE_FIFO,
	NODE_CHAR,
	NODE_BLOCK,
};

/* Of the type bits of st_mode (POSIX); 0 if a tree can't hold it, as a socket. */
enum node_kind node_kind_of_mode(uint32_t mode);

/*
 * Where the bytes of a file are. Two handles with one digest and size are the
 * same content wherever they lie.
 */
enum content_where {
	CONTENT_EMPTY = 0, /* size 0 */
	CONTENT_MEMORY,    /* @data, in an arena that outlives the tree */
	CONTENT_OBJECT,    /* @offset bytes into the stage object @object */
};

struct content {
	struct digest digest; /* of exactly these @size bytes */
	uint64_t size;        /* bytes */
	enum content_where where;
	const uint8_t *data;         /* CONTENT_MEMORY */
	const struct digest *object; /* CONTENT_OBJECT; shared, outlives the tree */
	uint64_t offset;             /* bytes into the object */
};

/* What every file of size 0 has, whatever handle it was given. */
extern const struct content content_empty;

/* The handle of bytes in memory; computes the digest. @data is borrowed. */
struct content content_of_bytes(struct bytes data);

struct xattr {
	struct str name; /* full, "security.capability" */
	struct bytes value;
};

/*
 * Why something is as it is: a number from tree_cause_intern(); 0 is unknown.
 */
typedef uint32_t cause_id;

enum cause_kind {
	CAUSE_UNKNOWN = 0,
	CAUSE_PACKAGE, /* @who: package name; @what: "" or the member */
	CAUSE_SCRIPT,  /* @who: package; @what: "postinst:14" */
	CAUSE_TRIGGER, /* @who: package; @what: trigger name */
	CAUSE_RECIPE,  /* @who: "recipes/web.yaml"; @what: "38:3" */
	CAUSE_RULE,    /* @who: name of a rule of ingot; @what: "" */
};

struct cause {
	enum cause_kind kind;
	struct str who, what;
};

/* What a cause is kept for, per inode (existence: per name). */
enum cause_of { CAUSE_CONTENT, CAUSE_OWNER, CAUSE_XATTRS, CAUSE_OF_COUNT };

/* The attributes that hard links share. */
struct inode {
	enum node_kind kind;
	uint16_t mode;  /* 07777 bits only */
	uint32_t uid, gid;
	int64_t mtime;  /* seconds since the epoch; writers may override it */
	uint32_t links; /* names of this inode in the tree */
	uint32_t major, minor;   /* NODE_CHAR, NODE_BLOCK */
	uint32_t serial;         /* order of creation, from 0: dense, for side tables */
	struct content content;  /* NODE_FILE */
	struct str target;       /* NODE_SYMLINK, verbatim */
	struct xattr *xattrs;    /* sorted by name */
	uint32_t n_xattrs;
	cause_id cause[CAUSE_OF_COUNT];
};

/* One name. Fields are for reading; changes go through the functions below. */
struct node {
	struct node *parent; /* NULL for the root */
	struct str name;     /* "" for the root */
	struct inode *inode;
	cause_id cause;      /* of existence; of removal for a tombstone */
	bool removed;
	bool listed;         /* private to tree/ */
	uint32_t position;   /* private to tree/ */
	uint32_t serial;     /* order of creation, from 0: dense, for side tables */
	struct node_children *children; /* NODE_DIRECTORY; private to tree/ */
};

/* The root is a folder, 0755 root:root, with cause 0. Owned, tree_free(). */
struct tree *tree_new(void);
void tree_free(struct tree *t);
static inline void cleanup_tree(struct tree **t)
{
	tree_free(*t);
}
#define CLEANUP_TREE CLEANUP(cleanup_tree)

struct node *tree_root(const struct tree *t);
struct arena *tree_arena(struct tree *t);
uint32_t tree_node_count(const struct tree *t);   /* living names, root included */
uint32_t tree_serial_count(const struct tree *t); /* all ever made: size of side tables */
uint32_t tree_inode_count(const struct tree *t);  /* the same for inode->serial */

cause_id tree_cause_intern(struct tree *t, struct cause cause);
const struct cause *tree_cause(const struct tree *t, cause_id id); /* never NULL */
uint32_t tree_cause_count(const struct tree *t); /* ids are below this */

/* The child @name of @dir, or NULL. @dir must be a folder. */
struct node *tree_child(const struct tree *t, const struct node *dir, struct str name);

/*
 * By exact names: links are not followed. Leading, trailing and double
 * slashes are ignored; "" and "/" are the root. NULL if absent.
 */
struct node *tree_find(const struct tree *t, struct str path);

/* Also finds a tombstone. */
struct node *tree_find_removed(const struct tree *t, struct str path);

/*
 * All tombstones that tree_find_removed() would find, in canonical order, in @arena. The
 * folder of one is living, or a tombstone that comes before it.
 */
size_t tree_tombstones(const struct tree *t, struct arena *arena, struct node ***ret);

/* Canonical order of paths: "a", "a/b", "a-b". */
int tree_path_compare(struct str a, struct str b);

/*
 * As a kernel chrooted into the tree would: symbolic links are followed (the
 * last one only with @follow_last), ".." stops at the root, at most
 * LIMIT_SYMLINK_HOPS links. NULL if absent, a loop, or through a non-folder.
 */
struct node *tree_resolve(const struct tree *t, struct str path, bool follow_last);

/*
 * The folder in which @path's last component lies, following links in the
 * parents as tree_resolve() does; *ret_name views into @path. NULL as there.
 */
struct node *tree_resolve_parent(const struct tree *t, struct str path, struct str *ret_name);

/* The path of @node without a leading slash, NUL-terminated, appended to @buf. */
struct buf;
void tree_path(const struct node *node, struct buf *buf);

/*
 * Makes the child @name of @dir with a copy of *@attributes (its links count
 * is ignored; strings, xattrs are copied into the arena; xattrs get sorted),
 * or replaces what is there: an existing name gets a new inode of its own, so
 * that other hard links keep theirs. A folder over a folder keeps children
 * and inode identity and takes the attributes. A folder replaced by a
 * non-folder must be empty. @cause goes to existence (if new) and to all of
 * the inode's causes. @name must be a valid name (tree_is_name()).
 */
struct node *tree_put(struct tree *t, struct node *dir, struct str name,
		      const struct inode *attributes, cause_id cause);

/* Another name for @target's inode (not a folder). Replaces as tree_put(). */
struct node *tree_link(struct tree *t, struct node *dir, struct str name,
		       struct node *target, cause_id cause);

/* Removes a name and, for a folder, everything below. Not the root. */
void tree_remove(struct tree *t, struct node *node, cause_id cause);

/*
 * Moves a name (with everything below) to @dir/@name, replacing what is there
 * (a folder there must be empty). Returns @node itself; a tombstone with @cause
 * stays behind, and @cause goes to the existence of the new name. @dir is not
 * below @node.
 */
struct node *tree_move(struct tree *t, struct node *node, struct node *dir,
		       struct str name, cause_id cause);

/* Attributes; each records @cause where it belongs. */
void tree_set_mode(struct node *node, uint16_t mode, cause_id cause);
void tree_set_owner(struct node *node, uint32_t uid, uint32_t gid, cause_id cause);
void tree_set_content(struct node *node, const struct content *content, cause_id cause);
void tree_set_mtime(struct node *node, int64_t mtime);
/* For who lays out again what was recorded: all causes at once. */
void tree_set_causes(struct node *node, cause_id existence,
		     const cause_id inode[CAUSE_OF_COUNT]);
/* @value.ptr NULL removes it. Copied. */
void tree_set_xattr(struct tree *t, struct node *node, struct str name,
		    struct bytes value, cause_id cause);

/*
 * Who hears of every change, so that none can pass unseen. At most one watch a tree;
 * it must not change the tree itself.
 */
struct tree_watch {
	void *context;
	/*
	 * Before the name @name of @dir is made, replaced, removed or moved from or to:
	 * @node is what lives there, or NULL. Also for everything below, and after a move
	 * of a folder for all names that came along, with NULL.
	 */
	void (*name)(void *context, struct node *dir, struct str name, struct node *node);
	/* Before mode, owner, content, mtime, xattrs of @node's inode change. */
	void (*attributes)(void *context, struct node *node);
};
/* @w is borrowed until another call; NULL ends it. */
void tree_watch(struct tree *t, const struct tree_watch *w);

/* Takes the next component off *path, and the slashes before it; false at the end. */
bool tree_path_next(struct str *path, struct str *ret);

/* Non-empty, at most LIMIT_NAME_MAX, no '/' and no NUL, not "." or "..". */
bool tree_is_name(struct str name);

/*
 * Convenience for generators: the folder @path (exact names after resolving
 * links in parents), made with its missing parents as 0755 root:root.
 * ERR_FORMAT if a component is no folder.
 */
int tree_make_folders(struct tree *t, struct str path, cause_id cause,
		      struct node **ret, struct error *err) MUST_CHECK;

/*
 * Convenience: the file @path (parents as tree_make_folders()) with the bytes
 * @data (copied into the arena) and @mode, root:root, mtime 0.
 */
int tree_write_file(struct tree *t, struct str path, struct bytes data, uint16_t mode,
		    cause_id cause, struct node **ret /* or NULL */,
		    struct error *err) MUST_CHECK;

int tree_write_symlink(struct tree *t, struct str path, struct str target, cause_id cause,
		       struct node **ret /* or NULL */, struct error *err) MUST_CHECK;

/*
 * Puts the folders in order now instead of when somebody first looks. Between
 * it and the next change of names any number of threads may read the tree, in
 * any way; without it only one may.
 */
void tree_freeze(const struct tree *t);

/* Iteration in canonical order over living names. The tree must not change. */
struct tree_iter {
	const struct tree *tree;
	struct node *top;  /* NULL: at the end */
	struct node *last; /* NULL: at the start */
	bool skip_children;
};

/* @top and everything below it. */
struct tree_iter tree_iter(const struct tree *t, struct node *top);
struct node *tree_next(struct tree_iter *it); /* NULL at the end */
/* The children of the node that tree_next() gave last are passed over. */
void tree_skip(struct tree_iter *it);

/* Living children of @dir in canonical order. *ret is borrowed until a change. */
size_t tree_children(const struct node *dir, struct node *const **ret);

/* Seconds: what every folder has in every output, one constant of the output format. */
#define TREE_FOLDER_MTIME 0

#define TREE_DIGEST_VERSION 1

/*
 * What identifies the tree: SHA-256 over a canonical text of all names,
 * attributes, content digests, link sets and xattrs (docs/formats/tree.md).
 * Causes and "where" do not count. mtime counts for files and links only,
 * clamped to @epoch.
 */
struct digest tree_digest(const struct tree *t, int64_t epoch);

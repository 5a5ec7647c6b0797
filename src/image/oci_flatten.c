/*
 * Layers become one tree: image-spec, layer.md, "Applying Changesets". The
 * layers of an image of ours hold no whiteouts; those of a base image may.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "image/oci_read.h"
#include "pack/pack.h"

#define WHITEOUT ".wh."
#define OPAQUE   WHITEOUT WHITEOUT ".opq"

struct oci_tree {
	struct tree *tree;
	struct pack **packs; /* contents name their object by a pointer into these */
	size_t n_packs;
};

struct layering {
	struct oci_tree *to;
	const struct pack *pack;
	const char *what; /* of the layer */
	struct error *err;
};

static int wrong(const struct layering *l, struct str path, const char *what)
{
	return err_set(l->err, ERR_FORMAT, "%s: '/" STR_FMT "' %s", l->what, STR_ARG(path), what);
}

static struct str split_path(struct str path, struct str *ret_folder)
{
	size_t slash = path.len;

	while (slash && path.ptr[slash - 1] != '/')
		slash--;
	*ret_folder = (struct str){ path.ptr, slash ? slash - 1 : 0 };
	return (struct str){ path.ptr + slash, path.len - slash };
}

static bool is_whiteout(struct str path)
{
	struct str folder;

	return str_has_prefix(split_path(path, &folder), STR(WHITEOUT));
}

static void remove_children(struct tree *t, struct node *folder)
{
	struct node *const *children;
	size_t n;

	while ((n = tree_children(folder, &children)) > 0)
		tree_remove(t, children[n - 1], 0);
}

/* Whiteouts hide what lower layers hold, never what their own layer brings. */
static int apply_whiteout(const struct layering *l, const struct pack_member *m)
{
	struct tree *t = l->to->tree;
	struct str folder, name = split_path(m->path, &folder);
	struct node *parent = tree_resolve(t, folder, true), *gone;

	if (m->kind != NODE_FILE || m->hard_link || m->content.size)
		return wrong(l, m->path, "is a whiteout that is no empty file");
	if (str_equal_cstr(name, OPAQUE)) {
		if (parent && parent->inode->kind == NODE_DIRECTORY)
			remove_children(t, parent);
		return 0;
	}
	name = (struct str){ name.ptr + strlen(WHITEOUT), name.len - strlen(WHITEOUT) };
	if (!tree_is_name(name) || str_has_prefix(name, STR(WHITEOUT)))
		return wrong(l, m->path, "is no valid whiteout");
	if (!parent || parent->inode->kind != NODE_DIRECTORY)
		return 0;
	gone = tree_child(t, parent, name);
	if (gone)
		tree_remove(t, gone, 0);
	return 0;
}

/*
 * Missing ones are made. A link of a lower layer is followed, as containerd and Docker do when
 * they unpack: "lib/x" over a "lib" that is a link to "usr/lib".
 */
static int make_parents(const struct layering *l, struct str path, struct node **ret)
{
	const struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0755 };
	struct node *at = tree_root(l->to->tree);
	struct str parents, part, there;

	split_path(path, &parents);
	while (parents.len && str_split(&parents, '/', &part)) {
		there = (struct str){ path.ptr, (size_t)(part.ptr - path.ptr) + part.len };
		struct node *next = tree_child(l->to->tree, at, part);

		if (!next && !tree_is_name(part))
			return wrong(l, path, "has no valid name");
		if (!next)
			next = tree_put(l->to->tree, at, part, &folder, 0);
		if (next->inode->kind == NODE_SYMLINK)
			next = tree_resolve(l->to->tree, there, true);
		if (!next || next->inode->kind != NODE_DIRECTORY)
			return wrong(l, path, "lies in something that is no folder");
		at = next;
	}
	*ret = at;
	return 0;
}

static int apply_root(const struct layering *l, const struct pack_member *m)
{
	struct tree *t = l->to->tree;
	struct node *root = tree_root(t);

	if (m->kind != NODE_DIRECTORY || m->hard_link)
		return wrong(l, m->path, "is no folder");
	tree_set_mode(root, m->mode, 0);
	tree_set_owner(root, m->uid, m->gid, 0);
	tree_set_mtime(root, m->mtime);
	while (root->inode->n_xattrs)
		tree_set_xattr(t, root, root->inode->xattrs[0].name, (struct bytes){ NULL, 0 }, 0);
	for (uint32_t i = 0; i < m->n_xattrs; i++)
		tree_set_xattr(t, root, m->xattrs[i].name, m->xattrs[i].value, 0);
	return 0;
}

static int apply_link(const struct layering *l, const struct pack_member *m,
		      struct node *parent, struct str name)
{
	struct node *target = tree_resolve(l->to->tree, m->target, false);

	if (!target)
		return wrong(l, m->path, "is a hard link to something that is not there");
	if (target->inode->kind == NODE_DIRECTORY)
		return wrong(l, m->path, "is a hard link to a folder");
	if (target->parent == parent && str_equal(target->name, name))
		return wrong(l, m->path, "is a hard link to itself");
	tree_link(l->to->tree, parent, name, target, 0);
	return 0;
}

static int apply_member(const struct layering *l, const struct pack_member *m)
{
	struct inode inode = { .kind = m->kind, .mode = m->mode & 07777, .uid = m->uid,
			       .gid = m->gid, .mtime = m->mtime, .major = m->major,
			       .minor = m->minor, .content = m->content, .target = m->target,
			       .xattrs = m->xattrs, .n_xattrs = m->n_xattrs };
	struct str folder, name = split_path(m->path, &folder);
	struct node *parent = NULL, *old;

	if (m->path.len == 0)
		return apply_root(l, m);
	if (!tree_is_name(name))
		return wrong(l, m->path, "has no valid name");
	if (make_parents(l, m->path, &parent) < 0)
		return -1;
	old = tree_child(l->to->tree, parent, name);
	if (old && old->inode->kind == NODE_DIRECTORY &&
	    (m->hard_link || m->kind != NODE_DIRECTORY))
		tree_remove(l->to->tree, old, 0);
	if (m->hard_link)
		return apply_link(l, m, parent, name);
	tree_put(l->to->tree, parent, name, &inode, 0);
	return 0;
}

static int apply_layer(const struct layering *l)
{
	const struct pack *p = l->pack;

	for (size_t i = 0; i < p->n_members; i++)
		if (is_whiteout(p->members[i].path) && apply_whiteout(l, &p->members[i]) < 0)
			return -1;
	for (size_t i = 0; i < p->n_members; i++)
		if (!is_whiteout(p->members[i].path) && apply_member(l, &p->members[i]) < 0)
			return -1;
	if (tree_serial_count(l->to->tree) > LIMIT_TREE_NODES)
		return err_set(l->err, ERR_LIMIT, "the image has more than %u names",
			       LIMIT_TREE_NODES);
	return 0;
}

static int stage_layer(struct stage *stage, int fd, const struct oci_image_layer *layer,
		       const char *what, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	struct digest digest;

	if (stage_has(stage, &layer->blob))
		return 0;
	in = source_of_fd(fd, layer->offset, layer->size, what);
	return stage_put_source(stage, in, &layer->blob, &digest, NULL, err);
}

static int read_layers(struct stage *stage, int fd, const struct oci_image *image,
		       struct oci_tree *to, struct error *err)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		CLEANUP_FREE char *what = mem_printf("layer %zu", i + 1);
		struct layering l = { .to = to, .what = what, .err = err };

		if (stage_layer(stage, fd, &image->layers[i], what, err) < 0 ||
		    pack_open(stage, PACK_LAYER, &image->layers[i].blob, what, &to->packs[i], NULL,
			      err) < 0)
			return err_while(err, "reading %s of the image", what);
		to->n_packs = i + 1;
		l.pack = to->packs[i];
		if (apply_layer(&l) < 0)
			return -1;
	}
	return 0;
}

int oci_read_tree(struct stage *stage, int fd, const struct oci_image *image,
		  struct oci_tree **ret, struct error *err)
{
	CLEANUP_OCI_TREE struct oci_tree *t = mem_alloc(sizeof(*t));

	t->tree = tree_new();
	t->packs = mem_array(image->n_layers, sizeof(*t->packs));
	if (read_layers(stage, fd, image, t, err) < 0)
		return -1;
	*ret = TAKE_PTR(t);
	return 0;
}

const struct tree *oci_tree(const struct oci_tree *t)
{
	return t->tree;
}

const struct pack *oci_tree_layer(const struct oci_tree *t, size_t i)
{
	return i < t->n_packs ? t->packs[i] : NULL;
}

void oci_tree_free(struct oci_tree *t)
{
	if (!t)
		return;
	tree_free(t->tree);
	for (size_t i = 0; i < t->n_packs; i++)
		pack_free(t->packs[i]);
	free(t->packs);
	free(t);
}

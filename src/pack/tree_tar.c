#include "pack/tree_tar.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/interrupt.h"
#include "pack/pack_path.h"
#include "pack/tar_in.h"

#define LINK_MODE 0777 /* Linux gives every link this one and lets nobody change it */

struct reading {
	struct tree_tar *to;
	struct tar_in *tar;
	const char *what;
	cause_id made;	 /* of folders that have no member yet */
	cause_id listed; /* of all that has one */
	uint64_t names;	 /* bytes of names, links, attributes */
	struct hash *hash;
};

/* ---- contents: where they lie ---- */

static int open_content(const struct content_reader *reader, const struct content *content,
			struct source **ret, struct error *err)
{
	const struct tree_tar *t = (const struct tree_tar *)reader;
	const struct window *w = &t->in;

	(void)err;
	assert(content->object == &t->self);
	*ret = hash_check_source(
		source_of_fd(w->fd, w->offset + content->offset, content->size, w->name),
		content->size, &content->digest, w->name);
	return 0;
}

static int hash_content(struct reading *r, struct str path, uint64_t size, struct digest *ret,
			struct error *err)
{
	struct bytes piece;
	uint64_t n = 0;
	int status;

	while ((status = tar_in_read(r->tar, &piece, err)) > 0) {
		if (interrupted()) {
			status = err_set(err, ERR_INTERRUPTED, "interrupted while reading '%s'",
					 r->what);
			break;
		}
		hash_add(r->hash, piece);
		n += piece.len;
	}
	*ret = hash_finish(r->hash);
	if (status == 0 && n != size)
		status = err_set(err, ERR_FORMAT,
				 "%s: member '" STR_FMT "' has %llu bytes, not %llu", r->what,
				 STR_ARG(path), (unsigned long long)n, (unsigned long long)size);
	return status;
}

static int read_content(struct reading *r, struct str path, const struct tar_entry *e,
			struct content *ret, struct error *err)
{
	*ret = content_empty;
	if (e->kind != NODE_FILE || e->hard_link || !e->size)
		return 0;
	*ret = (struct content){ .size = e->size,
				 .where = CONTENT_OBJECT,
				 .object = &r->to->self,
				 .offset = e->offset };
	return hash_content(r, path, e->size, &ret->digest, err);
}

/* ---- attributes ---- */

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

/* bsdtar writes each twice, by two names: the same value is no matter. */
static int take_xattrs(struct reading *r, struct str path, const struct tar_entry *e,
		       struct xattr *to, uint32_t *ret_n, struct error *err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->n_xattrs; i++) {
		if (!e->xattrs[i].name.len || e->xattrs[i].name.len > LIMIT_NAME_MAX)
			return err_set(err, ERR_LIMIT,
				       "%s: member '" STR_FMT "' has an extended attribute with a "
				       "name of %zu bytes",
				       r->what, STR_ARG(path), e->xattrs[i].name.len);
		r->names += e->xattrs[i].name.len + e->xattrs[i].value.len;
		to[i] = e->xattrs[i];
	}
	qsort(to, e->n_xattrs, sizeof(*to), by_name);
	for (uint32_t i = 0; i < e->n_xattrs; i++) {
		if (!n || by_name(&to[n - 1], &to[i]) != 0)
			to[n++] = to[i];
		else if (!bytes_equal(to[n - 1].value, to[i].value))
			return err_set(err, ERR_FORMAT,
				       "%s: member '" STR_FMT
				       "' has the extended attribute '" STR_FMT "' twice",
				       r->what, STR_ARG(path), STR_ARG(to[i].name));
	}
	*ret_n = n;
	return 0;
}

static int check_target(const struct reading *r, struct str path, const struct tar_entry *e,
			struct error *err)
{
	if (e->kind != NODE_SYMLINK || e->hard_link)
		return 0;
	if (!e->target.len)
		return err_set(err, ERR_FORMAT, "%s: symbolic link '" STR_FMT "' to nothing",
			       r->what, STR_ARG(path));
	if (e->target.len > LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "%s: symbolic link '" STR_FMT "' to %zu bytes",
			       r->what, STR_ARG(path), e->target.len);
	return 0;
}

/* ---- names ---- */

/* tar(1) takes leading slashes off names, and off what hard links name. */
static int normalise(const struct reading *r, struct str name, char text[static LIMIT_PATH_MAX + 1],
		     bool *ret_absolute, struct str *ret, struct error *err)
{
	*ret_absolute = str_has_prefix(name, STR("/"));
	while (str_has_prefix(name, STR("/")))
		name = (struct str){ name.ptr + 1, name.len - 1 };
	if (!name.len && *ret_absolute)
		name = STR(".");
	return path_normalise(name, r->what, text, ret, err);
}

static struct str last_component(struct str path, struct str *ret_folder)
{
	size_t slash = path.len;

	while (slash && path.ptr[slash - 1] != '/')
		slash--;
	*ret_folder = (struct str){ path.ptr, slash ? slash - 1 : 0 };
	return (struct str){ path.ptr + slash, path.len - slash };
}

/* By exact names: unpackers don't agree on what a path through a link means. */
static int find_parent(struct reading *r, struct str path, struct str folder, struct node **ret,
		       struct error *err)
{
	const struct inode plain = { .kind = NODE_DIRECTORY, .mode = 0755 };
	struct tree *t = r->to->tree;
	struct node *at = tree_root(t);
	struct str part;

	while (folder.len && str_split(&folder, '/', &part)) {
		struct node *next = tree_child(t, at, part);

		if (!next) {
			next = tree_put(t, at, part, &plain, r->made);
			r->to->n_made++;
		}
		if (next->inode->kind != NODE_DIRECTORY)
			return err_set(err, ERR_FORMAT,
				       "%s: '" STR_FMT "' lies in '" STR_FMT
				       "', which is no folder",
				       r->what, STR_ARG(path),
				       (int)(part.ptr + part.len - path.ptr), path.ptr);
		at = next;
	}
	*ret = at;
	return 0;
}

/* What stood there gives way, as when unpacked; but a folder is no file. */
static int give_way(struct reading *r, struct str path, const struct node *old,
		    const struct tar_entry *e, struct error *err)
{
	bool is_folder = e->kind == NODE_DIRECTORY && !e->hard_link;

	if (!old)
		return 0;
	if ((old->inode->kind == NODE_DIRECTORY) != is_folder)
		return err_set(err, ERR_FORMAT,
			       "%s: '" STR_FMT "' stands twice, once as a folder and once as none",
			       r->what, STR_ARG(path));
	if (is_folder && old->inode->cause[CAUSE_OWNER] == r->made)
		r->to->n_made--;
	else
		r->to->n_again++;
	return 0;
}

static int add_link(struct reading *r, struct str path, struct node *parent, struct str name,
		    const struct tar_entry *e, struct error *err)
{
	char text[LIMIT_PATH_MAX + 1];
	struct str to = STR("");
	struct node *target;
	bool absolute;

	if (normalise(r, e->target, text, &absolute, &to, err) < 0)
		return err_while(err, "reading the hard link '" STR_FMT "'", STR_ARG(path));
	target = tree_find(r->to->tree, to);
	if (!target)
		return err_set(err, ERR_FORMAT,
			       "%s: hard link '" STR_FMT "' to '" STR_FMT
			       "', which is no earlier member",
			       r->what, STR_ARG(path), STR_ARG(to));
	if (target->inode->kind == NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "%s: hard link '" STR_FMT "' to a folder", r->what,
			       STR_ARG(path));
	if (target->parent == parent && str_equal(target->name, name))
		return err_set(err, ERR_FORMAT, "%s: hard link '" STR_FMT "' to itself", r->what,
			       STR_ARG(path));
	tree_link(r->to->tree, parent, name, target, r->listed);
	return 0;
}

/* ---- members ---- */

static int set_root(struct reading *r, const struct tar_entry *e, const struct inode *i,
		    struct error *err)
{
	struct tree *t = r->to->tree;
	struct node *root = tree_root(t);

	if (e->kind != NODE_DIRECTORY || e->hard_link)
		return err_set(err, ERR_FORMAT, "%s: the root of the tree is no folder", r->what);
	r->to->n_again += r->to->has_root;
	r->to->has_root = true;
	tree_set_mode(root, i->mode, r->listed);
	tree_set_owner(root, i->uid, i->gid, r->listed);
	tree_set_mtime(root, i->mtime);
	while (root->inode->n_xattrs)
		tree_set_xattr(t, root, root->inode->xattrs[0].name, (struct bytes){ NULL, 0 }, 0);
	for (uint32_t k = 0; k < i->n_xattrs; k++)
		tree_set_xattr(t, root, i->xattrs[k].name, i->xattrs[k].value, r->listed);
	return 0;
}

static int check_limits(struct reading *r, struct str path, const struct tar_entry *e,
			struct error *err)
{
	r->names += path.len + e->target.len;
	if (r->names > LIMIT_PACK_INDEX)
		return err_set(err, ERR_LIMIT, "%s: names and attributes of more than %u bytes",
			       r->what, LIMIT_PACK_INDEX);
	if (tree_serial_count(r->to->tree) > LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "%s: more than %u names", r->what, LIMIT_TREE_NODES);
	return 0;
}

static int add_member(struct reading *r, const struct tar_entry *e, struct error *err)
{
	struct xattr xattrs[LIMIT_XATTRS];
	struct inode i = { .kind = e->kind,
			   .mode = e->kind == NODE_SYMLINK ? LINK_MODE : e->mode,
			   .uid = e->uid,
			   .gid = e->gid,
			   .mtime = e->mtime,
			   .major = e->major,
			   .minor = e->minor,
			   .target = e->kind == NODE_SYMLINK ? e->target : STR(""),
			   .xattrs = xattrs };
	struct str path = STR(""), folder, name;
	char text[LIMIT_PATH_MAX + 1];
	struct node *parent = NULL;
	bool absolute;

	if (normalise(r, e->name, text, &absolute, &path, err) < 0)
		return -1;
	r->to->n_absolute += absolute;
	if (check_limits(r, path, e, err) < 0 || check_target(r, path, e, err) < 0 ||
	    take_xattrs(r, path, e, xattrs, &i.n_xattrs, err) < 0)
		return -1;
	if (!path.len)
		return set_root(r, e, &i, err);
	name = last_component(path, &folder);
	if (find_parent(r, path, folder, &parent, err) < 0 ||
	    give_way(r, path, tree_child(r->to->tree, parent, name), e, err) < 0)
		return -1;
	if (e->hard_link)
		return add_link(r, path, parent, name, e, err);
	if (read_content(r, path, e, &i.content, err) < 0)
		return -1;
	tree_put(r->to->tree, parent, name, &i, r->listed);
	return 0;
}

static int read_members(struct reading *r, struct error *err)
{
	struct tar_entry e;
	size_t n = 0;
	int status;

	while ((status = tar_in_next(r->tar, &e, err)) > 0) {
		if (n++ % 1024 == 0 && interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted while reading '%s'",
				       r->what);
		if (add_member(r, &e, err) < 0)
			return -1;
	}
	if (status == 0 && !n)
		return err_set(err, ERR_FORMAT, "%s: a tar that holds nothing", r->what);
	return status;
}

int tree_tar_read(const struct window *w, struct tree_tar **ret, struct error *err)
{
	CLEANUP_TREE_TAR struct tree_tar *t = mem_alloc(sizeof(*t));
	CLEANUP_SOURCE struct source *in = source_of_fd(w->fd, w->offset, w->size, w->name);
	struct reading r = { .to = t, .what = w->name };
	int status;

	t->reader.open = open_content;
	t->in = *w;
	t->tree = tree_new();
	r.made = tree_cause_intern(
		t->tree, (struct cause){ CAUSE_RULE, STR("folder without member"), STR("") });
	r.listed = tree_cause_intern(t->tree, (struct cause){ CAUSE_RULE, STR("member"), STR("") });
	if (tar_in_open(in, w->name, &r.tar, err) < 0)
		return -1;
	tar_in_allow_raw_names(r.tar);
	r.hash = hash_new();
	status = read_members(&r, err);
	hash_free(r.hash);
	tar_in_close(r.tar);
	if (status < 0 && err->code == ERR_UNSUPPORTED)
		return err_hint(err, "make the tar again without it: bsdtar takes --no-acls and "
				     "--no-fflags, GNU tar does it without --acls and --sparse");
	if (status < 0)
		return -1;
	*ret = TAKE_PTR(t);
	return 0;
}

void tree_tar_free(struct tree_tar *t)
{
	if (!t)
		return;
	tree_free(t->tree);
	free(t);
}

/*
 * An archive of the recipe's `files:`.
 *
 * Who packed it does not count: members belong to the entry's owner (root).
 * Their modes and xattrs are what the digest in the recipe vouches for, so they
 * stay. A member never reaches outside the entry's path through a link that
 * the archive itself has brought (formats D1); links that were in the image
 * before are followed as everywhere (usrmerge).
 */

#include "compose/work.h"

struct unpacking {
	struct work *w;
	const struct compose_file *file;
	struct place at;
	const struct entry_attributes *attributes;
};

/* False if @path has no more than @n components. */
static bool strip(struct str path, uint32_t n, struct str *ret)
{
	struct str rest = path, name;

	for (uint32_t i = 0; i < n; i++) {
		if (rest.ptr == NULL || rest.len == 0 || !str_split(&rest, '/', &name))
			return false;
	}
	*ret = rest.ptr ? rest : STR("");
	return true;
}

static int refuse(const struct unpacking *u, const struct pack_member *m, const char *why,
		  struct error *err)
{
	return err_at(err, ERR_UNSUPPORTED, u->at.pos,
		      "member '" STR_FMT "' of '" STR_FMT "' is %s", STR_ARG(m->path),
		      STR_ARG(u->file->file->archive_name), why);
}

static struct inode member_inode(const struct unpacking *u, const struct pack_member *m)
{
	const struct entry_attributes *a = u->attributes;
	struct inode i = {
		.kind = m->kind, .mode = m->mode, .uid = a->uid, .gid = a->gid,
		.mtime = m->mtime < u->w->in->epoch ? m->mtime : u->w->in->epoch,
		.content = m->content, .target = m->target,
		.xattrs = m->xattrs, .n_xattrs = m->n_xattrs,
	};

	if (i.mtime < 0)
		i.mtime = 0;
	if (m->kind == NODE_SYMLINK)
		i.mode = 0777;
	else if (a->mode != RECIPE_MODE_DEFAULT)
		i.mode = m->kind == NODE_DIRECTORY ? entry_folder_mode(a) : a->mode;
	return i;
}

static int put_hard_link(struct unpacking *u, const struct pack_member *m, struct str path,
			 struct error *err)
{
	struct node *dir, *target = NULL;
	struct str name, below;

	if (strip(m->target, u->file->file->strip, &below) && below.len > 0)
		target = tree_resolve(u->w->tree, work_join(u->w, u->file->file->path, below),
				      /* follow_last= */ false);
	if (!target || target->inode->kind == NODE_DIRECTORY ||
	    target->inode->cause[CAUSE_CONTENT] != u->at.cause)
		return refuse(u, m, "a hard link to something that is not an earlier member", err);
	if (work_parent(u->w, &u->at, path, &dir, &name, err) < 0)
		return -1;
	if (tree_child(u->w->tree, dir, name) == target)
		return refuse(u, m, "a hard link to itself", err);
	if (tree_child(u->w->tree, dir, name) &&
	    tree_child(u->w->tree, dir, name)->inode->kind == NODE_DIRECTORY)
		return refuse(u, m, "a hard link, but its path is a folder of the image", err);
	work_touch(u->w, tree_link(u->w->tree, dir, name, target, u->at.cause), u->at.cause);
	return 0;
}

/* A folder that only a member's path has made so far takes its own attributes. */
static int put_folder(struct unpacking *u, struct str path, const struct inode *i,
		      struct error *err)
{
	struct node *dir;
	bool is_new;

	if (work_put_folder(u->w, &u->at, path, i, &dir, &is_new, err) < 0)
		return -1;
	if (!is_new && dir->inode->cause[CAUSE_CONTENT] == u->at.cause)
		(void)tree_put(u->w->tree, dir->parent, dir->name, i, u->at.cause);
	return 0;
}

static int put_member(struct unpacking *u, const struct pack_member *m, struct error *err)
{
	struct inode i = member_inode(u, m);
	struct str path, below;

	if (!strip(m->path, u->file->file->strip, &below) || below.len == 0)
		return 0;
	path = work_join(u->w, u->file->file->path, below);
	if (m->hard_link)
		return put_hard_link(u, m, path, err);
	switch (m->kind) {
	case NODE_DIRECTORY:
		return put_folder(u, path, &i, err);
	case NODE_FILE:
	case NODE_SYMLINK:
		return work_put(u->w, &u->at, path, &i, NULL, err);
	case NODE_FIFO:
		return refuse(u, m, "a named pipe", err);
	case NODE_CHAR:
	case NODE_BLOCK:
		return refuse(u, m, "a device node", err);
	}
	return refuse(u, m, "of an unknown kind", err);
}

int compose_archive(struct work *w, const struct compose_file *f, const struct place *at,
		    const struct entry_attributes *a, struct error *err)
{
	struct unpacking u = { .w = w, .file = f, .at = *at, .attributes = a };

	u.at.closed = true;
	u.at.uid = a->uid;
	u.at.gid = a->gid;
	for (size_t i = 0; i < f->archive->n_members; i++) {
		if (put_member(&u, &f->archive->members[i], err) < 0)
			return err_while(err, "unpacking '" STR_FMT "' to '/" STR_FMT "'",
					 STR_ARG(f->file->archive_name), STR_ARG(f->file->path));
	}
	return 0;
}

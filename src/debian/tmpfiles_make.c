/* One line of tmpfiles.d(5) over the tree. A failure is the line's alone: t->failed. */
#include "debian/tmpfiles.h"

#include "base/limits.h"

static int fail(struct tmpfiles *t)
{
	t->failed = true;
	return 0;
}

static struct node *find(struct tmpfiles *t, struct str path, bool follow)
{
	return tree_resolve(t->d->tree, path, follow);
}

/* What a mask (~) leaves of the mode: as process_mask_perms() has it. */
static uint16_t masked(uint16_t mode, const struct inode *now)
{
	if (!(now->mode & 0111))
		mode &= (uint16_t)~0111;
	if (!(now->mode & 0222))
		mode &= (uint16_t)~0222;
	if (!(now->mode & 0444))
		mode &= (uint16_t)~0444;
	if (now->kind != NODE_DIRECTORY)
		mode &= 0777;
	return mode;
}

static void set_permissions(struct tmpfiles *t, const struct tmp_item *i, struct node *n, bool made)
{
	uint32_t uid = n->inode->uid, gid = n->inode->gid;
	uint16_t mode = n->inode->mode;
	cause_id cause = t->files.cause;

	if (i->has_mode && (made || !i->mode_new_only))
		mode = i->mask ? masked(i->mode, n->inode) : i->mode;
	if (i->has_uid && (made || !i->uid_new_only))
		uid = i->uid;
	if (i->has_gid && (made || !i->gid_new_only))
		gid = i->gid;
	if (uid != n->inode->uid || gid != n->inode->gid)
		tree_set_owner(n, uid, gid, cause);
	if (n->inode->kind != NODE_SYMLINK && mode != n->inode->mode)
		tree_set_mode(n, mode, cause);
}

int tmpfiles_adjust(struct tmpfiles *t, const struct tmp_item *i, struct node *node)
{
	set_permissions(t, i, node, false);
	return 0;
}

/*
 * A folder of one user must not lead into one of another (but root's may): the program
 * refuses such a way.
 */
static bool is_safe(const struct node *n)
{
	for (; n && n->parent; n = n->parent)
		if (n->parent->inode->uid != 0 && n->parent->inode->uid != n->inode->uid)
			return false;
	return true;
}

static struct node *parent_of(struct tmpfiles *t, struct str path)
{
	struct node *dir = files_folder(&t->files, path_parent(path));

	return dir && is_safe(dir) ? dir : NULL;
}

static struct node *put(struct tmpfiles *t, const struct tmp_item *i, struct inode attributes)
{
	struct node *n;

	if (!parent_of(t, i->path))
		return NULL;
	n = files_put(&t->files, i->path, attributes);
	if (n)
		set_permissions(t, i, n, true);
	return n;
}

static struct content text_of(struct tmpfiles *t, struct str text)
{
	return content_of_bytes(arena_bytes(t->d->arena, str_bytes(text)));
}

static int make_file(struct tmpfiles *t, const struct tmp_item *i)
{
	struct node *n = find(t, i->path, false);
	bool truncate = i->type == TMP_TRUNCATE || i->plus;

	if (n && n->inode->kind != NODE_FILE && i->replace) {
		tree_remove(t->d->tree, n, t->files.cause);
		n = NULL;
	}
	if (!n)
		return put(t, i,
			   (struct inode){ .kind = NODE_FILE,
					   .mode = i->has_mode ? i->mode : 0644,
					   .content = text_of(t, i->argument) })
			       ? 0
			       : fail(t);
	if (n->inode->kind != NODE_FILE || !is_safe(n->parent))
		return fail(t);
	if (truncate) {
		struct content c = text_of(t, i->argument);

		tree_set_content(n, &c, t->files.cause);
		tree_set_mtime(n, t->files.epoch);
	}
	set_permissions(t, i, n, false);
	return 0;
}

static int write_file(struct tmpfiles *t, const struct tmp_item *i, struct error *err)
{
	struct node *n = find(t, i->path, true);
	struct str text = i->argument, old = STR("");
	struct content c;

	if (!n || n->inode->kind != NODE_FILE)
		return n ? fail(t) : 0;
	if (i->plus) {
		if (files_read(&t->files, i->path, &old, err) < 0)
			return -1;
		text = str_of(
			arena_printf(t->d->arena, STR_FMT STR_FMT, STR_ARG(old), STR_ARG(text)));
	} else if (n->inode->content.size > text.len) {
		/* written over the start of what is there */
		if (files_read(&t->files, i->path, &old, err) < 0)
			return -1;
		text = str_of(arena_printf(t->d->arena, STR_FMT "%.*s", STR_ARG(text),
					   (int)(old.len - text.len), old.ptr + text.len));
	}
	c = text_of(t, text);
	tree_set_content(n, &c, t->files.cause);
	tree_set_mtime(n, t->files.epoch);
	set_permissions(t, i, n, false);
	return 0;
}

static int make_folder(struct tmpfiles *t, const struct tmp_item *i)
{
	struct node *n = find(t, i->path, false);

	if (n && n->inode->kind != NODE_DIRECTORY && i->replace) {
		tree_remove(t->d->tree, n, t->files.cause);
		n = NULL;
	}
	if (!n)
		return put(t, i, (struct inode){ .kind = NODE_DIRECTORY, .mode = 0755 }) ? 0
											 : fail(t);
	if (n->inode->kind == NODE_SYMLINK)
		n = find(t, i->path, true);
	if (!n || n->inode->kind != NODE_DIRECTORY || !is_safe(n->parent))
		return fail(t);
	set_permissions(t, i, n, false);
	return 0;
}

static int make_special(struct tmpfiles *t, const struct tmp_item *i, struct inode attributes)
{
	struct node *n = find(t, i->path, false);

	if (n && n->inode->kind != attributes.kind && (i->plus || i->replace)) {
		tree_remove(t->d->tree, n, t->files.cause);
		n = NULL;
	}
	if (n && n->inode->kind != attributes.kind)
		return fail(t);
	if (n) {
		set_permissions(t, i, n, false);
		return 0;
	}
	return put(t, i, attributes) ? 0 : fail(t);
}

static int make_device(struct tmpfiles *t, const struct tmp_item *i)
{
	size_t colon = str_find_char(i->argument, ':');
	uint64_t major, minor;

	if (colon == i->argument.len ||
	    !str_parse_u64((struct str){ i->argument.ptr, colon }, &major) ||
	    !str_parse_u64((struct str){ i->argument.ptr + colon + 1, i->argument.len - colon - 1 },
			   &minor) ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return fail(t);
	return make_special(t, i,
			    (struct inode){ .kind = i->type == 'c' ? NODE_CHAR : NODE_BLOCK,
					    .mode = i->has_mode ? i->mode : 0644,
					    .major = (uint32_t)major,
					    .minor = (uint32_t)minor });
}

static int make_link(struct tmpfiles *t, const struct tmp_item *i, const char **ret_reason)
{
	struct node *n = find(t, i->path, false);

	if (i->if_target && *i->argument.ptr != '/') {
		*ret_reason = "a relative target that is asked for (?)";
		return 1;
	}
	if (i->if_target && !find(t, i->argument, true))
		return 0;
	if (n && n->inode->kind == NODE_SYMLINK && str_equal(n->inode->target, i->argument))
		return 0;
	if (n && !i->plus && !(i->replace && n->inode->kind != NODE_SYMLINK))
		return 0; /* what is there stays */
	if (!parent_of(t, i->path))
		return fail(t);
	if (n)
		tree_remove(t->d->tree, n, t->files.cause);
	n = files_link(&t->files, i->path, i->argument);
	if (!n)
		return fail(t);
	if (i->has_uid || i->has_gid)
		tree_set_owner(n, i->has_uid ? i->uid : 0, i->has_gid ? i->gid : 0, t->files.cause);
	return 0;
}

static int adjust_all(struct tmpfiles *t, const struct tmp_item *i, struct node *top)
{
	struct tree_iter it = tree_iter(t->d->tree, top);
	struct node *n;

	while ((n = tree_next(&it)))
		set_permissions(t, i, n, false);
	return 0;
}

static int adjust(struct tmpfiles *t, const struct tmp_item *i, const char **ret_reason)
{
	struct node *n = find(t, i->path, false);

	if (!n || !is_safe(n))
		return n ? fail(t) : 0;
	if (i->type == TMP_ACL || i->type == TMP_ACL_ALL)
		return tmpfiles_acl(t, i, n, ret_reason);
	if (i->type == TMP_ADJUST_ALL)
		return adjust_all(t, i, n);
	if (i->type == TMP_ADJUST_FOLDER && n->inode->kind != NODE_DIRECTORY)
		return fail(t);
	set_permissions(t, i, n, false);
	return 0;
}

static int remove_path(struct tmpfiles *t, const struct tmp_item *i)
{
	struct node *n = find(t, i->path, false);
	struct node *const *children;

	if (!n || !n->parent)
		return 0;
	if (i->type == TMP_REMOVE && n->inode->kind == NODE_DIRECTORY &&
	    tree_children(n, &children))
		return 0;
	tree_remove(t->d->tree, n, t->files.cause);
	return 0;
}

int tmpfiles_make(struct tmpfiles *t, const struct tmp_item *i, const char **ret_reason,
		  struct error *err)
{
	switch (i->type) {
	case TMP_REMOVE:
	case TMP_REMOVE_ALL:
		return t->remove ? remove_path(t, i) : 0;
	case 't':
	case 'T':
		*ret_reason = "extended attributes (t)";
		return 1;
	default:
		break;
	}
	if (!t->create)
		return 0;
	switch (i->type) {
	case TMP_FILE:
	case TMP_TRUNCATE:
		return make_file(t, i);
	case TMP_WRITE:
		return write_file(t, i, err);
	case TMP_FOLDER:
	case TMP_FOLDER_EMPTIED:
	case TMP_SUBVOLUME:
	case TMP_SUBVOLUME_Q:
	case TMP_SUBVOLUME_QUOTA:
		return make_folder(t, i);
	case TMP_FIFO:
		return make_special(
			t, i,
			(struct inode){ .kind = NODE_FIFO, .mode = i->has_mode ? i->mode : 0644 });
	case TMP_CHAR:
	case TMP_BLOCK:
		return make_device(t, i);
	case TMP_LINK:
		return make_link(t, i, ret_reason);
	case TMP_COPY:
		return tmpfiles_copy(t, i);
	default:
		return adjust(t, i, ret_reason);
	}
}

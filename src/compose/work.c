#include "compose/work.h"

#include <assert.h>

#include "base/limits.h"

struct place work_place(const struct work *w, struct src_pos pos)
{
	struct str who = pos.file ? str_of(pos.file) : w->in->recipe->path;
	char *what = arena_printf(w->arena, "%u:%u", pos.line, pos.column);

	return (struct place){
		.pos = pos,
		.cause = tree_cause_intern(w->tree, (struct cause){
			.kind = CAUSE_RECIPE, .who = who, .what = str_of(what) }),
	};
}

cause_id work_rule(const struct work *w, const char *name)
{
	return tree_cause_intern(w->tree,
				 (struct cause){ .kind = CAUSE_RULE, .who = str_of(name) });
}

static struct str path_of(const struct work *w, const struct node *node)
{
	struct buf b = BUF_INIT(2 * LIMIT_PATH_MAX);
	struct str path;

	tree_path(node, &b);
	path = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return path;
}

/* What a component that is a symbolic link stands for; NULL with *err set if no folder. */
static struct node *follow(const struct work *w, const struct place *at, struct node *link,
			   struct error *err)
{
	struct str path = path_of(w, link);
	struct node *to;

	if (at->closed && link->inode->cause[CAUSE_CONTENT] == at->cause) {
		err_at(err, ERR_UNSUPPORTED, at->pos,
		       "the archive has a member below '/" STR_FMT "', which is a symbolic link "
		       "of the same archive", STR_ARG(path));
		return NULL;
	}
	to = tree_resolve(w->tree, path, /* follow_last= */ true);
	if (!to)
		err_at(err, ERR_RECIPE_CONFLICT, at->pos,
		       "'/" STR_FMT "' is a symbolic link to '" STR_FMT "', which is not in the image",
		       STR_ARG(path), STR_ARG(link->inode->target));
	return to;
}

static int not_a_folder(const struct work *w, const struct place *at, const struct node *node,
			struct error *err)
{
	struct str path = path_of(w, node);

	err_at(err, ERR_RECIPE_CONFLICT, at->pos,
	       "'/" STR_FMT "' is not a folder, so nothing can be put below it", STR_ARG(path));
	return err_hint(err, "choose another path, or 'remove: true' it first");
}

/* Links can lead to a path much longer than the one that the recipe or an archive gives. */
static int check_length(const struct place *at, const struct node *dir, struct str path,
			struct error *err)
{
	size_t len = 0;

	for (const struct node *n = dir; n->parent; n = n->parent)
		len += n->name.len + 1;
	if (len <= LIMIT_PATH_MAX)
		return 0;
	return err_at(err, ERR_LIMIT, at->pos,
		      "'/" STR_FMT "' leads to a path of %zu bytes; a path has at most %u",
		      STR_ARG(path), len, LIMIT_PATH_MAX);
}

int work_folder(struct work *w, const struct place *at, struct str path, struct node **ret,
		struct error *err)
{
	struct node *dir = tree_root(w->tree), *child;
	struct inode folder = work_folder_of(w, 0755);
	struct str rest = path, name;

	folder.uid = at->uid;
	folder.gid = at->gid;
	while (str_split(&rest, '/', &name)) {
		if (name.len == 0)
			continue;
		if (!tree_is_name(name))
			return err_at(err, ERR_RECIPE_PATH, at->pos,
				      "'/" STR_FMT "' has a component that no file can be called",
				      STR_ARG(path));
		child = tree_child(w->tree, dir, name);
		if (child && child->inode->kind == NODE_SYMLINK) {
			child = follow(w, at, child, err);
			if (!child)
				return -1;
		}
		if (!child)
			child = tree_put(w->tree, dir, name, &folder, at->cause);
		if (child->inode->kind != NODE_DIRECTORY)
			return not_a_folder(w, at, child, err);
		dir = child;
	}
	*ret = dir;
	return check_length(at, dir, path, err);
}

int work_parent(struct work *w, const struct place *at, struct str path, struct node **ret_dir,
		struct str *ret_name, struct error *err)
{
	size_t slash = path.len;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	*ret_name = (struct str){ path.ptr + slash, path.len - slash };
	if (!tree_is_name(*ret_name))
		return err_at(err, ERR_RECIPE_PATH, at->pos,
			      "'/" STR_FMT "' is not the path of a file", STR_ARG(path));
	return work_folder(w, at, (struct str){ path.ptr, slash }, ret_dir, err);
}

int work_put(struct work *w, const struct place *at, struct str path,
	     const struct inode *attributes, struct node **ret, struct error *err)
{
	struct node *dir, *there;
	struct str name;

	assert(attributes->kind != NODE_DIRECTORY);
	if (work_parent(w, at, path, &dir, &name, err) < 0)
		return -1;
	there = tree_child(w->tree, dir, name);
	if (there && there->inode->kind == NODE_DIRECTORY) {
		err_at(err, ERR_RECIPE_CONFLICT, at->pos,
		       "'/" STR_FMT "' is a folder and can't be replaced by a file or a link",
		       STR_ARG(path));
		return err_hint(err, "give a path inside the folder, or the name of another file");
	}
	there = tree_put(w->tree, dir, name, attributes, at->cause);
	work_touch(w, there, at->cause);
	if (ret)
		*ret = there;
	return 0;
}

int work_put_folder(struct work *w, const struct place *at, struct str path,
		    const struct inode *attributes, struct node **ret, bool *ret_is_new,
		    struct error *err)
{
	struct node *dir, *there;
	struct str name;

	*ret_is_new = false;
	if (path.len == 0) {
		*ret = tree_root(w->tree);
		return 0;
	}
	if (work_parent(w, at, path, &dir, &name, err) < 0)
		return -1;
	there = tree_child(w->tree, dir, name);
	if (there && there->inode->kind == NODE_SYMLINK) {
		there = follow(w, at, there, err);
		if (!there)
			return -1;
	}
	if (there && there->inode->kind != NODE_DIRECTORY)
		return err_at(err, ERR_RECIPE_CONFLICT, at->pos,
			      "'/" STR_FMT "' is a file and can't be replaced by a folder",
			      STR_ARG(path));
	if (!there) {
		there = tree_put(w->tree, dir, name, attributes, at->cause);
		*ret_is_new = true;
	}
	*ret = there;
	return 0;
}

struct inode work_file_of(const struct work *w, struct bytes data, uint16_t mode)
{
	return (struct inode){
		.kind = NODE_FILE,
		.mode = mode,
		.mtime = w->in->epoch,
		.content = content_of_bytes(data),
	};
}

struct inode work_link_of(const struct work *w, struct str target)
{
	return (struct inode){
		.kind = NODE_SYMLINK,
		.mode = 0777,
		.mtime = w->in->epoch,
		.target = target,
	};
}

struct inode work_folder_of(const struct work *w, uint16_t mode)
{
	return (struct inode){ .kind = NODE_DIRECTORY, .mode = mode, .mtime = w->in->epoch };
}

struct str work_join(const struct work *w, struct str a, struct str b)
{
	if (a.len == 0)
		return b;
	if (b.len == 0)
		return a;
	return str_of(arena_printf(w->arena, STR_FMT "/" STR_FMT, STR_ARG(a), STR_ARG(b)));
}

bool work_is_recipes(const struct work *w, struct str path, struct str *ret_where)
{
	const struct node *node = tree_resolve(w->tree, path, /* follow_last= */ false);
	const struct cause *c;

	if (!node)
		return false;
	c = tree_cause(w->tree, node->inode->cause[CAUSE_CONTENT]);
	if (c->kind != CAUSE_RECIPE)
		return false;
	*ret_where = str_of(arena_printf(w->arena, STR_FMT ":" STR_FMT, STR_ARG(c->who),
					 STR_ARG(c->what)));
	return true;
}

int work_claim(const struct work *w, const char *key, struct src_pos pos, struct str path,
	       struct error *err)
{
	struct str where;

	if (!work_is_recipes(w, path, &where))
		return 0;
	err_at(err, ERR_RECIPE_CONFLICT, pos,
	       "'%s' makes '/" STR_FMT "', which " STR_FMT " makes too", key, STR_ARG(path),
	       STR_ARG(where));
	return err_hint(err, "keep one of the two");
}

bool work_has_file(const struct work *w, const char *path)
{
	const struct node *n = tree_resolve(w->tree, str_of(path), /* follow_last= */ true);

	return n && n->inode->kind == NODE_FILE;
}

int work_load(const struct work *w, const struct node *node, size_t max, struct bytes *ret,
	      struct error *err)
{
	CLEANUP_BUF struct buf b = BUF_INIT(max);

	if (content_load(w->in->reader, &node->inode->content, &b, err) < 0)
		return err_while(err, "reading '/" STR_FMT "'", STR_ARG(path_of(w, node)));
	*ret = arena_bytes(w->arena, buf_bytes(&b));
	return 0;
}

/* Decimal ids below 2^32 - 1, which is "no id" for chown(2). */
static bool parse_id(struct str text, uint32_t *ret)
{
	uint64_t value;

	if (!str_parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

int work_owner(const struct work *w, struct str name, struct src_pos pos, uint32_t *ret,
	       struct error *err)
{
	uint32_t gid;

	*ret = 0;
	if (name.len == 0 || str_equal(name, STR("root")) || parse_id(name, ret))
		return 0;
	if (accounts_find_user(w->accounts, name, ret, &gid))
		return 0;
	err_at(err, ERR_RECIPE_VALUE, pos, "no user '" STR_FMT "' in the image", STR_ARG(name));
	return err_hint(err, "add it under 'users:', or add the package that makes it");
}

int work_group(const struct work *w, struct str name, struct src_pos pos, uint32_t *ret,
	       struct error *err)
{
	*ret = 0;
	if (name.len == 0 || str_equal(name, STR("root")) || parse_id(name, ret))
		return 0;
	if (accounts_find_group(w->accounts, name, ret))
		return 0;
	err_at(err, ERR_RECIPE_VALUE, pos, "no group '" STR_FMT "' in the image", STR_ARG(name));
	return err_hint(err, "add it under 'groups:', or add the package that makes it");
}

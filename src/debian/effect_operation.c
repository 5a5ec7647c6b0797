/* Operations on files; docs/effects.md has the table. */
#include "debian/commands.h"
#include "debian/diversions.h"
#include "debian/effects.h"
#include "debian/unpack.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int effect_mode(struct str text, uint16_t *ret, struct error *err)
{
	uint16_t mode = 0;

	if (!text.len || text.len > 5)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is no mode", STR_ARG(text));
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return err_set(err, ERR_FORMAT, "'" STR_FMT "' is no mode", STR_ARG(text));
		mode = (uint16_t)(mode << 3 | (text.ptr[i] - '0'));
	}
	*ret = mode & 07777;
	return 0;
}

/* The node at @path, the last link followed; an error if there is none. */
static int must_find(const struct effect_context *c, struct str path, struct node **ret,
		     struct error *err)
{
	*ret = tree_resolve(c->d->tree, path, true);
	if (!*ret)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is not in the tree", STR_ARG(path));
	return 0;
}

static int set_owner(const struct effect_context *c, struct node *node, struct str user,
		     struct str group, struct error *err)
{
	uint16_t mode = node->inode->mode;
	uint32_t uid, gid;

	if (effect_uid(c->d, user, &uid, err) < 0 || effect_gid(c->d, group, &gid, err) < 0)
		return -1;
	tree_set_owner(node, uid, gid, c->cause);
	/* chown(2) takes the set-id bits off a file; folders keep them. */
	if (node->inode->kind == NODE_FILE && (mode & 06000))
		tree_set_mode(node, mode & 01777, c->cause);
	return 0;
}

/* [MODE [USER GROUP]] at the end of an operation that makes something. */
static int set_attributes(const struct effect_context *c, struct node *node, const struct str *word,
			  size_t n, struct error *err)
{
	uint16_t mode = 0;

	if (n >= 3 && set_owner(c, node, word[1], word[2], err) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (effect_mode(word[0], &mode, err) < 0)
		return -1;
	tree_set_mode(node, mode, c->cause);
	return 0;
}

/* directory PATH [MODE [USER GROUP]] */
static int run_directory(const struct effect_context *c, const struct str *word, size_t n,
			 struct error *err)
{
	struct node *node = tree_resolve(c->d->tree, word[0], true);

	if (node)
		return 0;
	if (tree_make_folders(c->d->tree, word[0], c->cause, &node, err) < 0)
		return -1;
	return set_attributes(c, node, word + 1, n - 1, err);
}

static int new_file(const struct effect_context *c, struct str path, struct str text,
		    const struct str *attributes, size_t n, struct error *err)
{
	struct node *node = tree_resolve(c->d->tree, path, true);

	if (node)
		return 0;
	if (tree_write_file(c->d->tree, path, str_bytes(text), 0644, c->cause, &node, err) < 0)
		return -1;
	return set_attributes(c, node, attributes, n, err);
}

/* file PATH [MODE [USER GROUP]] */
static int run_file(const struct effect_context *c, const struct str *word, size_t n,
		    struct error *err)
{
	return new_file(c, word[0], STR(""), word + 1, n - 1, err);
}

/* text PATH TEXT [MODE [USER GROUP]] */
static int run_text(const struct effect_context *c, const struct str *word, size_t n,
		    struct error *err)
{
	return new_file(c, word[0], word[1], word + 2, n - 2, err);
}

/* heredoc PATH KEY [MODE [USER GROUP]] */
static int run_heredoc(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err)
{
	struct str text;

	if (heredoc_find(c->d, c->script, word[1], &text, err) < 0)
		return -1;
	return new_file(c, word[0], text, word + 2, n - 2, err);
}

/* copy FROM TO [MODE]: as cp -p */
static int run_copy(const struct effect_context *c, const struct str *word, size_t n,
		    struct error *err)
{
	struct node *from = tree_resolve(c->d->tree, word[0], true), *to;
	struct content content;
	int64_t mtime;

	if (tree_resolve(c->d->tree, word[1], true))
		return 0;
	if (!from)
		return 0; /* excluded by the recipe */
	if (from->inode->kind != NODE_FILE)
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is no file", STR_ARG(word[0]));
	content = from->inode->content;
	mtime = from->inode->mtime;
	if (tree_write_file(c->d->tree, word[1], (struct bytes){ 0 }, from->inode->mode, c->cause,
			    &to, err) < 0)
		return -1;
	tree_set_content(to, &content, c->cause);
	tree_set_owner(to, from->inode->uid, from->inode->gid, c->cause);
	tree_set_mtime(to, mtime);
	return set_attributes(c, to, word + 2, n - 2, err);
}

/* symlink PATH TARGET: as ln -s, nothing if PATH exists */
static int run_symlink(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err)
{
	(void)n;
	if (tree_resolve(c->d->tree, word[0], false))
		return 0;
	return tree_write_symlink(c->d->tree, word[0], word[1], c->cause, NULL, err);
}

/* remove PATH: the name itself; nothing if it is not there */
static int run_remove(const struct effect_context *c, const struct str *word, size_t n,
		      struct error *err)
{
	struct node *node = tree_resolve(c->d->tree, word[0], false);

	(void)n;
	if (node == tree_root(c->d->tree))
		return err_set(err, ERR_FORMAT, "the root can't be removed");
	if (node)
		tree_remove(c->d->tree, node, c->cause);
	return 0;
}

/* What @from holds goes to @to, but for names that are there already. */
static void move_children(const struct effect_context *c, struct node *from, struct node *to)
{
	struct node *const *child;
	size_t n = tree_children(from, &child);
	struct node **list = arena_array(c->d->arena, n + 1, sizeof(struct node *));

	for (size_t i = 0; i < n; i++)
		list[i] = child[i];
	for (size_t i = 0; i < n; i++)
		if (!tree_child(c->d->tree, to, list[i]->name))
			tree_move(c->d->tree, list[i], to, list[i]->name, list[i]->cause);
}

/*
 * migrate PATH TARGET: a folder becomes a link to TARGET, an absolute path. What packages
 * ship below it lands there: dpkg unpacks them when the link is there.
 */
static int run_migrate(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err)
{
	struct node *old = tree_resolve(c->d->tree, word[0], false), *to;

	(void)n;
	if (old && old->inode->kind == NODE_SYMLINK)
		return 0;
	if (old && old->inode->kind == NODE_DIRECTORY) {
		if (tree_make_folders(c->d->tree, word[1], c->cause, &to, err) < 0)
			return -1;
		move_children(c, old, to);
	}
	if (old)
		tree_remove(c->d->tree, old, c->cause);
	return tree_write_symlink(c->d->tree, word[0], word[1], c->cause, NULL, err);
}

/* mode PATH MODE */
static int run_mode(const struct effect_context *c, const struct str *word, size_t n,
		    struct error *err)
{
	struct node *node;
	uint16_t mode = 0;

	(void)n;
	if (must_find(c, word[0], &node, err) < 0 || effect_mode(word[1], &mode, err) < 0)
		return -1;
	tree_set_mode(node, mode, c->cause);
	return 0;
}

/* owner PATH USER GROUP */
static int run_owner(const struct effect_context *c, const struct str *word, size_t n,
		     struct error *err)
{
	struct node *node;

	(void)n;
	if (must_find(c, word[0], &node, err) < 0)
		return -1;
	return set_owner(c, node, word[1], word[2], err);
}

/* divert PATH TO */
static int run_divert(const struct effect_context *c, const struct str *word, size_t n,
		      struct error *err)
{
	const struct diversion entry = { word[0], word[1], c->u->package->name };
	struct debian *d = c->d;
	struct diversion *old;

	(void)n;
	if (word[0].len < 2 || *word[0].ptr != '/' || word[1].len < 2 || *word[1].ptr != '/')
		return err_set(err, ERR_FORMAT, "diversions are of absolute paths");
	if (unpack_rules(d, err) < 0)
		return -1;
	old = diversion_of(d, entry.path);
	if (!old) {
		ARENA_GROW(d->arena, d->diversions, d->n_diversions, d->diversions_capacity);
		old = &d->diversions[d->n_diversions++];
	}
	*old = entry;
	return diversions_store(d, c->cause, err);
}

/* statoverride USER GROUP MODE PATH: as dpkg-statoverride --update --add */
static int run_statoverride(const struct effect_context *c, const struct str *word, size_t n,
			    struct error *err)
{
	struct node *node = tree_resolve(c->d->tree, word[3], true);
	struct statoverride entry = { .user = word[0], .group = word[1], .path = word[3] };
	struct debian *d = c->d;
	struct statoverride *old;

	(void)n;
	if (effect_mode(word[2], &entry.mode, err) < 0 || unpack_rules(d, err) < 0)
		return -1;
	old = override_of(d, entry.path);
	if (!old) {
		ARENA_GROW(d->arena, d->overrides, d->n_overrides, d->overrides_capacity);
		old = &d->overrides[d->n_overrides++];
	}
	*old = entry;
	if (overrides_store(d, c->cause, err) < 0)
		return -1;
	if (!node)
		return 0;
	if (set_owner(c, node, word[0], word[1], err) < 0)
		return -1;
	tree_set_mode(node, entry.mode, c->cause);
	return 0;
}

/* shells, pam: done once, when all packages are there */
static int run_shells(const struct effect_context *c, const struct str *word, size_t n,
		      struct error *err)
{
	(void)word;
	(void)n;
	(void)err;
	c->d->shells = true;
	return 0;
}

static int run_pam(const struct effect_context *c, const struct str *word, size_t n,
		   struct error *err)
{
	(void)word;
	(void)n;
	(void)err;
	c->d->pam = true;
	return 0;
}

/* note TEXT: what must be made at start */
static int run_note(const struct effect_context *c, const struct str *word, size_t n,
		    struct error *err)
{
	struct debian *d = c->d;

	(void)n;
	(void)err;
	debian_first_boot(d, word[0], c->cause);
	return 0;
}

static const struct effect_operation operations[] = {
	{ "alternative", 4, EFFECT_WORDS_MAX, 0, effect_alternative },
	{ "certificates", 0, 0, 0, effect_certificates },
	{ "copy", 2, 3, 3, run_copy },
	{ "directory", 1, 4, 2, run_directory },
	{ "divert", 2, 2, 0, run_divert },
	{ "enable", 1, 1, 0, effect_enable },
	{ "file", 1, 4, 2, run_file },
	{ "group", 1, 1, 0, effect_group },
	{ "heredoc", 2, 5, 3, run_heredoc },
	{ "member", 2, 2, 0, effect_member },
	{ "migrate", 2, 2, 0, run_migrate },
	{ "mode", 2, 2, 2, run_mode },
	{ "note", 1, 1, 0, run_note },
	{ "owner", 3, 3, 0, run_owner },
	{ "pam", 0, 0, 0, run_pam },
	{ "rc", 1, 1, 0, effect_rc },
	{ "remove", 1, 1, 0, run_remove },
	{ "shadow", 0, 0, 0, effect_shadow },
	{ "shells", 0, 0, 0, run_shells },
	{ "statoverride", 4, 4, 3, run_statoverride },
	{ "symlink", 2, 2, 0, run_symlink },
	{ "text", 2, 5, 3, run_text },
	{ "user", 1, 5, 0, effect_user },
};

const struct effect_operation *effect_find(struct str name)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		if (str_equal_cstr(name, operations[i].name))
			return &operations[i];
	return NULL;
}

#include "debian/journal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"

/* What lived at a path before the script. */
struct name_before {
	struct str path;
	struct inode *inode; /* NULL: nothing */
};

struct inode_before {
	struct inode *inode;
	struct inode was;
	bool told; /* its changes have been written */
};

/* An inode that operations have made, by one of its paths. */
struct made {
	const struct inode *inode;
	struct str path;
};

struct journal {
	struct debian *d;
	struct effects_writer *to;
	struct tree_watch watch;
	struct arena arena; /* of one script */
	struct str package;
	uint32_t first_inode; /* serials from here on are the script's */
	size_t wanted, at_first_boot; /* lengths of d's lists before it */

	struct strtab paths; /* to indexes of names */
	struct name_before *names;
	size_t n_names, names_capacity;
	struct strtab inode_index; /* by serial, to indexes of inodes */
	struct inode_before *inodes;
	size_t n_inodes, inodes_capacity;
	struct made *made;
	size_t n_made, made_capacity;

	struct str unfollowed; /* see journal_end() */
	struct strtab packaged; /* digests of members' contents */
	struct str gone; /* what lies below this path was removed by an operation */
};

static void add_name(struct journal *j, struct str path, struct inode *inode)
{
	if (strtab_intern(&j->paths, path, NULL) < j->n_names)
		return;
	ARENA_GROW(&j->arena, j->names, j->n_names, j->names_capacity);
	j->names[j->n_names++] = (struct name_before){ arena_str(&j->arena, path), inode };
}

static void hear_name(void *context, struct node *dir, struct str name, struct node *node)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1 << 20);
	struct journal *j = context;

	tree_path(dir, &path);
	if (path.len)
		buf_add_char(&path, '/');
	buf_add_str(&path, name);
	add_name(j, buf_str(&path), node ? node->inode : NULL);
}

static void hear_attributes(void *context, struct node *node)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1 << 20);
	struct journal *j = context;
	struct inode *inode = node->inode;
	struct str key = { (const char *)&inode->serial, sizeof(inode->serial) };

	if (inode->serial >= j->first_inode)
		return; /* made by this script: all of it is told */
	if (strtab_intern(&j->inode_index, key, NULL) < j->n_inodes)
		return;
	ARENA_GROW(&j->arena, j->inodes, j->n_inodes, j->inodes_capacity);
	j->inodes[j->n_inodes++] = (struct inode_before){ inode, *inode, false };
	tree_path(node, &path);
	add_name(j, path.len ? buf_str(&path) : STR(""), inode);
}

static void index_packaged(struct journal *j)
{
	for (size_t i = 0; i < j->d->n_packages; i++) {
		const struct pack *p = j->d->packages[i].package->pack;

		for (size_t k = 0; k < p->n_members; k++) {
			const struct content *c = &p->members[k].content;

			if (p->members[k].kind == NODE_FILE && c->size)
				strtab_intern(&j->packaged,
					      (struct str){ (const char *)c->digest.bytes,
							    DIGEST_SIZE }, NULL);
		}
	}
}

struct journal *journal_new(struct debian *d, struct effects_writer *to)
{
	struct journal *j = arena_alloc(d->arena, sizeof(*j));

	j->d = d;
	j->to = to;
	j->watch = (struct tree_watch){ j, hear_name, hear_attributes };
	index_packaged(j);
	return j;
}

static void forget(struct journal *j)
{
	strtab_release(&j->paths);
	strtab_release(&j->inode_index);
	j->paths = j->inode_index = (struct strtab)STRTAB_INIT;
	j->names = NULL;
	j->inodes = NULL;
	j->made = NULL;
	j->n_names = j->names_capacity = j->n_inodes = j->inodes_capacity = 0;
	j->n_made = j->made_capacity = 0;
	arena_release(&j->arena);
	j->arena = (struct arena)ARENA_INIT;
}

void journal_release(struct journal *j)
{
	tree_watch(j->d->tree, NULL);
	forget(j);
	strtab_release(&j->packaged);
}

void journal_begin(struct journal *j, struct str package, struct str script,
		   const struct str *arguments, size_t n)
{
	j->package = package;
	j->first_inode = tree_inode_count(j->d->tree);
	j->wanted = j->d->n_wanted;
	j->at_first_boot = j->d->n_at_first_boot;
	effects_begin(j->to, EFFECTS_SCRIPT);
	effects_word(j->to, package);
	effects_word(j->to, script);
	for (size_t i = 0; i < n; i++)
		effects_word(j->to, arguments[i]);
	effects_end(j->to);
	tree_watch(j->d->tree, &j->watch);
}

void journal_step(struct journal *j, enum effects_kind kind, struct str package)
{
	effects_begin(j->to, kind);
	effects_word(j->to, package);
	effects_end(j->to);
}

/* ---- the difference ---- */

/* Canonical order: '/' before every other byte. */
static int compare_names(const void *x, const void *y)
{
	const struct name_before *a = x, *b = y;
	size_t n = a->path.len < b->path.len ? a->path.len : b->path.len;

	for (size_t i = 0; i < n; i++) {
		unsigned char p = (unsigned char)a->path.ptr[i], q = (unsigned char)b->path.ptr[i];

		if (p != q)
			return p == '/' ? -1 : q == '/' ? 1 : p < q ? -1 : 1;
	}
	return a->path.len < b->path.len ? -1 : a->path.len > b->path.len;
}

static void add_path(struct journal *j, struct str path)
{
	char *absolute = arena_printf(&j->arena, "/" STR_FMT, STR_ARG(path));

	effects_word(j->to, str_of(absolute));
}

static void begin(struct journal *j, enum effects_kind kind, struct str path)
{
	effects_begin(j->to, kind);
	add_path(j, path);
}

static void end_with_cause(struct journal *j, cause_id cause)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);

	effects_cause_format(tree_cause(j->d->tree, cause), j->package, &text);
	effects_word(j->to, buf_str(&text));
	effects_end(j->to);
}

/* Existence, content, owner, xattrs: one word if they are one. */
static void end_with_causes(struct journal *j, const struct node *node)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	const struct inode *i = node->inode;
	bool one = true;

	effects_cause_format(tree_cause(j->d->tree, node->cause), j->package, &text);
	for (size_t k = 0; k < CAUSE_OF_COUNT; k++)
		one &= i->cause[k] == node->cause;
	for (size_t k = 0; k < CAUSE_OF_COUNT && !one; k++) {
		buf_add_char(&text, ',');
		effects_cause_format(tree_cause(j->d->tree, i->cause[k]), j->package, &text);
	}
	effects_word(j->to, buf_str(&text));
	effects_end(j->to);
}

static void add_content(struct journal *j, const struct content *c)
{
	struct str key = { (const char *)c->digest.bytes, DIGEST_SIZE };
	uint32_t unused;

	effects_number(j->to, (int64_t)c->size);
	effects_digest(j->to, &c->digest);
	if (c->size && !strtab_find(&j->packaged, key, &unused))
		effects_add_content(j->to, c);
}

static void tell_xattr(struct journal *j, struct str path, struct str name, struct bytes value,
		       cause_id cause)
{
	CLEANUP_BUF struct buf hex = BUF_INIT(2 * LIMIT_XATTR_SIZE + 1);

	for (size_t i = 0; i < value.len; i++)
		buf_printf(&hex, "%02x", value.ptr[i]);
	begin(j, EFFECTS_XATTR, path);
	effects_word(j->to, name);
	effects_word(j->to, buf_str(&hex));
	end_with_cause(j, cause);
}

static void add_owner(struct journal *j, const struct inode *i)
{
	effects_number(j->to, i->uid);
	effects_number(j->to, i->gid);
}

/* What a script makes now has the time of the image, whichever that is. */
static void add_time(struct journal *j, int64_t mtime)
{
	if (mtime == j->d->options->epoch)
		effects_word(j->to, STR(EFFECTS_NOW));
	else
		effects_number(j->to, mtime);
}

static void tell_new(struct journal *j, struct str path, const struct node *node)
{
	static const char *const special[] = { [NODE_FIFO] = "fifo", [NODE_CHAR] = "char",
					       [NODE_BLOCK] = "block" };
	const struct inode *i = node->inode;

	switch (i->kind) {
	case NODE_DIRECTORY:
	case NODE_FILE:
		begin(j, i->kind == NODE_FILE ? EFFECTS_FILE : EFFECTS_FOLDER, path);
		effects_octal(j->to, i->mode);
		break;
	case NODE_SYMLINK:
		begin(j, EFFECTS_LINK, path);
		effects_word(j->to, i->target);
		break;
	case NODE_FIFO:
	case NODE_CHAR:
	case NODE_BLOCK:
		begin(j, EFFECTS_SPECIAL, path);
		effects_word(j->to, str_of(special[i->kind]));
		effects_number(j->to, i->major);
		effects_number(j->to, i->minor);
		effects_octal(j->to, i->mode);
		break;
	}
	add_owner(j, i);
	add_time(j, i->mtime);
	if (i->kind == NODE_FILE)
		add_content(j, &i->content);
	end_with_causes(j, node);
	for (uint32_t k = 0; k < i->n_xattrs; k++)
		tell_xattr(j, path, i->xattrs[k].name, i->xattrs[k].value,
			   i->cause[CAUSE_XATTRS]);
}

static bool is_below(struct str path, struct str top)
{
	return top.ptr && path.len > top.len && path.ptr[top.len] == '/' &&
	       str_has_prefix(path, top);
}

/* What lives at this name now, the operations so far being applied. */
static struct inode *before(const struct journal *j, const struct name_before *n)
{
	return is_below(n->path, j->gone) ? NULL : n->inode;
}

/* A path at which an operation finds @inode, or "" with ptr NULL. */
static struct str other_name(struct journal *j, const struct inode *inode)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1 << 20);
	struct tree_iter it = tree_iter(j->d->tree, tree_root(j->d->tree));
	uint32_t at;
	struct node *n;

	for (size_t i = 0; i < j->n_made; i++)
		if (j->made[i].inode == inode)
			return j->made[i].path;
	if (inode->serial >= j->first_inode || inode->links < 2)
		return (struct str){ NULL, 0 };
	/* One of before the script that no operation has touched. */
	while ((n = tree_next(&it))) {
		if (n->inode != inode)
			continue;
		buf_reset(&path);
		tree_path(n, &path);
		if (!strtab_find(&j->paths, buf_str(&path), &at) || j->names[at].inode == inode)
			return arena_str(&j->arena, buf_str(&path));
	}
	return (struct str){ NULL, 0 };
}

static const struct xattr *find_xattr(const struct inode *i, struct str name)
{
	for (uint32_t k = 0; k < i->n_xattrs; k++)
		if (str_equal(i->xattrs[k].name, name))
			return &i->xattrs[k];
	return NULL;
}

#define ACCESS_LIST  STR("system.posix_acl_access")
#define DEFAULT_LIST STR("system.posix_acl_default")

static void miss(struct journal *j, struct str path)
{
	if (!j->unfollowed.len)
		j->unfollowed = arena_str(j->d->arena, path);
}

/* A new name below a folder with a default list gets a list of its own from it. */
static void check_inherited(struct journal *j, struct str path, const struct node *node)
{
	if (node->parent && node->inode->kind != NODE_SYMLINK &&
	    find_xattr(node->parent->inode, DEFAULT_LIST) && !find_xattr(node->inode, ACCESS_LIST))
		miss(j, path);
}

/* A new mode changes the list's entries, too. */
static void check_mode(struct journal *j, struct str path, const struct inode *was,
		       const struct inode *is)
{
	const struct xattr *old = find_xattr(was, ACCESS_LIST), *new = find_xattr(is, ACCESS_LIST);

	if (old && new && bytes_equal(old->value, new->value))
		miss(j, path);
}

static void tell_made(struct journal *j, struct str path, const struct node *node)
{
	struct str other = { NULL, 0 };

	if (node->inode->kind != NODE_DIRECTORY && node->inode->links > 1)
		other = other_name(j, node->inode);
	if (other.ptr) {
		begin(j, EFFECTS_HARD_LINK, path);
		add_path(j, other);
		end_with_cause(j, node->cause);
		return;
	}
	check_inherited(j, path, node);
	tell_new(j, path, node);
	if (node->inode->links > 1) {
		ARENA_GROW(&j->arena, j->made, j->n_made, j->made_capacity);
		j->made[j->n_made++] = (struct made){ node->inode, path };
	}
}

static void tell_xattrs(struct journal *j, struct str path, const struct inode *was,
			const struct inode *is)
{
	cause_id cause = is->cause[CAUSE_XATTRS];

	for (uint32_t k = 0; k < was->n_xattrs; k++)
		if (!find_xattr(is, was->xattrs[k].name))
			tell_xattr(j, path, was->xattrs[k].name, (struct bytes){ NULL, 0 }, cause);
	for (uint32_t k = 0; k < is->n_xattrs; k++) {
		const struct xattr *old = find_xattr(was, is->xattrs[k].name);

		if (!old || !bytes_equal(old->value, is->xattrs[k].value))
			tell_xattr(j, path, is->xattrs[k].name, is->xattrs[k].value, cause);
	}
}

static void tell_changes(struct journal *j, struct str path, const struct inode *was,
			 const struct inode *is)
{
	if (is->kind == NODE_FILE && !digest_equal(&was->content.digest, &is->content.digest)) {
		begin(j, EFFECTS_CONTENT, path);
		add_content(j, &is->content);
		end_with_cause(j, is->cause[CAUSE_CONTENT]);
	}
	if (was->uid != is->uid || was->gid != is->gid) {
		begin(j, EFFECTS_OWNER, path);
		add_owner(j, is);
		end_with_cause(j, is->cause[CAUSE_OWNER]);
	}
	if (was->mode != is->mode) {
		check_mode(j, path, was, is);
		begin(j, EFFECTS_MODE, path);
		effects_octal(j->to, is->mode);
		end_with_cause(j, is->cause[CAUSE_OWNER]);
	}
	/* A folder's time is a constant of the output format. */
	if (was->mtime != is->mtime && is->kind != NODE_DIRECTORY) {
		begin(j, EFFECTS_MTIME, path);
		add_time(j, is->mtime);
		effects_end(j->to);
	}
	tell_xattrs(j, path, was, is);
}

static void tell_same(struct journal *j, struct str path, const struct inode *inode)
{
	struct str key = { (const char *)&inode->serial, sizeof(inode->serial) };
	uint32_t at;

	if (!strtab_find(&j->inode_index, key, &at) || j->inodes[at].told)
		return;
	j->inodes[at].told = true;
	tell_changes(j, path, &j->inodes[at].was, inode);
}

static void tell_removed(struct journal *j, struct str path)
{
	const struct node *left = tree_find_removed(j->d->tree, path);

	begin(j, EFFECTS_REMOVE, path);
	end_with_cause(j, left ? left->cause : 0);
	j->gone = path;
}

static void tell_name(struct journal *j, const struct name_before *n)
{
	const struct inode *was = before(j, n);
	const struct node *is = tree_find(j->d->tree, n->path);

	if (is && was == is->inode) {
		tell_same(j, n->path, was);
		return;
	}
	if (was && (!is || was->kind == NODE_DIRECTORY || is->inode->kind == NODE_DIRECTORY))
		tell_removed(j, n->path);
	if (is)
		tell_made(j, n->path, is);
}

static void tell_wishes(struct journal *j)
{
	for (size_t i = j->wanted; i < j->d->n_wanted; i++) {
		effects_begin(j->to, EFFECTS_WANT);
		effects_word(j->to, j->d->wanted[i].generator);
		effects_word(j->to, j->d->wanted[i].argument);
		end_with_cause(j, j->d->wanted[i].cause);
	}
	for (size_t i = j->at_first_boot; i < j->d->n_at_first_boot; i++) {
		effects_begin(j->to, EFFECTS_FIRST_BOOT);
		effects_word(j->to, j->d->at_first_boot[i].what);
		end_with_cause(j, j->d->at_first_boot[i].cause);
	}
}

void journal_end(struct journal *j, struct str *ret_unfollowed)
{
	tree_watch(j->d->tree, NULL);
	j->unfollowed = STR("");
	/* Indexes of j->paths stay those of the order of hearing: sort a copy. */
	if (j->n_names) {
		struct name_before *sorted = arena_array(&j->arena, j->n_names, sizeof(*sorted));

		memcpy(sorted, j->names, j->n_names * sizeof(*sorted));
		qsort(sorted, j->n_names, sizeof(*sorted), compare_names);
		j->gone = (struct str){ NULL, 0 };
		for (size_t i = 0; i < j->n_names; i++)
			tell_name(j, &sorted[i]);
	}
	tell_wishes(j);
	*ret_unfollowed = j->unfollowed;
	forget(j);
}

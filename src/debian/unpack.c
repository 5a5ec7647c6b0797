/*
 * What dpkg does when it unpacks, member by member: paths go through the links
 * that are in the tree, an existing folder stays as it is, a path of another
 * package needs Replaces, diverted paths go where the diversion says.
 */
#include "debian/unpack.h"

#include "base/limits.h"
#include "debian/relation.h"

/* Folders of the root that are links into /usr (debian.md 2 and 3.1). */
static const char *const merged_always[] = { "bin", "lib", "sbin" };
static const char *const merged_if_used[] = { "lib32", "lib64", "libo32", "libx32" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct unpacking {
	struct debian *d;
	struct unpacked *u;
	uint32_t number; /* index of u + 1 */
};

static bool ships_below(const struct debian *d, struct str top)
{
	for (size_t i = 0; i < d->n_packages; i++) {
		const struct pack *pack = d->packages[i].package->pack;

		for (size_t k = 0; k < pack->n_members; k++) {
			struct str path = pack->members[k].path;

			if (path.len > top.len && path.ptr[top.len] == '/' &&
			    str_has_prefix(path, top))
				return true;
		}
	}
	return false;
}

/* Whether a package ships the link itself, as base-files does from Debian 13 on. */
static bool ships_link(const struct debian *d, struct str top)
{
	for (size_t i = 0; i < d->n_packages; i++) {
		const struct pack *pack = d->packages[i].package->pack;

		for (size_t k = 0; k < pack->n_members; k++)
			if (pack->members[k].kind == NODE_SYMLINK &&
			    str_equal(pack->members[k].path, top))
				return true;
	}
	return false;
}

static int merge_folder(struct debian *d, const char *name, struct error *err)
{
	char *target = arena_printf(d->arena, "usr/%s", name);
	cause_id cause = debian_rule(d, "usrmerge");
	struct node *folder;

	if (tree_find(d->tree, str_of(name)))
		return 0;
	if (tree_make_folders(d->tree, str_of(target), cause, &folder, err) < 0)
		return -1;
	return tree_write_symlink(d->tree, str_of(name), str_of(target), cause, NULL, err);
}

/*
 * Debian 12 has no package that ships the links: the installer makes them. A
 * link that a package ships itself comes with that package.
 */
int unpack_merge_usr(struct debian *d, struct error *err)
{
	for (size_t i = 0; i < COUNT(merged_always); i++)
		if (!ships_link(d, str_of(merged_always[i])) &&
		    merge_folder(d, merged_always[i], err) < 0)
			return -1;
	for (size_t i = 0; i < COUNT(merged_if_used); i++)
		if (!ships_link(d, str_of(merged_if_used[i])) &&
		    ships_below(d, str_of(merged_if_used[i])) &&
		    merge_folder(d, merged_if_used[i], err) < 0)
			return -1;
	return 0;
}

static void set_owner(struct unpacking *x, const struct node *node)
{
	struct debian *d = x->d;

	if (node->serial >= d->n_owner) {
		uint32_t wider = node->serial + node->serial / 2 + 1024;
		uint32_t *grown = arena_array(d->arena, wider, sizeof(*grown));

		if (d->n_owner)
			memcpy(grown, d->owner, d->n_owner * sizeof(*grown));
		d->owner = grown;
		d->n_owner = wider;
	}
	d->owner[node->serial] = x->number;
}

/* The package that unpacked @node, or NULL. */
static struct unpacked *owner_of(const struct debian *d, const struct node *node)
{
	if (node->serial >= d->n_owner || !d->owner[node->serial])
		return NULL;
	return &d->packages[d->owner[node->serial] - 1];
}

static bool replaces(const struct unpacked *u, const struct unpacked *other)
{
	struct str field = unpacked_field(u, STR("Replaces"));
	struct relation r;
	bool last;

	while (relation_next(&field, &r, &last))
		if (str_equal(r.name, other->package->name) &&
		    relation_satisfied(&r, other->package->version))
			return true;
	return false;
}

/* @owner's member at this node is now another package's: out of its .list. */
static void give_away(const struct debian *d, struct unpacked *owner, const struct node *node)
{
	const struct pack *pack = owner->package->pack;

	for (size_t i = 0; i < pack->n_members; i++) {
		struct str path = debian_diverted(d, owner->package->name, pack->members[i].path);

		if (tree_resolve(d->tree, path, false) == node)
			owner->given_away[i] = owner->list_stale = true;
	}
}

enum verdict { TAKE, KEEP };

static int conflict(struct unpacking *x, const struct pack_member *m,
		    const struct unpacked *owner, struct error *err)
{
	(void)err_set(err, ERR_FILE_CONFLICT,
		      "'/" STR_FMT "' is in '" STR_FMT "' " STR_FMT " and in '" STR_FMT "' " STR_FMT,
		      STR_ARG(m->path), STR_ARG(owner->package->name),
		      STR_ARG(owner->package->version), STR_ARG(x->u->package->name),
		      STR_ARG(x->u->package->version));
	return err_hint(err, "take one of the two packages out of the recipe");
}

/* Who wins a path that is there already and is no folder on both sides. */
static int judge(struct unpacking *x, const struct pack_member *m, const struct node *old,
		 enum verdict *ret, struct error *err)
{
	struct unpacked *owner = owner_of(x->d, old);

	*ret = TAKE;
	if (!owner || owner == x->u)
		return 0;
	if (replaces(x->u, owner)) {
		give_away(x->d, owner, old);
		return 0;
	}
	if (!replaces(owner, x->u))
		return conflict(x, m, owner, err);
	*ret = KEEP;
	return 0;
}

static struct inode attributes(const struct debian *d, const struct pack_member *m)
{
	return (struct inode){
		.kind = m->kind,
		.mode = m->mode,
		.uid = m->uid,
		.gid = m->gid,
		.mtime = m->mtime < d->options->epoch ? m->mtime : d->options->epoch,
		.major = m->major,
		.minor = m->minor,
		.content = m->content,
		.target = m->kind == NODE_SYMLINK ? m->target : STR(""),
		.xattrs = m->xattrs,
		.n_xattrs = m->n_xattrs,
	};
}

/* The member that a hard link is another name of. */
static const struct pack_member *link_source(const struct pack *pack, const struct pack_member *m)
{
	for (const struct pack_member *k = m; k-- > pack->members;)
		if (str_equal(k->path, m->target) && !k->hard_link)
			return k;
	return NULL;
}

static int put_hard_link(struct unpacking *x, const struct pack_member *m, struct node *dir,
			 struct str name, struct error *err)
{
	struct debian *d = x->d;
	struct str path = debian_diverted(d, x->u->package->name, m->target);
	struct node *source = tree_resolve(d->tree, path, false);
	const struct pack_member *first;
	struct inode copy;

	if (source && source->inode->kind != NODE_DIRECTORY && owner_of(d, source) == x->u) {
		set_owner(x, tree_link(d->tree, dir, name, source, x->u->cause));
		return 0;
	}
	/* The first name was excluded or is another package's: this one stands alone. */
	first = link_source(x->u->package->pack, m);
	if (!first)
		return err_set(err, ERR_FORMAT, "'/" STR_FMT "' is a hard link to '/" STR_FMT
			       "', which is no file before it", STR_ARG(m->path),
			       STR_ARG(m->target));
	copy = attributes(d, first);
	if (unpack_override(d, m->path, &copy, err) < 0)
		return -1;
	set_owner(x, tree_put(d->tree, dir, name, &copy, x->u->cause));
	return 0;
}

/* Replaces the conditions under which dpkg leaves an existing folder alone. */
static bool is_kept_folder(const struct debian *d, const struct pack_member *m,
			   struct str path, const struct node *old)
{
	const struct node *at;

	if (m->hard_link || !old)
		return false;
	if (m->kind == NODE_SYMLINK)
		return old->inode->kind == NODE_DIRECTORY;
	if (m->kind != NODE_DIRECTORY)
		return false;
	at = tree_resolve(d->tree, path, true);
	return at && at->inode->kind == NODE_DIRECTORY;
}

static int put_member(struct unpacking *x, const struct pack_member *m, struct str path,
		      struct node *dir, struct str name, struct error *err)
{
	struct debian *d = x->d;
	struct node *old = tree_child(d->tree, dir, name);
	struct inode inode = attributes(d, m);
	enum verdict verdict;

	if (d->n_overrides && unpack_override(d, m->path, &inode, err) < 0)
		return -1;

	if (is_kept_folder(d, m, path, old))
		return 0;
	if (old) {
		if (judge(x, m, old, &verdict, err) < 0)
			return -1;
		if (verdict == KEEP) {
			x->u->given_away[m - x->u->package->pack->members] = true;
			return 0;
		}
		if (old->inode->kind == NODE_DIRECTORY)
			return err_set(err, ERR_FORMAT, "'/" STR_FMT
				       "' is a folder in the tree and not in this package",
				       STR_ARG(m->path));
	}
	if (m->hard_link)
		return put_hard_link(x, m, dir, name, err);
	set_owner(x, tree_put(d->tree, dir, name, &inode, x->u->cause));
	if (d->n_interests)
		debian_trigger_path(d, path);
	return 0;
}

/* Takes the last component off *path. */
static struct str split_parent(struct str path, struct str *ret_name)
{
	size_t n = path.len;

	while (n && path.ptr[n - 1] != '/')
		n--;
	*ret_name = (struct str){ path.ptr + n, path.len - n };
	return (struct str){ path.ptr, n ? n - 1 : 0 };
}

static bool is_excluded(struct debian *d, const struct pack_member *m)
{
	char *path = arena_printf(d->arena, "/" STR_FMT, STR_ARG(m->path));
	bool holds = !m->hard_link && (m->kind == NODE_DIRECTORY || m->kind == NODE_SYMLINK);
	bool excluded = glob_excludes(&d->exclude, str_of(path), holds);

	/* One line for each path, however often it is looked at. */
	if (excluded != glob_dpkg_excludes(&d->exclude, str_of(path), holds)) {
		CLEANUP_BUF struct buf line = BUF_INIT(4 * LIMIT_PATH_MAX);

		glob_dpkg_line(str_of(path), excluded, &line);
		ARENA_GROW(d->arena, d->exceptions, d->n_exceptions, d->exceptions_capacity);
		d->exceptions[d->n_exceptions++] = arena_str(d->arena, buf_str(&line));
	}
	return excluded;
}

static int unpack_member(struct unpacking *x, const struct pack_member *m, struct error *err)
{
	struct debian *d = x->d;
	struct str path = debian_diverted(d, x->u->package->name, m->path);
	struct str parent, name;
	struct inode root;
	struct node *dir;

	if (m->path.len == 0) { /* "./": the root's own attributes */
		root = attributes(d, m);
		if (m->kind == NODE_DIRECTORY && !owner_of(d, tree_root(d->tree))) {
			tree_set_mode(tree_root(d->tree), root.mode, x->u->cause);
			tree_set_owner(tree_root(d->tree), root.uid, root.gid, x->u->cause);
			set_owner(x, tree_root(d->tree));
		}
		return 0;
	}
	if (x->u->excluded[m - x->u->package->pack->members])
		return 0;
	parent = split_parent(path, &name);
	if (tree_make_folders(d->tree, parent, x->u->cause, &dir, err) < 0)
		return -1;
	return put_member(x, m, path, dir, name, err);
}

/* A line of `conffiles`: "/path", or "remove-on-upgrade /path". */
static void read_conffiles(struct debian *d, struct unpacked *u)
{
	const struct pack_control *c = pack_control(u->package->pack, STR("conffiles"));
	struct str rest = c ? bytes_str(c->data) : (struct str){ NULL, 0 }, line;
	size_t capacity = 0;

	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (!line.len)
			continue;
		ARENA_GROW(d->arena, u->conffiles, u->n_conffiles, capacity);
		u->conffiles[u->n_conffiles++] = line;
	}
}

/* Which members the recipe keeps out; once a package. */
static void look_at(struct debian *d, struct unpacked *u)
{
	const struct pack *pack = u->package->pack;

	for (size_t k = 0; k < pack->n_members && d->exclude.n && !u->looked_at; k++)
		u->excluded[k] = pack->members[k].path.len && is_excluded(d, &pack->members[k]);
	u->looked_at = true;
}

static int write_info(struct debian *d, struct unpacked *u, struct error *err)
{
	if (database_write_info(d, u, err) < 0)
		return -1;
	for (size_t i = 0; i < d->n_packages; i++) {
		struct unpacked *other = &d->packages[i];

		if (other->list_stale && other != u && database_write_list(d, other, err) < 0)
			return -1;
		other->list_stale = false;
	}
	return 0;
}

int unpack_package(struct debian *d, struct unpacked *u, struct error *err)
{
	struct unpacking x = { .d = d, .u = u, .number = (uint32_t)(u - d->packages) + 1 };
	const struct pack *pack = u->package->pack;
	enum lap before = stopwatch_begin(d->options->stopwatch, LAP_UNPACK);
	int r = unpack_rules(d, err);

	look_at(d, u);
	read_conffiles(d, u);
	for (size_t k = 0; k < pack->n_members && r == 0; k++)
		r = unpack_member(&x, &pack->members[k], err);
	if (r == 0)
		r = write_info(d, u, err);
	(void)stopwatch_begin(d->options->stopwatch, before);
	if (r < 0)
		return err_while(err, "unpacking '" STR_FMT "' " STR_FMT,
				 STR_ARG(u->package->name), STR_ARG(u->package->version));
	return 0;
}

/* ---- before the first script ---- */

static int extract_member(struct debian *d, const struct unpacked *u,
			  const struct pack_member *m, struct error *err)
{
	struct inode inode = attributes(d, m);
	struct node *dir, *old, *source;
	struct str parent, name;

	parent = split_parent(m->path, &name);
	if (tree_make_folders(d->tree, parent, u->cause, &dir, err) < 0)
		return -1;
	old = tree_child(d->tree, dir, name);
	if (is_kept_folder(d, m, m->path, old))
		return 0;
	if (old && old->inode->kind == NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "'/" STR_FMT
			       "' is a folder in the tree and not in this package",
			       STR_ARG(m->path));
	if (!m->hard_link) {
		(void)tree_put(d->tree, dir, name, &inode, u->cause);
		return 0;
	}
	source = tree_resolve(d->tree, m->target, false);
	if (source && source->inode->kind != NODE_DIRECTORY)
		(void)tree_link(d->tree, dir, name, source, u->cause);
	return 0;
}

int unpack_extract(struct debian *d, struct unpacked *u, struct error *err)
{
	const struct pack *pack = u->package->pack;
	enum lap before = stopwatch_begin(d->options->stopwatch, LAP_UNPACK);
	int r = 0;

	look_at(d, u);
	for (size_t k = 0; k < pack->n_members && r == 0; k++)
		if (pack->members[k].path.len && !u->excluded[k])
			r = extract_member(d, u, &pack->members[k], err);
	(void)stopwatch_begin(d->options->stopwatch, before);
	if (r < 0)
		return err_while(err, "extracting '" STR_FMT "' " STR_FMT,
				 STR_ARG(u->package->name), STR_ARG(u->package->version));
	return 0;
}

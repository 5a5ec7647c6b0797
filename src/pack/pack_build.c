#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "pack/pack_path.h"
#include "pack/pack_private.h"

void builder_init(struct pack_builder *b, struct pack *pack, struct sink *out, const char *what)
{
	*b = (struct pack_builder){ .pack = pack, .out = out, .what = what };
	b->hash = hash_new();
}

void builder_release(struct pack_builder *b)
{
	strtab_release(&b->paths);
	hash_free(b->hash);
}

static const struct pack_member *member_at(const struct pack_builder *b, struct str path)
{
	uint32_t i;

	return strtab_find(&b->paths, path, &i) ? &b->pack->members[i] : NULL;
}

/* formats A3: what a layer may hold; overlayfs' own are poison in one. */
static bool is_allowed_xattr(struct str name)
{
	if (str_has_prefix(name, STR("user.overlay.")))
		return false;
	return str_equal_cstr(name, "security.capability") ||
	       (str_has_prefix(name, STR("user.")) && name.len > 5);
}

static int compare_xattrs(const void *a, const void *b)
{
	return str_compare(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

static int copy_xattrs(struct pack_builder *b, const struct tar_entry *e,
		       struct pack_member *m, struct error *err)
{
	struct arena *arena = &b->pack->arena;

	if (!e->n_xattrs)
		return 0;
	m->xattrs = arena_array(arena, e->n_xattrs, sizeof(*m->xattrs));
	m->n_xattrs = e->n_xattrs;
	for (uint32_t i = 0; i < e->n_xattrs; i++) {
		const struct xattr *x = &e->xattrs[i];

		if (b->pack->kind != PACK_LAYER && !is_allowed_xattr(x->name))
			return err_set(err, ERR_UNSUPPORTED, "%s: member '" STR_FMT
				       "' has the extended attribute '" STR_FMT "'", b->what,
				       STR_ARG(m->path), STR_ARG(x->name));
		m->xattrs[i] = (struct xattr){ arena_str(arena, x->name),
					       arena_bytes(arena, x->value) };
		if (x->name.len > LIMIT_NAME_MAX)
			return err_set(err, ERR_LIMIT, "%s: member '" STR_FMT "' has an extended "
				       "attribute with a name of %zu bytes", b->what,
				       STR_ARG(m->path), x->name.len);
		b->index_size += x->name.len + x->value.len + 8;
	}
	qsort(m->xattrs, m->n_xattrs, sizeof(*m->xattrs), compare_xattrs);
	for (uint32_t i = 1; i < m->n_xattrs; i++)
		if (compare_xattrs(&m->xattrs[i - 1], &m->xattrs[i]) == 0)
			return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' has the extended "
				       "attribute '" STR_FMT "' twice", b->what,
				       STR_ARG(m->path), STR_ARG(m->xattrs[i].name));
	return 0;
}

static int check_hard_link(struct pack_builder *b, struct pack_member *m, struct str target,
			   struct error *err)
{
	char text[LIMIT_PATH_MAX + 1];
	const struct pack_member *to;
	struct str path;

	if (path_normalise(target, b->what, text, &path, err) < 0)
		return err_while(err, "reading the hard link '" STR_FMT "'", STR_ARG(m->path));
	to = member_at(b, path);
	if (!to && b->pack->kind == PACK_LAYER && path.len) {
		m->target = arena_str(&b->pack->arena, path);
		return 0;
	}
	if (!to)
		return err_set(err, ERR_FORMAT, "%s: hard link '" STR_FMT "' to '" STR_FMT
			       "', which is no earlier member", b->what, STR_ARG(m->path),
			       STR_ARG(path));
	if (to->kind == NODE_DIRECTORY)
		return err_set(err, ERR_FORMAT, "%s: hard link '" STR_FMT "' to the folder '"
			       STR_FMT "'", b->what, STR_ARG(m->path), STR_ARG(path));
	m->target = to->path;
	return 0;
}

static int check_target(struct pack_builder *b, struct pack_member *m,
			const struct tar_entry *e, struct error *err)
{
	if (m->hard_link)
		return check_hard_link(b, m, e->target, err);
	if (m->kind != NODE_SYMLINK)
		return 0;
	if (!e->target.len)
		return err_set(err, ERR_FORMAT, "%s: symbolic link '" STR_FMT "' to nothing",
			       b->what, STR_ARG(m->path));
	if (e->target.len >= LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "%s: symbolic link '" STR_FMT "' to %zu bytes",
			       b->what, STR_ARG(m->path), e->target.len);
	m->target = arena_str(&b->pack->arena, e->target);
	return 0;
}

/* A file can't lie in a file. In a symbolic link it can: compose/ decides. */
static int check_parent(struct pack_builder *b, struct str path, struct error *err)
{
	const struct pack_member *parent;
	struct str dir = path;

	if (!path.len)
		return 0;
	while (dir.len && dir.ptr[dir.len - 1] != '/')
		dir.len--;
	if (!dir.len)
		return 0;
	dir.len--;
	parent = member_at(b, dir);
	if (!parent || parent->kind == NODE_DIRECTORY || parent->kind == NODE_SYMLINK)
		return 0;
	return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' lies in '" STR_FMT
		       "', which is no folder", b->what, STR_ARG(path), STR_ARG(dir));
}

/* 1: the folder is there already, with the same attributes. */
static int check_duplicate(struct pack_builder *b, struct str path, const struct tar_entry *e,
			   struct error *err)
{
	const struct pack_member *old = member_at(b, path);

	if (!old)
		return 0;
	if (old->kind != NODE_DIRECTORY || e->kind != NODE_DIRECTORY || e->hard_link)
		return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' occurs twice", b->what,
			       STR_ARG(path));
	if (b->pack->kind == PACK_LAYER)
		return 1;
	if (old->mode != e->mode || old->uid != e->uid || old->gid != e->gid ||
	    e->n_xattrs != old->n_xattrs)
		return err_set(err, ERR_FORMAT, "%s: folder '" STR_FMT
			       "' occurs twice, with different owner or mode", b->what,
			       STR_ARG(path));
	return 1;
}

static int check_kind(struct pack_builder *b, struct str path, const struct tar_entry *e,
		      struct error *err)
{
	if (b->pack->kind != PACK_LAYER && !e->hard_link &&
	    (e->kind == NODE_CHAR || e->kind == NODE_BLOCK))
		return err_set(err, ERR_UNSUPPORTED, "%s: member '" STR_FMT "' is a device node",
			       b->what, STR_ARG(path));
	if (!path.len && (e->kind != NODE_DIRECTORY || e->hard_link))
		return err_set(err, ERR_FORMAT, "%s: the root of the archive is no folder",
			       b->what);
	return 0;
}

static int check_limits(struct pack_builder *b, const struct pack_member *m, struct error *err)
{
	b->index_size += m->path.len + m->target.len + m->user.len + m->group.len + 128;
	if (m->user.len > LIMIT_NAME_MAX || m->group.len > LIMIT_NAME_MAX)
		return err_set(err, ERR_LIMIT, "%s: member '" STR_FMT
			       "' has an owner or group whose name is longer than %u bytes",
			       b->what, STR_ARG(m->path), LIMIT_NAME_MAX);
	if (b->pack->n_members >= LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "%s: more than %u members", b->what,
			       LIMIT_TREE_NODES);
	if (b->index_size > LIMIT_PACK_INDEX)
		return err_set(err, ERR_LIMIT, "%s: names and attributes of more than %u bytes",
			       b->what, LIMIT_PACK_INDEX);
	return 0;
}

static int copy_content(struct pack_builder *b, struct tar_in *tar, struct pack_member *m,
			struct error *err)
{
	struct md5 *md5 = b->pack->kind == PACK_DEB ? md5_new() : NULL;
	char text[MD5_HEX_MAX];
	struct bytes piece;
	uint64_t size = 0;
	int r;

	while ((r = tar_in_read(tar, &piece, err)) > 0) {
		hash_add(b->hash, piece);
		if (md5)
			md5_add(md5, piece);
		size += piece.len;
		if (sink_write(b->out, piece, err) < 0) {
			r = -1;
			break;
		}
	}
	m->content.digest = hash_finish(b->hash);
	if (md5)
		m->md5 = arena_str(&b->pack->arena, str_of(md5_finish_free(md5, text)));
	if (r < 0)
		return -1;
	if (size != m->content.size)
		return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' has %llu bytes, not %llu",
			       b->what, STR_ARG(m->path), (unsigned long long)size,
			       (unsigned long long)m->content.size);
	return 0;
}

static int add_content(struct pack_builder *b, struct tar_in *tar, const struct tar_entry *e,
		       struct pack_member *m, struct error *err)
{
	if (m->hard_link || m->kind != NODE_FILE)
		return 0;
	if (!e->size) {
		m->content = content_empty;
		m->md5 = b->pack->kind == PACK_DEB ? STR(MD5_EMPTY) : STR("");
		return 0;
	}
	m->content = (struct content){ .size = e->size, .where = CONTENT_OBJECT,
				       .object = &b->pack->object, .offset = b->out->offset };
	return copy_content(b, tar, m, err);
}

static int add_member(struct pack_builder *b, struct tar_in *tar, const struct tar_entry *e,
		      struct error *err)
{
	struct arena *arena = &b->pack->arena;
	char text[LIMIT_PATH_MAX + 1];
	struct pack_member m = { .kind = e->kind, .hard_link = e->hard_link };
	int r;

	if (path_normalise(e->name, b->what, text, &m.path, err) < 0 ||
	    check_kind(b, m.path, e, err) < 0 || check_parent(b, m.path, err) < 0)
		return -1;
	r = check_duplicate(b, m.path, e, err);
	if (r)
		return r < 0 ? -1 : 0;
	m.path = arena_str(arena, m.path);
	m.major = e->major;
	m.minor = e->minor;
	m.user = m.group = m.target = m.md5 = STR("");
	if (m.hard_link) {
		m.kind = NODE_FILE;
	} else {
		m.mode = e->mode;
		m.uid = e->uid;
		m.gid = e->gid;
		m.mtime = e->mtime;
		m.user = e->user.len ? arena_str(arena, e->user) : m.user;
		m.group = e->group.len ? arena_str(arena, e->group) : m.group;
		if (copy_xattrs(b, e, &m, err) < 0)
			return -1;
	}
	if (check_target(b, &m, e, err) < 0 || check_limits(b, &m, err) < 0 ||
	    add_content(b, tar, e, &m, err) < 0)
		return -1;
	MEM_GROW(b->pack->members, b->pack->n_members, b->capacity);
	strtab_put(&b->paths, m.path, (uint32_t)b->pack->n_members);
	b->pack->members[b->pack->n_members++] = m;
	return 0;
}

int builder_read_tar(struct pack_builder *b, struct source *in, struct error *err)
{
	CLEANUP_TAR_IN struct tar_in *tar = NULL;
	struct tar_entry entry;
	int r;

	if (tar_in_open(in, b->what, &tar, err) < 0)
		return -1;
	do {
		r = tar_in_next(tar, &entry, err);
		if (r > 0 && add_member(b, tar, &entry, err) < 0)
			r = -1;
	} while (r > 0);
	if (r < 0 && err->code == ERR_UNSUPPORTED && b->pack->kind == PACK_TAR)
		err_hint(err, "make the archive again without it");
	return r;
}

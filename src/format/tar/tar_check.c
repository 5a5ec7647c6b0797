/* The rules that tie members together: docs/formats/tar.md, "The archive". */
#include <stdlib.h>

#include "base/mem.h"
#include "base/strtab.h"
#include "crypto/hash.h"
#include "format/tar/tar_read.h"

/* What a hard link must repeat of the member it names. */
struct seen {
	bool folder, hard_link;
	uint16_t mode;
	uint32_t uid, gid;
	int64_t mtime;
	struct digest xattrs;
};

struct checker {
	struct tar_reader reader;
	struct strtab names; /* path to its number */
	struct seen *seen;   /* by that number */
	size_t n, capacity;
	struct buf last;     /* path of the member before */
	bool last_is_folder;
	int64_t folder_mtime;
};

static void checker_release(struct checker *c)
{
	tar_reader_release(&c->reader);
	strtab_release(&c->names);
	free(c->seen);
	buf_release(&c->last);
}

/* Components, their length, and none that the reader of a layer would misread. */
static int check_path(const struct checker *c, struct str path, struct error *err)
{
	struct str rest = path, part;

	if (path.len > LIMIT_PATH_MAX)
		return tar_wrong(&c->reader, err, "a path of %zu bytes", path.len);
	if (path.len == 0)
		return 0;
	while (str_split(&rest, '/', &part)) {
		if (!tree_is_name(part))
			return tar_wrong(&c->reader, err, "'" STR_FMT "' is not a valid path",
					 STR_ARG(path));
		if (str_has_prefix(part, STR(".wh.")))
			return tar_wrong(&c->reader, err, "'" STR_FMT "' reads as a whiteout",
					 STR_ARG(path));
	}
	return 0;
}

/* @path below the folder @parent ("" is the root). */
static bool is_below(struct str path, struct str parent)
{
	return parent.len == 0 ||
	       (path.len > parent.len && memcmp(path.ptr, parent.ptr, parent.len) == 0 &&
		path.ptr[parent.len] == '/');
}

static struct str component_after(struct str path, struct str parent)
{
	size_t from = parent.len ? parent.len + 1 : 0;
	struct str rest = { path.ptr + from, path.len - from };

	rest.len = str_find_char(rest, '/');
	return rest;
}

/*
 * Depth first, siblings by their bytes: the new member's folder is the last
 * member or a folder above it, and its name is greater than the name by which
 * the last member was reached from there.
 */
static int check_order(const struct checker *c, const struct tar_member *m, struct error *err)
{
	struct str last = buf_str(&c->last), parent = m->path;

	if (c->n == 0) {
		if (m->path.len || m->kind != NODE_DIRECTORY || m->hard_link)
			return tar_wrong(&c->reader, err, "the first member is not './'");
		return 0;
	}
	if (m->path.len == 0)
		return tar_wrong(&c->reader, err, "'./' is not the first member");
	while (parent.len && parent.ptr[parent.len - 1] != '/')
		parent.len--;
	if (parent.len)
		parent.len--;
	if (c->last_is_folder && str_equal(last, parent))
		return 0;
	if (last.len == 0 || !is_below(last, parent))
		return tar_wrong(&c->reader, err, "the folder of '" STR_FMT "' is not open",
				 STR_ARG(m->path));
	if (str_compare(component_after(last, parent), component_after(m->path, parent)) >= 0)
		return tar_wrong(&c->reader, err, "'" STR_FMT "' comes too late, or twice",
				 STR_ARG(m->path));
	return 0;
}

static struct seen summary(const struct tar_member *m)
{
	struct seen s = { m->kind == NODE_DIRECTORY, m->hard_link, m->mode, m->uid, m->gid,
			  m->mtime, { { 0 } } };
	struct hash *h;

	if (!m->n_xattrs)
		return s; /* all but a few */
	h = hash_new();
	for (uint32_t i = 0; i < m->n_xattrs; i++) {
		hash_add_field(h, str_bytes(m->xattrs[i].name));
		hash_add_field(h, m->xattrs[i].value);
	}
	s.xattrs = hash_finish(h);
	hash_free(h);
	return s;
}

static int check_link(const struct checker *c, const struct tar_member *m,
		      const struct seen *link, struct error *err)
{
	const struct seen *first;
	uint32_t number;

	if (!strtab_find(&c->names, m->target, &number))
		return tar_wrong(&c->reader, err, "hard link to '" STR_FMT "', which is not before",
				 STR_ARG(m->target));
	first = &c->seen[number];
	if (first->folder || first->hard_link)
		return tar_wrong(&c->reader, err, "hard link to '" STR_FMT "', which is no file",
				 STR_ARG(m->target));
	if (first->mode != link->mode || first->uid != link->uid || first->gid != link->gid ||
	    first->mtime != link->mtime || !digest_equal(&first->xattrs, &link->xattrs))
		return tar_wrong(&c->reader, err, "a hard link differs from '" STR_FMT "'",
				 STR_ARG(m->target));
	return 0;
}

static int check_member(struct checker *c, const struct tar_member *m, struct error *err)
{
	struct seen s = summary(m);

	if (check_path(c, m->path, err) < 0 || check_order(c, m, err) < 0)
		return -1;
	if (m->hard_link && check_link(c, m, &s, err) < 0)
		return -1;
	if (c->n == 0)
		c->folder_mtime = m->mtime;
	if (s.folder && m->mtime != c->folder_mtime)
		return tar_wrong(&c->reader, err, "two folders have different times");
	if (c->n == LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "more than %u members", LIMIT_TREE_NODES);
	MEM_GROW(c->seen, c->n, c->capacity);
	strtab_put(&c->names, m->path, (uint32_t)c->n);
	c->seen[c->n++] = s;
	buf_reset(&c->last);
	buf_add_str(&c->last, m->path);
	c->last_is_folder = s.folder;
	return 0;
}

int tar_check(struct source *in,
	      int (*member)(void *context, const struct tar_member *m, struct error *err),
	      void *context, struct error *err)
{
	CLEANUP(checker_release)
	struct checker c = { .last = BUF_INIT(LIMIT_PATH_MAX + 1) };
	struct tar_member m;
	int r;

	tar_reader_init(&c.reader, in);
	while ((r = tar_reader_next(&c.reader, &m, err)) > 0)
		if (check_member(&c, &m, err) < 0 || (member && member(context, &m, err) < 0))
			return -1;
	if (r == 0 && c.n == 0)
		return tar_wrong(&c.reader, err, "the archive is empty");
	return r;
}

/*
 * Reading a newc archive: docs/formats/cpio.md. There is one way to write a tree, so what
 * was read has to be that: names in canonical order, numbers in the order of the names.
 */
#include "format/cpio/cpio.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"

#define HEADER_SIZE 110u
#define END_NAME "TRAILER!!!"

/* Fields of eight hex digits, in the order of the header. */
enum field {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	FILESIZE,
	DEVMAJOR,
	DEVMINOR,
	RDEVMAJOR,
	RDEVMINOR,
	NAMESIZE,
	CHECK,
	FIELDS,
};

struct member {
	size_t start; /* of its header */
	uint32_t field[FIELDS];
	struct str name;
	struct bytes data;
};

struct cpio_reader {
	struct bytes in;
	size_t at;
	struct tree *tree;
	struct node **nodes;  /* by number of inode, from 1; NULL for a folder */
	uint32_t *links;      /* that its headers say */
	uint32_t n, capacity; /* the highest number so far */
};

static int wrong(const struct member *m, struct error *err, const char *what)
{
	return err_set(err, ERR_FORMAT, "the cpio member at byte %zu %s", m->start, what);
}

static bool read_number(const uint8_t *p, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		int digit = p[i] >= '0' && p[i] <= '9'	 ? p[i] - '0'
			    : p[i] >= 'A' && p[i] <= 'F' ? p[i] - 'A' + 10
							 : -1;

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

/* @n bytes, and zeros up to a multiple of four. */
static int take(struct cpio_reader *r, const struct member *m, size_t n, struct bytes *ret,
		struct error *err)
{
	size_t padding;

	if (n > r->in.len - r->at)
		return wrong(m, err, "is cut off");
	*ret = (struct bytes){ r->in.ptr + r->at, n };
	r->at += n;
	padding = -r->at & 3;
	if (padding > r->in.len - r->at)
		return wrong(m, err, "is cut off");
	if (!bytes_are_zero(r->in.ptr + r->at, padding))
		return wrong(m, err, "has padding that is not zero");
	r->at += padding;
	return 0;
}

static int read_name(struct cpio_reader *r, struct member *m, struct error *err)
{
	struct bytes name;

	/* The name pads header and name together: 110 + n. */
	if (m->field[NAMESIZE] < 2 || m->field[NAMESIZE] > LIMIT_PATH_MAX)
		return wrong(m, err, "has a name of impossible length");
	if (take(r, m, m->field[NAMESIZE], &name, err) < 0)
		return -1;
	if (name.ptr[name.len - 1] != 0 || memchr(name.ptr, 0, name.len - 1))
		return wrong(m, err, "has a name that does not end where it should");
	m->name = (struct str){ (const char *)name.ptr, name.len - 1 };
	return 0;
}

static int read_member(struct cpio_reader *r, struct member *ret, struct error *err)
{
	struct member m = { .start = r->at };
	const uint8_t *h = r->in.ptr + r->at;

	if (r->in.len - r->at < HEADER_SIZE)
		return wrong(&m, err, "is cut off");
	if (memcmp(h, "070701", 6) != 0)
		return wrong(&m, err, "does not start with 070701");
	for (unsigned i = 0; i < FIELDS; i++)
		if (!read_number(h + 6 + 8 * i, &m.field[i]))
			return wrong(&m, err, "has a field that is no hexadecimal number");
	r->at += HEADER_SIZE;
	if (m.field[DEVMAJOR] || m.field[DEVMINOR] || m.field[CHECK])
		return wrong(&m, err, "has a device or a check sum, which newc does not use");
	if (read_name(r, &m, err) < 0 || take(r, &m, m.field[FILESIZE], &m.data, err) < 0)
		return -1;
	*ret = m;
	return 0;
}

static int set_attributes(const struct member *m, struct inode *ret, struct error *err)
{
	enum node_kind kind = node_kind_of_mode(m->field[MODE]);
	bool is_device = kind == NODE_CHAR || kind == NODE_BLOCK;
	struct inode i = { .kind = kind,
			   .mode = m->field[MODE] & 07777,
			   .uid = m->field[UID],
			   .gid = m->field[GID],
			   .mtime = m->field[MTIME] };

	if (!kind || m->field[MODE] >> 16)
		return wrong(m, err, "is of no kind that a tree holds");
	if (kind == NODE_DIRECTORY && i.mtime != TREE_FOLDER_MTIME)
		return wrong(m, err, "is a folder with a time of its own");
	if (kind == NODE_SYMLINK && i.mode != 0777)
		return wrong(m, err, "is a link with a mode of its own");
	if (!is_device && (m->field[RDEVMAJOR] || m->field[RDEVMINOR]))
		return wrong(m, err, "is no device, and has the numbers of one");
	if (kind != NODE_FILE && kind != NODE_SYMLINK && m->data.len)
		return wrong(m, err, "has content, and is no file");
	i.major = m->field[RDEVMAJOR];
	i.minor = m->field[RDEVMINOR];
	if (kind == NODE_FILE)
		i.content = m->data.len ? content_of_bytes(m->data) : content_empty;
	if (kind == NODE_SYMLINK) {
		i.target = bytes_str(m->data);
		if (m->data.len == 0 || m->data.len >= LIMIT_PATH_MAX ||
		    memchr(m->data.ptr, 0, m->data.len))
			return wrong(m, err, "is a link to nowhere");
	}
	*ret = i;
	return 0;
}

static int find_parent(const struct cpio_reader *r, const struct member *m, struct node **ret,
		       struct str *ret_name, struct error *err)
{
	struct str rest = m->name, part = { NULL, 0 };
	struct node *dir = NULL, *next = tree_root(r->tree);

	while (str_split(&rest, '/', &part)) {
		if (!next || next->inode->kind != NODE_DIRECTORY)
			return wrong(m, err, "comes before its folder, or has none");
		if (!tree_is_name(part))
			return wrong(m, err, "has a name that is no path");
		dir = next;
		next = tree_child(r->tree, dir, part);
	}
	if (next)
		return wrong(m, err, "has a name that was there before");
	*ret = dir;
	*ret_name = part;
	return 0;
}

static bool is_same(const struct inode *a, const struct inode *b)
{
	return a->kind == b->kind && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->mtime == b->mtime && a->major == b->major && a->minor == b->minor &&
	       str_equal(a->target, b->target);
}

/* A further name. The last of a file's names has the content, and the others none. */
static int add_link(struct cpio_reader *r, const struct member *m, struct node *dir,
		    struct str name, struct error *err)
{
	struct node *first = r->nodes[m->field[INO]];
	struct inode attributes;

	if (set_attributes(m, &attributes, err) < 0)
		return -1;
	if (attributes.kind == NODE_DIRECTORY || !is_same(first->inode, &attributes))
		return wrong(m, err, "is a hard link with other attributes than its first name");
	if (m->field[NLINK] != r->links[m->field[INO]])
		return wrong(m, err, "counts another number of links than its first name");
	tree_link(r->tree, dir, name, first, 0);
	if (attributes.kind != NODE_FILE)
		return 0;
	if (m->data.len && first->inode->links != m->field[NLINK])
		return wrong(m, err, "has content, and is not the last name of its file");
	tree_set_content(first, &attributes.content, 0);
	return 0;
}

static int add_inode(struct cpio_reader *r, const struct member *m, struct node *dir,
		     struct str name, struct error *err)
{
	struct inode attributes;
	struct node *node;

	if (m->field[INO] != r->n + 1)
		return wrong(m, err, "has an inode number out of order");
	if (tree_node_count(r->tree) >= LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "the cpio archive has more than %u members",
			       LIMIT_TREE_NODES);
	if (set_attributes(m, &attributes, err) < 0)
		return -1;
	if (attributes.kind == NODE_FILE && m->field[NLINK] > 1 && m->data.len)
		return wrong(m, err, "has content, and is not the last name of its file");
	node = tree_put(r->tree, dir, name, &attributes, 0);
	r->n++;
	if (r->n >= r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 64;
		r->nodes = mem_resize(r->nodes, r->capacity, sizeof(*r->nodes));
		r->links = mem_resize(r->links, r->capacity, sizeof(*r->links));
	}
	r->nodes[r->n] = node;
	r->links[r->n] = m->field[NLINK];
	return 0;
}

static int add_member(struct cpio_reader *r, const struct member *m, struct error *err)
{
	struct node *dir = NULL;
	struct str name = { NULL, 0 };

	if (find_parent(r, m, &dir, &name, err) < 0)
		return -1;
	if (m->field[INO] == 0)
		return wrong(m, err, "has an inode number out of order");
	return m->field[INO] <= r->n ? add_link(r, m, dir, name, err)
				     : add_inode(r, m, dir, name, err);
}

static int check_end(struct cpio_reader *r, const struct member *m, struct error *err)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (m->field[i] != (i == NLINK ? 1 : i == NAMESIZE ? sizeof(END_NAME) : 0))
			return wrong(m, err, "is the end, and says more than that");
	if (r->in.len % 512 || r->in.len - r->at >= 512 ||
	    !bytes_are_zero(r->in.ptr + r->at, r->in.len - r->at))
		return err_set(err, ERR_FORMAT,
			       "the cpio archive does not end with its last member");
	return 0;
}

static uint32_t links_of(const struct node *n)
{
	struct node *const *children;
	uint32_t links = 2;
	size_t count;

	if (n->inode->kind != NODE_DIRECTORY)
		return n->inode->links;
	count = tree_children(n, &children);
	for (size_t i = 0; i < count; i++)
		links += children[i]->inode->kind == NODE_DIRECTORY;
	return links;
}

/* Nodes are made in the order of the archive: it is canonical if their serials rise. */
static int check_tree(const struct cpio_reader *r, struct error *err)
{
	struct tree_iter it = tree_iter(r->tree, tree_root(r->tree));
	const struct node *last = NULL;

	for (const struct node *n; (n = tree_next(&it)); last = n)
		if (last && n->serial <= last->serial)
			return err_set(err, ERR_FORMAT, "the cpio archive is not in order");
	for (uint32_t i = 1; i <= r->n; i++)
		if (links_of(r->nodes[i]) != r->links[i])
			return err_set(err, ERR_FORMAT,
				       "inode %u of the cpio archive counts %u links, and has %u",
				       i, r->links[i], links_of(r->nodes[i]));
	return 0;
}

static int read_all(struct cpio_reader *r, struct error *err)
{
	struct member m = { 0 };

	for (;;) {
		if (read_member(r, &m, err) < 0)
			return -1;
		if (str_equal_cstr(m.name, END_NAME))
			break;
		if (add_member(r, &m, err) < 0)
			return -1;
	}
	if (check_end(r, &m, err) < 0)
		return -1;
	return check_tree(r, err);
}

int cpio_read(struct bytes data, struct tree **ret, struct error *err)
{
	struct cpio_reader r = { .in = data, .tree = tree_new() };
	int result = read_all(&r, err);

	if (result == 0)
		*ret = TAKE_PTR(r.tree);
	tree_free(r.tree);
	free(r.nodes);
	free(r.links);
	return result;
}

#include "format/cpio/cpio.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"

/*
 * buffer-format.rst, "struct cpio_header": the magic and 13 numbers of 8 hex digits,
 * then the name with a NUL; header with name, and data, are padded to 4 bytes.
 */
#define MAGIC "070701"
#define HEADER_LEN (6 + 13 * 8)
#define TRAILER "TRAILER!!!"
#define ALIGNMENT 4u
#define END_ALIGN 512u

/* Numbers of one member, in order of the header. */
struct header {
	uint32_t ino, mode, uid, gid, nlink, mtime, size;
	uint32_t major, minor, rmajor, rminor, name_size, check;
};

/* By inode->serial. */
struct numbers {
	uint32_t ino;  /* 0: not met yet */
	uint32_t left; /* names still to come */
};

struct writer {
	const struct cpio_options *options;
	const struct content_reader *reader;
	struct sink *out;
	struct numbers *inodes;
	uint32_t next_ino;
};

/* inode(7), "The file type and mode". */
static uint32_t type_bits(enum node_kind kind)
{
	switch (kind) {
	case NODE_DIRECTORY:
		return 0040000;
	case NODE_FILE:
		return 0100000;
	case NODE_SYMLINK:
		return 0120000;
	case NODE_FIFO:
		return 0010000;
	case NODE_CHAR:
		return 0020000;
	case NODE_BLOCK:
		return 0060000;
	}
	abort(); /* a tree holds no other kind */
}

static int64_t time_of(const struct cpio_options *o, const struct inode *inode)
{
	int64_t time = inode->mtime;

	if (inode->kind == NODE_DIRECTORY)
		return o->folder_mtime;
	return time < 0 ? 0 : time > o->epoch ? o->epoch : time;
}

/* A folder's ".", its name, and ".." of each folder in it. */
static uint32_t folder_links(const struct node *n)
{
	struct node *const *children = NULL;
	size_t count = tree_children(n, &children);
	uint32_t links = 2;

	for (size_t i = 0; i < count; i++)
		links += children[i]->inode->kind == NODE_DIRECTORY;
	return links;
}

static int check_inode(const struct cpio_options *o, const struct inode *inode, struct error *err)
{
	if (inode->n_xattrs)
		return err_set(err, ERR_UNSUPPORTED,
			       "an extended attribute ('" STR_FMT "'), which cpio can't hold",
			       STR_ARG(inode->xattrs[0].name));
	if (inode->kind == NODE_FILE && inode->content.size > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "%llu bytes; a file in cpio has less than 4 GiB",
			       (unsigned long long)inode->content.size);
	if (inode->kind == NODE_SYMLINK &&
	    (inode->target.len == 0 || inode->target.len >= LIMIT_PATH_MAX))
		return err_set(err, ERR_LIMIT, "the link's target has %zu bytes; 1 to %u can be",
			       inode->target.len, LIMIT_PATH_MAX - 1);
	if (time_of(o, inode) < 0 || time_of(o, inode) > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "the time %lld; cpio has 0 to %u",
			       (long long)time_of(o, inode), UINT32_MAX);
	return 0;
}

/* The kernel passes over a name that is too long, without a word. */
static int check_path(struct str path, struct error *err)
{
	if (path.len >= LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "the path has %zu bytes; the limit is %u", path.len,
			       LIMIT_PATH_MAX - 1);
	if (str_equal(path, STR(TRAILER)))
		return err_set(err, ERR_UNSUPPORTED, "the name would end the archive");
	return 0;
}

/* Everything that can be refused is refused before the first byte. */
static int check_tree(const struct tree *t, const struct cpio_options *o, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(SIZE_MAX / 2);
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));) {
		if (n == tree_root(t))
			continue;
		buf_reset(&path);
		tree_path(n, &path);
		if (check_path(buf_str(&path), err) < 0 || check_inode(o, n->inode, err) < 0)
			return err_while(err, "writing '/%s'", buf_cstr(&path));
	}
	return 0;
}

static void encode(const struct header *h, char text[static HEADER_LEN + 1])
{
	int n = snprintf(text, HEADER_LEN + 1,
			 MAGIC "%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", h->ino,
			 h->mode, h->uid, h->gid, h->nlink, h->mtime, h->size, h->major, h->minor,
			 h->rmajor, h->rminor, h->name_size, h->check);

	assert(n == HEADER_LEN);
}

static int write_header(struct sink *out, struct header h, struct str name, struct error *err)
{
	char text[HEADER_LEN + 1];

	h.name_size = (uint32_t)name.len + 1;
	encode(&h, text);
	if (sink_write(out, (struct bytes){ (uint8_t *)text, HEADER_LEN }, err) < 0 ||
	    sink_write(out, str_bytes(name), err) < 0 ||
	    sink_write(out, BYTES_OF(((uint8_t[]){ 0 })), err) < 0)
		return -1;
	return sink_align(out, ALIGNMENT, err);
}

/*
 * The kernel links a later name to the first one and then writes the data that comes with
 * it: with the last name, as GNU cpio has it, which makes an empty file until then.
 */
static bool has_data(const struct inode *inode, const struct numbers *numbers)
{
	return inode->kind == NODE_FILE && numbers->left == 0 && inode->content.size;
}

static struct header header_of(const struct writer *w, const struct node *n,
			       const struct numbers *numbers)
{
	const struct inode *inode = n->inode;
	bool device = inode->kind == NODE_CHAR || inode->kind == NODE_BLOCK;

	return (struct header){
		.ino = numbers->ino,
		/* Linux gives every link 0777 and lets nobody change it */
		.mode = type_bits(inode->kind) |
			(inode->kind == NODE_SYMLINK ? 0777u : inode->mode & 07777u),
		.uid = inode->uid,
		.gid = inode->gid,
		.nlink = inode->kind == NODE_DIRECTORY ? folder_links(n) : inode->links,
		.mtime = (uint32_t)time_of(w->options, inode),
		.size = inode->kind == NODE_SYMLINK ? (uint32_t)inode->target.len
			: has_data(inode, numbers)  ? (uint32_t)inode->content.size
						    : 0,
		.rmajor = device ? inode->major : 0,
		.rminor = device ? inode->minor : 0,
	};
}

static int write_member(struct writer *w, const struct node *n, struct str path, struct error *err)
{
	struct numbers *numbers = &w->inodes[n->inode->serial];

	if (numbers->ino == 0)
		*numbers = (struct numbers){ w->next_ino++, n->inode->links };
	assert(numbers->left);
	numbers->left--;
	if (write_header(w->out, header_of(w, n, numbers), path, err) < 0)
		return -1;
	if (n->inode->kind == NODE_SYMLINK &&
	    sink_write(w->out, str_bytes(n->inode->target), err) < 0)
		return -1;
	if (has_data(n->inode, numbers) &&
	    content_copy(w->reader, &n->inode->content, w->out, err) < 0)
		return -1;
	return sink_align(w->out, ALIGNMENT, err);
}

static int write_members(struct writer *w, const struct tree *t, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(SIZE_MAX / 2);
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));) {
		if (n == tree_root(t))
			continue;
		buf_reset(&path);
		tree_path(n, &path);
		if (write_member(w, n, buf_str(&path), err) < 0)
			return err_while(err, "writing '/%s'", buf_cstr(&path));
	}
	return 0;
}

int cpio_write_tree(const struct tree *t, const struct cpio_options *o,
		    const struct content_reader *reader, struct sink *out, struct error *err)
{
	CLEANUP_FREE struct numbers *inodes = NULL;
	struct writer w = { o, reader, out, NULL, 1 };

	assert(out->offset % END_ALIGN == 0);
	if (check_tree(t, o, err) < 0)
		return -1;
	w.inodes = inodes = mem_array(tree_inode_count(t), sizeof(*inodes));
	if (write_members(&w, t, err) < 0 ||
	    write_header(out, (struct header){ .nlink = 1 }, STR(TRAILER), err) < 0)
		return -1;
	return sink_align(out, END_ALIGN, err);
}

/*
 * The canonical text of a tree (docs/formats/tree.md) and its digest. Numbers
 * are written by hand: this runs over every node of every build.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "tree/tree_private.h"

#define LINE_MAX_SIZE (16u << 20) /* bytes: 64 xattrs of 64 KiB in hex and a path */
#define FLUSH_SIZE    65536u

static void add_number(struct buf *line, uint64_t n, unsigned base)
{
	char digits[24];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + n % base);
	while (n /= base);
	buf_add(line, digits + i, sizeof(digits) - i);
	buf_add_char(line, ' ');
}

static void add_hex(struct buf *line, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *to = buf_reserve(line, 2 * n);

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = (uint8_t)digits[data[i] >> 4];
		to[2 * i + 1] = (uint8_t)digits[data[i] & 15];
	}
	line->len += 2 * n;
}

/* Bytes that are no printable ASCII, blanks and backslashes: \xNN. */
static void add_escaped(struct buf *line, struct str s)
{
	size_t plain = 0;

	for (size_t i = 0; i <= s.len; i++) {
		uint8_t c = i < s.len ? (uint8_t)s.ptr[i] : 0;

		if (c > 0x20 && c < 0x7f && c != '\\')
			continue;
		buf_add(line, s.ptr + plain, i - plain);
		plain = i + 1;
		if (i == s.len)
			break;
		buf_add(line, "\\x", 2);
		add_hex(line, &c, 1);
	}
}

static void add_path(struct buf *line, struct buf *path, const struct node *node)
{
	buf_reset(path);
	buf_add_char(path, '/');
	tree_path(node, path);
	add_escaped(line, buf_str(path));
}

static uint64_t clamp(int64_t mtime, int64_t epoch)
{
	if (mtime > epoch)
		mtime = epoch;
	return mtime > 0 ? (uint64_t)mtime : 0;
}

static void add_kind(struct buf *line, const struct inode *inode)
{
	switch (inode->kind) {
	case NODE_FILE:
		add_number(line, inode->content.size, 10);
		add_hex(line, inode->content.digest.bytes, DIGEST_SIZE);
		break;
	case NODE_SYMLINK:
		add_escaped(line, inode->target);
		break;
	case NODE_CHAR:
	case NODE_BLOCK:
		add_number(line, inode->major, 10);
		add_number(line, inode->minor, 10);
		line->len--;
		break;
	case NODE_DIRECTORY:
	case NODE_FIFO:
		buf_add_char(line, '-');
		break;
	}
}

static void add_line(struct buf *line, struct buf *path, const struct node *node, int64_t epoch)
{
	static const char letters[] = "?dflpcb"; /* by enum node_kind */
	const struct inode *inode = node->inode;

	buf_add_char(line, letters[inode->kind]);
	buf_add_char(line, ' ');
	add_number(line, inode->mode, 8);
	add_number(line, inode->uid, 10);
	add_number(line, inode->gid, 10);
	if (inode->kind == NODE_DIRECTORY)
		buf_add(line, "- ", 2);
	else
		add_number(line, clamp(inode->mtime, epoch), 10);
	add_path(line, path, node);
	buf_add_char(line, ' ');
	add_kind(line, inode);
	for (uint32_t i = 0; i < inode->n_xattrs; i++) {
		buf_add_char(line, ' ');
		add_escaped(line, inode->xattrs[i].name);
		buf_add_char(line, '=');
		add_hex(line, inode->xattrs[i].value.ptr, inode->xattrs[i].value.len);
	}
	buf_add_char(line, '\n');
}

struct digest tree_digest(const struct tree *t, int64_t epoch)
{
	CLEANUP_FREE const struct node **first = mem_array(t->n_inodes, sizeof(*first));
	CLEANUP_BUF struct buf text = BUF_INIT(LINE_MAX_SIZE), path = BUF_INIT(LINE_MAX_SIZE);
	struct tree_iter it = tree_iter(t, t->root);
	struct hash *hash = hash_new();
	struct digest digest;

	buf_add_cstr(&text, "ingot-tree 1\n");
	for (const struct node *n; (n = tree_next(&it));) {
		uint32_t i = n->inode->serial;

		if (first[i]) { /* one more name of an inode */
			buf_add(&text, "= ", 2);
			add_path(&text, &path, n);
			buf_add_char(&text, ' ');
			add_path(&text, &path, first[i]);
			buf_add_char(&text, '\n');
		} else {
			first[i] = n;
			add_line(&text, &path, n, epoch);
		}
		if (text.len >= FLUSH_SIZE) {
			hash_add(hash, buf_bytes(&text));
			buf_reset(&text);
		}
	}
	hash_add(hash, buf_bytes(&text));
	digest = hash_finish(hash);
	hash_free(hash);
	return digest;
}

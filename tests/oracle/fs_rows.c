#include "fs_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

static void put_escaped(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.ptr[i];

		if (c > 0x20 && c < 0x7f && c != '\\')
			putchar(c);
		else
			printf("\\x%02x", c);
	}
}

static int put_content(const struct content *c, const struct content_reader *reader,
		       struct error *err)
{
	CLEANUP_ERR struct error second = ERR_INIT;
	struct digest digest = c->digest;
	char hex[DIGEST_HEX_MAX];

	if (reader) {
		struct sink *out = hash_sink(NULL, &digest);
		int r = content_copy(reader, c, out, err);

		if (sink_close(out, r < 0 ? &second : err) < 0 || r < 0)
			return -1;
	}
	printf("%" PRIu64 " %s", c->size, digest_hex(&digest, hex));
	return 0;
}

static int put_what(const struct inode *inode, const struct content_reader *reader,
		    struct error *err)
{
	switch (inode->kind) {
	case NODE_FILE:
		return put_content(&inode->content, reader, err);
	case NODE_SYMLINK:
		put_escaped(inode->target);
		break;
	case NODE_CHAR:
	case NODE_BLOCK:
		printf("%" PRIu32 ":%" PRIu32, inode->major, inode->minor);
		break;
	case NODE_DIRECTORY:
	case NODE_FIFO:
		putchar('-');
	}
	return 0;
}

static void put_attributes(const struct inode *inode, int64_t epoch)
{
	static const char letters[] = "?dflpcb"; /* by enum node_kind */
	int64_t mtime = inode->mtime < 0 ? 0 : inode->mtime;
	unsigned mode = inode->kind == NODE_SYMLINK ? 0777 : inode->mode;

	printf(" %c %04o %" PRIu32 " %" PRIu32 " ", letters[inode->kind], mode, inode->uid,
	       inode->gid);
	if (inode->kind == NODE_DIRECTORY)
		printf("- ");
	else
		printf("%" PRId64 " ", mtime < epoch ? mtime : epoch);
}

static int put_row(const struct node *node, const struct content_reader *reader, int64_t epoch,
		   char **first, struct error *err)
{
	const struct inode *inode = node->inode;
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 24);

	buf_add_char(&path, '/');
	tree_path(node, &path);
	put_escaped(buf_str(&path));
	put_attributes(inode, epoch);
	if (put_what(inode, reader, err) < 0)
		return -1;
	for (uint32_t i = 0; i < inode->n_xattrs; i++) {
		printf(" " STR_FMT "=", STR_ARG(inode->xattrs[i].name));
		for (size_t k = 0; k < inode->xattrs[i].value.len; k++)
			printf("%02x", inode->xattrs[i].value.ptr[k]);
	}
	if (inode->kind != NODE_DIRECTORY && inode->links > 1) {
		if (!first[inode->serial])
			first[inode->serial] = mem_str(buf_str(&path));
		printf(" =");
		put_escaped(str_of(first[inode->serial]));
	}
	putchar('\n');
	return 0;
}

int fs_rows_print(const struct tree *t, const struct content_reader *reader, int64_t epoch,
		  struct error *err)
{
	size_t n = tree_inode_count(t);
	char **first = mem_array(n, sizeof(*first));
	struct tree_iter it = tree_iter(t, tree_root(t));
	int r = 0;

	for (const struct node *node; r == 0 && (node = tree_next(&it));)
		r = put_row(node, reader, epoch, first, err);
	for (size_t i = 0; i < n; i++)
		free(first[i]);
	free(first);
	return r;
}

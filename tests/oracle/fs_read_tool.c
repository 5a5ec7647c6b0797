/*
 * fs_read_tool [-q] ext4 IMAGE: reads and checks a file system, and prints what is in it as
 * folder_rows.py prints a folder: a line for each path, sorted bytewise, with blanks
 * between: path, kind, mode, uid, gid, mtime (folders: "-"), what (size and sha256,
 * target, MAJOR:MINOR), xattrs (NAME=HEX), the first path of a set of hard links.
 * Bytes beyond printable ASCII, blanks and backslashes are \xNN. With -q only the
 * digest of the tree.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/ext4/ext4_read.h"

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

static void put_what(const struct inode *inode)
{
	char hex[DIGEST_HEX_MAX];

	switch (inode->kind) {
	case NODE_FILE:
		printf("%" PRIu64 " %s", inode->content.size,
		       digest_hex(&inode->content.digest, hex));
		break;
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
}

static void put_row(const struct node *node, char **first)
{
	static const char letters[] = "?dflpcb"; /* by enum node_kind */
	const struct inode *inode = node->inode;
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 24);

	buf_add_char(&path, '/');
	tree_path(node, &path);
	put_escaped(buf_str(&path));
	printf(" %c %04o %" PRIu32 " %" PRIu32 " ", letters[inode->kind], inode->mode, inode->uid,
	       inode->gid);
	if (inode->kind == NODE_DIRECTORY)
		printf("- ");
	else
		printf("%" PRId64 " ", inode->mtime);
	put_what(inode);
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
}

static void put_tree(const struct tree *t)
{
	size_t n = tree_inode_count(t);
	char **first = mem_array(n, sizeof(*first));
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (const struct node *node; (node = tree_next(&it));)
		put_row(node, first);
	for (size_t i = 0; i < n; i++)
		free(first[i]);
	free(first);
}

static int read_image(const char *path, bool quiet, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct window in = { fd, path, 0, 0 };
	CLEANUP_BLOCK_FILES struct block_files *files = NULL;
	CLEANUP_TREE struct tree *t = NULL;
	struct ext4_facts facts;
	struct digest digest;
	char text[DIGEST_TEXT_MAX];

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	in.size = (uint64_t)st.st_size;
	files = block_files_new(&in);
	if (ext4_read(&in, files, &facts, &t, err) < 0)
		return -1;
	digest = tree_digest(t, INT64_MAX);
	if (quiet)
		puts(digest_format(&digest, text));
	else
		put_tree(t);
	return 0;
}

int main(int argc, char **argv)
{
	bool quiet = argc == 4 && strcmp(argv[1], "-q") == 0;
	CLEANUP_ERR struct error err = ERR_INIT;

	if (argc != 3 + quiet || strcmp(argv[1 + quiet], "ext4") != 0) {
		fprintf(stderr, "usage: fs_read_tool [-q] ext4 IMAGE\n");
		return 2;
	}
	if (read_image(argv[2 + quiet], quiet, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return 1;
}

#include "tree_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define KEPT_MAX (4u << 20) /* bytes of a content that is worth showing */

static const char *const kinds[] = {
	[NODE_DIRECTORY] = "folder", [NODE_FILE] = "file", [NODE_SYMLINK] = "link",
	[NODE_FIFO] = "fifo",	     [NODE_CHAR] = "char", [NODE_BLOCK] = "block",
};

static void put_escaped(struct str s, FILE *f)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\' || s.ptr[i] == '\n' || s.ptr[i] == '\t')
			putc('\\', f);
		putc(s.ptr[i] == '\n' ? 'n' : s.ptr[i] == '\t' ? 't' : s.ptr[i], f);
	}
}

static void put_xattrs(const struct inode *inode, FILE *f)
{
	for (uint32_t i = 0; i < inode->n_xattrs; i++) {
		const struct xattr *x = &inode->xattrs[i];

		fprintf(f, "%s" STR_FMT "=", i ? "," : "", STR_ARG(x->name));
		for (size_t k = 0; k < x->value.len; k++)
			fprintf(f, "%02x", x->value.ptr[k]);
	}
}

static int keep(const struct content *c, const char *name, const struct content_reader *reader,
		const char *folder, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1 << 16), data = BUF_INIT(KEPT_MAX);
	FILE *f;
	bool good;

	buf_printf(&path, "%s/%s", folder, name);
	if (access(buf_cstr(&path), F_OK) == 0)
		return 0;
	if (content_load(reader, c, &data, err) < 0)
		return -1;
	f = fopen(buf_cstr(&path), "w");
	good = f && fwrite(data.ptr, 1, data.len, f) == data.len;
	if (!f || fclose(f) != 0 || !good)
		return err_sys(err, errno, "cannot write '%s'", buf_cstr(&path));
	return 0;
}

static bool is_worth_keeping(struct str path, const struct content *c)
{
	if (c->size > KEPT_MAX || str_has_prefix(path, STR("var/lib/dpkg/info/")))
		return false;
	return c->where == CONTENT_MEMORY || str_has_prefix(path, STR("etc/")) ||
	       str_has_prefix(path, STR("var/"));
}

struct rows {
	const struct content_reader *reader;
	const char *contents;
	FILE *out;
	char **first; /* by serial of the inode: the first path of a set of hard links */
};

static int row(struct rows *r, const struct node *node, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1 << 16);
	const struct inode *inode = node->inode;
	char hex[DIGEST_HEX_MAX];

	tree_path(node, &path);
	put_escaped(buf_str(&path), r->out);
	fprintf(r->out, "\t%s\t%04o\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64 "\t", kinds[inode->kind],
		inode->kind == NODE_SYMLINK ? 0777u : inode->mode, inode->uid, inode->gid,
		inode->kind == NODE_FILE ? inode->content.size : 0);
	if (inode->kind == NODE_FILE) {
		digest_hex(&inode->content.digest, hex);
		fputs(hex, r->out);
		if (r->contents && is_worth_keeping(buf_str(&path), &inode->content) &&
		    keep(&inode->content, hex, r->reader, r->contents, err) < 0)
			return -1;
	} else if (inode->kind == NODE_SYMLINK) {
		put_escaped(inode->target, r->out);
	} else if (inode->kind == NODE_CHAR || inode->kind == NODE_BLOCK) {
		fprintf(r->out, "%" PRIu32 ":%" PRIu32, inode->major, inode->minor);
	}
	putc('\t', r->out);
	put_xattrs(inode, r->out);
	putc('\t', r->out);
	if (inode->kind != NODE_DIRECTORY && inode->links > 1) {
		if (!r->first[inode->serial])
			r->first[inode->serial] = mem_strdup(buf_cstr(&path));
		put_escaped(str_of(r->first[inode->serial]), r->out);
	}
	putc('\n', r->out);
	return 0;
}

int tree_rows_write(const struct tree *t, const struct content_reader *reader, const char *path,
		    const char *contents, struct error *err)
{
	size_t n = tree_inode_count(t);
	struct rows r = { reader, contents, fopen(path, "w"), mem_array(n, sizeof(char *)) };
	struct tree_iter it = tree_iter(t, tree_root(t));
	struct node *node;
	int status = r.out ? 0 : err_sys(err, errno, "cannot write '%s'", path);

	while (status == 0 && (node = tree_next(&it)))
		if (node->parent)
			status = row(&r, node, err);
	if (r.out && fclose(r.out) != 0 && status == 0)
		status = err_sys(err, errno, "cannot write '%s'", path);
	for (size_t i = 0; i < n; i++)
		free(r.first[i]);
	free(r.first);
	return status;
}

/* stat with a format; its long form shows times and numbers that a tree has not. */
#include "shell/file_tool.h"
#include "shell/mode.h"
#include "shell/timestamp.h"
#include "shell/tool_files.h"

enum { STAT_FORMAT = 1, STAT_PRINTF, STAT_FOLLOW };

static const struct shell_option stat_options[] = {
	{ 'c', "format", OPTION_VALUE, STAT_FORMAT },
	{ 0, "printf", OPTION_VALUE, STAT_PRINTF },
	{ 'L', "dereference", OPTION_NO_VALUE, STAT_FOLLOW },
	{ 0 },
};

static const char *const kind_names[] = {
	[NODE_DIRECTORY] = "directory",		[NODE_FILE] = "regular file",
	[NODE_SYMLINK] = "symbolic link",	[NODE_FIFO] = "fifo",
	[NODE_CHAR] = "character special file", [NODE_BLOCK] = "block special file",
};
static const uint32_t kind_bits[] = {
	[NODE_DIRECTORY] = 0040000, [NODE_FILE] = 0100000, [NODE_SYMLINK] = 0120000,
	[NODE_FIFO] = 0010000,	    [NODE_CHAR] = 0020000, [NODE_BLOCK] = 0060000,
};

struct stat_file {
	struct shell_call *c;
	struct str path;
	const struct node *node;
};

static uint64_t count_links(const struct node *node)
{
	struct node *const *list;
	uint64_t links = 2;
	size_t n;

	if (!node_is(node, NODE_DIRECTORY))
		return node->inode->links;
	n = tree_children(node, &list);
	for (size_t i = 0; i < n; i++)
		links += node_is(list[i], NODE_DIRECTORY);
	return links;
}

static bool add_account(struct stat_file *s, char directive, struct buf *out)
{
	struct str name = STR("UNKNOWN");

	if (directive == 'U')
		(void)world_user_name(s->c->shell, s->node->inode->uid, &name);
	else
		(void)world_group_name(s->c->shell, s->node->inode->gid, &name);
	buf_add_str(out, name);
	return true;
}

static bool add_time(const struct inode *inode, char directive, struct buf *out)
{
	if (inode->kind == NODE_DIRECTORY)
		return false;
	if (directive == 'Y') {
		buf_printf(out, "%lld", (long long)inode->mtime);
		return true;
	}
	return timestamp_format(STR("%Y-%m-%d %H:%M:%S.000000000 +0000"), inode->mtime, out);
}

/* One directive. False: a tree doesn't know it. */
static bool add_directive(struct stat_file *s, char directive, struct buf *out)
{
	const struct inode *inode = s->node->inode;
	uint64_t size = inode->kind == NODE_FILE      ? inode->content.size
			: inode->kind == NODE_SYMLINK ? inode->target.len
						      : 0;
	char mode[10];

	switch (directive) {
	case 'a':
		buf_printf(out, "%o", inode->mode);
		return true;
	case 'A':
		mode_format(inode->mode, mode);
		buf_add_char(out, ".d-lpcb"[inode->kind]);
		buf_add_cstr(out, mode);
		return true;
	case 'f':
		buf_printf(out, "%x", kind_bits[inode->kind] | inode->mode);
		return true;
	case 'F':
		buf_add_cstr(out, inode->kind == NODE_FILE && !size ? "regular empty file"
								    : kind_names[inode->kind]);
		return true;
	case 'g':
		buf_printf(out, "%u", inode->gid);
		return true;
	case 'u':
		buf_printf(out, "%u", inode->uid);
		return true;
	case 'G':
	case 'U':
		return add_account(s, directive, out);
	case 'h':
		buf_printf(out, "%llu", (unsigned long long)count_links(s->node));
		return true;
	case 'n':
		buf_add_str(out, s->path);
		return true;
	case 'N':
		file_quote(out, s->path);
		if (inode->kind == NODE_SYMLINK) {
			buf_add_cstr(out, " -> ");
			file_quote(out, inode->target);
		}
		return true;
	case 's':
		buf_printf(out, "%llu", (unsigned long long)size);
		return inode->kind != NODE_DIRECTORY;
	case 't':
		buf_printf(out, "%x", inode->major);
		return true;
	case 'T':
		buf_printf(out, "%x", inode->minor);
		return true;
	case 'd':
	case 'i':
		/* Only of the root, which scripts compare with that of process 1. */
		buf_add_char(out, directive == 'd' ? '1' : '2');
		return !s->node->parent;
	case 'y':
	case 'Y':
		return add_time(inode, directive, out);
	}
	return false;
}

static void pad(struct buf *out, size_t start, struct str flags, size_t width)
{
	size_t n = out->len - start;
	bool left = memchr(flags.ptr, '-', flags.len) != NULL;

	if (n >= width)
		return;
	for (size_t i = n; i < width; i++)
		buf_add_char(out, ' ');
	if (!left) {
		memmove(out->ptr + start + width - n, out->ptr + start, n);
		memset(out->ptr + start, memchr(flags.ptr, '0', flags.len) ? '0' : ' ', width - n);
	}
}

static bool add_format(struct stat_file *s, struct str format, bool escapes, struct buf *out)
{
	for (size_t i = 0; i < format.len; i++) {
		size_t start = out->len, width = 0;
		struct str flags;

		if (format.ptr[i] == '\\' && escapes && i + 1 < format.len) {
			if (!file_escape(format, &i, "abefnrtv\"\\", "\a\b\033\f\n\r\t\v\"\\", out))
				return false;
			continue;
		}
		if (format.ptr[i] != '%') {
			buf_add_char(out, format.ptr[i]);
			continue;
		}
		if (++i == format.len || format.ptr[i] == '%') {
			buf_add_char(out, '%');
			continue;
		}
		for (flags = (struct str){ format.ptr + i, 0 };
		     i < format.len && memchr("-0", format.ptr[i], 2); i++)
			flags.len++;
		for (;
		     i < format.len && format.ptr[i] >= '0' && format.ptr[i] <= '9' && width < 999;
		     i++)
			width = 10 * width + (size_t)(format.ptr[i] - '0');
		if (i == format.len || !add_directive(s, format.ptr[i], out))
			return false;
		if (width)
			pad(out, start, flags, width);
	}
	return true;
}

static int stat_one(struct shell_call *c, struct str path, bool follow, struct str format,
		    bool escapes, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 24);
	struct world_place at;
	int outcome = world_walk(c->shell, path, follow, &at);
	struct stat_file s = { c, path, at.node };

	/* In a chroot it is another folder than "/": here it can't be read. */
	if (str_equal_cstr(path, "/proc/1/root"))
		return file_failed(c, "cannot statx", path, WORLD_ABSENT);
	if (at.outside && (outcome || !at.node || node_is(at.node, NODE_DIRECTORY) ||
			   node_is(at.node, NODE_SYMLINK)))
		return shell_refuse(c, err, "what is known of " STR_FMT, STR_ARG(path));
	if (str_equal_cstr(path, "-"))
		return shell_refuse(c, err, "standard input");
	if (outcome || !at.node)
		return file_failed(c, "cannot statx", path, outcome ? outcome : WORLD_ABSENT);
	if (!add_format(&s, format, escapes, &text))
		return shell_refuse(c, err, "format '" STR_FMT "'", STR_ARG(format));
	buf_add_str(c->out, buf_str(&text));
	if (!escapes)
		buf_add_char(c->out, '\n');
	return 0;
}

int tool_stat(struct shell_call *c, struct error *err)
{
	struct str format = { NULL, 0 };
	bool follow = false, escapes = false;
	struct shell_arguments a;
	int status = 0, result = shell_options(c, stat_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == STAT_FOLLOW) {
			follow = true;
			continue;
		}
		format = a.options[i].value;
		escapes = a.options[i].id == STAT_PRINTF;
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	if (!format.ptr)
		return shell_refuse(c, err, "no format");
	for (size_t i = 0; i < a.n_operands; i++) {
		result = stat_one(c, a.operands[i], follow, format, escapes, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

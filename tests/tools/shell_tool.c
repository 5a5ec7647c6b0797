/*
 * shell_tool [--root DIR] [--dump FILE] [--start DIR] SCRIPT [ARG...] - evaluates a
 * script over a copy of the folder DIR, with all text and file commands; prints what
 * the script prints, leaves with its status and writes the tree after it as text.
 * Refusals go to standard error as "REFUSED ..."; the script ends there with 99.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "shell/command.h"
#include "shell/shell.h"

static void read_all(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		exit(98);
	}
	do {
		n = fread(buf_reserve(to, 65536), 1, 65536, f);
		to->len += n;
	} while (n);
	fclose(f);
}

static void load_node(struct tree *t, struct node *dir, const char *path, const char *name);

static void load_folder(struct tree *t, struct node *dir, const char *path)
{
	DIR *d = opendir(path);

	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d));) {
		char *below = NULL;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (asprintf(&below, "%s/%s", path, e->d_name) < 0)
			abort();
		load_node(t, dir, below, e->d_name);
		free(below);
	}
	closedir(d);
}

static void load_node(struct tree *t, struct node *dir, const char *path, const char *name)
{
	struct inode inode = { 0 };
	char target[4096];
	struct stat st;
	ssize_t n;

	if (lstat(path, &st))
		return;
	inode.mode = st.st_mode & 07777;
	inode.uid = st.st_uid;
	inode.gid = st.st_gid;
	inode.mtime = st.st_mtime;
	if (S_ISDIR(st.st_mode)) {
		inode.kind = NODE_DIRECTORY;
	} else if (S_ISLNK(st.st_mode)) {
		inode.kind = NODE_SYMLINK;
		n = readlink(path, target, sizeof(target));
		inode.target = (struct str){ target, n < 0 ? 0 : (size_t)n };
	} else if (S_ISREG(st.st_mode)) {
		CLEANUP_BUF struct buf data = BUF_INIT((size_t)1 << 30);

		inode.kind = NODE_FILE;
		read_all(path, &data);
		inode.content = content_of_bytes(arena_bytes(tree_arena(t), buf_bytes(&data)));
	} else if (S_ISFIFO(st.st_mode)) {
		inode.kind = NODE_FIFO;
	} else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		inode.kind = S_ISCHR(st.st_mode) ? NODE_CHAR : NODE_BLOCK;
		inode.major = major(st.st_rdev);
		inode.minor = minor(st.st_rdev);
	} else {
		return;
	}
	dir = tree_put(t, dir, str_of(name), &inode, 0);
	if (inode.kind == NODE_DIRECTORY)
		load_folder(t, dir, path);
}

static void dump(const struct tree *t, const char *path)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	FILE *f = fopen(path, "w");

	if (!f)
		exit(98);
	for (struct node *n; (n = tree_next(&it));) {
		CLEANUP_BUF struct buf name = BUF_INIT(100000);
		const struct inode *i = n->inode;

		tree_path(n, &name);
		fprintf(f, "%c /%s %04o %u:%u", "?dflpcb"[i->kind], buf_cstr(&name),
			i->kind == NODE_SYMLINK ? 0777u : i->mode, i->uid, i->gid);
		if (i->kind == NODE_SYMLINK)
			fprintf(f, " -> " STR_FMT, STR_ARG(i->target));
		if (i->kind == NODE_FILE) {
			fprintf(f, " links=%u ", i->links);
			for (size_t k = 0; k < i->content.size; k++) {
				unsigned char c = i->content.data[k];

				if (c <= ' ' || c == '%' || c > 126)
					fprintf(f, "%%%02x", c);
				else
					fputc(c, f);
			}
		}
		fputc('\n', f);
	}
	fclose(f);
}

/* All commands are there, whether the tree has them or not. */
static const struct shell_command *find(const struct shell_command *table, struct str name)
{
	for (; table->name; table++)
		if (str_equal_cstr(name, table->name))
			return table;
	return NULL;
}

static const struct shell_command *command(const struct world *w, struct str name)
{
	static struct shell_command copies[64];
	static size_t n;
	const struct shell_command *c = find(shell_text_commands, name);

	(void)w;
	c = c ? c : find(shell_file_commands, name);
	if (!c || (c->flags & SHELL_COMMAND_VIRTUAL))
		return c;
	for (size_t i = 0; i < n; i++)
		if (copies[i].name == c->name)
			return &copies[i];
	if (n == 64)
		return c;
	copies[n] = *c;
	copies[n].flags |= SHELL_COMMAND_VIRTUAL;
	return &copies[n++];
}

static bool was_refused;

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	(void)w;
	if (r->kind == REFUSAL_FAILED)
		return 0;
	fprintf(stderr, "REFUSED %d " STR_FMT ":%u (%u): " STR_FMT ": " STR_FMT "\n", (int)r->kind,
		STR_ARG(r->script), r->line, r->outer_line, STR_ARG(r->command),
		STR_ARG(r->reason));
	was_refused = true;
	*ret_status = 99;
	return r->kind == REFUSAL_COMMAND || r->kind == REFUSAL_USAGE
		       ? err_set(err, ERR_SCRIPT, "refused")
		       : 0;
}

int main(int argc, char **argv)
{
	static const struct world_host host = { command, refuse };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 30);
	CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 40), messages = BUF_INIT((size_t)1 << 40);
	struct str arguments[64];
	struct world w = { .tree = t, .arena = &arena, .architecture = STR("amd64"),
			   .package = STR("test"), .script = STR("script"), .trigger = STR(""),
			   .host = &host };
	struct shell_script script = { .name = STR("script"), .arguments = arguments };
	const char *dump_to = NULL;
	int i = 1, status = 99;

	for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (!strcmp(argv[i], "--root"))
			load_folder(t, tree_root(t), argv[i + 1]);
		else if (!strcmp(argv[i], "--dump"))
			dump_to = argv[i + 1];
		else if (!strcmp(argv[i], "--name"))
			script.name = str_of(argv[i + 1]);
		else
			return 98;
	}
	if (i >= argc)
		return 98;
	read_all(argv[i++], &text);
	script.text = buf_str(&text);
	for (; i < argc && script.n_arguments < 64; i++)
		arguments[script.n_arguments++] = str_of(argv[i]);
	if (shell_run_printing(&w, &script, &out, &messages, &status, &err)) {
		if (!was_refused)
			err_print(&err, stderr);
		status = 99;
	}
	if (out.len)
		fwrite(out.ptr, 1, out.len, stdout);
	if (messages.len)
		fwrite(messages.ptr, 1, messages.len, stderr);
	if (dump_to)
		dump(t, dump_to);
	return status;
}

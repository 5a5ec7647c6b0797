/*
 * oracle_files run ROOT <CASES: evaluates each line over a fresh copy of the tree that
 * ROOT is, and prints what is then below /w, with /stdout and /status, after "== LINE".
 * oracle_files dump FOLDER <CASES: the same text of FOLDER/1, FOLDER/2 ... as they are.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "shell/command.h"
#include "shell/shell.h"

#define EPOCH 1700000000

static unsigned refusals;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static struct bytes read_file(struct arena *arena, const char *path, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t *data = arena_alloc(arena, size + 1);

	if (fd < 0 || read(fd, data, size) != (ssize_t)size)
		fail(path);
	return (struct bytes){ data, size };
}

static void load_xattrs(struct tree *t, struct node *node, const char *path)
{
	char list[4096];
	ssize_t n = llistxattr(path, list, sizeof(list));

	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1) {
		uint8_t value[4096];
		ssize_t size = lgetxattr(path, list + i, value, sizeof(value));

		if (size >= 0)
			tree_set_xattr(t, node, str_of(list + i),
				       (struct bytes){ value, (size_t)size }, 0);
	}
}

/* Hard links: the first name of each inode number. */
static struct seen {
	ino_t number;
	struct node *node;
} seen[4096];
static size_t n_seen;

static struct node *load_one(struct tree *t, struct node *dir, const char *name, const char *path)
{
	struct arena *arena = tree_arena(t);
	struct inode inode = { 0 };
	char target[4097];
	struct stat st;
	struct node *node;
	ssize_t n;

	if (lstat(path, &st) < 0)
		fail(path);
	for (size_t i = 0; i < n_seen && !S_ISDIR(st.st_mode) && st.st_nlink > 1; i++)
		if (seen[i].number == st.st_ino)
			return tree_link(t, dir, str_of(name), seen[i].node, 0);
	inode.mode = st.st_mode & 07777;
	inode.uid = st.st_uid;
	inode.gid = st.st_gid;
	inode.mtime = st.st_mtime;
	inode.kind = S_ISDIR(st.st_mode)    ? NODE_DIRECTORY
		     : S_ISLNK(st.st_mode)  ? NODE_SYMLINK
		     : S_ISFIFO(st.st_mode) ? NODE_FIFO
		     : S_ISCHR(st.st_mode)  ? NODE_CHAR
		     : S_ISBLK(st.st_mode)  ? NODE_BLOCK
					    : NODE_FILE;
	if (inode.kind == NODE_SYMLINK) {
		n = readlink(path, target, sizeof(target));
		if (n < 0)
			fail(path);
		inode.target = (struct str){ target, (size_t)n };
	}
	if (inode.kind == NODE_CHAR || inode.kind == NODE_BLOCK) {
		inode.major = major(st.st_rdev);
		inode.minor = minor(st.st_rdev);
	}
	if (inode.kind == NODE_FILE)
		inode.content = content_of_bytes(read_file(arena, path, (size_t)st.st_size));
	node = tree_put(t, dir, str_of(name), &inode, 0);
	if (inode.kind != NODE_SYMLINK)
		load_xattrs(t, node, path);
	if (n_seen < 4096 && inode.kind != NODE_DIRECTORY)
		seen[n_seen++] = (struct seen){ st.st_ino, node };
	return node;
}

static void load_folder(struct tree *t, struct node *dir, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		fail(path);
	while ((e = readdir(d))) {
		CLEANUP_FREE char *below = mem_printf("%s/%s", path, e->d_name);
		struct node *node;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		node = load_one(t, dir, e->d_name, below);
		if (node->inode->kind == NODE_DIRECTORY)
			load_folder(t, node, below);
	}
	closedir(d);
}

static struct tree *load(const char *root)
{
	struct tree *t = tree_new();
	struct stat st;

	n_seen = 0;
	if (stat(root, &st) < 0)
		fail(root);
	tree_set_mode(tree_root(t), st.st_mode & 07777, 0);
	load_folder(t, tree_root(t), root);
	return t;
}

static void print_bytes(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.ptr[i] >= ' ' && b.ptr[i] < 127 && b.ptr[i] != '\\')
			putchar(b.ptr[i]);
		else
			printf("\\%03o", b.ptr[i]);
	}
}

static void print_node(const struct node *node, const struct node *first)
{
	const struct inode *i = node->inode;
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	tree_path(node, &path);
	printf("%s %c %04o %u:%u", buf_cstr(&path), ".dflpcb"[i->kind], i -> mode, i -> uid,
	       i -> gid);
	if (i->kind == NODE_FILE || i->kind == NODE_SYMLINK) {
		if (i->mtime < 1500000000)
			printf(" @%lld", (long long)i->mtime);
		else
			printf(" @new");
	}
	if (first != node) {
		CLEANUP_BUF struct buf other = BUF_INIT(1u << 20);

		tree_path(first, &other);
		printf(" same as %s\n", buf_cstr(&other));
		return;
	}
	if (i->kind == NODE_CHAR || i->kind == NODE_BLOCK)
		printf(" %u,%u", i->major, i->minor);
	putchar(' ');
	print_bytes(i->kind == NODE_SYMLINK ? str_bytes(i->target)
		    : i->kind == NODE_FILE && i->content.size < 2000
			    ? (struct bytes){ i->content.data, (size_t)i->content.size }
			    : (struct bytes){ 0 });
	if (i->kind == NODE_FILE && i->content.size >= 2000)
		printf("%llu bytes", (unsigned long long)i->content.size);
	for (uint32_t k = 0; k < i->n_xattrs; k++) {
		printf(" %.*s=", (int)i->xattrs[k].name.len, i->xattrs[k].name.ptr);
		print_bytes(i->xattrs[k].value);
	}
	putchar('\n');
}

static void dump(struct tree *t)
{
	struct node **first = mem_array(tree_inode_count(t) + 1, sizeof(*first));
	struct node *w = tree_find(t, STR("w"));
	static const char *const files[] = { "stdout", "status" };

	for (size_t i = 0; i < 2; i++) {
		struct node *node = tree_find(t, str_of(files[i]));

		printf("%s: ", files[i]);
		if (node)
			print_bytes((struct bytes){ node->inode->content.data,
						    (size_t)node->inode->content.size });
		putchar('\n');
	}
	if (w) {
		struct tree_iter it = tree_iter(t, w);

		for (struct node *n; (n = tree_next(&it));) {
			if (!first[n->inode->serial])
				first[n->inode->serial] = n;
			print_node(n, first[n->inode->serial]);
		}
	}
	free(first);
}

static const struct shell_command *in_table(const struct shell_command *table, struct str name)
{
	for (; table->name; table++)
		if (str_equal_cstr(name, table->name))
			return table;
	return NULL;
}

static const struct shell_command *find_command(const struct world *w, struct str name)
{
	const struct shell_command *found = in_table(shell_file_commands, name);

	(void)w;
	return found ? found : in_table(shell_text_commands, name);
}

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	(void)w;
	(void)err;
	printf("refused: %.*s: %.*s\n", (int)r->command.len, r->command.ptr, (int)r->reason.len,
	       r->reason.ptr);
	refusals++;
	*ret_status = 125;
	return 0;
}

static const struct world_host host = { find_command, refuse };

static void run(const char *root, const char *script)
{
	struct tree *t = load(root);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct world w = { .tree = t,
			   .arena = tree_arena(t),
			   .epoch = EPOCH,
			   .architecture = STR("amd64"),
			   .package = STR("case"),
			   .script = STR("postinst"),
			   .trigger = STR(""),
			   .host = &host };
	CLEANUP_FREE char *text = mem_printf("cd /w || exit 9\n(\n%s\n) >/stdout 2>/dev/null\n"
					     "echo $? >/status\n",
					     script);
	struct shell_script s = { .name = STR("postinst"), .text = str_of(text) };
	int status = 0;

	printf("== %s\n", script);
	if (shell_run(&w, &s, &status, &err) < 0)
		err_print(&err, stdout);
	dump(t);
	fflush(stdout);
	tree_free(t);
}

static void dump_number(const char *folder, unsigned number, const char *script)
{
	CLEANUP_FREE char *root = mem_printf("%s/%u", folder, number);
	struct tree *t = load(root);

	printf("== %s\n", script);
	dump(t);
	tree_free(t);
}

int main(int argc, char **argv)
{
	bool runs = argc == 3 && !strcmp(argv[1], "run");
	CLEANUP_FREE char *line = NULL;
	unsigned number = 0;
	size_t size = 0;
	ssize_t n;

	if (!runs && (argc != 3 || strcmp(argv[1], "dump") != 0)) {
		fprintf(stderr, "usage: oracle_files run ROOT <CASES | dump FOLDER <CASES\n");
		return 2;
	}
	while ((n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		if (!*line || *line == '#')
			continue;
		number++;
		if (runs)
			run(argv[2], line);
		else
			dump_number(argv[2], number, line);
	}
	return 0;
}

/*
 * oracle_generate FOLDER ARCHITECTURE EPOCH OUT [-PATH]... NAME[=ARGUMENT]... - generators
 * over a real tree, in which the real programs have made the same files.
 *
 * FOLDER is loaded, PATHs (with what is below) are dropped from memory, generators NAME run.
 * Then everything they made, and every dropped PATH, must be in FOLDER with the same bytes,
 * mode and owner: what is not is printed, and our version is written below OUT.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "debian/commands.h"
#include "resolve/deb822.h"

struct tool {
	const char *folder, *out;
	struct arena arena;
	struct tree *tree;
	struct debian_options options;
	struct debian d;
	size_t n_different, n_equal;
};

static struct bytes map_file(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		return (struct bytes){ NULL, 0 };
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? (struct bytes){ NULL, 0 }
			       : (struct bytes){ p, (size_t)st.st_size };
}

static bool is_left_out(const char *path)
{
	static const char *const out[] = { "/proc", "/sys", "/dev", "/var/cache/apt",
					   "/var/lib/apt/lists" };

	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		if (strcmp(path, out[i]) == 0)
			return true;
	return false;
}

static void load(struct tool *t, struct node *dir, const char *path, const char *inside)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *child = arena_printf(&t->arena, "%s/%s", path, e->d_name);
		char *name = arena_printf(&t->arena, "%s/%s", inside, e->d_name);
		struct inode inode = { 0 };
		char target[4096];
		struct stat st;
		struct node *node;

		if (!tree_is_name(str_of(e->d_name)) || is_left_out(name) || lstat(child, &st) < 0)
			continue;
		inode.mode = (uint16_t)(st.st_mode & 07777);
		inode.uid = st.st_uid;
		inode.gid = st.st_gid;
		inode.mtime = st.st_mtime;
		if (S_ISDIR(st.st_mode)) {
			inode.kind = NODE_DIRECTORY;
		} else if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlink(child, target, sizeof(target));

			inode.kind = NODE_SYMLINK;
			inode.target = (struct str){ target, n < 0 ? 0 : (size_t)n };
		} else if (S_ISREG(st.st_mode)) {
			inode.kind = NODE_FILE;
			inode.content = content_of_bytes(map_file(child));
		} else {
			continue;
		}
		node = tree_put(t->tree, dir, str_of(e->d_name), &inode, 0);
		if (inode.kind == NODE_DIRECTORY)
			load(t, node, child, name);
	}
	if (d)
		closedir(d);
}

/* Names and versions of what dpkg has installed in the folder. */
static int load_packages(struct tool *t, struct error *err)
{
	struct bytes text = map_file(arena_printf(&t->arena, "%s/var/lib/dpkg/status", t->folder));
	struct debian_package *p = NULL;
	struct deb822_reader reader;
	struct stanza_field field;
	size_t capacity = 0;
	int r;

	if (deb822_open(&reader, text, "status", err) < 0)
		return -1;
	while ((r = deb822_next(&reader, &field, err)) != DEB822_END) {
		if (r < 0)
			return -1;
		if (r == DEB822_FIELD && deb822_is(field.name, STR("Package"))) {
			ARENA_GROW(&t->arena, t->d.packages, t->d.n_packages, capacity);
			p = arena_alloc(&t->arena, sizeof(*p));
			p->name = field.value;
			t->d.packages[t->d.n_packages++] = (struct unpacked){ .package = p };
		} else if (r == DEB822_FIELD && p && deb822_is(field.name, STR("Version"))) {
			p->version = field.value;
		} else if (r == DEB822_FIELD && p && deb822_is(field.name, STR("Architecture"))) {
			p->architecture = field.value;
		}
	}
	return 0;
}

static void say(struct tool *t, const char *what, const char *path)
{
	printf("%s: %s\n", what, path);
	t->n_different++;
}

static void write_ours(struct tool *t, const char *path, const struct node *node)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(1u << 30);
	char *file = arena_printf(&t->arena, "%s%s", t->out, path);
	FILE *to;

	for (char *p = file + strlen(t->out) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(file, 0755);
			*p = '/';
		}
	if (content_load(NULL, &node->inode->content, &data, &err) < 0)
		return;
	to = fopen(file, "w");
	if (!to)
		return;
	if (data.len)
		fwrite(data.ptr, 1, data.len, to);
	fclose(to);
}

static void compare(struct tool *t, const char *path, const struct node *node)
{
	char *file = arena_printf(&t->arena, "%s%s", t->folder, path);
	const struct inode *inode = node->inode;
	char target[4096];
	struct stat st;

	if (lstat(file, &st) < 0) {
		say(t, "only ours", path);
		if (inode->kind == NODE_FILE)
			write_ours(t, path, node);
		return;
	}
	if ((st.st_mode & 07777) != inode->mode && inode->kind != NODE_SYMLINK)
		say(t, "mode", path);
	if (st.st_uid != inode->uid || st.st_gid != inode->gid)
		say(t, "owner", path);
	if (inode->kind == NODE_SYMLINK) {
		ssize_t n = readlink(file, target, sizeof(target));

		if (n < 0 || !str_equal(inode->target, (struct str){ target, (size_t)n }))
			say(t, "target", path);
	} else if (inode->kind == NODE_FILE) {
		const struct content theirs = content_of_bytes(map_file(file));

		if (digest_compare(&theirs.digest, &inode->content.digest) != 0) {
			say(t, "bytes", path);
			write_ours(t, path, node);
			return;
		}
	}
	t->n_equal++;
}

/* Everything with a cause was made by a generator. */
static void compare_made(struct tool *t)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct tree_iter it = tree_iter(t->tree, tree_root(t->tree));
	struct node *node;

	while ((node = tree_next(&it))) {
		if (!node->cause && !node->inode->cause[CAUSE_CONTENT])
			continue;
		buf_reset(&path);
		buf_add_char(&path, '/');
		tree_path(node, &path);
		compare(t, buf_cstr(&path), node);
	}
}

/* What was dropped and is in the folder must be made again. */
static void compare_dropped(struct tool *t, const char *path)
{
	char *file = arena_printf(&t->arena, "%s%s", t->folder, path);
	struct stat st;
	struct dirent *e;
	DIR *d;

	if (lstat(file, &st) < 0)
		return;
	if (!tree_find(t->tree, str_of(path)))
		say(t, "only theirs", path);
	d = S_ISDIR(st.st_mode) ? opendir(file) : NULL;
	while (d && (e = readdir(d)))
		if (tree_is_name(str_of(e->d_name)))
			compare_dropped(t, arena_printf(&t->arena, "%s/%s", path, e->d_name));
	if (d)
		closedir(d);
}

static int run(struct tool *t, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');
	struct str name = { word, equals ? (size_t)(equals - word) : strlen(word) };
	cause_id cause = debian_rule(&t->d, "oracle");

	for (const struct generator *g = debian_generators; g->name; g++)
		if (str_equal_cstr(name, g->name))
			return g->run(&t->d, str_of(equals ? equals + 1 : ""), cause, err);
	return err_set(err, ERR_USAGE, "no generator '%s'", word);
}

static int work(struct tool *t, char **words, struct error *err)
{
	load(t, tree_root(t->tree), t->folder, "");
	if (load_packages(t, err) < 0)
		return -1;
	for (char **w = words; *w; w++) {
		struct node *node = **w == '-' ? tree_find(t->tree, str_of(*w + 1)) : NULL;

		if (node)
			tree_remove(t->tree, node, 0);
	}
	for (char **w = words; *w; w++)
		if (**w != '-' && run(t, *w, err) < 0)
			return -1;
	compare_made(t);
	for (char **w = words; *w; w++)
		if (**w == '-')
			compare_dropped(t, *w + 1);
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;
	struct tool t = { 0 };
	uint64_t epoch;

	if (argc < 6 || !str_parse_u64(str_of(argv[3]), &epoch))
		return 2;
	t.folder = argv[1];
	t.out = argv[4];
	mkdir(t.out, 0755);
	t.tree = tree_new();
	t.options =
		(struct debian_options){ .architecture = str_of(argv[2]), .epoch = (int64_t)epoch };
	t.d.tree = t.tree;
	t.d.options = &t.options;
	t.d.arena = &t.arena;
	if (work(&t, argv + 5, &err) < 0) {
		err_print(&err, stderr);
		err_release(&err);
		return 1;
	}
	printf("%zu equal, %zu different\n", t.n_equal, t.n_different);
	tree_free(t.tree);
	arena_release(&t.arena);
	return t.n_different ? 1 : 0;
}

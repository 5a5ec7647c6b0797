/*
 * oracle_units FOLDER RELEASE EPOCH [SCRIPT] - evaluates SCRIPT over a real folder and
 * prints the tree that results, one line a path; without SCRIPT it prints the folder as
 * it is. RELEASE is the version of systemd that the folder's programs are said to be, or
 * a list of packages: NAME=VERSION,NAME=VERSION.
 * What is refused is a line "refused LINE: REASON" on standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "debian/commands.h"
#include "shell/shell.h"

struct tool {
	struct arena arena;
	struct tree *tree;
	struct debian_options options;
	struct debian d;
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

static void load_xattrs(struct tool *t, struct node *node, const char *path)
{
	char names[4096];
	uint8_t value[4096];
	ssize_t n = llistxattr(path, names, sizeof(names));

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t size = lgetxattr(path, names + at, value, sizeof(value));

		if (size > 0)
			tree_set_xattr(t->tree, node, str_of(names + at),
				       (struct bytes){ value, (size_t)size }, 0);
	}
}

static void load(struct tool *t, struct node *dir, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *child = arena_printf(&t->arena, "%s/%s", path, e->d_name);
		struct inode inode = { 0 };
		char target[4096];
		struct stat st;
		struct node *node;

		if (!tree_is_name(str_of(e->d_name)) || lstat(child, &st) < 0)
			continue;
		inode.mode = (uint16_t)(st.st_mode & 07777);
		inode.uid = st.st_uid;
		inode.gid = st.st_gid;
		inode.kind = NODE_FIFO;
		if (S_ISDIR(st.st_mode)) {
			inode.kind = NODE_DIRECTORY;
		} else if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlink(child, target, sizeof(target));

			inode.kind = NODE_SYMLINK;
			inode.target = (struct str){ target, n < 0 ? 0 : (size_t)n };
		} else if (S_ISREG(st.st_mode)) {
			inode.kind = NODE_FILE;
			inode.content = content_of_bytes(map_file(child));
		}
		node = tree_put(t->tree, dir, str_of(e->d_name), &inode, 0);
		load_xattrs(t, node, child);
		if (inode.kind == NODE_DIRECTORY)
			load(t, node, child);
	}
	if (d)
		closedir(d);
}

static void print_xattrs(const struct inode *i)
{
	for (uint32_t k = 0; k < i->n_xattrs; k++) {
		printf(" " STR_FMT "=", STR_ARG(i->xattrs[k].name));
		for (size_t b = 0; b < i->xattrs[k].value.len; b++)
			printf("%02x", i->xattrs[k].value.ptr[b]);
	}
}

static void print_tree(const struct tool *t)
{
	static const char kinds[] = "?dflpcb";
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct tree_iter it = tree_iter(t->tree, tree_root(t->tree));
	struct node *n;

	while ((n = tree_next(&it))) {
		const struct inode *i = n->inode;
		char digest[DIGEST_HEX_MAX] = "";

		buf_reset(&path);
		tree_path(n, &path);
		if (i->kind == NODE_FILE)
			digest_hex(&i->content.digest, digest);
		printf("/%s %c %04o %u:%u %s%.*s", buf_cstr(&path), kinds[i->kind],
		       i->kind == NODE_SYMLINK ? 0777u : (unsigned)i->mode, i->uid, i->gid, digest,
		       i->kind == NODE_SYMLINK ? (int)i->target.len : 0,
		       i->kind == NODE_SYMLINK ? i->target.ptr : "");
		print_xattrs(i);
		putchar('\n');
	}
}

static void write_out(const struct tool *t, const char *paths)
{
	struct str rest = str_of(paths), path;

	while (str_split(&rest, ',', &path)) {
		struct node *n = tree_resolve(t->tree, path, true);
		CLEANUP_BUF struct buf b = BUF_INIT(1u << 24);
		CLEANUP_ERR struct error err = ERR_INIT;

		if (n && n->inode->kind == NODE_FILE &&
		    content_load(NULL, &n->inode->content, &b, &err) == 0)
			printf("== " STR_FMT "\n" STR_FMT, STR_ARG(path), STR_ARG(buf_str(&b)));
	}
}

static const struct shell_command *command(const struct world *w, struct str name)
{
	(void)w;
	return debian_command(name);
}

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	(void)w;
	(void)err;
	if (r->kind == REFUSAL_FAILED)
		return 0; /* the last command's status */
	fprintf(stderr, "refused %u: " STR_FMT ": " STR_FMT "\n", r->line, STR_ARG(r->command),
		STR_ARG(r->reason));
	*ret_status = 1;
	return 0;
}

static int evaluate(struct tool *t, const char *script, struct error *err)
{
	static const struct world_host host = { command, refuse };
	static const struct shell_variable environment[] = {
		{ { "DPKG_MAINTSCRIPT_PACKAGE", 24 }, { "oracle", 6 } },
	};
	struct world w = {
		.tree = t->tree, .arena = &t->arena, .epoch = t->options.epoch,
		.architecture = t->options.architecture, .package = STR("oracle"),
		.script = STR("postinst"), .host = &host, .context = &t->d,
	};
	struct shell_script s = {
		.name = STR("postinst"), .text = bytes_str(map_file(script)),
		.environment = environment, .n_environment = 1,
	};
	int status = 0;

	return shell_run(&w, &s, &status, err);
}

#define PACKAGES 8

static size_t parse_packages(struct str list, struct debian_package *packages,
			     struct unpacked *unpacked)
{
	struct str item;
	size_t n = 0;

	while (n < PACKAGES && str_split(&list, ',', &item)) {
		size_t equals = str_find_char(item, '=');

		packages[n].name = STR("systemd");
		packages[n].version = item;
		if (equals < item.len) {
			packages[n].name = (struct str){ item.ptr, equals };
			packages[n].version =
				(struct str){ item.ptr + equals + 1, item.len - equals - 1 };
		}
		unpacked[n] = (struct unpacked){ .package = &packages[n] };
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;
	struct tool t = { 0 };
	struct debian_package packages[PACKAGES] = { { .name = STR("") } };
	struct unpacked unpacked[PACKAGES];
	uint64_t epoch;

	if (argc < 4 || !str_parse_u64(str_of(argv[3]), &epoch))
		return 2;
	t.tree = tree_new();
	t.options = (struct debian_options){ .architecture = STR("amd64"),
					     .epoch = (int64_t)epoch };
	t.d = (struct debian){ .tree = t.tree, .options = &t.options, .arena = &t.arena,
			       .packages = unpacked };
	t.d.n_packages = parse_packages(str_of(argv[2]), packages, unpacked);
	load(&t, tree_root(t.tree), argv[1]);
	if (argc > 4 && *argv[4] && evaluate(&t, argv[4], &err) < 0) {
		err_print(&err, stderr);
		err_release(&err);
		return 1;
	}
	print_tree(&t);
	if (argc > 5)
		write_out(&t, argv[5]);
	tree_free(t.tree);
	arena_release(&t.arena);
	return 0;
}

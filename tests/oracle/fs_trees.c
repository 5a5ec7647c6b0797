#include "fs_trees.h"

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
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "tools/tree_text.h"

#define MIB (1024u * 1024)

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* What a handle's object stands for: a file of this machine, or bytes that are made. */
static struct made {
	struct digest key;
	char *path; /* or NULL: */
	bool sparse;
} * made;
static size_t n_made, capacity;

static struct content content_made(char *path, bool sparse, uint64_t size, struct digest digest)
{
	struct digest *key = mem_alloc(sizeof(*key));

	MEM_GROW(made, n_made, capacity);
	memcpy(key->bytes, &n_made, sizeof(n_made));
	made[n_made++] = (struct made){ *key, path, sparse };
	return (struct content){
		.digest = digest, .size = size, .where = CONTENT_OBJECT, .object = key
	};
}

struct made_source {
	struct source source;
	bool sparse;
	uint64_t offset, size;
};

/* A byte of a made file: it depends on nothing but its place. */
static uint8_t byte_at(const struct made_source *s, uint64_t i)
{
	uint64_t z = (i >> 3) * 0x9e3779b97f4a7c15u;

	if (s->sparse &&
	    !(i % (64 * MIB) < 4096 || i == s->size - 1 || (i >= MIB && i < MIB + 300 * 1024)))
		return 0;
	z = (z ^ z >> 29) * 0xbf58476d1ce4e5b9u;
	return (uint8_t)(z >> 8 * (i & 7)) | 1;
}

static int made_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	struct made_source *s = (struct made_source *)source;
	uint64_t i = s->offset;

	(void)err;
	if (size > s->size - i)
		size = (size_t)(s->size - i);
	memset(to, 0, size);
	for (size_t k = 0; k < size; k++) {
		uint64_t within = (i + k) % (64 * MIB);

		/* Over the middle of 64 MiB of zeros at once. */
		if (s->sparse && within >= 2 * MIB && within < 63 * MIB && i + k + MIB < s->size)
			k += MIB - 1;
		else
			to[k] = byte_at(s, i + k);
	}
	s->offset += size;
	*ret_n = size;
	return 0;
}

static void made_close(struct source *source)
{
	free(source);
}

struct file_source {
	struct source source;
	int fd;
};

static int file_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	ssize_t n = read(((struct file_source *)source)->fd, to, size);

	if (n < 0)
		return err_sys(err, errno, "cannot read");
	*ret_n = (size_t)n;
	return 0;
}

static void file_close(struct source *source)
{
	close(((struct file_source *)source)->fd);
	free(source);
}

static int open_made(const struct content_reader *reader, const struct content *content,
		     struct source **ret, struct error *err)
{
	static const struct source_ops made_ops = { .read = made_read, .close = made_close };
	static const struct source_ops file_ops = { .read = file_read, .close = file_close };
	const struct made *m;
	size_t i;

	(void)reader, (void)err;
	memcpy(&i, content->object->bytes, sizeof(i));
	m = &made[i];
	if (m->path) {
		struct file_source *s = mem_alloc(sizeof(*s));

		s->source.ops = &file_ops;
		s->fd = open(m->path, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			fail(m->path);
		*ret = &s->source;
	} else {
		struct made_source *s = mem_alloc(sizeof(*s));

		s->source.ops = &made_ops;
		s->sparse = m->sparse;
		s->size = content->size;
		*ret = &s->source;
	}
	return 0;
}

static struct digest digest_of_file(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest digest;
	struct sink *out = hash_sink(NULL, &digest);
	CLEANUP_SOURCE struct source *in = source_of_fd(fd, 0, UINT64_MAX, path);

	if (fd < 0 || source_copy(in, out, &err) < 0 || sink_close(out, &err) < 0)
		fail(path);
	return digest;
}

static void load_xattrs(struct tree *t, struct node *node, const char *path)
{
	char list[65536];
	ssize_t n = llistxattr(path, list, sizeof(list));
	CLEANUP_FREE uint8_t *value = mem_alloc(65536);

	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1) {
		ssize_t size = lgetxattr(path, list + i, value, 65536);

		if (size >= 0)
			tree_set_xattr(t, node, str_of(list + i),
				       (struct bytes){ value, (size_t)size }, 0);
	}
}

/* Names of one file with several, by inode number; a folder of tests has few. */
static struct seen {
	ino_t number;
	struct node *node;
} * seen;
static size_t n_seen, seen_capacity;

static enum node_kind kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return NODE_DIRECTORY;
	case S_IFLNK:
		return NODE_SYMLINK;
	case S_IFIFO:
		return NODE_FIFO;
	case S_IFCHR:
		return NODE_CHAR;
	case S_IFBLK:
		return NODE_BLOCK;
	default:
		return NODE_FILE;
	}
}

static struct inode inode_of(struct tree *t, const char *path, const struct stat *st)
{
	struct inode inode = { .kind = kind_of(st->st_mode),
			       .mode = st->st_mode & 07777,
			       .uid = st->st_uid,
			       .gid = st->st_gid,
			       .mtime = st->st_mtime };
	char target[4097];
	ssize_t n;

	if (inode.kind == NODE_SYMLINK) {
		n = readlink(path, target, sizeof(target));
		if (n < 0)
			fail(path);
		inode.target = arena_str(tree_arena(t), (struct str){ target, (size_t)n });
	}
	if (inode.kind == NODE_CHAR || inode.kind == NODE_BLOCK) {
		inode.major = major(st->st_rdev);
		inode.minor = minor(st->st_rdev);
	}
	if (inode.kind == NODE_FILE)
		inode.content = st->st_size
					? content_made(mem_strdup(path), false,
						       (uint64_t)st->st_size, digest_of_file(path))
					: content_empty;
	return inode;
}

static struct node *load_one(struct tree *t, struct node *dir, const char *name, const char *path)
{
	struct inode inode;
	struct stat st;
	struct node *node;

	if (lstat(path, &st) < 0)
		fail(path);
	for (size_t i = 0; i < n_seen && !S_ISDIR(st.st_mode) && st.st_nlink > 1; i++)
		if (seen[i].number == st.st_ino)
			return tree_link(t, dir, str_of(name), seen[i].node, 0);
	inode = inode_of(t, path, &st);
	node = tree_put(t, dir, str_of(name), &inode, 0);
	load_xattrs(t, node, path);
	if (st.st_nlink > 1 && !S_ISDIR(st.st_mode)) {
		MEM_GROW(seen, n_seen, seen_capacity);
		seen[n_seen++] = (struct seen){ st.st_ino, node };
	}
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
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || lstat(below, &st) < 0 ||
		    S_ISSOCK(st.st_mode))
			continue;
		node = load_one(t, dir, e->d_name, below);
		if (node->inode->kind == NODE_DIRECTORY)
			load_folder(t, node, below);
	}
	closedir(d);
}

static struct node *add(struct tree *t, struct node *dir, const char *name, enum node_kind kind,
			struct content content)
{
	struct inode inode = { .kind = kind,
			       .mode = kind == NODE_DIRECTORY ? 0755 : 0644,
			       .mtime = 1600000000,
			       .content = content };

	return tree_put(t, dir, str_of(name), &inode, 0);
}

static void make_many(struct tree *t, uint64_t n, enum node_kind kind)
{
	struct node *many = add(t, tree_root(t), "many", NODE_DIRECTORY, content_empty);
	char name[64];

	for (uint64_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "entry-%llu", (unsigned long long)i);
		add(t, many, name, i == n / 2 ? NODE_DIRECTORY : kind, content_empty);
	}
}

static void make_inodes(struct tree *t, uint64_t n)
{
	struct node *dir = NULL;
	char name[64];

	for (uint64_t i = 0; i < n; i++) {
		char *text = arena_printf(tree_arena(t), "file %llu\n", (unsigned long long)i);

		if (i % 500 == 0) {
			snprintf(name, sizeof(name), "d%05llu", (unsigned long long)i / 500);
			dir = add(t, tree_root(t), name, NODE_DIRECTORY, content_empty);
		}
		snprintf(name, sizeof(name), "f%06llu", (unsigned long long)i);
		add(t, dir, name, NODE_FILE, content_of_bytes(str_bytes(str_of(text))));
	}
}

static void make_big(struct tree *t, const char *name, bool sparse, uint64_t size)
{
	CLEANUP_FREE char *said = mem_printf("%s of %llu", name, (unsigned long long)size);
	struct digest digest = hash_bytes(str_bytes(str_of(said)));

	add(t, tree_root(t), name, NODE_FILE,
	    size ? content_made(NULL, sparse, size, digest) : content_empty);
}

static void make_links(struct tree *t, uint64_t n)
{
	struct node *file = add(t, tree_root(t), "file", NODE_FILE,
				content_of_bytes(str_bytes(STR("one file\n"))));
	char name[64];

	for (uint64_t i = 1; i < n; i++) {
		snprintf(name, sizeof(name), "link-%llu", (unsigned long long)i);
		tree_link(t, tree_root(t), str_of(name), file, 0);
	}
}

static struct tree *make_case(const char *name)
{
	const char *equals = strchr(name, '=');
	uint64_t n = equals ? strtoull(equals + 1, NULL, 0) : 0;
	struct str word = { name, equals ? (size_t)(equals - name) : strlen(name) };
	bool random = str_equal_cstr(word, "random");
	struct tree *t = random ? tree_random(n, 2000) : tree_new();

	if (random)
		return t;
	if (str_equal_cstr(word, "entries"))
		make_many(t, n, NODE_FILE);
	else if (str_equal_cstr(word, "folders"))
		make_many(t, n, NODE_DIRECTORY);
	else if (str_equal_cstr(word, "inodes"))
		make_inodes(t, n);
	else if (str_equal_cstr(word, "sparse"))
		make_big(t, "sparse", true, n);
	else if (str_equal_cstr(word, "bytes"))
		make_big(t, "bytes", false, n);
	else if (str_equal_cstr(word, "links"))
		make_links(t, n);
	else if (!str_equal_cstr(word, "empty")) {
		fprintf(stderr, "no such case: %s\n", name);
		exit(2);
	}
	return t;
}

static struct tree *from_text(const char *path)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 24);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct tree *t = NULL;

	if (file_load(AT_FDCWD, path, &text, &err) != 0 ||
	    tree_text_parse(buf_str(&text), &t, NULL, &err) < 0) {
		fprintf(stderr, "%s: %s\n", path, err.message ? err.message : "missing");
		exit(2);
	}
	return t;
}

static struct tree *from_folder(const char *path)
{
	struct tree *t = tree_new();
	struct stat st;

	if (stat(path, &st) < 0)
		fail(path);
	tree_set_mode(tree_root(t), st.st_mode & 07777, 0);
	tree_set_owner(tree_root(t), st.st_uid, st.st_gid, 0);
	load_xattrs(t, tree_root(t), path);
	load_folder(t, tree_root(t), path);
	return t;
}

struct fs_tree fs_tree_make(const char *name)
{
	struct fs_tree f = { .reader = { .open = open_made } };

	if (!strncmp(name, "case:", 5))
		f.tree = make_case(name + 5);
	else if (!strncmp(name, "text:", 5))
		f.tree = from_text(name + 5);
	else
		f.tree = from_folder(name);
	tree_freeze(f.tree);
	return f;
}

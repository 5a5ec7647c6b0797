/*
 * Programs of packages for the initrd, with the libraries that they need. All files of the
 * packages are laid into one tree, so that links are followed as a kernel would.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compose/boot_private.h"

#define LIBRARIES_MAX 256u /* of one program, and of those that they need */

struct boot_files {
	struct tree *tree;
};

/* Debian's folders for libraries of one architecture; 12 has some of them below /lib. */
static const struct {
	const char *architecture, *folder;
} folders[] = {
	{ "amd64", "usr/lib/x86_64-linux-gnu" },
	{ "arm64", "usr/lib/aarch64-linux-gnu" },
	{ "riscv64", "usr/lib/riscv64-linux-gnu" },
	{ "ppc64el", "usr/lib/powerpc64le-linux-gnu" },
};

/* Only /usr/bin, /usr/sbin and /usr/lib* hold anything that is ever looked for. */
static bool is_wanted(struct str path)
{
	static const char *const tops[] = { "bin/", "sbin/", "lib/", "lib64/" };

	if (str_has_prefix(path, STR("usr/")))
		path = (struct str){ path.ptr + 4, path.len - 4 };
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (str_has_prefix(path, str_of(tops[i])))
			return !str_has_prefix(path, STR("lib/modules/"));
	return false;
}

/* /bin, /sbin and /lib are links, as in every Debian since 12. */
static int make_links(struct tree *t, struct error *err)
{
	static const char *const names[] = { "bin", "lib", "lib64", "sbin" };
	struct node *node;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CLEANUP_FREE char *target = mem_printf("usr/%s", names[i]);

		if (tree_make_folders(t, str_of(target), 0, &node, err) < 0 ||
		    tree_write_symlink(t, str_of(names[i]), str_of(target), 0, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* Two packages never own one file; what differs but for that is not looked for. */
static int put_member(struct tree *t, const struct pack_member *m, struct error *err)
{
	struct inode i = {
		.kind = m->kind, .mode = m->mode, .content = m->content, .target = m->target
	};
	struct node *dir, *there;
	struct str name = m->path, folder;
	size_t slash = m->path.len;

	while (slash && m->path.ptr[slash - 1] != '/')
		slash--;
	name = (struct str){ m->path.ptr + slash, m->path.len - slash };
	folder = (struct str){ m->path.ptr, slash };
	if (m->hard_link || (m->kind != NODE_FILE && m->kind != NODE_SYMLINK) ||
	    !is_wanted(m->path))
		return 0;
	if (tree_make_folders(t, folder, 0, &dir, err) < 0)
		return -1;
	there = tree_child(t, dir, name);
	if (!there || there->inode->kind != NODE_DIRECTORY)
		tree_put(t, dir, name, &i, 0);
	return 0;
}

int boot_files_new(const struct boot_work *w, const struct debian_package *packages, size_t n,
		   struct boot_files **ret, struct error *err)
{
	CLEANUP_BOOT_FILES struct boot_files *f = arena_alloc(w->arena, sizeof(*f));

	f->tree = tree_new();
	if (make_links(f->tree, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < packages[i].pack->n_members; k++)
			if (put_member(f->tree, &packages[i].pack->members[k], err) < 0)
				return err_while(err, "looking at package '" STR_FMT "'",
						 STR_ARG(packages[i].name));
	*ret = TAKE_PTR(f);
	return 0;
}

void boot_files_free(struct boot_files *f)
{
	if (f)
		tree_free(f->tree);
}

const struct content *boot_files_find(const struct boot_files *f, struct str path)
{
	const struct node *node = tree_resolve(f->tree, path, true);

	return node && node->inode->kind == NODE_FILE ? &node->inode->content : NULL;
}

/* ---- copying ---- */

struct copying {
	const struct boot_work *w;
	const struct boot_files *files;
	struct tree *to;
	const char *package; /* whose program it is, for messages */
	uint16_t machine;
	struct str waiting[LIBRARIES_MAX]; /* paths; those before @done are looked at */
	size_t n, done;
};

static int copy_file(const struct copying *c, struct str path, const struct content *content,
		     struct error *err)
{
	struct inode i = { .kind = NODE_FILE, .mode = 0755, .content = *content };
	struct node *dir;
	size_t slash = path.len;

	while (slash && path.ptr[slash - 1] != '/')
		slash--;
	if (tree_make_folders(c->to, (struct str){ path.ptr, slash }, 0, &dir, err) < 0)
		return -1;
	tree_put(c->to, dir, (struct str){ path.ptr + slash, path.len - slash }, &i, 0);
	return 0;
}

static int missing(const struct copying *c, const char *what, struct str name, struct str by,
		   struct error *err)
{
	(void)err_at(err, ERR_RECIPE_VALUE, c->w->in->target->pos,
		     "the initrd of target '" STR_FMT "' needs the %s '" STR_FMT "' for '/" STR_FMT
		     "', and no package has it",
		     STR_ARG(c->w->in->target->name), what, STR_ARG(name), STR_ARG(by));
	return err_hint(err,
			"it should be in a package that '%s' depends on: does the lock have "
			"all of them?",
			c->package);
}

static int want(struct copying *c, const char *what, struct str path, struct str by,
		struct error *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_equal(c->waiting[i], path))
			return 0;
	if (!boot_files_find(c->files, path))
		return missing(c, what, path, by, err);
	if (c->n == LIBRARIES_MAX)
		return err_set(err, ERR_LIMIT, "'/" STR_FMT "' needs more than %u libraries",
			       STR_ARG(c->waiting[0]), LIBRARIES_MAX);
	c->waiting[c->n++] = path;
	return 0;
}

/* Where the loader looks without a cache, in its order. */
static struct str library_path(const struct copying *c, struct str name)
{
	const char *usual = "usr/lib";
	char *path;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (str_equal_cstr(c->w->in->architecture, folders[i].architecture))
			usual = folders[i].folder;
	path = arena_printf(c->w->arena, "%s/" STR_FMT, usual, STR_ARG(name));
	if (!boot_files_find(c->files, str_of(path))) {
		char *other = arena_printf(c->w->arena, "usr/lib/" STR_FMT, STR_ARG(name));

		if (boot_files_find(c->files, str_of(other)))
			return str_of(other);
	}
	return str_of(path);
}

static struct str without_slash(struct str path)
{
	while (path.len && *path.ptr == '/')
		path = (struct str){ path.ptr + 1, path.len - 1 };
	return path;
}

static int want_needs(struct copying *c, struct str path, const struct elf_needs *needs,
		      struct error *err)
{
	if (c->done == 0)
		c->machine = needs->machine;
	if (needs->machine != c->machine)
		return err_set(err, ERR_FORMAT,
			       "'/" STR_FMT "' is for another machine than '/" STR_FMT "'",
			       STR_ARG(path), STR_ARG(c->waiting[0]));
	if (needs->interpreter.len &&
	    want(c, "loader", without_slash(needs->interpreter), path, err) < 0)
		return -1;
	for (size_t i = 0; i < needs->n_libraries; i++) {
		struct str name = needs->libraries[i];

		if (!tree_is_name(name))
			return missing(c, "library", name, path, err);
		/* The loader is there by its own path. */
		if (str_has_prefix(name, STR("ld-linux")))
			continue;
		if (want(c, "library", library_path(c, name), path, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_next(struct copying *c, struct error *err)
{
	struct str path = c->waiting[c->done];
	const struct content *content = boot_files_find(c->files, path);
	CLEANUP_BUF struct buf bytes = BUF_INIT(BOOT_PROGRAM_MAX);
	struct elf_needs needs;

	if (content_load(c->w->in->reader, content, &bytes, err) < 0)
		return err_while(err, "reading '/" STR_FMT "'", STR_ARG(path));
	if (elf_needs_read(buf_bytes(&bytes), arena_strdup(c->w->arena, path), c->w->arena, &needs,
			   err) < 0 ||
	    want_needs(c, path, &needs, err) < 0)
		return -1;
	c->done++;
	return copy_file(c, path, content, err);
}

int boot_program(const struct boot_work *w, const struct boot_files *f, struct tree *to,
		 struct str path, const char *package, struct error *err)
{
	struct copying c = { .w = w, .files = f, .to = to, .package = package };

	if (!boot_files_find(f, path)) {
		(void)err_at(err, ERR_RECIPE_VALUE, w->in->target->pos,
			     "target '" STR_FMT "' needs '/" STR_FMT "' of package '%s' to boot",
			     STR_ARG(w->in->target->name), STR_ARG(path), package);
		return err_hint(err, "lock again: 'ingot lock' adds what boots a disk");
	}
	c.waiting[c.n++] = path;
	while (c.done < c.n)
		if (copy_next(&c, err) < 0)
			return -1;
	return 0;
}

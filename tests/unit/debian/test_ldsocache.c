#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "deb_fixture.h"
#include "debian/generators.h"
#include "io/source.h"

#define MACHINE_LIBRARIES 60u

struct cache {
	struct deb_fixture f;
	struct debian d;
	char folder[64];
};

static void shell(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static void cache_init(struct cache *c)
{
	*c = (struct cache){ .folder = "/tmp/ldsocache-XXXXXX" };
	cr_assert_not_null(mkdtemp(c->folder));
	fixture_init(&c->f);
	c->d = (struct debian){ .tree = c->f.tree, .options = &c->f.options, .arena = &c->f.arena };
}

static void cache_release(struct cache *c)
{
	shell(arena_printf(&c->f.arena, "rm -rf '%s'", c->folder));
	fixture_release(&c->f);
}
#define CLEANUP_CACHE CLEANUP(cache_release)

static struct str read_file(struct cache *c, const char *path)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);
	CLEANUP_SOURCE struct source *source = NULL;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "no %s", path);
	source = source_of_fd(fd, 0, UINT64_MAX, path);
	cr_assert_eq(source_read_all(source, &text, &err), 0, "%s", err.message);
	return arena_str(&c->f.arena, buf_str(&text));
}

/* The same file in the tree and below the folder. */
static void put(struct cache *c, const char *path, struct str text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	char *outside = arena_printf(&c->f.arena, "%s/%s", c->folder, path);
	FILE *file;

	shell(arena_printf(&c->f.arena, "mkdir -p \"$(dirname '%s')\"", outside));
	file = fopen(outside, "w");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(text.ptr, 1, text.len, file), text.len);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(tree_write_file(c->f.tree, str_of(path), str_bytes(text), 0755, 0, NULL, &err),
		     0, "%s", err.message);
}

static void put_link(struct cache *c, const char *path, const char *target)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	char *outside = arena_printf(&c->f.arena, "%s/%s", c->folder, path);

	shell(arena_printf(&c->f.arena, "mkdir -p \"$(dirname '%s')\"", outside));
	cr_assert_eq(symlink(target, outside), 0);
	cr_assert_eq(tree_write_symlink(c->f.tree, str_of(path), str_of(target), 0, NULL, &err), 0);
}

/* Real libraries of the machine that runs the test, with real and missing links. */
static void copy_libraries(struct cache *c, const char *pattern, const char *to)
{
	glob_t found;

	cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
	for (size_t i = 0, n = 0; i < found.gl_pathc && n < MACHINE_LIBRARIES; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;
		char *path = arena_printf(&c->f.arena, "%s/%s", to, name);
		char target[256];
		struct stat st;
		ssize_t len;

		cr_assert_eq(lstat(found.gl_pathv[i], &st), 0);
		len = readlink(found.gl_pathv[i], target, sizeof(target) - 1);
		if (len > 0) {
			target[len] = '\0';
			if (!strchr(target, '/'))
				put_link(c, path, target);
		} else if (S_ISREG(st.st_mode) && st.st_size < 4 << 20) {
			put(c, path, read_file(c, found.gl_pathv[i]));
			n++;
		}
	}
	globfree(&found);
}

static char *command_output(struct cache *c, const char *command)
{
	char text[256] = "";
	FILE *pipe = popen(command, "r");

	cr_assert_not_null(pipe);
	cr_assert(fgets(text, sizeof(text), pipe), "%s", command);
	cr_assert_eq(pclose(pipe), 0);
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(&c->f.arena, str_of(text));
}

static void expect_same_links(struct cache *c)
{
	char line[1024];
	FILE *pipe = popen(
		arena_printf(&c->f.arena, "find '%s' -type l -printf '%%P %%l\\n'", c->folder),
		"r");

	cr_assert_not_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		char *target = strchr(line, ' ');
		struct node *node;

		*target++ = '\0';
		target[strcspn(target, "\n")] = '\0';
		node = tree_find(c->f.tree, str_of(line));
		cr_assert(node && node->inode->kind == NODE_SYMLINK, "no link %s", line);
		cr_assert(str_equal_cstr(node->inode->target, target), "%s", line);
	}
	cr_assert_eq(pclose(pipe), 0);
}

static void expect_same_as_ldconfig(struct cache *c)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct unpacked libc = { 0 };
	struct debian_package package = {
		.name = STR("libc-bin"),
		.version = str_of(command_output(c, "dpkg-query -W -f '${Version}' libc-bin")),
	};
	struct str theirs;
	const char *ours;
	struct node *node;

	libc.package = &package;
	c->d.packages = &libc;
	c->d.n_packages = 1;
	c->f.options.architecture = str_of(command_output(c, "dpkg --print-architecture"));
	cr_assert_eq(generate_ldsocache(&c->d, STR(""), 0, &err), 0, "%s", err.message);
	shell(arena_printf(&c->f.arena, "/sbin/ldconfig -r '%s' 2>/dev/null", c->folder));
	theirs = read_file(c, arena_printf(&c->f.arena, "%s/etc/ld.so.cache", c->folder));
	node = tree_find(c->f.tree, STR("etc/ld.so.cache"));
	cr_assert_not_null(node);
	ours = (const char *)node->inode->content.data;
	cr_assert_eq(node->inode->content.size, theirs.len);
	cr_assert_eq(memcmp(ours, theirs.ptr, theirs.len), 0);
	expect_same_links(c);
}

Test(ldsocache, a_tree_of_real_libraries_gives_what_ldconfig_writes)
{
	CLEANUP_CACHE struct cache c;

	cache_init(&c);
	put(&c, "etc/ld.so.conf", STR("include /etc/ld.so.conf.d/*.conf\n"));
	put(&c, "etc/ld.so.conf.d/b.conf", STR("/opt/b/\n# nothing\n/opt/none\n/opt/a\n"));
	put(&c, "etc/ld.so.conf.d/a.conf", STR("/opt/a # first\n/opt/b/32\n"));
	put(&c, "etc/ld.so.conf.d/.c.conf", STR("/opt/hidden\n"));
	put(&c, "opt/a/libtext.so", STR("INPUT(libc.so.6)\n"));
	put(&c, "opt/a/libempty.so.1", STR(""));
	put(&c, "usr/lib/keep", STR(""));
	copy_libraries(&c, "/lib/*-linux-gnu*/lib[a-f]*.so*", "opt/a");
	copy_libraries(&c, "/lib/*-linux-gnu*/lib[k-n]*.so*", "opt/b");
	copy_libraries(&c, "/lib/*-linux-gnu*/lib[c-e]*.so*", "usr/lib");
	copy_libraries(&c, "/lib*/ld-linux*.so*", "usr/lib");
	if (access("/lib32/libc.so.6", F_OK) == 0)
		copy_libraries(&c, "/lib32/lib*.so*", "opt/b/32");
	expect_same_as_ldconfig(&c);
}

Test(ldsocache, broken_libraries_are_passed_over)
{
	CLEANUP_CACHE struct cache c;
	struct str libc;

	cache_init(&c);
	put(&c, "etc/keep", STR(""));
	put(&c, "usr/lib/keep", STR(""));
	libc = read_file(&c, command_output(&c, "ls /lib/*-linux-gnu*/libz.so.1 | head -1"));
	for (size_t n = 1; n <= libc.len; n = n * 3 + 1)
		put(&c, arena_printf(&c.f.arena, "usr/lib/libcut%zu.so.1", n),
		    (struct str){ libc.ptr, n });
	expect_same_as_ldconfig(&c);
}

Test(ldsocache, a_library_without_its_soname_link_gets_it_as_from_ldconfig)
{
	CLEANUP_CACHE struct cache c;
	struct node *link;
	struct str libz;

	cache_init(&c);
	put(&c, "etc/ld.so.conf", STR("/opt/lib\n"));
	libz = read_file(&c, command_output(&c, "ls /lib/*-linux-gnu*/libz.so.1 | head -1"));
	put(&c, "usr/lib/libz.so.1.2", libz);
	put(&c, "usr/lib/libz.so.1.10", libz);
	put(&c, "opt/lib/libother.so.7", libz);
	put(&c, "opt/lib/keep.so.1", libz);
	put_link(&c, "usr/lib/libz.so", "libz.so.1.2");
	expect_same_as_ldconfig(&c);
	link = tree_find(c.f.tree, STR("usr/lib/libz.so.1"));
	cr_assert(link && link->inode->kind == NODE_SYMLINK);
	cr_assert(str_equal_cstr(link->inode->target, "libz.so.1.10"));
	link = tree_find(c.f.tree, STR("opt/lib/libz.so.1"));
	cr_assert(link && str_equal_cstr(link->inode->target, "libother.so.7"));
}

Test(ldsocache, libraries_for_better_processors_are_refused)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_CACHE struct cache c;
	struct unpacked libc = { 0 };
	struct debian_package package = { .name = STR("libc-bin"), .version = STR("2.36-9") };

	cache_init(&c);
	put(&c, "usr/lib/glibc-hwcaps/x86-64-v3/README", STR("no library\n"));
	libc.package = &package;
	c.d.packages = &libc;
	c.d.n_packages = 1;
	c.f.options.architecture = STR("amd64");
	cr_assert_eq(generate_ldsocache(&c.d, STR(""), 0, &err), 0, "%s", err.message);
	put(&c, "usr/lib/glibc-hwcaps/x86-64-v3/libfast.so.1", STR(""));
	cr_assert_eq(generate_ldsocache(&c.d, STR(""), 0, &err), -1);
	cr_assert_str_eq(err.message, "'/usr/lib/glibc-hwcaps' has the library 'libfast.so.1'");
}

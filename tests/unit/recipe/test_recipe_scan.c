#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "unit/recipe/recipe_fixture.h"

#define IS(str, text) cr_assert(str_equal_cstr(str, text), "'%.*s'", STR_ARG(str))

#define FROM(path) RECIPE_HEAD RECIPE_SOURCES RECIPE_TARGETS "files: [{path: /x, from: " path "}]\n"

struct scanned {
	struct arena arena;
	struct recipe *recipe;
	struct recipe_input *list;
	size_t n;
};

static void scanned_release(struct scanned *s)
{
	arena_release(&s->arena);
	recipe_free(s->recipe);
}

static struct scanned scan(const struct workspace *w, const char *recipe)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct scanned s = { .recipe = workspace_recipe(w, recipe) };

	if (recipe_files_scan(w->fd, s.recipe, &s.recipe->files[0], &s.arena, &s.list, &s.n,
			      &err) < 0)
		cr_assert_fail("%s", err.message);
	return s;
}

static void refused(const struct workspace *w, const char *recipe, enum err_code code,
		    const char *words)
{
	CLEANUP_RECIPE struct recipe *r = workspace_recipe(w, recipe);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT, again = ERR_INIT;
	struct recipe_input *list = NULL;
	size_t n;

	cr_assert_lt(recipe_files_scan(w->fd, r, &r->files[0], &arena, &list, &n, &err), 0);
	cr_assert_eq(err.code, code, "%s", err.message);
	cr_assert(strstr(err.message, words), "%s", err.message);
	cr_assert_eq(err.pos.line, r->files[0].from_pos.line);
	cr_assert_lt(recipe_check_files(w->fd, r, &again), 0);
	cr_assert_str_eq(again.message, err.message);
}

Test(recipe_scan, a_file_is_itself)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP(scanned_release) struct scanned s = { 0 };
	struct digest expected = hash_bytes(str_bytes(STR("hello")));

	workspace_write(&w, "recipes/f/a", "hello");
	s = scan(&w, FROM("f/a"));
	cr_assert_eq(s.n, 1);
	IS(s.list[0].path, "f/a");
	IS(s.list[0].below, "");
	cr_assert_eq(s.list[0].size, 5);
	cr_assert(digest_equal(&s.list[0].digest, &expected));
	cr_assert_not(s.list[0].executable);
}

Test(recipe_scan, a_folder_is_walked_in_canonical_order_and_links_stay_links)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP(scanned_release) struct scanned s = { 0 };
	static const char *const below[] = { "", ".hidden", "a", "a/z", "a-b", "b", "empty", "l" };

	workspace_write(&w, "recipes/d/b", "b");
	workspace_write(&w, "recipes/d/a/z", "z");
	workspace_write(&w, "recipes/d/a-b", "x");
	workspace_write(&w, "recipes/d/.hidden", "x");
	workspace_write(&w, "recipes/d/empty/x", "x");
	cr_assert_eq(unlinkat(w.fd, "recipes/d/empty/x", 0), 0);
	cr_assert_eq(symlinkat("/etc/shadow", w.fd, "recipes/d/l"), 0);
	cr_assert_eq(fchmodat(w.fd, "recipes/d/b", 0700, 0), 0);
	cr_assert_eq(fchmodat(w.fd, "recipes/d/a-b", 0677, 0), 0);
	s = scan(&w, FROM("d"));
	cr_assert_eq(s.n, 8);
	for (size_t i = 0; i < 8; i++)
		IS(s.list[i].below, below[i]);
	cr_assert(s.list[0].is_directory && s.list[2].is_directory && s.list[6].is_directory);
	IS(s.list[3].path, "d/a/z");
	cr_assert(s.list[5].executable && !s.list[4].executable);
	cr_assert(s.list[7].is_symlink);
	IS(s.list[7].target, "/etc/shadow");
}

Test(recipe_scan, what_git_would_not_keep_is_refused)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();

	workspace_write(&w, "recipes/d/a.log", "x");
	workspace_write(&w, "recipes/.gitignore", "*.log\n");
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "'recipes/d/a.log' is ignored by git");
	refused(&w, FROM("d/a.log"), ERR_RECIPE_FILE, "ignored by git");
	workspace_write(&w, "recipes/.gitignore", "d/\n");
	refused(&w, FROM("d/a.log"), ERR_RECIPE_FILE, "'recipes/d' is ignored by git");
	workspace_write(&w, "recipes/.gitignore", "");
	cr_assert_eq(mkfifoat(w.fd, "recipes/d/pipe", 0600), 0);
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "a pipe");
	cr_assert_eq(unlinkat(w.fd, "recipes/d/pipe", 0), 0);
	workspace_write(&w, "recipes/d/\xff", "x");
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "not UTF-8");
}

static void make_socket(const struct workspace *w, const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%.40s/%.40s", w->path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	close(fd);
}

Test(recipe_scan, devices_and_sockets_are_refused_and_never_opened)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();

	workspace_write(&w, "recipes/d/a", "x");
	make_socket(&w, "recipes/d/s");
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "'recipes/d/s' is a socket");
	cr_assert_eq(unlinkat(w.fd, "recipes/d/s", 0), 0);
	if (mknodat(w.fd, "recipes/d/null", S_IFCHR | 0600, makedev(1, 3)) < 0)
		return; /* only root makes devices */
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "'recipes/d/null' is a device");
}

Test(recipe_scan, private_keys_are_refused_wherever_they_stand)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();

	workspace_write(&w, "recipes/d/k",
			"# mine\n-----BEGIN OPENSSH PRIVATE" " KEY-----\nAAAA\n");
	refused(&w, FROM("d"), ERR_RECIPE_FILE, "'recipes/d/k' holds a private key");
	workspace_write(&w, "recipes/d/k", "-----BEGIN PGP PRIVATE" " KEY BLOCK-----\n");
	refused(&w, FROM("d/k"), ERR_RECIPE_FILE, "private key");
}

Test(recipe_scan, a_file_replaced_by_a_link_is_not_followed)
{
	CLEANUP_WORKSPACE struct workspace w = workspace_new();
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_CLOSE int fd = -1;

	cr_assert_eq(symlinkat("/etc/hostname", w.fd, "recipes/l"), 0);
	cr_assert_lt(recipe_input_open(w.fd, STR("l"), &fd, &err), 0);
	cr_assert_eq(err.code, ERR_RECIPE_PATH);
}

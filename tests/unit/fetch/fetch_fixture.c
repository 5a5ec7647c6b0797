#define _GNU_SOURCE
#include "fetch_fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "crypto/hash.h"
#include "io/file.h"

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *out = fopen(path, "w");

	cr_assert(out && fwrite(data, 1, size, out) == size && fclose(out) == 0);
}

static void start_server(struct fixture *f, const char *certificate)
{
	CLEANUP_FREE char *rules = mem_printf("%s/rules", f->folder);
	CLEANUP_FREE char *log = mem_printf("%s/log", f->folder);
	int in[2], out[2];
	char text[16] = "";

	cr_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	f->server = fork();
	if (f->server == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		fcntl(0, F_SETFD, 0); /* in[0] may have been 0 already */
		fcntl(1, F_SETFD, 0);
		execlp("python3", "python3", TEST_DATA "/tools/liar.py", f->root, "--rules", rules,
		       "--log", log, "--stdin", certificate ? "--tls" : (char *)NULL,
		       certificate, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f->server_stdin = in[1];
	cr_assert(read(out[0], text, sizeof(text) - 1) > 0, "the server did not start");
	close(out[0]);
	f->port = (unsigned)atoi(text);
}

static char *make_certificate(const char *folder)
{
	char *path = mem_printf("%s/tls.pem", folder);
	CLEANUP_FREE char *command = mem_printf(
		"openssl req -x509 -newkey rsa:2048 -nodes -keyout %s.key -out %s.crt -days 2 "
		"-subj /CN=127.0.0.1 2>/dev/null && cat %s.key %s.crt > %s",
		path, path, path, path, path);

	if (system(command) != 0)
		cr_skip_test("the openssl command is not installed");
	return path;
}

static struct fixture open_with(const char *rules, bool tls)
{
	CLEANUP_FREE char *certificate = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	char folder[] = "/tmp/ingot-fetch-XXXXXX";
	struct fixture f = { .options = { .n_retries = 1, .stall_seconds = 30 } };
	CLEANUP_FREE char *rules_path = NULL;

	/* a second is enough for a server that is slow on purpose, and for no other */
	if (strstr(rules, "stall") || strstr(rules, "drip") || strstr(rules, "silence"))
		f.options.stall_seconds = 1;
	/* a proxy of the host's has no business between us and loopback */
	setenv("no_proxy", "*", 1);
	cr_assert(mkdtemp(folder) != NULL);
	f.folder = mem_strdup(folder);
	f.root = mem_printf("%s/root", folder);
	f.stage_path = mem_printf("%s/stage", folder);
	rules_path = mem_printf("%s/rules", folder);
	write_file(rules_path, rules, strlen(rules));
	cr_assert(mkdir(f.root, 0755) == 0);
	cr_assert(stage_open(f.stage_path, NULL, &f.stage, &err) == 0);
	if (tls)
		certificate = make_certificate(folder);
	start_server(&f, certificate);
	return f;
}

struct fixture fixture_open(const char *rules)
{
	return open_with(rules, false);
}

struct fixture fixture_open_tls(const char *rules)
{
	return open_with(rules, true);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

void fixture_close(struct fixture *f)
{
	close(f->server_stdin);
	waitpid(f->server, NULL, 0);
	stage_close(f->stage);
	nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f->folder);
	free(f->root);
	free(f->stage_path);
	arena_release(&f->arena);
}

void serve_file(struct fixture *f, const char *name, size_t size, unsigned seed)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", f->root, name);
	CLEANUP_FREE uint8_t *data = mem_alloc(size);

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (uint8_t)(seed >> 16);
	}
	write_file(path, data, size);
}

static char *url_of(struct fixture *f, const char *path)
{
	const char *at = strstr(path, "@PORT@");

	if (at)
		return arena_printf(&f->arena, "%.*s%u%s", (int)(at - path), path, f->port, at + 6);
	if (strstr(path, "://"))
		return arena_strdup(&f->arena, str_of(path));
	return arena_printf(&f->arena, "http://127.0.0.1:%u%s", f->port, path);
}

struct fetch_item item_of(struct fixture *f, const char *name, const char *const *paths,
			  size_t n_paths)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *path = mem_printf("%s/%s", f->root, name);
	CLEANUP_BUF struct buf data = BUF_INIT(1u << 26);
	const char **urls = arena_array(&f->arena, n_paths, sizeof(*urls));
	struct fetch_item item = { .what = arena_strdup(&f->arena, str_of(name)), .urls = urls,
				   .n_urls = n_paths, .has_digest = true };

	cr_assert(file_load(AT_FDCWD, path, &data, &err) == 0);
	item.size = data.len;
	item.digest = hash_bytes(buf_bytes(&data));
	for (size_t i = 0; i < n_paths; i++)
		urls[i] = url_of(f, paths[i]);
	return item;
}

void expect_ok(int r, const struct error *err)
{
	if (r == 0)
		return;
	if (err->code)
		err_print(err, stderr);
	cr_assert_fail("returned %d", r);
}

void expect_fetched(struct fixture *f, struct fetch_item *item)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 26);

	expect_ok(fetch_all(f->stage, item, 1, &f->options, &err), &err);
	cr_assert(stage_load(f->stage, &item->ret_digest, &got, &err) == 0);
	cr_assert_eq(got.len, item->ret_size);
	if (item->has_digest)
		cr_assert(digest_equal(&item->ret_digest, &item->digest));
}

static unsigned n_files;

static int count_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)path, (void)st, (void)where;
	n_files += kind == FTW_F;
	return 0;
}

static unsigned count_files(const struct fixture *f, const char *part)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", f->stage_path, part);

	n_files = 0;
	nftw(path, count_one, 16, FTW_PHYS);
	return n_files;
}

unsigned objects_in_stage(const struct fixture *f)
{
	return count_files(f, "objects");
}

void expect_refused(struct fixture *f, struct fetch_item *item, enum err_code code,
		    const char *detail)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(fetch_all(f->stage, item, 1, &f->options, &err), -1);
	if (err.code != code || !err.detail || !strstr(err.detail, detail)) {
		err_print(&err, stderr);
		cr_assert_fail("expected %u with '%s'", (unsigned)code, detail);
	}
	cr_assert(strstr(err.message, item->what), "the message does not name the item");
	cr_assert_eq(count_files(f, "objects"), 0);
	cr_assert_eq(count_files(f, "tmp"), 0);
	cr_assert_eq(count_files(f, "quarantine"), 0);
}

static void load_log(const struct fixture *f, struct buf *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *path = mem_printf("%s/log", f->folder);

	(void)!file_load(AT_FDCWD, path, to, &err);
}

void expect_log(const struct fixture *f, const char *expected)
{
	CLEANUP_BUF struct buf log = BUF_INIT(1u << 20);

	load_log(f, &log);
	cr_assert_str_eq(buf_cstr(&log), expected);
}

unsigned count_in_log(const struct fixture *f, const char *text)
{
	CLEANUP_BUF struct buf log = BUF_INIT(1u << 20);
	unsigned n = 0;

	load_log(f, &log);
	for (const char *at = buf_cstr(&log); (at = strstr(at, text)); at++)
		n++;
	return n;
}

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/authenticode.h"
#include "io/file.h"
#include "unit/crypto/key_fixture.h"

struct folder {
	char path[64];
	int fd;
};

static struct folder make_folder(void)
{
	struct folder f = { "/tmp/ingot-key.XXXXXX", -1 };

	cr_assert_not_null(mkdtemp(f.path));
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f;
}

static char *put(const struct folder *f, const char *name, struct bytes data)
{
	struct error err = ERR_INIT;

	cr_assert_eq(file_save(f->fd, name, data, &err), 0);
	cr_assert_eq(fchmodat(f->fd, name, 0600, 0), 0);
	return mem_printf("%s/%s", f->path, name);
}

static void remove_folder(struct folder *f)
{
	unlinkat(f->fd, "key.pem", 0);
	unlinkat(f->fd, "passphrase", 0);
	close(f->fd);
	rmdir(f->path);
}

Test(key_child, signs_with_a_key_that_this_process_never_opens)
{
	EVP_PKEY *key = fixture_rsa(2048);
	struct folder f = make_folder();
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), cert = BUF_INIT(KEY_TEXT_MAX);
	CLEANUP_BUF struct buf here = BUF_INIT(1u << 20), there = BUF_INIT(1u << 20);
	struct digest pe = { { 7 } };
	CLEANUP_FREE char *path = NULL, *passphrase = NULL;
	struct key_source source = { 0 };

	fixture_key_pem(key, "secret", &pem);
	fixture_certificate(key, "x", FIXTURE_PEM, &cert);
	path = put(&f, "key.pem", buf_bytes(&pem));
	passphrase = put(&f, "passphrase", str_bytes(STR("secret\nmore\n")));
	source = (struct key_source){ .path = path, .passphrase_path = passphrase };
	cr_assert_eq(authenticode_sign_by(&pe, &source, buf_bytes(&cert), 9, &there, &err), 0, "%s",
		     err.message);
	cr_assert_eq(
		authenticode_sign(&pe, buf_bytes(&pem), "secret", buf_bytes(&cert), 9, &here, &err),
		0);
	cr_assert(bytes_equal(buf_bytes(&here), buf_bytes(&there)));
	remove_folder(&f);
	EVP_PKEY_free(key);
}

Test(key_child, a_missing_file_is_named)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);
	struct key_source source = { .path = "/nonexistent/key.pem" };
	struct digest pe = { { 7 } };

	cr_assert_eq(authenticode_sign_by(&pe, &source, str_bytes(STR("x")), 9, &p7, &err), -1);
	cr_assert_eq(err.code, ERR_KEY);
	cr_assert_str_eq(err.message, "there is no private key '/nonexistent/key.pem'");
}

static int fail_task(struct bytes key, const char *passphrase, const void *what, struct buf *to,
		     struct error *err)
{
	(void)key, (void)passphrase, (void)to;
	err_set(err, ERR_KEY, "no: %s", (const char *)what);
	err_detail(err, "detail");
	return err_hint(err, "hint");
}

static int die_task(struct bytes key, const char *passphrase, const void *what, struct buf *to,
		    struct error *err)
{
	(void)key, (void)passphrase, (void)what, (void)to, (void)err;
	raise(SIGKILL);
	return 0;
}

static int see_task(struct bytes key, const char *passphrase, const void *what, struct buf *to,
		    struct error *err)
{
	(void)what, (void)err;
	buf_printf(to, "%zu %s", key.len, passphrase);
	return 0;
}

Test(key_child, brings_home_errors_and_survives_its_child)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf out = BUF_INIT(KEY_ANSWER_MAX);
	struct folder f = make_folder();
	CLEANUP_FREE char *path = put(&f, "key.pem", str_bytes(STR("x")));
	struct key_source source = { .path = path, .passphrase = "p" };

	cr_assert_eq(key_child_run(&source, fail_task, "why", &out, &err), -1);
	cr_assert_str_eq(err.message, "no: why");
	cr_assert_str_eq(err.detail, "detail");
	cr_assert_str_eq(err.hint, "hint");
	err_release(&err);
	cr_assert_eq(key_child_run(&source, die_task, NULL, &out, &err), -1);
	cr_assert_eq(err.code, ERR_KEY);
	cr_assert(strstr(err.message, "signal 9"), "%s", err.message);
	err_release(&err);
	cr_assert_eq(out.len, 0);
	cr_assert_eq(key_child_run(&source, see_task, NULL, &out, &err), 0);
	cr_assert_str_eq(buf_cstr(&out), "1 p");
	remove_folder(&f);
}

static void refused(const struct key_source *source, const char *says)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf out = BUF_INIT(KEY_ANSWER_MAX);

	cr_assert_eq(key_child_run(source, see_task, NULL, &out, &err), -1);
	cr_assert_eq(err.code, ERR_KEY);
	cr_assert(strstr(err.message, says), "%s", err.message);
}

Test(key_child, refuses_a_key_that_others_can_get_at)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0610 };
	struct folder f = make_folder();
	CLEANUP_FREE char *path = put(&f, "key.pem", str_bytes(STR("k")));
	CLEANUP_FREE char *passphrase = put(&f, "passphrase", str_bytes(STR("p")));
	struct key_source source = { .path = path, .passphrase_path = passphrase };

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		cr_assert_eq(chmod(path, modes[i]), 0);
		refused(&source, "others can get at it");
	}
	cr_assert_eq(chmod(path, 0400), 0);
	cr_assert_eq(chmod(passphrase, 0644), 0);
	refused(&source, "others can get at it");
	remove_folder(&f);
}

Test(key_child, refuses_what_is_no_regular_file)
{
	struct folder f = make_folder();
	CLEANUP_FREE char *link = mem_printf("%s/link", f.path);
	CLEANUP_FREE char *pipe = mem_printf("%s/pipe", f.path);

	free(put(&f, "key.pem", str_bytes(STR("k"))));
	cr_assert_eq(symlink("key.pem", link), 0);
	cr_assert_eq(mkfifo(pipe, 0600), 0);
	refused(&(struct key_source){ .path = link }, "is a symbolic link");
	refused(&(struct key_source){ .path = pipe }, "is not a regular file");
	refused(&(struct key_source){ .path = f.path }, "is not a regular file");
	refused(&(struct key_source){ .path = "/dev/null" }, "is not a regular file");
	unlink(link);
	unlink(pipe);
	remove_folder(&f);
}

Test(key_child, refuses_an_empty_passphrase_and_a_large_file)
{
	struct folder f = make_folder();
	CLEANUP_BUF struct buf large = BUF_INIT(1u << 20);
	CLEANUP_FREE char *path = put(&f, "key.pem", str_bytes(STR("k")));
	CLEANUP_FREE char *passphrase = put(&f, "passphrase", str_bytes(STR("\nsecret\n")));

	refused(&(struct key_source){ .path = path, .passphrase_path = passphrase }, "empty");
	buf_add_zeros(&large, 70000);
	free(TAKE_PTR(path));
	path = put(&f, "key.pem", buf_bytes(&large));
	refused(&(struct key_source){ .path = path }, "has more than");
	remove_folder(&f);
}

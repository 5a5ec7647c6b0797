#define _GNU_SOURCE
#include "stage_fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/text.h"

static struct fixture open_in(const char *base)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *folder = mem_printf("%s/ingot-stage-XXXXXX", base);
	struct fixture f;

	cr_assert(mkdtemp(folder) != NULL);
	f.folder = mem_strdup(folder);
	f.path = mem_printf("%s/stage", folder);
	f.key = mem_printf("%s/state/key", folder);
	expect_ok(stage_open(f.path, f.key, &f.stage, &err), &err);
	return f;
}

struct fixture fixture_open(void)
{
	return open_in("/tmp");
}

struct fixture fixture_open_fast(void)
{
	return open_in(access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
}

void fixture_reopen(struct fixture *f)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	stage_close(f->stage);
	expect_ok(stage_open(f->path, f->key, &f->stage, &err), &err);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

void fixture_close(struct fixture *f)
{
	stage_close(f->stage);
	nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f->folder);
	free(f->path);
	free(f->key);
}

struct digest put_text(struct stage *s, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest d;

	expect_ok(stage_put(s, str_bytes(str_of(text)), &d, &err), &err);
	return d;
}

char *object_path(const struct fixture *f, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	return mem_printf("%s/objects/%.2s/%s", f->path, hex, hex + 2);
}

char *result_path(const struct fixture *f, const char *kind, const struct digest *key)
{
	char hex[DIGEST_HEX_MAX];

	return mem_printf("%s/results/%s/%s", f->path, kind, digest_hex(key, hex));
}

void flip_byte(const char *path, long offset)
{
	uint8_t byte;
	int fd;

	cr_assert(chmod(path, 0644) == 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	cr_assert(fd >= 0);
	cr_assert(pread(fd, &byte, 1, offset) == 1);
	byte = (uint8_t)~byte;
	cr_assert(pwrite(fd, &byte, 1, offset) == 1);
	close(fd);
	cr_assert(chmod(path, 0444) == 0);
}

static unsigned n_files;

static int count_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)path, (void)st, (void)where;
	n_files += kind == FTW_F;
	return 0;
}

unsigned count_files(const struct fixture *f, const char *part)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", f->path, part);

	n_files = 0;
	nftw(path, count_one, 16, FTW_PHYS);
	return n_files;
}

void expect_error(int r, struct error *err, enum err_code code, const char *text)
{
	cr_assert_eq(r, -1, "expected error %u '%s', got success", (unsigned)code, text);
	if (err->code != code || !strstr(err->message, text)) {
		err_print(err, stderr);
		cr_assert_fail("expected error %u with '%s'", (unsigned)code, text);
	}
	err_release(err);
}

void expect_ok(int r, struct error *err)
{
	if (r == 0)
		return;
	if (err->code)
		err_print(err, stderr);
	cr_assert_fail("returned %d", r);
}

static void print_finding(void *context, const char *what)
{
	(void)context;
	fprintf(stderr, "fsck: %s\n", what);
}

struct stage_fsck_report fsck_of(struct stage *s, bool repair)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct stage_fsck_report report;

	expect_ok(stage_fsck(s, repair, print_finding, NULL, &report, &err), &err);
	return report;
}

/*
 * Every system call of a run over the stage fails once, and the process dies
 * once before every one (formats E): each time the stage must be sound after,
 * and the same run must then succeed.
 *
 * The linker leads the calls of this test's program through fail_here().
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

enum plan_kind { PLAN_NONE, PLAN_FAIL, PLAN_DIE };

static struct {
	enum plan_kind kind;
	unsigned at;    /* this call, counted from 1 */
	int sys;        /* PLAN_FAIL: errno */
	unsigned count; /* calls so far */
} plan;

static bool fail_here(void)
{
	plan.count++;
	if (plan.kind == PLAN_NONE || plan.count != plan.at)
		return false;
	if (plan.kind == PLAN_DIE)
		_exit(99);
	errno = plan.sys;
	return true;
}

#define WRAP(name, parameters, arguments)                       \
	int __real_##name parameters;                           \
	int __wrap_##name parameters;                           \
	int __wrap_##name parameters                            \
	{                                                       \
		return fail_here() ? -1 : __real_##name arguments; \
	}

WRAP(linkat, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e))
WRAP(renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(unlinkat, (int a, const char *b, int c), (a, b, c))
WRAP(mkdirat, (int a, const char *b, mode_t c), (a, b, c))
WRAP(fdatasync, (int a), (a))
WRAP(fsync, (int a), (a))
WRAP(syncfs, (int a), (a))
WRAP(fchmod, (int a, mode_t b), (a, b))
WRAP(openat64, (int a, const char *b, int c, mode_t d), (a, b, c, d))
WRAP(fallocate64, (int a, int b, off_t c, off_t d), (a, b, c, d))
WRAP(fstat64, (int a, struct stat *b), (a, b))
WRAP(link, (const char *a, const char *b), (a, b))

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	return fail_here() ? -1 : __real_write(fd, data, size);
}

ssize_t __real_pread64(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset)
{
	return fail_here() ? -1 : __real_pread64(fd, data, size, offset);
}

static uint8_t large[600000];

static int use_objects(struct stage *s, struct digest v[static 2], struct error *err)
{
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20);
	CLEANUP_SOURCE struct source *source = NULL;
	struct stage_draft *draft;
	int r;

	if (stage_put(s, str_bytes(STR("small")), &v[0], err) < 0 ||
	    stage_draft_open(s, &draft, err) < 0)
		return -1;
	if (stage_draft_reserve(draft, sizeof(large), err) < 0 ||
	    sink_write(stage_draft_sink(draft), BYTES_OF(large), err) < 0) {
		stage_draft_drop(draft);
		return -1;
	}
	if (stage_draft_commit(draft, NULL, &v[1], NULL, err) < 0)
		return -1;
	r = stage_get(s, &v[1], &source, err);
	return r ? -1 : source_read_all(source, &got, err);
}

/* What a build does with a stage, roughly. */
static int use_stage(const char *path, const char *key, struct error *err)
{
	CLEANUP_STAGE struct stage *s = NULL;
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct stage_gc_report report;
	struct digest v[2], other;

	if (stage_open(path, key, &s, err) < 0 || use_objects(s, v, err) < 0 ||
	    stage_result_put(s, "pack", &v[0], BYTES_OF("1"), STR("x"), err) < 0 ||
	    stage_ref_set(s, "lock-a", v, 2, err) < 0 ||
	    stage_result_put(s, "pack", &v[0], BYTES_OF("2"), STR("x"), err) < 0 ||
	    stage_result_get(s, "pack", &v[0], &value, err) < 0 ||
	    stage_put(s, str_bytes(STR("other")), &other, err) < 0)
		return -1;
	v[1] = other;
	if (stage_ref_set(s, "lock-b", v, 2, err) < 0 || stage_ref_set(s, "lock-a", v, 1, err) < 0)
		return -1;
	return stage_gc(s, time(NULL) + 10, 0, false, &report, err);
}

static void expect_sound(const struct fixture *f, const char *what)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct stage_fsck_report r;
	struct stage *s;

	plan.kind = PLAN_NONE;
	expect_ok(stage_open(f->path, f->key, &s, &err), &err);
	r = fsck_of(s, false);
	stage_close(s);
	cr_assert(r.n_bad == 0 && r.n_stray == 0 && r.n_missing == 0, "after %s at call %u", what,
		  plan.at);
	expect_ok(use_stage(f->path, f->key, &err), &err);
}

/* An empty folder; no stage is open in it. */
static struct fixture empty_folder(void)
{
	struct fixture f = fixture_open_fast();

	stage_close(f.stage);
	f.stage = NULL;
	return f;
}

static unsigned count_calls(void)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = empty_folder();
	CLEANUP_FREE char *path = mem_printf("%s/fresh", f.folder);
	CLEANUP_FREE char *key = mem_printf("%s/new/key", f.folder);

	plan.kind = PLAN_NONE;
	plan.count = 0;
	expect_ok(use_stage(path, key, &err), &err);
	return plan.count;
}

static void in_fresh_folder(enum plan_kind kind, unsigned at, int sys, const char *what)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = empty_folder();

	free(f.path);
	free(f.key);
	f.path = mem_printf("%s/fresh", f.folder);
	f.key = mem_printf("%s/new/key", f.folder);
	plan = (typeof(plan)){ kind, at, sys, 0 };
	if (kind == PLAN_DIE) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(use_stage(f.path, f.key, &err) < 0);
		waitpid(child, &status, 0);
		cr_assert_eq(WEXITSTATUS(status), 99);
	} else if (use_stage(f.path, f.key, &err) < 0) {
		cr_assert(err.code == ERR_IO && err.message[0], "call %u: %u", at, err.code);
		cr_assert(err.sys == sys, "call %u: %s", at, err.message);
	}
	expect_sound(&f, what);
}

Test(stage_every_call, may_fail_with_an_io_error)
{
	unsigned n = count_calls();

	cr_assert(n > 60);
	for (unsigned at = 1; at <= n; at++)
		in_fresh_folder(PLAN_FAIL, at, EIO, "EIO");
}

Test(stage_every_call, may_fail_for_lack_of_space)
{
	unsigned n = count_calls();

	for (unsigned at = 1; at <= n; at++)
		in_fresh_folder(PLAN_FAIL, at, ENOSPC, "ENOSPC");
}

Test(stage_every_call, may_be_the_last_before_a_kill)
{
	unsigned n = count_calls();

	for (unsigned at = 1; at <= n; at++)
		in_fresh_folder(PLAN_DIE, at, 0, "a kill");
}

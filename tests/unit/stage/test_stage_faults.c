#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

/* ---- a full disk ---- */

/* A tmpfs of 1 MiB over the fixture's folder, seen by this test alone. */
static bool mount_small(const char *folder)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	return mount("none", folder, "tmpfs", 0, "size=1m") == 0;
}

Test(stage_faults, a_full_disk_is_a_clear_error_and_leaves_a_sound_stage)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	char folder[] = "/tmp/ingot-full-XXXXXX";
	struct fixture f = { 0 };
	CLEANUP_FREE uint8_t *data = mem_alloc(64u << 10);
	struct stage_draft *draft;
	unsigned n_put = 0;
	struct digest d;
	int r = 0;

	cr_assert(mkdtemp(folder) != NULL);
	if (!mount_small(folder)) {
		rmdir(folder);
		cr_skip_test("mounting a tmpfs is not permitted here");
	}
	f.folder = folder;
	f.path = mem_printf("%s/stage", folder);
	f.key = mem_printf("%s/state/key", folder);
	expect_ok(stage_open(f.path, f.key, &f.stage, &err), &err);
	while (r == 0 && n_put < 100) {
		data[0] = (uint8_t)n_put;
		r = stage_put(f.stage, (struct bytes){ data, 64u << 10 }, &d, &err);
		n_put += r == 0;
	}
	cr_assert_eq(err.sys, ENOSPC);
	expect_error(r, &err, ERR_IO, "cannot write to the stage");
	cr_assert(n_put > 4 && n_put < 17);
	cr_assert_eq(count_files(&f, "objects"), n_put);
	cr_assert_eq(count_files(&f, "tmp"), 0);

	/* through a draft, whose data waits in a buffer until the end */
	expect_ok(stage_draft_open(f.stage, &draft, &err), &err);
	data[0] = 200;
	r = sink_write(stage_draft_sink(draft), (struct bytes){ data, 64u << 10 }, &err);
	r = stage_draft_commit(draft, NULL, &d, NULL, &err);
	cr_assert_eq(err.sys, ENOSPC);
	expect_error(r, &err, ERR_IO, "cannot write");
	expect_ok(stage_draft_open(f.stage, &draft, &err), &err);
	expect_error(stage_draft_reserve(draft, 2u << 20, &err), &err, ERR_IO, "no room for");
	stage_draft_drop(draft);

	r = stage_result_put(f.stage, "pack", &d, (struct bytes){ data, 64u << 10 }, STR(""), &err);
	expect_error(r, &err, ERR_IO, "cannot write");
	cr_assert_eq(count_files(&f, "objects"), n_put);
	cr_assert_eq(fsck_of(f.stage, false).n_bad, 0);
	cr_assert_eq(fsck_of(f.stage, false).n_stray, 0);
	stage_close(f.stage);
	umount2(folder, MNT_DETACH);
	rmdir(folder);
	free(f.path);
	free(f.key);
}

Test(stage_faults, a_read_only_place_is_a_clear_error)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE char *missing = mem_printf("%s/new", f.folder);
	struct stage *s;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(f.folder, f.folder, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, f.folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		cr_skip_test("mounting is not permitted here");
	cr_assert_eq(stage_open(f.path, f.key, &s, &err), -1);
	cr_assert_eq(err.sys, EROFS);
	cr_assert(strstr(err.message, f.path) && strstr(err.hint, "--stage"));
	err_release(&err);
	cr_assert_eq(stage_open(missing, f.key, &s, &err), -1);
	cr_assert_eq(err.sys, EROFS);
	cr_assert(strstr(err.message, missing) && strstr(err.hint, "--stage"));
	umount2(f.folder, MNT_DETACH);
}

/* As another user, who may not write there. 0: it was refused as it should be. */
static int open_as_nobody(const char *path)
{
	struct error err = ERR_INIT;
	struct stage *s;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 2;
	if (stage_open(path, NULL, &s, &err) == 0)
		return 1;
	return err.sys != EACCES || !strstr(err.message, path) || !strstr(err.hint, "--stage");
}

Test(stage_faults, a_folder_of_somebody_else_is_a_clear_error)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE char *missing = mem_printf("%s/new", f.folder);
	const char *const paths[] = { f.path, missing };
	int status;

	cr_assert(chmod(f.folder, 0555) == 0 && chmod(f.path, 0555) == 0);
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP_FREE char *lock = mem_printf("%s/lock", f.path);
		pid_t child;

		cr_assert(chmod(lock, 0444) == 0);
		child = fork();
		if (child == 0)
			_exit(open_as_nobody(paths[i]));
		waitpid(child, &status, 0);
		cr_assert_eq(WEXITSTATUS(status), 0, "%s: %d", paths[i], WEXITSTATUS(status));
	}
	cr_assert(chmod(f.folder, 0755) == 0 && chmod(f.path, 0755) == 0);
}

/* ---- gc beside builders ---- */

static void build_for_ever(const char *path, const char *key, unsigned me)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *ref = mem_printf("build-%u", me);

	for (uint32_t i = 0;; i++) {
		CLEANUP_FREE char *text = mem_printf("%u of %u", i, me);
		struct digest v[2];
		struct stage *s;

		if (stage_open(path, key, &s, &err) < 0 ||
		    stage_put(s, str_bytes(STR("shared by all")), &v[0], &err) < 0 ||
		    stage_put(s, str_bytes(str_of(text)), &v[1], &err) < 0 ||
		    stage_result_put(s, "pack", &v[1], BYTES_OF("v"), STR(""), &err) < 0 ||
		    stage_ref_set(s, ref, v, 2, &err) < 0 ||
		    !stage_has(s, &v[0]) || !stage_has(s, &v[1])) {
			err_print(&err, stderr);
			_exit(1);
		}
		stage_close(s);
	}
}

Test(stage_faults, gc_beside_builders_takes_nothing_that_they_need)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open_fast();
	struct timespec start, now;
	pid_t children[3];
	unsigned n_gc = 0;
	struct stage_fsck_report r;

	for (unsigned k = 0; k < 3; k++) {
		children[k] = fork();
		if (children[k] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			build_for_ever(f.path, f.key, k);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		struct stage_gc_report report;

		/* busy builders may keep gc out for longer than it waits */
		if (stage_gc(f.stage, time(NULL) + 10, 0, false, &report, &err) == 0)
			n_gc++;
		err_release(&err);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < start.tv_sec + 2 || (n_gc == 0 && now.tv_sec < start.tv_sec + 30));
	for (unsigned k = 0; k < 3; k++) {
		int status;

		kill(children[k], SIGKILL);
		waitpid(children[k], &status, 0);
		cr_assert(WIFSIGNALED(status), "a builder failed");
	}
	cr_assert(n_gc > 0);
	fixture_reopen(&f);
	r = fsck_of(f.stage, false);
	cr_assert(r.n_bad == 0 && r.n_missing == 0 && r.n_stray == 0);
}

/* ---- kill -9 ---- */

/* Puts objects and results for ever. */
static void write_for_ever(const char *path, const char *key)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE uint8_t *data = mem_alloc(100000);
	struct stage *s;

	if (stage_open(path, key, &s, &err) < 0)
		_exit(1);
	for (uint32_t i = 0;; i++) {
		struct stage_draft *draft;
		struct digest d;

		memcpy(data, &i, sizeof(i));
		if (stage_draft_open(s, &draft, &err) < 0 ||
		    sink_write(stage_draft_sink(draft), (struct bytes){ data, 1000 * (i % 100) + 4 },
			       &err) < 0 ||
		    stage_draft_commit(draft, NULL, &d, NULL, &err) < 0 ||
		    stage_result_put(s, "pack", &d, (struct bytes){ data, 500 }, STR("i"), &err) < 0)
			_exit(1);
		if (i % 16 == 0 && stage_ref_set(s, "lock-a", &d, 1, &err) < 0)
			_exit(1);
	}
}

Test(stage_faults, kill_9_at_any_time_leaves_a_stage_that_fsck_finds_sound)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct stage_fsck_report r;

	for (unsigned i = 0; i < 20; i++) {
		struct timespec t = { .tv_nsec = (1 + (i * 7) % 20) * 1000000l };
		pid_t children[2];

		for (unsigned k = 0; k < 2; k++) {
			children[k] = fork();
			if (children[k] == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				write_for_ever(f.path, f.key);
			}
		}
		nanosleep(&t, NULL);
		for (unsigned k = 0; k < 2; k++) {
			int status = 0;

			kill(children[k], SIGKILL);
			waitpid(children[k], &status, 0);
			cr_assert(WIFSIGNALED(status), "the writer failed by itself");
		}
	}
	fixture_reopen(&f); /* sweeps what the killed ones left in tmp/ */
	r = fsck_of(f.stage, false);
	cr_assert(r.n_checked > 10);
	cr_assert(r.n_bad == 0 && r.n_stray == 0 && r.n_missing == 0);
}

/* ---- the same object by many ---- */

#define N_SAME 50

static void *put_same(void *arg)
{
	struct stage *s = arg;

	for (unsigned i = 0; i < N_SAME; i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_BUF struct buf got = BUF_INIT(100000);
		CLEANUP_FREE char *text = mem_printf("object %u", i);
		struct source *from = source_of_bytes(str_bytes(str_of(text)));
		struct digest d;

		expect_ok(stage_put_source(s, from, NULL, &d, NULL, &err), &err);
		source_close(from);
		expect_ok(stage_load(s, &d, &got, &err), &err);
		expect_ok(stage_result_put(s, "pack", &d, buf_bytes(&got), STR(""), &err), &err);
		buf_reset(&got);
		expect_ok(stage_result_get(s, "pack", &d, &got, &err), &err);
	}
	return NULL;
}

Test(stage_faults, writers_of_the_same_object_do_not_disturb_each_other)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	pthread_t threads[4];
	pid_t child = fork();
	int status;

	if (child == 0) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct stage *s;

		if (stage_open(f.path, f.key, &s, &err) < 0)
			_exit(1);
		put_same(s);
		stage_close(s);
		_exit(0);
	}
	for (unsigned i = 0; i < 4; i++)
		cr_assert(pthread_create(&threads[i], NULL, put_same, f.stage) == 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_assert(waitpid(child, &status, 0) == child && status == 0);
	cr_assert_eq(count_files(&f, "objects"), N_SAME);
	cr_assert_eq(count_files(&f, "tmp"), 0);
	cr_assert_eq(fsck_of(f.stage, false).n_bad, 0);
}

Test(stage_faults, two_that_make_the_key_at_once_get_the_same_one)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf value = BUF_INIT(100);
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE char *key = mem_printf("%s/fresh/key", f.folder);
	struct stage *s;

	for (uint8_t i = 0; i < 8; i++) {
		if (fork() == 0) {
			struct digest d = { { i } };

			if (stage_open(f.path, key, &s, &err) < 0 ||
			    stage_result_put(s, "pack", &d, BYTES_OF("v"), STR(""), &err) < 0)
				_exit(1);
			_exit(0);
		}
	}
	for (int status; wait(&status) > 0;)
		cr_assert_eq(status, 0);
	expect_ok(stage_open(f.path, key, &s, &err), &err);
	for (uint8_t i = 0; i < 8; i++) {
		struct digest d = { { i } };

		expect_ok(stage_result_get(s, "pack", &d, &value, &err), &err);
	}
	stage_close(s);
}

/* ---- syncing ---- */

Test(stage_faults, a_ref_over_many_fresh_objects_is_set_and_keeps_them)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest v[100];

	for (unsigned i = 0; i < 100; i++) {
		CLEANUP_FREE char *text = mem_printf("object %u", i);

		v[i] = put_text(f.stage, text);
		if (i == 10)
			expect_ok(stage_ref_set(f.stage, "few", v, 10, &err), &err);
	}
	expect_ok(stage_ref_set(f.stage, "many", v, 100, &err), &err);
	cr_assert_eq(fsck_of(f.stage, false).n_missing, 0);
}

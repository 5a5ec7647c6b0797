#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

#define DAY 86400

static void set_age(const char *path, int64_t age)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) - age } };

	cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static void age_object(const struct fixture *f, const struct digest *d)
{
	CLEANUP_FREE char *path = object_path(f, d);

	set_age(path, 3 * DAY);
}

static struct stage_gc_report gc_of(struct stage *s, int64_t grace, bool dry_run)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct stage_gc_report report;

	expect_ok(stage_gc(s, time(NULL) + 1, grace, dry_run, &report, &err), &err);
	return report;
}

Test(stage_upkeep, gc_keeps_what_a_ref_names_and_what_is_young)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest kept = put_text(f.stage, "kept"), old = put_text(f.stage, "old"),
		      young = put_text(f.stage, "young");
	struct stage_gc_report r;

	expect_ok(stage_ref_set(f.stage, "lock-web", &kept, 1, &err), &err);
	age_object(&f, &kept);
	age_object(&f, &old);
	r = gc_of(f.stage, DAY, true);
	cr_assert_eq(r.n_removed, 1);
	cr_assert(stage_has(f.stage, &old), "a dry run removes nothing");
	r = gc_of(f.stage, DAY, false);
	cr_assert_eq(r.n_removed, 1);
	cr_assert_eq(r.bytes_removed, 3);
	cr_assert_eq(r.n_kept, 2);
	cr_assert(stage_has(f.stage, &kept) && stage_has(f.stage, &young));
	cr_assert_not(stage_has(f.stage, &old));
	r = gc_of(f.stage, 0, false);
	cr_assert_not(stage_has(f.stage, &young));
	cr_assert(stage_has(f.stage, &kept));
	expect_ok(stage_ref_drop(f.stage, "lock-web", &err), &err);
	gc_of(f.stage, 0, false);
	cr_assert_not(stage_has(f.stage, &kept));
}

Test(stage_upkeep, gc_keeps_what_a_used_result_names_in_hex_or_in_bytes)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest raw = put_text(f.stage, "raw"), hex = put_text(f.stage, "hex"),
		      input = put_text(f.stage, "input"), key = raw;
	CLEANUP_FREE char *path = result_path(&f, "pack", &key);
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	char text[DIGEST_TEXT_MAX];

	buf_add_cstr(&value, "z");
	buf_add(&value, raw.bytes, DIGEST_SIZE);
	buf_add_cstr(&value, "0123"); /* hex digits before it must not hide it */
	buf_add_cstr(&value, digest_hex(&hex, text));
	expect_ok(stage_result_put(f.stage, "pack", &key, buf_bytes(&value),
				   str_of(digest_format(&input, text)), &err), &err);
	age_object(&f, &raw);
	age_object(&f, &hex);
	age_object(&f, &input);
	gc_of(f.stage, DAY, false);
	cr_assert(stage_has(f.stage, &raw) && stage_has(f.stage, &hex));
	cr_assert_not(stage_has(f.stage, &input), "inputs need not be kept");

	set_age(path, 3 * DAY);
	gc_of(f.stage, DAY, true);
	gc_of(f.stage, DAY, false);
	cr_assert_not(stage_has(f.stage, &raw));
	cr_assert_eq(count_files(&f, "results"), 0);
}

Test(stage_upkeep, reading_a_result_keeps_it)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = { { 1 } };
	CLEANUP_FREE char *path = result_path(&f, "pack", &key);

	expect_ok(stage_result_put(f.stage, "pack", &key, BYTES_OF("v"), STR(""), &err), &err);
	set_age(path, 3 * DAY);
	expect_ok(stage_result_get(f.stage, "pack", &key, &value, &err), &err);
	gc_of(f.stage, DAY, false);
	cr_assert_eq(count_files(&f, "results"), 1);
}

Test(stage_upkeep, gc_touches_nothing_when_a_ref_is_damaged)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE char *path = mem_printf("%s/refs/lock-web", f.path);
	struct digest d = put_text(f.stage, "old");
	struct stage_gc_report r;

	expect_ok(stage_ref_set(f.stage, "lock-web", &d, 1, &err), &err);
	age_object(&f, &d);
	flip_byte(path, 20);
	expect_error(stage_gc(f.stage, time(NULL), 0, false, &r, &err), &err, ERR_DIGEST,
		     "is damaged");
	cr_assert(stage_has(f.stage, &d));
	cr_assert_eq(fsck_of(f.stage, false).n_bad, 1);
	cr_assert_eq(fsck_of(f.stage, true).n_bad, 1);
	cr_assert_eq(fsck_of(f.stage, true).n_bad, 0);
}

Test(stage_upkeep, a_ref_gives_back_its_objects_sorted)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest v[3] = { put_text(f.stage, "a"), put_text(f.stage, "b"), { { 0 } } };
	CLEANUP_FREE struct digest *got = NULL;
	CLEANUP_NAMES struct file_names names = { 0 };
	size_t n;

	v[2] = v[0];
	expect_ok(stage_ref_set(f.stage, "r", v, 3, &err), &err);
	expect_ok(stage_ref_get(f.stage, "r", &got, &n, &err), &err);
	cr_assert_eq(n, 2);
	cr_assert(digest_compare(&got[0], &got[1]) < 0);
	expect_ok(stage_ref_set(f.stage, "r", NULL, 0, &err), &err);
	free(TAKE_PTR(got));
	expect_ok(stage_ref_get(f.stage, "r", &got, &n, &err), &err);
	cr_assert_eq(n, 0);
	expect_ok(stage_ref_set(f.stage, "a.b-C_1", v, 1, &err), &err);
	expect_ok(stage_ref_names(f.stage, &names, &err), &err);
	cr_assert_eq(names.n, 2);
	cr_assert_str_eq(names.names[0], "a.b-C_1");
	cr_assert_str_eq(names.names[1], "r");
	cr_assert_eq(stage_ref_get(f.stage, "other", &got, &n, &err), STAGE_ABSENT);
	cr_assert_eq(stage_ref_drop(f.stage, "other", &err), STAGE_ABSENT);
}

Test(stage_upkeep, gc_waits_for_no_builder_longer_than_a_few_seconds)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct stage_gc_report r;
	struct stage *other;

	expect_ok(stage_open(f.path, f.key, &other, &err), &err);
	expect_error(stage_gc(f.stage, time(NULL), 0, false, &r, &err), &err, ERR_IO, "in use");
	stage_close(other);
	expect_ok(stage_gc(f.stage, time(NULL), 0, false, &r, &err), &err);
}

Test(stage_upkeep, fsck_finds_each_kind_of_damage_and_repairs_it)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest good = put_text(f.stage, "good"), bad = put_text(f.stage, "bad");
	struct digest refs[2] = { good, bad };
	CLEANUP_FREE char *path = object_path(&f, &bad);
	CLEANUP_FREE char *result = result_path(&f, "pack", &good);
	CLEANUP_FREE char *stray = mem_printf("%s/objects/ab", f.path);
	CLEANUP_FREE char *stray_file = mem_printf("%s/core", stray);
	CLEANUP_FREE char *temporary = mem_printf("%s/tmp/t-1", f.path);
	struct stage_fsck_report r;

	expect_ok(stage_ref_set(f.stage, "lock-web", refs, 2, &err), &err);
	expect_ok(stage_result_put(f.stage, "pack", &good, BYTES_OF("v"), STR(""), &err), &err);
	r = fsck_of(f.stage, false);
	cr_assert(r.n_bad == 0 && r.n_stray == 0 && r.n_missing == 0 && r.n_checked == 4);

	flip_byte(path, 1);
	cr_assert(chmod(result, 0644) == 0 && truncate(result, 100) == 0);
	(void)!mkdir(stray, 0755);
	close(open(stray_file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	close(open(temporary, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	r = fsck_of(f.stage, false);
	cr_assert(r.n_bad == 2 && r.n_stray == 2 && r.n_missing == 0);
	cr_assert(stage_has(f.stage, &bad), "looking changes nothing");
	r = fsck_of(f.stage, true);
	cr_assert(r.n_bad == 2 && r.n_stray == 2 && r.n_missing == 1);
	cr_assert_not(stage_has(f.stage, &bad));
	r = fsck_of(f.stage, false);
	cr_assert(r.n_bad == 0 && r.n_stray == 0 && r.n_missing == 1);
	put_text(f.stage, "bad");
	cr_assert_eq(fsck_of(f.stage, false).n_missing, 0);
}

struct listed {
	struct buf text;
};

static void add_line(void *context, const struct stage_entry *e)
{
	struct listed *l = context;

	buf_printf(&l->text, "%s %.4s %llu\n", e->kind, e->name, (unsigned long long)e->size);
}

Test(stage_upkeep, the_list_is_in_order_of_kind_and_name)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct listed l = { BUF_INIT(10000) };
	struct digest a = { { 0xaa } }, b = { { 0xbb } };
	struct stage_usage usage;

	put_text(f.stage, "hello");
	put_text(f.stage, "abc");
	expect_ok(stage_result_put(f.stage, "pack", &b, BYTES_OF("v"), STR(""), &err), &err);
	expect_ok(stage_result_put(f.stage, "pack", &a, BYTES_OF("v"), STR(""), &err), &err);
	expect_ok(stage_result_put(f.stage, "layer", &a, BYTES_OF("v"), STR(""), &err), &err);
	expect_ok(stage_list(f.stage, add_line, &l, &err), &err);
	cr_assert_str_eq(buf_cstr(&l.text), "layer aa00 161\nobject 2cf2 5\nobject ba78 3\n"
			 "pack aa00 160\npack bb00 160\n");
	buf_release(&l.text);
	expect_ok(stage_usage(f.stage, &usage, &err), &err);
	cr_assert(usage.n_objects == 2 && usage.object_bytes == 8 && usage.n_results == 3);
}

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

Test(stage_objects, what_was_put_is_got_by_its_digest)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	CLEANUP_SOURCE struct source *source = NULL;
	struct digest d = put_text(f.stage, "hello"), expected = hash_bytes(BYTES_OF("hello"));
	uint64_t size = 0;

	expected = hash_bytes(str_bytes(STR("hello")));
	cr_assert(digest_equal(&d, &expected));
	cr_assert(stage_has(f.stage, &d));
	expect_ok(stage_size(f.stage, &d, &size, &err), &err);
	cr_assert_eq(size, 5);
	expect_ok(stage_load(f.stage, &d, &got, &err), &err);
	cr_assert(str_equal_cstr(buf_str(&got), "hello"));
	buf_reset(&got);
	expect_ok(stage_get(f.stage, &d, &source, &err), &err);
	expect_ok(source_read_all(source, &got, &err), &err);
	cr_assert(str_equal_cstr(buf_str(&got), "hello"));
}

Test(stage_objects, an_object_that_is_not_there_is_absent_and_no_error)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest d = hash_bytes(BYTES_OF("nowhere"));
	struct source *source;
	uint64_t size;
	int fd;

	cr_assert_not(stage_has(f.stage, &d));
	cr_assert_eq(stage_size(f.stage, &d, &size, &err), STAGE_ABSENT);
	cr_assert_eq(stage_get(f.stage, &d, &source, &err), STAGE_ABSENT);
	cr_assert_eq(stage_load(f.stage, &d, &got, &err), STAGE_ABSENT);
	cr_assert_eq(stage_open_fd(f.stage, &d, &fd, &err), STAGE_ABSENT);
	cr_assert_eq(err.code, ERR_NONE);
}

Test(stage_objects, the_empty_object_is_an_object)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest d = put_text(f.stage, "");

	cr_assert(stage_has(f.stage, &d));
	expect_ok(stage_load(f.stage, &d, &got, &err), &err);
	cr_assert_eq(got.len, 0);
}

Test(stage_objects, a_draft_is_named_by_what_was_written_to_it)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct stage_draft *draft;
	struct hash *h = hash_new();
	struct digest d, expected;
	uint64_t size;
	uint8_t block[1000];

	expect_ok(stage_draft_open(f.stage, &draft, &err), &err);
	expect_ok(stage_draft_reserve(draft, 1000000, &err), &err);
	for (unsigned i = 0; i < 1000; i++) {
		memset(block, (int)i, sizeof(block));
		hash_add(h, BYTES_OF(block));
		expect_ok(sink_write(stage_draft_sink(draft), BYTES_OF(block), &err), &err);
	}
	memset(block, 0, sizeof(block));
	hash_add(h, BYTES_OF(block));
	expect_ok(sink_hole(stage_draft_sink(draft), 1000, &err), &err);
	expect_ok(stage_draft_commit(draft, NULL, &d, &size, &err), &err);
	expected = hash_finish(h);
	hash_free(h);
	cr_assert(digest_equal(&d, &expected));
	cr_assert_eq(size, 1001000);
	cr_assert(stage_has(f.stage, &d));
	cr_assert_eq(fsck_of(f.stage, false).n_bad, 0);
}

Test(stage_objects, a_draft_with_another_digest_than_expected_is_not_published)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct digest expected = hash_bytes(BYTES_OF("right")), d;
	struct source *wrong = source_of_bytes(str_bytes(STR("wrong")));

	expect_error(stage_put_source(f.stage, wrong, &expected, &d, NULL, &err), &err, ERR_DIGEST,
		     "expected sha256:");
	source_close(wrong);
	cr_assert_eq(count_files(&f, "objects"), 0);
	cr_assert_eq(count_files(&f, "tmp"), 0);
}

Test(stage_objects, a_dropped_draft_leaves_nothing)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct stage_draft *draft;

	expect_ok(stage_draft_open(f.stage, &draft, &err), &err);
	expect_ok(sink_write(stage_draft_sink(draft), BYTES_OF("abc"), &err), &err);
	stage_draft_drop(draft);
	stage_draft_drop(NULL);
	cr_assert_eq(count_files(&f, "."), 2); /* format, lock */
}

Test(stage_objects, modes_do_not_depend_on_the_umask)
{
	const mode_t masks[] = { 0, 022, 077 };

	for (unsigned i = 0; i < 3; i++) {
		mode_t old = umask(masks[i]);
		CLEANUP_FIXTURE struct fixture f = fixture_open();
		struct digest d = put_text(f.stage, "text");
		CLEANUP_FREE char *path = object_path(&f, &d);
		struct stat st;

		umask(old);
		cr_assert(stat(path, &st) == 0);
		cr_assert_eq(st.st_mode & 07777, 0444);
		cr_assert(stat(f.key, &st) == 0);
		cr_assert_eq(st.st_mode & 07777, 0600);
	}
}

Test(stage_objects, a_flipped_byte_is_found_and_quarantined_wherever_it_lies)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	for (long offset = 0; offset < (long)sizeof(text); offset += 333) {
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_FIXTURE struct fixture f = fixture_open();
		CLEANUP_BUF struct buf got = BUF_INIT(10000);
		CLEANUP_SOURCE struct source *source = NULL;
		CLEANUP_FREE char *path = NULL;
		struct digest d;

		expect_ok(stage_put(f.stage, BYTES_OF(text), &d, &err), &err);
		path = object_path(&f, &d);
		flip_byte(path, offset);
		expect_ok(stage_get(f.stage, &d, &source, &err), &err);
		expect_error(source_read_all(source, &got, &err), &err, ERR_DIGEST, "damaged");
		cr_assert_not(stage_has(f.stage, &d));
		cr_assert_eq(count_files(&f, "quarantine"), 1);
		cr_assert_eq(stage_n_quarantined(f.stage), 1);

		/* and put again, it is whole */
		expect_ok(stage_put(f.stage, BYTES_OF(text), &d, &err), &err);
		buf_reset(&got);
		expect_ok(stage_load(f.stage, &d, &got, &err), &err);
		flip_byte(path, offset);
		buf_reset(&got);
		expect_error(stage_load(f.stage, &d, &got, &err), &err, ERR_DIGEST, "damaged");
		cr_assert_eq(got.len, 0);
		cr_assert_eq(stage_load(f.stage, &d, &got, &err), STAGE_ABSENT);
	}
}

Test(stage_objects, the_last_bytes_are_given_out_only_if_all_are_right)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_SOURCE struct source *source = NULL;
	struct digest d = put_text(f.stage, "0123456789");
	CLEANUP_FREE char *path = object_path(&f, &d);
	uint8_t to[10];

	flip_byte(path, 0);
	expect_ok(stage_get(f.stage, &d, &source, &err), &err);
	/* exactly the size, never asking for the end */
	expect_error(source_read_exactly(source, to, 10, &err), &err, ERR_DIGEST, "damaged");
}

Test(stage_objects, an_object_cut_to_nothing_by_a_power_failure_is_absent)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest d = put_text(f.stage, "hello");
	CLEANUP_FREE char *path = object_path(&f, &d);

	cr_assert(chmod(path, 0644) == 0 && truncate(path, 0) == 0);
	cr_assert_not(stage_has(f.stage, &d));
	cr_assert_eq(stage_load(f.stage, &d, &got, &err), STAGE_ABSENT);
	put_text(f.stage, "hello");
	expect_ok(stage_load(f.stage, &d, &got, &err), &err);
}

Test(stage_objects, a_shortened_object_is_replaced_when_it_is_put_again)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest d = put_text(f.stage, "hello");
	struct source *again = source_of_bytes(str_bytes(STR("hello")));
	CLEANUP_FREE char *path = object_path(&f, &d);

	cr_assert(chmod(path, 0644) == 0 && truncate(path, 3) == 0);
	expect_ok(stage_put_source(f.stage, again, &d, &d, NULL, &err), &err);
	source_close(again);
	expect_ok(stage_load(f.stage, &d, &got, &err), &err);
}

Test(stage_objects, a_symbolic_link_in_the_place_of_an_object_is_not_followed)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest d = put_text(f.stage, "hello");
	CLEANUP_FREE char *path = object_path(&f, &d);

	cr_assert(unlink(path) == 0 && symlink("/etc/passwd", path) == 0);
	cr_assert_not(stage_has(f.stage, &d));
	cr_assert_eq(stage_load(f.stage, &d, &got, &err), STAGE_ABSENT);
	put_text(f.stage, "hello");
	expect_ok(stage_load(f.stage, &d, &got, &err), &err);
}

Test(stage_objects, an_object_larger_than_the_buffer_is_refused_before_it_is_read)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf got = BUF_INIT(4);
	struct digest d = put_text(f.stage, "hello");

	expect_error(stage_load(f.stage, &d, &got, &err), &err, ERR_LIMIT, "5 bytes");
}

Test(stage_objects, a_file_in_the_place_of_the_stage_is_a_clear_error)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct stage *s;

	expect_error(stage_open("/etc/passwd", NULL, &s, &err), &err, ERR_IO,
		     "cannot open the stage '/etc/passwd'");
	expect_error(stage_open("/proc/ingot/stage", NULL, &s, &err), &err, ERR_IO,
		     "cannot make folder '/proc/ingot'");
}

Test(stage_objects, a_stage_of_another_format_is_refused_by_name)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE char *path = mem_printf("%s/format", f.path);
	struct stage *other;
	FILE *out = fopen(path, "w");

	fputs("ingot-stage 7\n", out);
	fclose(out);
	expect_error(stage_open(f.path, f.key, &other, &err), &err, ERR_UNSUPPORTED, "format");
}

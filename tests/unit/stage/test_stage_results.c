#include <criterion/criterion.h>
#include <sys/stat.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

static const char inputs[] = "archive sha256:00\npack-version 1\n";

static void put_result(struct stage *s, const char *kind, const struct digest *key,
		       const char *value)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	expect_ok(stage_result_put(s, kind, key, str_bytes(str_of(value)), str_of(inputs), &err),
		  &err);
}

static int get_result(struct stage *s, const char *kind, const struct digest *key,
		      struct buf *value)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	int r;

	buf_reset(value);
	r = stage_result_get(s, kind, key, value, &err);
	cr_assert_neq(r, -1);
	return r;
}

Test(stage_results, a_result_is_found_by_kind_and_key)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = hash_bytes(BYTES_OF("key")), other = hash_bytes(BYTES_OF("other"));

	put_result(f.stage, "pack", &key, "the value");
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
	cr_assert(str_equal_cstr(buf_str(&value), "the value"));
	cr_assert_eq(get_result(f.stage, "layer", &key, &value), STAGE_ABSENT);
	cr_assert_eq(get_result(f.stage, "pack", &other, &value), STAGE_ABSENT);
	put_result(f.stage, "pack", &key, "");
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
	cr_assert_eq(value.len, 0);
	fixture_reopen(&f);
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
}

Test(stage_results, any_changed_byte_makes_a_result_absent)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = hash_bytes(BYTES_OF("key"));
	CLEANUP_FREE char *path = result_path(&f, "pack", &key);
	struct stat st;

	put_result(f.stage, "pack", &key, "the value");
	cr_assert(stat(path, &st) == 0);
	for (long i = 0; i < st.st_size; i++) {
		flip_byte(path, i);
		cr_assert_eq(get_result(f.stage, "pack", &key, &value), STAGE_ABSENT,
			     "byte %ld", i);
		cr_assert_eq(value.len, 0);
		flip_byte(path, i);
	}
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
	for (long n = st.st_size - 1; n >= 0; n--) {
		cr_assert(chmod(path, 0644) == 0 && truncate(path, n) == 0);
		cr_assert_eq(get_result(f.stage, "pack", &key, &value), STAGE_ABSENT);
	}
}

Test(stage_results, a_result_moved_to_another_key_or_kind_does_not_count)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = hash_bytes(BYTES_OF("key")), other = hash_bytes(BYTES_OF("other"));
	CLEANUP_FREE char *from = result_path(&f, "pack", &key);
	CLEANUP_FREE char *to_key = result_path(&f, "pack", &other);
	CLEANUP_FREE char *to_kind = result_path(&f, "layer", &key);

	put_result(f.stage, "layer", &other, "makes the folder");
	put_result(f.stage, "pack", &key, "the value");
	cr_assert(link(from, to_key) == 0 && link(from, to_kind) == 0);
	cr_assert_eq(get_result(f.stage, "pack", &other, &value), STAGE_ABSENT);
	cr_assert_eq(get_result(f.stage, "layer", &key, &value), STAGE_ABSENT);
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
}

Test(stage_results, another_users_result_does_not_count)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	CLEANUP_FREE char *their_key = mem_printf("%s/other/key", f.folder);
	struct digest key = hash_bytes(BYTES_OF("key"));
	struct stage *theirs;

	put_result(f.stage, "pack", &key, "mine");
	expect_ok(stage_open(f.path, their_key, &theirs, &err), &err);
	cr_assert_eq(get_result(theirs, "pack", &key, &value), STAGE_ABSENT);
	put_result(theirs, "pack", &key, "theirs");
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), STAGE_ABSENT);
	cr_assert_eq(get_result(theirs, "pack", &key, &value), 0);
	stage_close(theirs);
}

Test(stage_results, without_a_key_results_are_neither_read_nor_written)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = hash_bytes(BYTES_OF("key")), other = hash_bytes(BYTES_OF("other"));
	struct stage *keyless;

	put_result(f.stage, "pack", &key, "mine");
	expect_ok(stage_open(f.path, NULL, &keyless, &err), &err);
	cr_assert_eq(get_result(keyless, "pack", &key, &value), STAGE_ABSENT);
	put_result(keyless, "pack", &other, "x");
	cr_assert_eq(get_result(f.stage, "pack", &other, &value), STAGE_ABSENT);
	cr_assert_eq(count_files(&f, "results"), 1);
	stage_close(keyless);
}

Test(stage_results, a_key_that_others_can_read_is_refused)
{
	const mode_t modes[] = { 0640, 0604, 0660, 0644, 0601 };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct stage *s;

	for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		cr_assert(chmod(f.key, modes[i]) == 0);
		expect_error(stage_open(f.path, f.key, &s, &err), &err, ERR_POLICY,
			     "is open to others");
	}
	if (geteuid() == 0) {
		cr_assert(chmod(f.key, 0600) == 0 && chown(f.key, 65534, 65534) == 0);
		expect_error(stage_open(f.path, f.key, &s, &err), &err, ERR_POLICY,
			     "belongs to user 65534");
		cr_assert(chown(f.key, 0, 0) == 0);
	}
	cr_assert(chmod(f.key, 0600) == 0 && truncate(f.key, 64) == 0);
	expect_error(stage_open(f.path, f.key, &s, &err), &err, ERR_POLICY, "64 hexadecimal");
	cr_assert(unlink(f.key) == 0 && symlink("/etc/passwd", f.key) == 0);
	expect_error(stage_open(f.path, f.key, &s, &err), &err, ERR_IO, "cannot open the key");
}

Test(stage_results, the_inputs_are_explained_by_a_prefix_of_the_key)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf text = BUF_INIT(1000);
	struct digest a = { { 0xab, 0xcd } }, b = { { 0xab, 0xce } };

	put_result(f.stage, "pack", &a, "value");
	put_result(f.stage, "layer", &b, "value");
	expect_ok(stage_explain(f.stage, STR("abcd"), &text, &err), &err);
	cr_assert(str_equal_cstr(buf_str(&text), inputs));
	cr_assert_eq(stage_explain(f.stage, STR("ff"), &text, &err), STAGE_ABSENT);
	expect_error(stage_explain(f.stage, STR("abc"), &text, &err), &err, ERR_USAGE,
		     "keys of 2 results");
}

Test(stage_results, results_of_the_other_process_are_seen_at_once)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_BUF struct buf value = BUF_INIT(1000);
	struct digest key = hash_bytes(BYTES_OF("key"));
	struct stage *second;

	expect_ok(stage_open(f.path, f.key, &second, &err), &err);
	put_result(second, "pack", &key, "1");
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
	put_result(second, "pack", &key, "2");
	cr_assert_eq(get_result(f.stage, "pack", &key, &value), 0);
	cr_assert(str_equal_cstr(buf_str(&value), "2"));
	stage_close(second);
}

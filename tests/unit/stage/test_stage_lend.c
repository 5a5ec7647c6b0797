/* Objects that lie in another file, and a stage for one run. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

/* "....first..second....": two objects inside a file, neither at its start. */
#define LENT "....first..second...."

struct lent {
	int fd;
	struct digest first, second, absent;
};

static struct lent lend(struct stage *s, const char *text)
{
	struct lent l = { .fd = memfd_create("lent", MFD_CLOEXEC),
			  .first = hash_bytes(str_bytes(STR("first"))),
			  .second = hash_bytes(str_bytes(STR("second"))),
			  .absent = hash_bytes(str_bytes(STR("absent"))) };
	const struct stage_part parts[] = { { l.second, 11, 6 }, { l.first, 4, 5 } };

	cr_assert(write(l.fd, text, strlen(text)) == (ssize_t)strlen(text));
	stage_lend(s, l.fd, "web.bundle", parts, 2);
	return l;
}

static void lent_close(struct fixture *f, struct lent *l)
{
	fixture_close(f);
	close(l->fd);
}

static void expect_loaded(struct stage *s, const struct digest *d, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(100);

	expect_ok(stage_load(s, d, &got, &err), &err);
	cr_assert(str_equal_cstr(buf_str(&got), text));
}

Test(stage_lend, what_is_lent_is_there_and_read_where_it_lies)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, LENT);
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct source *source;
	uint64_t size = 0;

	cr_assert(stage_has(f.stage, &l.first) && stage_has(f.stage, &l.second));
	expect_ok(stage_size(f.stage, &l.second, &size, &err), &err);
	cr_assert_eq(size, 6);
	expect_loaded(f.stage, &l.first, "first");
	expect_loaded(f.stage, &l.second, "second");
	expect_ok(stage_get(f.stage, &l.second, &source, &err), &err);
	expect_ok(source_read_all(source, &got, &err), &err);
	source_close(source);
	cr_assert(str_equal_cstr(buf_str(&got), "second"));
	cr_assert_eq(count_files(&f, "objects"), 0);
	lent_close(&f, &l);
}

Test(stage_lend, what_is_not_lent_is_absent)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, LENT);
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct source *source;
	uint64_t size;
	int fd;

	cr_assert_not(stage_has(f.stage, &l.absent));
	cr_assert_eq(stage_size(f.stage, &l.absent, &size, &err), STAGE_ABSENT);
	cr_assert_eq(stage_get(f.stage, &l.absent, &source, &err), STAGE_ABSENT);
	cr_assert_eq(stage_load(f.stage, &l.absent, &got, &err), STAGE_ABSENT);
	cr_assert_eq(stage_open_fd(f.stage, &l.absent, &fd, &err), STAGE_ABSENT);
	lent_close(&f, &l);
}

/* Who reads at offsets of its own would read beside it: it gets a file of its own. */
Test(stage_lend, an_object_opened_as_a_file_is_copied_and_verified)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, LENT);
	char text[10] = "";
	int fd = -1;

	expect_ok(stage_open_fd(f.stage, &l.second, &fd, &err), &err);
	cr_assert_eq(pread(fd, text, sizeof(text), 0), 6);
	cr_assert_str_eq(text, "second");
	close(fd);
	cr_assert_eq(count_files(&f, "objects"), 1);
	lent_close(&f, &l);
}

static void expect_refused(struct stage *s, const struct digest *d, const char *words)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	int fd;

	expect_error(stage_load(s, d, &got, &err), &err, ERR_DIGEST, words);
	cr_assert_eq(got.len, 0);
	expect_error(stage_open_fd(s, d, &fd, &err), &err, ERR_DIGEST, words);
}

Test(stage_lend, what_is_lent_damaged_is_named_and_nothing_is_taken_of_it)
{
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, "....First..second....");

	expect_refused(f.stage, &l.first, "'web.bundle' is damaged: what it has as sha256:");
	expect_loaded(f.stage, &l.second, "second");
	cr_assert_eq(stage_n_quarantined(f.stage), 0);
	cr_assert_eq(count_files(&f, "objects"), 0);
	cr_assert_eq(count_files(&f, "tmp"), 0);
	lent_close(&f, &l);
}

Test(stage_lend, a_file_that_ends_too_early_is_named)
{
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, "....first..sec");

	expect_refused(f.stage, &l.second, "'web.bundle' is damaged in sha256:");
	lent_close(&f, &l);
}

/* What is wrong is that file, and the lender's is not hidden behind it for ever. */
Test(stage_lend, the_stages_own_file_goes_before_and_the_lent_one_is_left_when_it_is_wrong)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, LENT);
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest own = put_text(f.stage, "first");
	CLEANUP_FREE char *path = object_path(&f, &own);

	flip_byte(path, 2);
	expect_error(stage_load(f.stage, &l.first, &got, &err), &err, ERR_DIGEST, "of the stage");
	cr_assert_eq(count_files(&f, "quarantine"), 1);
	expect_loaded(f.stage, &l.first, "first");
	lent_close(&f, &l);
}

static void read_part(struct stage *s, const struct content *c, const char *want)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	CLEANUP_SOURCE struct source *source = NULL;
	const struct content_reader *reader = stage_reader(s);
	int r = reader->open(reader, c, &source, &err);

	if (want) {
		expect_ok(r, &err);
		expect_ok(source_read_all(source, &got, &err), &err);
		cr_assert(str_equal_cstr(buf_str(&got), want));
		return;
	}
	expect_error(r ? r : source_read_all(source, &got, &err), &err, ERR_DIGEST,
		     "'web.bundle' is damaged");
}

Test(stage_lend, parts_of_what_is_lent_are_read_at_their_place)
{
	struct fixture f = fixture_open_fast();
	struct lent l = lend(f.stage, LENT);
	struct content c = { .where = CONTENT_OBJECT, .object = &l.second, .offset = 1, .size = 3 };

	c.digest = hash_bytes(str_bytes(STR("eco")));
	for (unsigned i = 0; i < 3; i++)
		read_part(f.stage, &c, "eco");
	c.digest = hash_bytes(str_bytes(STR("ecO")));
	read_part(f.stage, &c, NULL);
	cr_assert_eq(count_files(&f, "objects"), 0);
	lent_close(&f, &l);
}

Test(stage_lend, nothing_may_be_lent)
{
	struct fixture f = fixture_open_fast();
	struct digest d = hash_bytes(str_bytes(STR("first")));
	int fd = memfd_create("lent", MFD_CLOEXEC);

	stage_lend(f.stage, fd, "empty.bundle", NULL, 0);
	cr_assert_not(stage_has(f.stage, &d));
	fixture_close(&f);
	close(fd);
}

/* ---- a stage for one run ---- */

static struct stage *open_scratch(const struct fixture *f)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FREE char *path = mem_printf("%s/scratch", f->folder);
	struct stage *s = NULL;

	cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	expect_ok(stage_open_scratch(path, &s, &err), &err);
	return s;
}

Test(stage_scratch, it_remembers_its_own_results_until_it_is_closed)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest key = hash_bytes(str_bytes(STR("key")));
	struct stage *s = open_scratch(&f);

	expect_ok(stage_result_put(s, "pack", &key, str_bytes(STR("value")), STR("in"), &err),
		  &err);
	expect_ok(stage_result_get(s, "pack", &key, &got, &err), &err);
	cr_assert(str_equal_cstr(buf_str(&got), "value"));
	stage_close(s);
	buf_reset(&got);
	s = open_scratch(&f); /* what was there before, nobody vouches for */
	cr_assert_eq(stage_result_get(s, "pack", &key, &got, &err), STAGE_ABSENT);
	stage_close(s);
	fixture_close(&f);
}

Test(stage_scratch, it_takes_no_results_of_the_users_stage)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct digest key = hash_bytes(str_bytes(STR("key")));
	struct stage *s = NULL;

	expect_ok(stage_result_put(f.stage, "pack", &key, str_bytes(STR("v")), STR("in"), &err),
		  &err);
	expect_ok(stage_open_scratch(f.path, &s, &err), &err);
	cr_assert_eq(stage_result_get(s, "pack", &key, &got, &err), STAGE_ABSENT);
	stage_close(s);
	fixture_close(&f);
}

Test(stage_scratch, refs_are_not_kept_and_are_no_error)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	struct stage *s = open_scratch(&f);
	struct digest d = put_text(s, "text");
	struct digest *list = NULL;
	size_t n = 0;

	expect_ok(stage_ref_set(s, "lock-1", &d, 1, &err), &err);
	cr_assert_eq(stage_ref_get(s, "lock-1", &list, &n, &err), STAGE_ABSENT);
	stage_close(s);
	fixture_close(&f);
}

Test(stage_scratch, what_it_holds_is_verified_and_what_it_lacks_is_lent)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fixture f = fixture_open_fast();
	CLEANUP_BUF struct buf got = BUF_INIT(100);
	struct stage *s = open_scratch(&f);
	struct lent l = lend(s, LENT);
	struct digest d = put_text(s, "own");
	struct fixture there = { .path = mem_printf("%s/scratch", f.folder) };
	CLEANUP_FREE char *path = object_path(&there, &d);

	expect_loaded(s, &l.second, "second");
	flip_byte(path, 0);
	expect_error(stage_load(s, &d, &got, &err), &err, ERR_DIGEST, "damaged");
	free(there.path);
	stage_close(s);
	lent_close(&f, &l);
}

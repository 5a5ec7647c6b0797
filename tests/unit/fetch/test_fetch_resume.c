#include <criterion/criterion.h>
#include <string.h>

#include "fetch_fixture.h"

#define SIZE 300000u

static struct fetch_item large(struct fixture *f)
{
	serve_file(f, "a", SIZE, 7);
	return ITEM(f, "a", "/a");
}

Test(fetch_resume, a_broken_transfer_goes_on_where_it_stopped)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100000 | ok -");
	struct fetch_item item = large(&f);

	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a range=bytes=100000-\n");
}

Test(fetch_resume, a_reset_connection_goes_on_where_it_stopped)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a reset - 100000 | reset - 50000 | ok -");
	struct fetch_item item = large(&f);

	f.options.n_retries = 2;
	expect_fetched(&f, &item);
	cr_assert_eq(count_in_log(&f, "GET /a"), 3);
	cr_assert_eq(count_in_log(&f, "range=bytes="), 2);
}

Test(fetch_resume, a_server_that_does_not_know_ranges_sends_all_of_it_again)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100000 | norange -");
	struct fetch_item item = large(&f);

	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a range=bytes=100000-\n");
}

Test(fetch_resume, a_range_that_was_not_asked_for_is_not_appended)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100000 | badrange -");
	struct fetch_item item = large(&f);

	f.options.n_retries = 2;
	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a range=bytes=100000-\nGET /a\n");
}

Test(fetch_resume, a_refused_range_is_followed_by_a_whole_one)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100000 | refuserange -");
	struct fetch_item item = large(&f);

	f.options.n_retries = 2;
	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a range=bytes=100000-\nGET /a\n");
}

Test(fetch_resume, bytes_of_two_places_are_never_mixed)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100 | status 403");
	struct fetch_item item = large(&f);

	serve_file(&f, "b", SIZE, 7);
	item = ITEM(&f, "a", "/a", "/b");
	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a range=bytes=100-\nGET /b\n");
}

Test(fetch_resume, wrong_bytes_before_the_break_do_not_survive_it)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate b 100000 | ok -");
	struct fetch_item item = large(&f);

	serve_file(&f, "b", SIZE, 8); /* the first part is of another file */
	serve_file(&f, "c", SIZE, 7);
	item = ITEM(&f, "a", "/a", "/c");
	expect_fetched(&f, &item);
	cr_assert_eq(item.ret_url, 1);
	cr_assert_eq(objects_in_stage(&f), 1);
}

Test(fetch_resume, a_file_without_a_digest_starts_from_the_beginning)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 100000 | ok -");
	struct fetch_item item = large(&f);

	item.has_digest = false;
	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /a\n");
	cr_assert_eq(item.ret_size, SIZE);
}

Test(fetch_resume, a_line_that_breaks_often_but_goes_forward_is_no_failure)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a truncate - 1100000");
	struct fetch_item item;

	serve_file(&f, "a", 8u << 20, 7);
	item = ITEM(&f, "a", "/a");
	expect_fetched(&f, &item);
	cr_assert_eq(count_in_log(&f, "GET /a"), 8);
}

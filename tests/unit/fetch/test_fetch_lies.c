#include <criterion/criterion.h>
#include <string.h>

#include "fetch_fixture.h"

/* One lie, one place: refused with this code and these words. */
static void refused(const char *rules, enum err_code code, const char *detail)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open(rules);
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	expect_refused(&f, &item, code, detail);
}

/* The same lie, and an honest place after it: fetched from there. */
static void next_place_helps(const char *rules)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open(rules);
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	serve_file(&f, "good", 5000, 1);
	item = ITEM(&f, "a", "/a", "/good");
	expect_fetched(&f, &item);
	cr_assert_eq(item.ret_url, 1);
	cr_assert_eq(objects_in_stage(&f), 1);
}

#define LIE(name, rules, code, detail)              \
	Test(fetch_lies, name)                      \
	{                                           \
		refused(rules, code, detail);       \
	}                                           \
	Test(fetch_lies, name##_then_the_next_place) \
	{                                           \
		next_place_helps(rules);            \
	}

LIE(not_found_is_gone, "/a status 404", ERR_FETCH_GONE, "/a: answered 404, not found")
LIE(gone_is_gone, "/a status 410", ERR_FETCH_GONE, "/a: answered 410, gone")
LIE(forbidden_is_not_asked_again, "/a status 403", ERR_FETCH, "/a: answered 403")
LIE(a_failing_server, "/a status 500", ERR_FETCH, "/a: answered 500, 2 times")
LIE(a_busy_server, "/a status 503", ERR_FETCH, "/a: answered 503, 2 times")
LIE(no_content, "/a status 204", ERR_FETCH, "/a: answered 204")
LIE(wrong_bytes, "/a wrong -", ERR_DIGEST, "/a: sent other bytes than the digest says")
LIE(another_file_of_that_size, "/a text hello", ERR_DIGEST, "/a: offers 6 of 5000 bytes")
LIE(a_shorter_file, "/a short - 4000", ERR_DIGEST, "/a: offers 4000 of 5000 bytes")
LIE(an_empty_file, "/a short - 0", ERR_DIGEST, "/a: offers 0 of 5000 bytes")
LIE(a_longer_file, "/a longer - 1", ERR_DIGEST, "/a: offers 5001 bytes, more than 5000")
LIE(a_longer_file_without_a_length, "/a endless - 10000000", ERR_DIGEST,
    "/a: sent more than 5000 bytes")
LIE(always_truncated, "/a truncate - 0", ERR_FETCH, "/a: broke off after 0 bytes, 2 times")
LIE(truncated_without_a_length, "/a nolength - 100", ERR_FETCH,
    "/a: sent 100 of 5000 bytes, 2 times")
LIE(always_reset, "/a reset - 0", ERR_FETCH, ", 2 times")
LIE(hanging_up, "/a hangup", ERR_FETCH, ", 2 times")
LIE(no_http_at_all, "/a garbage", ERR_FETCH, "/a: ")
LIE(stalled, "/a stall - 100", ERR_FETCH, "/a: stalled after ")
LIE(a_slow_drip, "/a drip - 1 100", ERR_FETCH, "/a: stalled after ")
LIE(silence, "/a silence", ERR_FETCH, ", 2 times")
LIE(a_redirect_loop, "/a redirect /b\n/b redirect /a", ERR_FETCH, "redirects more than 5 times")
LIE(a_redirect_into_the_files, "/a redirect file:///etc/passwd", ERR_FETCH,
    "redirects to file:///etc/passwd, which is not followed")
LIE(a_redirect_to_another_protocol, "/a redirect ftp://127.0.0.1/x", ERR_FETCH,
    "redirects to ftp://127.0.0.1/x, which is not followed")
LIE(a_redirect_to_nowhere, "/a status 302", ERR_FETCH, "answered 302 without a place to go")
LIE(a_redirect_to_wrong_bytes, "/a redirect /b\n/b wrong a", ERR_DIGEST,
    "/b: sent other bytes than the digest says")

Test(fetch_lies, an_error_page_larger_than_the_file_is_still_an_error_page)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a status 404");
	struct fetch_item item;

	serve_file(&f, "a", 3, 1);
	item = ITEM(&f, "a", "/a");
	expect_refused(&f, &item, ERR_FETCH_GONE, "/a: answered 404, not found");
}

Test(fetch_lies, a_redirect_page_larger_than_the_file_is_followed)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a redirect /b\n/b ok a");
	struct fetch_item item;

	serve_file(&f, "a", 3, 1);
	item = ITEM(&f, "a", "/a");
	expect_fetched(&f, &item);
}

Test(fetch_lies, a_redirect_to_another_host_is_followed_and_verified)
{
	CLEANUP_FIXTURE struct fixture f =
		fixture_open("/a redirect http://localhost:@PORT@/b 301\n/b ok a");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	expect_fetched(&f, &item);
	expect_log(&f, "GET /a\nGET /b\n");
}

Test(fetch_lies, five_redirects_are_fine)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open(
		"/a redirect /1 301\n/1 redirect /2 303\n/2 redirect /3 307\n/3 redirect /4 308\n"
		"/4 redirect /5\n/5 ok a");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	expect_fetched(&f, &item);
}

Test(fetch_lies, a_server_that_recovers_is_asked_again)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a status 500 | status 503 | ok -");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	f.options.n_retries = 2;
	expect_fetched(&f, &item);
	cr_assert_eq(count_in_log(&f, "GET /a"), 3);
}

Test(fetch_lies, what_is_not_there_is_asked_for_once)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a status 404");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a", "/nowhere");
	expect_refused(&f, &item, ERR_FETCH_GONE, "/nowhere: answered 404");
	expect_log(&f, "GET /a\nGET /nowhere\n");
}

Test(fetch_lies, one_wrong_and_one_gone_is_wrong)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a wrong -");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/nowhere", "/a");
	expect_refused(&f, &item, ERR_DIGEST, "/nowhere: answered 404, not found\n");
}

Test(fetch_lies, nobody_listens)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "http://127.0.0.1:1/a");
	expect_refused(&f, &item, ERR_FETCH, "http://127.0.0.1:1/a: ");
	item = ITEM(&f, "a", "http://127.0.0.1:1/a", "/a");
	expect_fetched(&f, &item);
}

Test(fetch_lies, no_secret_of_a_url_is_ever_shown)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a redirect http://u:SECRET@127.0.0.1:1/b?SECRET");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "http://user:SECRET@127.0.0.1:@PORT@/nowhere?token=SECRET",
		    "http://user:SECRET@127.0.0.1:@PORT@/a",
		    "ftp://user:SECRET@127.0.0.1/x");
	cr_assert_eq(fetch_all(f.stage, &item, 1, &f.options, &err), -1);
	cr_assert_null(strstr(err.detail, "SECRET"), "%s", err.detail);
	cr_assert_null(strstr(err.message, "SECRET"));
	cr_assert(strstr(err.detail, "/nowhere?...: answered 404"));
}

Test(fetch_lies, terminal_escapes_in_a_redirect_are_defused)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a redirect ftp://x/\033]0;evil\007");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	cr_assert_eq(fetch_all(f.stage, &item, 1, &f.options, &err), -1);
	cr_assert_null(strchr(err.detail, '\033'));
}

Test(fetch_lies, a_certificate_that_nobody_trusts_is_not_asked_again)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open_tls("");
	CLEANUP_FREE char *good = mem_printf("file://%s/a", f.root);
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "https://127.0.0.1:@PORT@/a");
	expect_refused(&f, &item, ERR_FETCH, "certificate");
	expect_log(&f, "");
	item = ITEM(&f, "a", "https://127.0.0.1:@PORT@/a", good);
	expect_fetched(&f, &item);
}

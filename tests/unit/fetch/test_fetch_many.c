#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fetch_fixture.h"
#include "io/clock.h"
#include "io/interrupt.h"

#define N 100

struct seen {
	size_t calls, n_done, n_items;
	uint64_t bytes_done, bytes_total;
	bool went_back;
};

static void see(void *context, size_t n_done, size_t n_items, uint64_t bytes_done,
		uint64_t bytes_total)
{
	struct seen *s = context;

	s->went_back |= n_done < s->n_done || bytes_done > bytes_total;
	s->calls++;
	s->n_done = n_done;
	s->n_items = n_items;
	s->bytes_done = bytes_done;
	s->bytes_total = bytes_total;
}

static void many(struct fixture *f, struct fetch_item *items)
{
	for (unsigned i = 0; i < N; i++) {
		CLEANUP_FREE char *name = mem_printf("f%u", i);
		CLEANUP_FREE char *path = mem_printf("/f%u", i);

		serve_file(f, name, 1000 + 10 * i, i);
		items[i] = ITEM(f, name, path);
	}
}

Test(fetch_many, many_files_arrive_and_progress_tells)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/f7 status 500 | ok -\n/f8 wrong - | ok -");
	struct fetch_item items[N];
	struct seen seen = { 0 };
	uint64_t total = 0;

	many(&f, items);
	items[8] = ITEM(&f, "f8", "/f8", "/f8");
	for (unsigned i = 0; i < N; i++)
		total += items[i].size;
	f.options.progress = (struct fetch_progress){ see, &seen };
	expect_ok(fetch_all(f.stage, items, N, &f.options, &err), &err);
	for (unsigned i = 0; i < N; i++)
		cr_assert(stage_has(f.stage, &items[i].digest));
	cr_assert_eq(objects_in_stage(&f), N);
	cr_assert(seen.n_done == N && seen.n_items == N && !seen.went_back);
	cr_assert(seen.bytes_done == total && seen.bytes_total == total);

	/* and now there is nothing to do */
	seen.calls = 0;
	expect_ok(fetch_all(f.stage, items, N, &f.options, &err), &err);
	cr_assert_eq(seen.calls, 0);
	cr_assert_eq(count_in_log(&f, "GET"), N + 2);
}

Test(fetch_many, what_failed_is_named_and_what_succeeded_stays)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f =
		fixture_open("/f3 status 404\n/f50 status 404\n/f99 wrong -");
	struct fetch_item items[N];

	many(&f, items);
	cr_assert_eq(fetch_all(f.stage, items, N, &f.options, &err), -1);
	cr_assert_eq(err.code, ERR_FETCH_GONE);
	cr_assert_str_eq(err.message, "no place has 'f3' any more");
	cr_assert(strstr(err.detail, "/f3: answered 404, not found\nand 2 more: f50, f99\n"));
	cr_assert_eq(objects_in_stage(&f), N - 3);
}

Test(fetch_many, a_dead_place_does_not_cost_a_timeout_for_each_file)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item items[N];
	uint64_t start;

	many(&f, items);
	for (unsigned i = 0; i < N; i++)
		items[i] = ITEM(&f, items[i].what, "http://127.0.0.1:1/x");
	start = clock_nanoseconds();
	cr_assert_eq(fetch_all(f.stage, items, N, &f.options, &err), -1);
	cr_assert_eq(err.code, ERR_FETCH);
	cr_assert(clock_nanoseconds() - start < 5000000000u);
}

Test(fetch_many, a_failing_host_costs_a_few_tries_and_not_some_for_each_file)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/bad/* status 500");
	struct fetch_item items[N];
	uint64_t start;

	many(&f, items);
	f.options.n_retries = 4;
	for (unsigned i = 0; i < N; i++) {
		CLEANUP_FREE char *good = mem_printf("/%s", items[i].what);

		items[i] = ITEM(&f, items[i].what, "http://localhost:@PORT@/bad/x", good);
	}
	start = clock_nanoseconds();
	expect_ok(fetch_all(f.stage, items, N, &f.options, &err), &err);
	cr_assert(clock_nanoseconds() - start < 5000000000u);
	cr_assert(count_in_log(&f, "GET /bad/x") <= 16, "%u", count_in_log(&f, "GET /bad/x"));
}

Test(fetch_many, a_host_that_failed_is_come_back_to_when_nothing_else_is_left)
{
	CLEANUP_FIXTURE struct fixture f =
		fixture_open("/b status 500 | status 503 | ok a\n/c status 404");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "http://localhost:@PORT@/b", "/c");
	f.options.n_retries = 2;
	expect_fetched(&f, &item);
	cr_assert_eq(item.ret_url, 0);
	expect_log(&f, "GET /b\nGET /b\nGET /c\nGET /b\n");
}

Test(fetch_many, a_host_that_nobody_listens_at_is_passed_over_at_once)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item item;
	uint64_t start;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "http://127.0.0.1:1/a", "/a");
	f.options.n_retries = 4;
	start = clock_nanoseconds();
	expect_fetched(&f, &item);
	cr_assert(clock_nanoseconds() - start < 1000000000u);
	cr_assert_eq(item.ret_url, 1);
}

Test(fetch_many, one_digest_is_one_download)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item items[3];

	serve_file(&f, "a", 5000, 1);
	items[0] = items[1] = items[2] = ITEM(&f, "a", "/a");
	cr_assert_eq(fetch_all(f.stage, items, 3, &f.options, &err), 0);
	expect_log(&f, "GET /a\n");
	cr_assert(digest_equal(&items[2].ret_digest, &items[2].digest));
	cr_assert_eq(items[2].ret_size, 5000);
}

Test(fetch_many, connections_are_used_again)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/n connections");
	CLEANUP_BUF struct buf text = BUF_INIT(100);
	struct fetch_item items[N + 1];

	many(&f, items);
	serve_file(&f, "n", 100, 1);
	items[N] = ITEM(&f, "n", "/n");
	items[N].has_digest = false;
	f.options.n_parallel = 3;
	expect_ok(fetch_all(f.stage, items, N + 1, &f.options, &err), &err);
	cr_assert_eq(stage_load(f.stage, &items[N].ret_digest, &text, &err), 0);
	cr_assert(atoi(buf_cstr(&text)) <= 3, "%s", buf_cstr(&text));
}

Test(fetch_many, offline_uses_what_is_there_and_names_what_is_not)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item items[2];

	serve_file(&f, "a", 5000, 1);
	serve_file(&f, "b", 5000, 2);
	items[0] = ITEM(&f, "a", "/a");
	items[1] = ITEM(&f, "b", "/b");
	expect_fetched(&f, &items[0]);
	f.options.offline = true;
	expect_fetched(&f, &items[0]);
	cr_assert_eq(fetch_all(f.stage, items, 2, &f.options, &err), -1);
	cr_assert_eq(err.code, ERR_OFFLINE);
	cr_assert(strstr(err.message, "'b' is not in the stage"));
	expect_log(&f, "GET /a\n");
}

Test(fetch_many, what_may_be_absent_is_absent_only_if_all_places_say_so)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a status 404\n/b status 500");
	CLEANUP_ERR struct error err = ERR_INIT;
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a", "/nowhere");
	item.may_be_absent = true;
	cr_assert_eq(fetch_all(f.stage, &item, 1, &f.options, &err), 0);
	cr_assert(item.absent);
	item = ITEM(&f, "a", "/a", "/b");
	item.may_be_absent = true;
	expect_refused(&f, &item, ERR_FETCH, "answered 500");
	cr_assert_not(item.absent);
}

Test(fetch_many, a_file_without_a_digest_is_bounded_and_fetched_each_time)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("/b endless a 0\n/c endless a 10000000");
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	item.has_digest = false;
	item.size = 4999;
	expect_refused(&f, &item, ERR_FETCH, "offers 5000 bytes, more than 4999");
	item = ITEM(&f, "a", "/c");
	item.has_digest = false;
	expect_refused(&f, &item, ERR_FETCH, "sent more than 5000 bytes");
	item = ITEM(&f, "a", "/b");
	item.has_digest = false;
	item.size = 100000;
	expect_fetched(&f, &item);
	expect_fetched(&f, &item);
	cr_assert_eq(item.ret_size, 5000);
	cr_assert_eq(count_in_log(&f, "GET /b"), 2);
}

Test(fetch_many, files_of_this_machine_are_places_too)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	CLEANUP_FREE char *url = mem_printf("file://%s/a", f.root);
	CLEANUP_FREE char *missing = mem_printf("file://%s/b", f.root);
	struct fetch_item item;

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", missing);
	expect_refused(&f, &item, ERR_FETCH_GONE, "no such file");
	item = ITEM(&f, "a", missing, url);
	expect_fetched(&f, &item);
	cr_assert_eq(item.ret_url, 1);
}

Test(fetch_many, an_empty_file_is_a_file)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	CLEANUP_FREE char *url = mem_printf("file://%s/e", f.root);
	struct fetch_item item;

	serve_file(&f, "e", 0, 1);
	item = ITEM(&f, "e", "/e");
	expect_fetched(&f, &item);
	stage_quarantine(f.stage, &item.digest);
	item = ITEM(&f, "e", url);
	expect_fetched(&f, &item);
}

Test(fetch_many, a_torn_object_in_the_stage_is_fetched_again)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item item;
	CLEANUP_FREE char *path = NULL;
	char hex[DIGEST_HEX_MAX];

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	expect_fetched(&f, &item);
	digest_hex(&item.digest, hex);
	path = mem_printf("%s/objects/%.2s/%s", f.stage_path, hex, hex + 2);
	cr_assert(chmod(path, 0644) == 0 && truncate(path, 1234) == 0);
	expect_fetched(&f, &item);
	cr_assert_eq(count_in_log(&f, "GET /a"), 2);
}

Test(fetch_many, without_a_place_the_item_is_named)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("");
	struct fetch_item item = { .what = "nginx 1.26", .has_digest = true, .size = 1 };

	cr_assert_eq(fetch_all(f.stage, &item, 1, &f.options, &err), -1);
	cr_assert_str_eq(err.message, "no place is known for 'nginx 1.26'");
}

static void press_ctrl_c(int signal_number)
{
	(void)signal_number;
	interrupt_set(SIGINT);
}

Test(fetch_many, an_interrupt_ends_it_soon_and_leaves_nothing)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open("/a stall - 100");
	struct fetch_item item;
	uint64_t start = clock_nanoseconds();

	serve_file(&f, "a", 5000, 1);
	item = ITEM(&f, "a", "/a");
	f.options.stall_seconds = 60;
	signal(SIGALRM, press_ctrl_c);
	alarm(1);
	cr_assert_eq(fetch_all(f.stage, &item, 1, &f.options, &err), -1);
	cr_assert_eq(err.code, ERR_INTERRUPTED);
	cr_assert(clock_nanoseconds() - start < 3000000000u);
	interrupt_set(0);
	cr_assert_eq(objects_in_stage(&f), 0);
}

#define _GNU_SOURCE
#include <criterion/criterion.h>

#include "attest/html.h"
#include "attest/report.h"
#include "attest/treemap.h"
#include "base/cleanup.h"
#include "tools/tree_text.h"

/* ---- escaping ---- */

static void expect_html(struct str text, const char *want)
{
	CLEANUP_BUF struct buf b = BUF_INIT(1u << 16);

	html_text(&b, text);
	cr_expect_str_eq(buf_cstr(&b), want);
}

Test(html, no_text_is_markup)
{
	expect_html(STR("<script>alert('x')</script>"),
		    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	expect_html(STR("\" onmouseover=\"x"), "&quot; onmouseover=&quot;x");
	expect_html(STR("&amp;"), "&amp;amp;");
}

Test(html, controls_and_what_is_no_utf8_are_shown_as_numbers)
{
	expect_html(STR("a\0b\x1b[2J\r\n"), "a\\x00b\\x1b[2J\\x0d\\x0a");
	expect_html(STR("\xff\xc0\xaf \xe2\x80\xae"), "\\xff\\xc0\\xaf \\xe2\\x80\\xae");
	expect_html(STR("\xc3\xa4\xe2\x82\xac"), "\xc3\xa4\xe2\x82\xac");
}

/* ---- geometry ---- */

static void check_map(const uint64_t *sizes, size_t n, uint32_t width, uint32_t height)
{
	struct treemap_cell cells[200];
	uint64_t total = 0, area = 0;

	treemap(sizes, n, width, height, cells);
	for (size_t i = 0; i < n; i++)
		total += sizes[i];
	for (size_t i = 0; i < n; i++) {
		const struct treemap_cell *a = &cells[i];
		uint64_t own = (uint64_t)a->width * a->height;
		/* A border is rounded to a unit on each side. */
		double want = (double)width * height * ((double)sizes[i] / (double)total);
		double slack = 2.0 * (a->width + a->height) + 4;

		area += own;
		cr_assert(a->x + a->width <= width && a->y + a->height <= height);
		cr_expect((double)own >= want - slack && (double)own <= want + slack,
			  "%zu of %zu: %llu, not %f", i, n, (unsigned long long)own, want);
		for (size_t k = 0; k < i; k++) {
			const struct treemap_cell *b = &cells[k];

			cr_assert(a->x + a->width <= b->x || b->x + b->width <= a->x ||
				  a->y + a->height <= b->y || b->y + b->height <= a->y || !own ||
				  !b->width || !b->height);
		}
	}
	cr_expect_eq(area, n ? (uint64_t)width * height : 0);
}

Test(treemap, areas_fit_the_sizes_fill_the_rectangle_and_never_overlap)
{
	static const uint64_t paper[] = { 6, 6, 4, 3, 2, 2, 1 }, one[] = { UINT64_MAX / 4 };
	uint64_t sizes[200];
	uint32_t x = 7;

	check_map(paper, 7, 6000, 4000);
	check_map(one, 1, 20000, 9000);
	check_map(NULL, 0, 20000, 9000);
	for (int round = 0; round < 20; round++) {
		size_t n = 1 + (size_t)round * 10;

		sizes[0] = 1u << 30;
		for (size_t i = 1; i < n; i++) {
			x = x * 1664525u + 1013904223u;
			sizes[i] = sizes[i - 1] - sizes[i - 1] * (x >> 24) / 1024;
			sizes[i] = sizes[i] ? sizes[i] : 1;
		}
		check_map(sizes, n, 20000, 9000);
		check_map(sizes, n, 9000, 13000);
	}
}

Test(treemap, one_giant_and_many_dwarfs_fit)
{
	uint64_t sizes[200];

	sizes[0] = 1ull << 60;
	for (int i = 1; i < 200; i++)
		sizes[i] = 1;
	check_map(sizes, 200, 20000, 9000);
}

Test(treemap, cells_are_nearly_square)
{
	static const uint64_t paper[] = { 6, 6, 4, 3, 2, 2, 1 };
	struct treemap_cell c[7];

	treemap(paper, 7, 6000, 4000, c);
	/* Figure 4 of the paper: two of 3 by 2 beside each other at the left. */
	cr_expect(c[0].x == 0 && c[0].y == 0 && c[0].width == 3000 && c[0].height == 2000);
	cr_expect(c[1].x == 0 && c[1].y == 2000 && c[1].width == 3000 && c[1].height == 2000);
}

/* ---- the page ---- */

static const char evil_tree[] =
	"dir /etc 0755 0 0\n"
	"file /etc/passwd 0644 0 0 0 root:x:0:0:root:/root:/bin/bash%0a"
	"<b>:x:1:1::/:/bin/<i>%0aopen:x:7:7::/:/bin/sh%0a\n"
	"file /etc/shadow 0640 0 42 0 root:*:1::::::%0a<b>:!:1::::::%0aopen::1::::::%0a\n"
	"file /etc/group 0644 0 0 0 root:x:0:<u>,\"%0a\n"
	"dir /etc/consul.d 0755 0 0\n"
	"file /etc/consul.d/a.json 0644 0 0 0 %7b\"service\":%7b\"name\":\"<svc>\",\"port\":80}}\n"
	"file /etc/consul.d/odd.json 0644 0 0 0 %7bnot%20json\n"
	"dir /var 0755 0 0\ndir /var/lib 0755 0 0\ndir /var/lib/dpkg 0755 0 0\n"
	"dir /var/lib/dpkg/info 0755 0 0\n"
	"file /var/lib/dpkg/info/<em>.list 0644 0 0 0 /usr/bin/tool%0a\n"
	"file /var/lib/dpkg/status 0644 0 0 0 "
	"Package:%20<em>%0aStatus:%20install%20ok%20installed%0aVersion:%201\"><x>%0a\n"
	"dir /usr 0755 0 0\ndir /usr/bin 0755 0 0\n"
	"file /usr/bin/tool 4755 0 0 0 {100:x}\n"
	"file /usr/bin/"
	"<script>"
	" 2755 0 0 0 y\n"
	"dir /tmp 1777 0 0\ndir /open 0777 0 0\n";

static int write_page(const char *text, struct buf *page)
{
	struct report_check check = { STR("<check>"), STR("<a href=x>'\"&"), REPORT_OK };
	struct report_beside beside = { .file = STR("<beside>"), .what = STR("x") };
	struct error err = ERR_INIT;
	struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = NULL;
	struct json *config = NULL;
	struct oci_image image = { 0 };
	struct report r = { 0 };
	struct oci_image_layer layer = { .created_by = STR("<layer>") };
	int done;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(json_parse(str_bytes(STR("{\"config\":{\"Env\":[\"A=<env>\"],\"Labels\":"
					      "{\"<l>\":\"\\\"><v>\"},\"Entrypoint\":[\"<e>\",1],"
					      "\"User\":7}}")),
				"config", &arena, &config, &err),
		     0);
	image.config = config;
	image.layers = &layer;
	image.n_layers = 1;
	image.reference = STR("<ref>");
	r = (struct report){ .name = STR("<name>"),
			     .version = STR("\"v"),
			     .file = STR("<file>"),
			     .kind = STR("Container image"),
			     .architecture = STR("<arch>"),
			     .checks = &check,
			     .n_checks = 1,
			     .side.tree = t,
			     .image = &image,
			     .beside = &beside,
			     .n_beside = 1 };
	done = report_write(&r, page, &err);
	cr_assert_eq(done, 0, "%s", err.message);
	arena_release(&arena);
	return done;
}

static bool has(struct buf *page, const char *text)
{
	return strstr(buf_cstr(page), text) != NULL;
}

Test(report, nothing_of_an_image_becomes_markup)
{
	static const char *const evil[] = { "<script", "<b>:",	    "<i>",	"<u>",	   "<svc>",
					    "<em>",    "<x>",	    "<name>",	"<file>",  "<arch>",
					    "<check>", "<a href=x", "<beside>", "<layer>", "<env>",
					    "<l>",     "<v>",	    "<e>",	"<ref>",   "\"><",
					    "\x1b" };
	CLEANUP_BUF struct buf page = BUF_INIT(1u << 24);

	write_page(evil_tree, &page);
	/* What is ours ends attributes so, too. */
	for (size_t i = 0; i < sizeof(evil) / sizeof(*evil); i++)
		if (strcmp(evil[i], "\"><") != 0)
			cr_expect_not(has(&page, evil[i]), "%s", evil[i]);
	cr_expect(has(&page, "&lt;script&gt;"));
	cr_expect(has(&page, "&lt;svc&gt;"));
	cr_expect(has(&page, "1&quot;&gt;&lt;x&gt;"));
}

Test(report, the_page_loads_nothing_and_runs_nothing)
{
	CLEANUP_BUF struct buf page = BUF_INIT(1u << 24);

	write_page(evil_tree, &page);
	cr_expect(has(&page, "content=\"default-src 'none'; style-src 'unsafe-inline'"));
	cr_expect_not(has(&page, " src="));
	cr_expect_not(has(&page, "url("));
	cr_expect_not(has(&page, "@import"));
	cr_expect_not(has(&page, "<link"));
	cr_expect_not(has(&page, " href=\"h"));
	cr_expect_not(has(&page, " on"
				 "click="));
}

Test(report, the_same_image_gives_the_same_page)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1u << 24), b = BUF_INIT(1u << 24);

	write_page(evil_tree, &a);
	write_page(evil_tree, &b);
	cr_expect(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
}

Test(report, who_may_log_in_and_what_has_rights_is_told)
{
	CLEANUP_BUF struct buf page = BUF_INIT(1u << 24);

	write_page(evil_tree, &page);
	cr_expect(has(&page, "<td class=\"w\">open</td>"));
	cr_expect(has(&page, "none needed"));
	cr_expect(has(&page, "/usr/bin/tool</td><td>setuid</td>"));
	cr_expect(has(&page, "<td>setgid</td>"));
	cr_expect(has(&page, "/open</td><td>folder</td>"));
	cr_expect(has(&page, "folder, sticky"));
}

Test(report, an_empty_tree_has_a_page)
{
	CLEANUP_BUF struct buf page = BUF_INIT(1u << 24);

	write_page("dir /empty 0755 0 0\n", &page);
	cr_expect(has(&page, "It has no /etc/passwd."));
	cr_expect(has(&page, "It holds no file that is not empty."));
}

#include <criterion/criterion.h>

#include "fetch/fetch_url.h"

Test(fetch_url, redirects_never_leave_https_and_never_enter_files)
{
	static const char http[] = "http://a/x", https[] = "https://a/x", file[] = "file:///x";

	cr_assert(url_redirect_allowed(http, "http://b/"));
	cr_assert(url_redirect_allowed(http, "https://b/"));
	cr_assert(url_redirect_allowed(https, "https://b/"));
	cr_assert_not(url_redirect_allowed(https, "http://b/"));
	cr_assert_not(url_redirect_allowed(https, "HTTP://b/"));
	cr_assert_not(url_redirect_allowed(https, "httpx://b/"));
	cr_assert_not(url_redirect_allowed(http, "file:///etc/passwd"));
	cr_assert_not(url_redirect_allowed(https, "FILE:///etc/passwd"));
	cr_assert_not(url_redirect_allowed(http, "ftp://b/"));
	cr_assert_not(url_redirect_allowed(file, "http://b/"));
	cr_assert_not(url_redirect_allowed(http, "/x"));
}

static void shows(const char *url, const char *expected)
{
	struct buf text = BUF_INIT(1000);

	url_add_safe(&text, url);
	cr_assert_str_eq(buf_cstr(&text), expected);
	buf_release(&text);
}

Test(fetch_url, urls_are_shown_without_what_may_be_secret)
{
	shows("http://host/a/b", "http://host/a/b");
	shows("http://user:pass@host:80/a", "http://host:80/a");
	shows("http://user:p@ss@host/a@b", "http://host/a@b");
	shows("https://host?token=1", "https://host?...");
	shows("https://host/a?b#c", "https://host/a?...");
	shows("https://host/a#c", "https://host/a");
	shows("file:///srv/a", "file:///srv/a");
	shows("http://host/\033[2J", "http://host/\\x1b[2J");
	shows("", "");
}

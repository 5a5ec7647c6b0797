#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "fetch/mirrors.h"

#define MIRROR(suite, url, from) { { suite, sizeof(suite) - 1 }, { url, sizeof(url) - 1 }, \
				   { "x", 1 }, from }

static void expect_choice(const struct machine *m, const char *suite, const char *expected)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(10000);
	const char *const *urls;
	size_t n;

	machine_mirrors(m, str_of(suite), &arena, &urls, &n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s ", urls[i]);
	cr_assert_str_eq(buf_cstr(&text), expected, "%s: %s", suite, buf_cstr(&text));
}

Test(mirrors, named_ones_come_first_then_siblings_then_the_same_archive)
{
	struct machine_mirror v[] = {
		MIRROR("", "http://env", MACHINE_FROM_ENVIRONMENT),
		MIRROR("trixie", "http://config", MACHINE_FROM_CONFIG),
		MIRROR("bookworm", "http://apt", MACHINE_FROM_APT),
		MIRROR("bookworm-updates", "http://apt", MACHINE_FROM_APT),
		MIRROR("bookworm-security", "http://apt-security", MACHINE_FROM_APT),
	};
	struct machine m = { .mirrors = v, .n_mirrors = 5 };

	expect_choice(&m, "trixie", "http://env http://config http://apt ");
	expect_choice(&m, "bookworm", "http://env http://apt http://config ");
	expect_choice(&m, "trixie-security", "http://env http://apt-security ");
	expect_choice(&m, "trixie-updates", "http://env http://apt http://config ");
	expect_choice(&m, "trixie-backports", "http://env http://config http://apt ");
	m.mirrors = v + 2;
	m.n_mirrors = 1;
	expect_choice(&m, "trixie-security", "");
	expect_choice(&m, "trixie-updates", "http://apt ");
	m.n_mirrors = 0;
	expect_choice(&m, "trixie", "");
}

Test(mirrors, the_error_names_the_file_and_the_lines)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct machine m = { .config_path = (char *)"/home/me/.config/ingot/config.yaml" };

	cr_assert_eq(machine_no_mirror(&m, STR("trixie-security"), &err), -1);
	cr_assert_eq(err.code, ERR_NO_MIRROR);
	cr_assert_str_eq(err.message, "no mirror is known for the suite 'trixie-security'");
	cr_assert(strstr(err.detail, "in /home/me/.config/ingot/config.yaml:\n"
				     "  mirrors:\n"
				     "    - suite: trixie-security\n"
				     "      url: http://MIRROR/debian-security\n"));
	cr_assert(strstr(err.detail, "  URIs: http://MIRROR/debian-security\n"
				     "  Suites: trixie-security\n"));
}

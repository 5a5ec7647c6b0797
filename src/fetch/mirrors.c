/* Which of the machine's mirrors may have a suite, best first. */
#include "fetch/mirrors.h"

#include <string.h>

#include "base/mem.h"

/* "bookworm-security" is "bookworm" and "-security". */
static void split_suite(struct str suite, struct str *release, struct str *rest)
{
	size_t n = str_find_char(suite, '-');

	*release = (struct str){ suite.ptr, n };
	*rest = (struct str){ suite.ptr + n, suite.len - n };
}

struct choice {
	const char **urls;
	size_t n;
};

static void choose(struct choice *c, struct arena *arena, struct str url)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_equal_cstr(url, c->urls[i]))
			return;
	c->urls[c->n++] = arena_strdup(arena, url);
}

static void choose_named(const struct machine *m, struct str suite, enum machine_source source,
			 struct arena *arena, struct choice *c)
{
	for (size_t i = 0; i < m->n_mirrors; i++)
		if (m->mirrors[i].source == source && str_equal(m->mirrors[i].suite, suite))
			choose(c, arena, m->mirrors[i].url);
}

static void choose_siblings(const struct machine *m, struct str suite, struct arena *arena,
			    struct choice *c)
{
	struct str release, rest, other_release, other_rest;

	split_suite(suite, &release, &rest);
	for (size_t i = 0; i < m->n_mirrors; i++) {
		split_suite(m->mirrors[i].suite, &other_release, &other_rest);
		if (other_release.len && str_equal(rest, other_rest))
			choose(c, arena, m->mirrors[i].url);
	}
}

void machine_mirrors(const struct machine *m, struct str suite, struct arena *arena,
		     const char *const **ret, size_t *ret_n)
{
	struct choice c = { arena_array(arena, m->n_mirrors, sizeof(*c.urls)), 0 };
	struct str release, rest;

	for (enum machine_source s = MACHINE_FROM_ENVIRONMENT; s <= MACHINE_FROM_APT; s++) {
		choose_named(m, suite, s, arena, &c);
		choose_named(m, STR(""), s, arena, &c);
	}
	choose_siblings(m, suite, arena, &c);
	split_suite(suite, &release, &rest);
	if (rest.len && !str_equal_cstr(rest, "-security")) {
		for (enum machine_source s = MACHINE_FROM_ENVIRONMENT; s <= MACHINE_FROM_APT; s++)
			choose_named(m, release, s, arena, &c);
		choose_siblings(m, release, arena, &c);
	}
	*ret = c.urls;
	*ret_n = c.n;
}

int machine_no_mirror(const struct machine *m, struct str suite, struct error *err)
{
	const char *folder = str_has_suffix(suite, STR("-security")) ? "debian-security" : "debian";

	err_set(err, ERR_NO_MIRROR, "no mirror is known for the suite '" STR_FMT "'",
		STR_ARG(suite));
	err_detail(err, "in %s:\n"
		   "  mirrors:\n"
		   "    - suite: " STR_FMT "\n"
		   "      url: http://MIRROR/%s\n"
		   "or in /etc/apt/sources.list.d/debian.sources:\n"
		   "  Types: deb\n"
		   "  URIs: http://MIRROR/%s\n"
		   "  Suites: " STR_FMT "\n"
		   "  Components: main\n", m->config_path, STR_ARG(suite), folder, folder,
		   STR_ARG(suite));
	return err_hint(err, "add these lines with a Debian mirror for MIRROR, or set "
			     "INGOT_MIRROR=http://MIRROR/debian for once");
}

/*
 * dpkg: questions about versions, architectures and names. Those about packages
 * are dpkg-query's, which it calls itself.
 */
#include "debian/command_list.h"
#include "resolve/archive.h"
#include "resolve/deb822.h"

#define USAGE_STATUS 2

enum relation { LESS = 1, EQUAL = 2, GREATER = 4 };

/* For which orders the answer is yes; for an empty version on one side or both. */
static const struct {
	const char *word;
	unsigned orders;
	bool none_a, none_both, none_b;
} operators[] = {
	{ "le", LESS | EQUAL, true, true, false },
	{ "lt", LESS, true, false, false },
	{ "eq", EQUAL, false, true, false },
	{ "ne", LESS | GREATER, true, false, true },
	{ "ge", GREATER | EQUAL, false, true, true },
	{ "gt", GREATER, false, false, true },
	{ "le-nl", LESS | EQUAL, false, true, true },
	{ "lt-nl", LESS, false, false, true },
	{ "ge-nl", GREATER | EQUAL, true, true, false },
	{ "gt-nl", GREATER, true, false, false },
	{ "<", LESS | EQUAL, true, true, false },
	{ "<=", LESS | EQUAL, true, true, false },
	{ "<<", LESS, true, false, false },
	{ "=", EQUAL, false, true, false },
	{ ">", GREATER | EQUAL, false, true, true },
	{ ">=", GREATER | EQUAL, false, true, true },
	{ ">>", GREATER, false, false, true },
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What makes the program stop instead of warning; *version is trimmed. */
static const char *version_fault(struct str *version)
{
	size_t colon, hyphen;
	uint64_t epoch;
	struct str rest;

	while (version->len && is_blank(*version->ptr))
		*version = (struct str){ version->ptr + 1, version->len - 1 };
	while (version->len && is_blank(version->ptr[version->len - 1]))
		version->len--;
	if (!version->len)
		return "version string is empty";
	for (size_t i = 0; i < version->len; i++)
		if (is_blank(version->ptr[i]))
			return "version string has embedded spaces";
	rest = *version;
	colon = str_find_char(rest, ':');
	if (colon < rest.len) {
		if (!str_parse_u64((struct str){ rest.ptr, colon }, &epoch) || epoch > INT32_MAX)
			return "epoch in version is not number";
		rest = (struct str){ rest.ptr + colon + 1, rest.len - colon - 1 };
		if (!rest.len)
			return "nothing after colon in version number";
	}
	for (hyphen = rest.len; hyphen > 0 && rest.ptr[hyphen - 1] != '-'; hyphen--)
		;
	if (hyphen && hyphen == rest.len)
		return "revision number is empty";
	if (hyphen == 1)
		return "version number is empty";
	return NULL;
}

static bool is_none(struct str version)
{
	return !version.len || str_equal_cstr(version, "<unknown>");
}

static int compare_versions(struct shell_call *c, const struct str *word, size_t n,
			    struct error *err)
{
	struct str a, b;
	const char *fault = NULL;
	unsigned order;

	if (n != 3)
		return shell_fail(c, USAGE_STATUS,
				  "dpkg: error: --compare-versions takes three "
				  "arguments: <version> <relation> <version>");
	a = word[0];
	b = word[2];
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!str_equal_cstr(word[1], operators[i].word))
			continue;
		if (!is_none(a))
			fault = version_fault(&a);
		if (!fault && !is_none(b))
			fault = version_fault(&b);
		if (fault)
			return shell_fail(c, USAGE_STATUS,
					  "dpkg: error: version has bad syntax: "
					  "%s",
					  fault);
		if (is_none(a) && is_none(b))
			return !operators[i].none_both;
		if (is_none(a))
			return !operators[i].none_a;
		if (is_none(b))
			return !operators[i].none_b;
		order = version_compare(a, b) < 0 ? LESS : version_compare(a, b) ? GREATER : EQUAL;
		return !(operators[i].orders & order);
	}
	(void)err;
	return shell_fail(c, USAGE_STATUS, "dpkg: error: --compare-versions bad relation");
}

static int print_architecture(struct shell_call *c, const struct str *word, size_t n,
			      struct error *err)
{
	(void)word;
	(void)err;
	if (n)
		return shell_fail(c, USAGE_STATUS,
				  "dpkg: error: --print-architecture takes no arguments");
	buf_printf(c->out, STR_FMT "\n", STR_ARG(c->world->architecture));
	return 0;
}

static int print_foreign(struct shell_call *c, const struct str *word, size_t n, struct error *err)
{
	struct str text = STR(""), line;

	(void)word;
	if (n)
		return shell_fail(c, USAGE_STATUS,
				  "dpkg: error: --print-foreign-architectures takes no arguments");
	if (debian_read(debian_of(c), STR("/var/lib/dpkg/arch"), &text, err) < 0)
		return -1;
	while (text.len && str_split(&text, '\n', &line))
		if (line.len && !str_equal(line, c->world->architecture))
			buf_printf(c->out, STR_FMT "\n", STR_ARG(line));
	return 0;
}

/* --assert-X: whether a dpkg that can do it is configured. */
static int assert_feature(struct shell_call *c, const struct str *word, size_t n, struct error *err)
{
	const struct unpacked *dpkg = debian_find(debian_of(c), STR("dpkg"));

	(void)word;
	(void)err;
	if (n)
		return shell_fail(c, USAGE_STATUS, "dpkg: error: --assert takes no arguments");
	return dpkg && dpkg->state == PACKAGE_INSTALLED ? 0 : 1;
}

static int validate(struct shell_call *c, const struct str *word, size_t n, bool ok)
{
	if (n != 1)
		return shell_fail(c, USAGE_STATUS, "dpkg: error: --validate takes one argument");
	if (ok)
		return 0;
	return shell_fail(c, 1, "dpkg: error: '" STR_FMT "' is not valid", STR_ARG(word[0]));
}

/* dpkg's rule: begins with a letter or digit, then letters, digits and "-+._". */
static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			     (ch >= '0' && ch <= '9');

		if (!plain && (i == 0 || !strchr("-+._", ch)))
			return false;
	}
	return name.len > 0;
}

static int validate_name(struct shell_call *c, const struct str *word, size_t n, struct error *err)
{
	(void)err;
	return validate(c, word, n, n == 1 && is_name(word[0]));
}

static int validate_version(struct shell_call *c, const struct str *word, size_t n,
			    struct error *err)
{
	struct str version = n == 1 ? word[0] : STR("");

	if (n == 1 && !version_fault(&version) && !package_version_ok(version))
		return shell_refuse(c, err, "no model of a version that dpkg warns about");
	return validate(c, word, n, n == 1 && !version_fault(&version));
}

static int show_version(struct shell_call *c, const struct str *word, size_t n, struct error *err)
{
	const struct unpacked *dpkg = debian_find(debian_of(c), STR("dpkg"));

	(void)word;
	if (n || !dpkg)
		return shell_refuse(c, err, "no model of --version here");
	buf_printf(c->out,
		   "Debian 'dpkg' package management program version " STR_FMT " (" STR_FMT ").\n"
		   "This is free software; see the GNU General Public License version 2 or\n"
		   "later for copying conditions. There is NO warranty.\n",
		   STR_ARG(dpkg->package->version), STR_ARG(c->world->architecture));
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct shell_call *c, const struct str *word, size_t n, struct error *err);
} actions[] = {
	{ "--compare-versions", compare_versions },
	{ "--print-architecture", print_architecture },
	{ "--print-installation-architecture", print_architecture },
	{ "--print-foreign-architectures", print_foreign },
	{ "--assert-support-predepends", assert_feature },
	{ "--assert-working-epoch", assert_feature },
	{ "--assert-long-filenames", assert_feature },
	{ "--assert-multi-conrep", assert_feature },
	{ "--assert-multi-arch", assert_feature },
	{ "--assert-versioned-provides", assert_feature },
	{ "--assert-protected-field", assert_feature },
	{ "--validate-pkgname", validate_name },
	{ "--validate-version", validate_version },
	{ "--version", show_version },
};

static const char *const query_actions[] = {
	"-l", "--list", "-s", "--status", "-L", "--listfiles", "-S", "--search", "--get-selections",
};

int command_dpkg(struct shell_call *c, struct error *err)
{
	const struct str *word = c->argv + 1;
	size_t n = c->argc - 1;

	if (!n)
		return shell_fail(c, USAGE_STATUS, "dpkg: error: need an action option");
	for (size_t i = 0; i < sizeof(query_actions) / sizeof(query_actions[0]); i++)
		if (str_equal_cstr(word[0], query_actions[i]))
			return command_dpkg_query(c, err);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		bool dashes = n > 1 && str_equal_cstr(word[1], "--");

		if (str_equal_cstr(word[0], actions[i].word))
			return actions[i].run(c, word + 1 + dashes, n - 1 - dashes, err);
	}
	return shell_refuse(c, err, "no model of '" STR_FMT "'", STR_ARG(word[0]));
}

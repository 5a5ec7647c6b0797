#include "debian/conf_line.h"

#include "base/limits.h"
#include "debian/conf_files.h"

#define TEXT_MAX DEBIAN_SCRIPT_MAX

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The escape behind a backslash at @text; its length, or 0 if it is none. */
static size_t unescape_one(struct str text, char *ret)
{
	static const char from[] = "abfnrtv\\\"'s", to[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *at = text.len && *text.ptr ? strchr(from, *text.ptr) : NULL;
	unsigned value = 0;

	if (at) {
		*ret = to[at - from];
		return 1;
	}
	if (text.len >= 3 && *text.ptr == 'x' && hex_value(text.ptr[1]) >= 0 &&
	    hex_value(text.ptr[2]) >= 0) {
		value = (unsigned)(hex_value(text.ptr[1]) * 16 + hex_value(text.ptr[2]));
		*ret = (char)value;
		return value ? 3 : 0;
	}
	for (size_t i = 0; i < 3; i++) {
		if (text.len < 3 || text.ptr[i] < '0' || text.ptr[i] > '7')
			return 0;
		value = 8 * value + (unsigned)(text.ptr[i] - '0');
	}
	*ret = (char)value;
	return value && value < 256 ? 3 : 0;
}

bool conf_unescape(struct arena *arena, struct str text, struct str *ret)
{
	CLEANUP_BUF struct buf b = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\') {
			size_t n = unescape_one((struct str){ text.ptr + i + 1, text.len - i - 1 },
						&c);

			if (!n)
				return false;
			i += n;
		}
		buf_add_char(&b, c);
	}
	*ret = arena_str(arena, buf_str(&b));
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int conf_word(struct arena *arena, struct str *rest, struct str *ret)
{
	CLEANUP_BUF struct buf b = BUF_INIT(TEXT_MAX);
	char quote = '\0';
	size_t i = 0, n;

	while (i < rest->len && is_blank(rest->ptr[i]))
		i++;
	if (i == rest->len)
		return 0;
	for (; i < rest->len && (quote || !is_blank(rest->ptr[i])); i++) {
		char c = rest->ptr[i];

		if (quote && c == quote) {
			quote = '\0';
			continue;
		}
		if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (c == '\\') {
			n = unescape_one((struct str){ rest->ptr + i + 1, rest->len - i - 1 }, &c);
			if (!n)
				return -1;
			i += n;
		}
		buf_add_char(&b, c);
	}
	if (quote)
		return -1;
	while (i < rest->len && is_blank(rest->ptr[i]))
		i++;
	*rest = (struct str){ rest->ptr + i, rest->len - i };
	*ret = arena_str(arena, buf_str(&b));
	return 1;
}

/* A field of os-release(5), "" if it has none. False: there is no such file. */
static bool os_release(struct debian *d, struct str key, struct str *ret)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	struct str text, line, word;

	*ret = STR("");
	if (debian_read(d, STR("etc/os-release"), &text, &ignored) != 0 &&
	    debian_read(d, STR("usr/lib/os-release"), &text, &ignored) != 0)
		return false;
	while (str_split(&text, '\n', &line)) {
		if (!str_has_prefix(line, key) || line.len <= key.len || line.ptr[key.len] != '=')
			continue;
		line = (struct str){ line.ptr + key.len + 1, line.len - key.len - 1 };
		if (conf_word(d->arena, &line, &word) == 1)
			*ret = word;
	}
	return true;
}

static struct str architecture(const struct debian *d)
{
	static const char *const names[][2] = {
		{ "amd64", "x86-64" }, { "i386", "x86" },	 { "arm64", "arm64" },
		{ "armhf", "arm" },    { "riscv64", "riscv64" }, { "ppc64el", "ppc64-le" },
		{ "s390x", "s390x" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal_cstr(d->options->architecture, names[i][0]))
			return str_of(names[i][1]);
	return d->options->architecture;
}

static bool expand_one(struct debian *d, char specifier, struct str *ret)
{
	static const struct {
		char specifier;
		const char *text;
	} fixed[] = {
		{ '%', "%" },	 { 'g', "root" },     { 'G', "0" },	     { 'u', "root" },
		{ 'U', "0" },	 { 'h', "/root" },    { 'T', "/tmp" },	     { 'V', "/var/tmp" },
		{ 't', "/run" }, { 'S', "/var/lib" }, { 'C', "/var/cache" }, { 'L', "/var/log" },
	};
	static const struct {
		char specifier;
		const char *key;
	} release[] = { { 'A', "IMAGE_VERSION" }, { 'B', "BUILD_ID" },
			{ 'M', "IMAGE_ID" },	  { 'o', "ID" },
			{ 'w', "VERSION_ID" },	  { 'W', "VARIANT_ID" } };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (fixed[i].specifier == specifier) {
			*ret = str_of(fixed[i].text);
			return true;
		}
	for (size_t i = 0; i < sizeof(release) / sizeof(*release); i++)
		if (release[i].specifier == specifier) {
			return os_release(d, str_of(release[i].key), ret);
		}
	*ret = architecture(d);
	return specifier == 'a';
}

enum conf_expansion conf_expand(struct debian *d, struct str text, struct str *ret)
{
	CLEANUP_BUF struct buf b = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; i < text.len; i++) {
		struct str value;

		if (text.ptr[i] != '%') {
			buf_add_char(&b, text.ptr[i]);
			continue;
		}
		if (++i == text.len) {
			buf_add_char(&b, '%');
			break;
		}
		if (strchr("mbHlvq", text.ptr[i]))
			return CONF_OF_THE_MACHINE;
		if (!expand_one(d, text.ptr[i], &value))
			return CONF_BAD;
		buf_add_str(&b, value);
	}
	*ret = arena_str(d->arena, buf_str(&b));
	return CONF_EXPANDED;
}

#define FOLDERS 4u

static void folders_of(struct debian *d, const char *kind, const char **ret)
{
	static const char *const tops[FOLDERS] = { "/etc", "/run", "/usr/local/lib", "/usr/lib" };

	for (size_t i = 0; i < FOLDERS; i++)
		ret[i] = arena_printf(d->arena, "%s/%s", tops[i], kind);
}

static bool find_named(struct debian *d, const char *const *folders, struct str name,
		       struct str *ret)
{
	if (str_equal_cstr(name, "-")) {
		*ret = STR("");
		return true;
	}
	if (name.len && *name.ptr == '/') {
		*ret = name;
		return tree_resolve(d->tree, name, true) != NULL;
	}
	for (size_t i = 0; i < FOLDERS; i++) {
		*ret = str_of(arena_printf(d->arena, "%s/" STR_FMT, folders[i], STR_ARG(name)));
		if (tree_resolve(d->tree, *ret, true))
			return true;
	}
	return false;
}

int conf_choose(struct debian *d, const char *kind, const struct str *names, size_t n,
		struct str **ret, size_t *ret_n, struct str *ret_missing, struct error *err)
{
	const char *folders[FOLDERS];
	struct conf_file *all;

	(void)err;
	folders_of(d, kind, folders);
	if (!n) {
		conf_files_list(d, folders, FOLDERS, STR(".conf"), &all, ret_n);
		*ret = arena_array(d->arena, *ret_n + 1, sizeof(**ret));
		for (size_t i = 0; i < *ret_n; i++)
			(*ret)[i] = all[i].path;
		return 0;
	}
	*ret = arena_array(d->arena, n, sizeof(**ret));
	*ret_n = n;
	for (size_t i = 0; i < n; i++)
		if (!find_named(d, folders, names[i], &(*ret)[i])) {
			*ret_missing = names[i];
			return 1;
		}
	return 0;
}

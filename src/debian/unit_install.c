#include "debian/unit_install.h"

#include "base/buf.h"
#include "base/limits.h"

static const char *const suffixes[] = {
	".service", ".socket", ".target", ".device", ".mount", ".automount",
	".swap",    ".timer",  ".path",	  ".slice",  ".scope",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct str unit_name_suffix(struct str name)
{
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (str_has_suffix(name, str_of(suffixes[i])))
			return (struct str){ name.ptr + name.len - strlen(suffixes[i]),
					     strlen(suffixes[i]) };
	return STR("");
}

static bool is_unit_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("@:-_.\\", c));
}

enum unit_name_kind unit_name_kind(struct str name)
{
	struct str suffix = unit_name_suffix(name);
	size_t at = str_find_char(name, '@');

	if (!suffix.len || name.len > LIMIT_NAME_MAX || name.len == suffix.len || at == 0)
		return UNIT_NAME_BAD;
	for (size_t i = 0; i < name.len; i++)
		if (!is_unit_char(name.ptr[i]))
			return UNIT_NAME_BAD;
	if (at == name.len)
		return UNIT_NAME_PLAIN;
	return at + 1 == name.len - suffix.len ? UNIT_NAME_TEMPLATE : UNIT_NAME_INSTANCE;
}

struct str unit_name_instance(struct str name)
{
	size_t at = str_find_char(name, '@');
	struct str suffix = unit_name_suffix(name);

	if (at == name.len || at + 1 + suffix.len > name.len)
		return STR("");
	return (struct str){ name.ptr + at + 1, name.len - suffix.len - at - 1 };
}

struct str unit_name_template(struct arena *arena, struct str name)
{
	struct str suffix = unit_name_suffix(name);
	size_t at = str_find_char(name, '@');

	if (at == name.len)
		return name;
	return str_of(arena_printf(arena, "%.*s@" STR_FMT, (int)at, name.ptr, STR_ARG(suffix)));
}

struct str unit_name_of_instance(struct arena *arena, struct str template, struct str instance)
{
	struct str suffix = unit_name_suffix(template);
	size_t at = str_find_char(template, '@');

	return str_of(arena_printf(arena, "%.*s@" STR_FMT STR_FMT, (int)at, template.ptr,
				   STR_ARG(instance), STR_ARG(suffix)));
}

struct str unit_name_complete(struct arena *arena, struct str name)
{
	if (unit_name_suffix(name).len)
		return name;
	return str_of(arena_printf(arena, STR_FMT ".service", STR_ARG(name)));
}

void unit_words_add(struct arena *arena, struct unit_words *to, struct str word)
{
	for (size_t i = 0; i < to->n; i++)
		if (str_equal(to->words[i], word))
			return;
	if (to->n == to->capacity) {
		size_t capacity = to->capacity ? 2 * to->capacity : 8;
		struct str *grown = arena_array(arena, capacity, sizeof(*grown));

		if (to->n)
			memcpy(grown, to->words, to->n * sizeof(*grown));
		to->words = grown;
		to->capacity = capacity;
	}
	to->words[to->n++] = arena_str(arena, word);
}

static void read_list(struct arena *arena, struct str value, struct unit_install *to,
		      enum unit_install_key key)
{
	size_t at = 0;

	if (!value.len) /* an empty assignment takes back what was said before */
		to->list[key].n = 0;
	while (at < value.len) {
		size_t start;

		while (at < value.len && (value.ptr[at] == ' ' || value.ptr[at] == '\t'))
			at++;
		start = at;
		while (at < value.len && value.ptr[at] != ' ' && value.ptr[at] != '\t') {
			if (strchr("\"'\\", value.ptr[at]))
				to->foreign = true;
			at++;
		}
		if (at > start)
			unit_words_add(arena, &to->list[key],
				       (struct str){ value.ptr + start, at - start });
	}
}

static void read_assignment(struct arena *arena, struct str key, struct str value, unsigned systemd,
			    struct unit_install *to)
{
	static const char *const keys[INSTALL_LISTS] = {
		[INSTALL_ALIAS] = "Alias",
		[INSTALL_WANTED_BY] = "WantedBy",
		[INSTALL_REQUIRED_BY] = "RequiredBy",
		[INSTALL_UPHELD_BY] = "UpheldBy",
		[INSTALL_ALSO] = "Also",
	};

	if (str_equal_cstr(key, "DefaultInstance"))
		to->default_instance = arena_str(arena, value);
	for (int k = 0; k < INSTALL_LISTS; k++)
		if (str_equal_cstr(key, keys[k]) && (k != INSTALL_UPHELD_BY || systemd >= 254))
			read_list(arena, value, to, (enum unit_install_key)k);
}

/* The next line with its continuations; comments between them are passed over. */
static bool next_line(struct arena *arena, struct str *text, struct str *ret)
{
	struct str line, joined = STR("");
	bool more = false;

	while (str_split(text, '\n', &line)) {
		struct str bare = str_trim(line);
		bool comment = bare.len && strchr("#;", bare.ptr[0]);

		if (comment)
			continue;
		more = line.len && line.ptr[line.len - 1] == '\\';
		if (more)
			line.len--;
		joined = str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(joined),
					     joined.len ? " " : "", STR_ARG(line)));
		if (more)
			continue;
		*ret = str_trim(joined);
		return true;
	}
	*ret = str_trim(joined);
	return ret->len > 0;
}

void unit_install_read(struct arena *arena, struct str text, unsigned systemd,
		       struct unit_install *to)
{
	bool install = false;
	struct str line;

	while (next_line(arena, &text, &line)) {
		size_t equals = str_find_char(line, '=');

		if (line.len && line.ptr[0] == '[') {
			install = str_equal_cstr(line, "[Install]");
			continue;
		}
		if (!install || equals == line.len)
			continue;
		read_assignment(
			arena, str_trim((struct str){ line.ptr, equals }),
			str_trim((struct str){ line.ptr + equals + 1, line.len - equals - 1 }),
			systemd, to);
	}
}

static bool expand_one(char specifier, struct str name, struct str instance, struct buf *to)
{
	struct str suffix = unit_name_suffix(name);
	struct str bare = { name.ptr, name.len - suffix.len };
	struct str prefix = { bare.ptr, str_find_char(bare, '@') };
	size_t dash = prefix.len;

	switch (specifier) {
	case '%':
		buf_add_char(to, '%');
		return true;
	case 'i':
		buf_add_str(to, instance);
		return true;
	case 'n':
		buf_add_str(to, name);
		return true;
	case 'N':
		buf_add_str(to, bare);
		return true;
	case 'p':
		buf_add_str(to, prefix);
		return true;
	case 'j':
		while (dash && prefix.ptr[dash - 1] != '-')
			dash--;
		buf_add_str(to, (struct str){ prefix.ptr + dash, prefix.len - dash });
		return true;
	default:
		return false;
	}
}

bool unit_expand(struct arena *arena, struct str word, struct str name, struct str default_instance,
		 struct str *ret)
{
	CLEANUP_BUF struct buf b = BUF_INIT(LIMIT_PATH_MAX * 16u);
	struct str instance = unit_name_instance(name);

	if (unit_name_kind(name) == UNIT_NAME_TEMPLATE && default_instance.len) {
		instance = default_instance;
		name = unit_name_of_instance(arena, name, default_instance);
	}
	for (size_t i = 0; i < word.len && b.len < LIMIT_PATH_MAX; i++) {
		if (word.ptr[i] != '%') {
			buf_add_char(&b, word.ptr[i]);
			continue;
		}
		if (++i == word.len || !expand_one(word.ptr[i], name, instance, &b))
			return false;
	}
	*ret = arena_str(arena, buf_str(&b));
	return b.len < LIMIT_PATH_MAX;
}

/* Links that a unit asks for, as deb-systemd-helper reads it. */
#include "debian/systemd_helper.h"

/* The words that were seen on the way to a unit. */
struct visited {
	struct str names[LINKS_MAX];
	size_t n;
};

int helper_fail(struct helper *h, const char *what, struct str name)
{
	buf_printf(h->c->err, "/usr/bin/deb-systemd-helper: error: %s" STR_FMT "\n", what,
		   STR_ARG(name));
	return FAILED;
}

struct str helper_find_unit(const struct helper *h, struct str name)
{
	static const char *const tops[] = { "/etc", "/lib", "/usr/lib" };

	for (size_t i = 0; i < 3; i++) {
		struct str path = str_of(arena_printf(h->f.arena, "%s/systemd/%s/" STR_FMT, tops[i],
						      h->instance, STR_ARG(name)));

		if (files_is_regular(&h->f, path))
			return path;
	}
	return name;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
	return c && strchr(" \t\r\n\f\v", c);
}

/* As /^\s*KEY=(.+)$/i; *ret_exact: the case of the key was as given. */
bool helper_value(struct str line, const char *key, struct str *ret, bool *ret_exact)
{
	size_t len = strlen(key);

	while (line.len && is_blank(*line.ptr)) {
		line.ptr++;
		line.len--;
	}
	if (line.len < len + 2 || line.ptr[len] != '=')
		return false;
	*ret_exact = memcmp(line.ptr, key, len) == 0;
	for (size_t i = 0; i < len; i++)
		if (lower(line.ptr[i]) != lower(key[i]))
			return false;
	*ret = (struct str){ line.ptr + len + 1, line.len - len - 1 };
	return true;
}

/* As split(/\s+/): a blank in front gives an empty word, blanks at the end give none. */
static bool next_word(struct str *rest, struct str *ret)
{
	size_t n = 0;

	while (rest->len && is_blank(rest->ptr[rest->len - 1]))
		rest->len--;
	if (!rest->len)
		return false;
	while (n < rest->len && !is_blank(rest->ptr[n]))
		n++;
	*ret = (struct str){ rest->ptr, n };
	while (n < rest->len && is_blank(rest->ptr[n]))
		n++;
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	return true;
}

/* Takes a pair of quotes off; what matched before is forgotten then: *ret_quote. */
static struct str unquote(struct str word, char *ret_quote)
{
	*ret_quote = '\0';
	if (word.len < 2 || !strchr("\"'", *word.ptr) || word.ptr[word.len - 1] != *word.ptr)
		return word;
	*ret_quote = *word.ptr;
	return (struct str){ word.ptr + 1, word.len - 2 };
}

static int add_link(struct helper *h, struct str dest, const char *src, struct error *err)
{
	if (h->n == LINKS_MAX)
		return shell_refuse(h->c, err, "more than %u links of one unit", LINKS_MAX);
	h->links[h->n++] = (struct helper_link){ dest, str_of(src) };
	return 0;
}

struct unit_text {
	struct str path, name; /* of the unit */
	struct str wanted;     /* name of the links in .wants: an instance of a template */
	struct str folders[LINKS_MAX];
	size_t n_folders;
};

static void add_folders(struct helper *h, struct unit_text *u, struct str value, const char *suffix)
{
	struct str word;
	char quote;

	while (next_word(&value, &word) && u->n_folders < LINKS_MAX) {
		word = unquote(word, &quote);
		u->folders[u->n_folders++] =
			str_of(arena_printf(h->f.arena, "/etc/systemd/%s/" STR_FMT "%s/",
					    h->instance, STR_ARG(word), quote ? "" : suffix));
	}
}

/* The whole value is the link's name, however many words it has; so is the real one. */
static int add_aliases(struct helper *h, const struct unit_text *u, struct str value,
		       struct error *err)
{
	struct str rest = value, word;
	char quote;

	while (next_word(&rest, &word)) {
		struct str name = unquote(word, &quote), src = value;
		int r;

		if (str_equal(name, u->name))
			continue;
		if (quote)
			src = (struct str){ word.ptr, 1 };
		r = add_link(h, u->path,
			     arena_printf(h->f.arena, "/etc/systemd/%s/" STR_FMT, h->instance,
					  STR_ARG(src)),
			     err);
		if (r)
			return r;
	}
	return 0;
}

static void set_instance(struct helper *h, struct unit_text *u, struct str value)
{
	size_t at = str_find_char(u->name, '@');
	struct str word = value;

	if (strchr("\"'", *value.ptr)) { /* up to the last quote of the kind */
		struct str bare = str_trim(value);

		if (bare.len > 2 && bare.ptr[bare.len - 1] == *value.ptr)
			word = (struct str){ bare.ptr + 1, bare.len - 2 };
	}
	u->wanted = u->name;
	if (at + 1 < u->name.len && u->name.ptr[at + 1] == '.')
		u->wanted = str_of(arena_printf(h->f.arena, "%.*s@" STR_FMT "%.*s", (int)at,
						u->name.ptr, STR_ARG(word),
						(int)(u->name.len - at - 1), u->name.ptr + at + 1));
}

static int closure(struct helper *h, struct str path, struct visited seen, unsigned depth,
		   struct error *err);

static int add_also(struct helper *h, const struct unit_text *u, struct str value,
		    struct visited *seen, unsigned depth, struct error *err)
{
	struct str word;
	char quote;

	while (next_word(&value, &word)) {
		bool known = false;
		int r;

		word = unquote(word, &quote);
		for (size_t i = 0; i < seen->n; i++)
			known |= str_equal(seen->names[i], word);
		if (known || str_equal(word, u->name))
			continue;
		if (seen->n == LINKS_MAX || depth == DEPTH_MAX)
			return shell_refuse(h->c, err, "Also= leads through too many units");
		seen->names[seen->n++] = word;
		r = closure(h, helper_find_unit(h, word), *seen, depth + 1, err);
		if (r)
			return r;
	}
	return 0;
}

static int read_line(struct helper *h, struct unit_text *u, struct str line, struct visited *seen,
		     unsigned depth, struct error *err)
{
	struct str value;
	bool exact = false;

	if (helper_value(line, "WantedBy", &value, &exact))
		add_folders(h, u, value, exact ? ".wants" : "");
	else if (helper_value(line, "RequiredBy", &value, &exact))
		add_folders(h, u, value, exact ? ".requires" : "");
	else if (helper_value(line, "Also", &value, &exact))
		return add_also(h, u, value, seen, depth, err);
	else if (helper_value(line, "Alias", &value, &exact))
		return add_aliases(h, u, value, err);
	else if (helper_value(line, "DefaultInstance", &value, &exact))
		set_instance(h, u, value);
	return 0;
}

/* All links that enabling needs: those of Also= where it stands, then aliases, then wants. */
static int closure(struct helper *h, struct str path, struct visited seen, unsigned depth,
		   struct error *err)
{
	struct unit_text *u = arena_alloc(h->f.arena, sizeof(*u));
	struct str text, line;
	int r = files_read(&h->f, path, &text, err);

	if (r < 0)
		return -1;
	if (r)
		return helper_fail(h, "unable to read ", path);
	u->path = path;
	u->name = u->wanted = path_last(path);
	while (r == 0 && str_split(&text, '\n', &line))
		r = read_line(h, u, line, &seen, depth, err);
	for (size_t i = 0; r == 0 && i < u->n_folders; i++)
		r = add_link(h, path,
			     arena_printf(h->f.arena, STR_FMT STR_FMT, STR_ARG(u->folders[i]),
					  STR_ARG(u->wanted)),
			     err);
	return r;
}

int helper_link_closure(struct helper *h, struct str path, struct error *err)
{
	struct visited *seen = arena_alloc(h->f.arena, sizeof(*seen));

	h->n = 0;
	return closure(h, path, *seen, 0, err);
}

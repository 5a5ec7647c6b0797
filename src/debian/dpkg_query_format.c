/*
 * What dpkg-query prints of a package: its record, and rows by a format.
 */
#include "debian/dpkg_query_private.h"
#include "resolve/deb822.h"

#define STANZA_MAX (4u << 20)

static const struct {
	const char *words;
	char abbreviation;
} states[] = {
	[PACKAGE_NOT_INSTALLED] = { "unknown ok not-installed", 'n' },
	[PACKAGE_HALF_INSTALLED] = { "install reinstreq half-installed", 'H' },
	[PACKAGE_UNPACKED] = { "install ok unpacked", 'U' },
	[PACKAGE_HALF_CONFIGURED] = { "install ok half-configured", 'F' },
	[PACKAGE_INSTALLED] = { "install ok installed", 'i' },
};

static const char *status_words(const struct row *r)
{
	return states[r->u ? r->u->state : PACKAGE_NOT_INSTALLED].words;
}

/* The n-th word of Status. */
static struct str status_word(const struct row *r, unsigned which)
{
	struct str words = str_of(status_words(r)), word = STR("");

	for (unsigned i = 0; i <= which; i++)
		if (!str_split(&words, ' ', &word))
			return STR("");
	return word;
}

/* A conffile has no digest in status until it is configured. */
static void without_digests(struct str text, struct buf *to)
{
	bool conffiles = false;
	struct str line;

	text.len -= text.len && text.ptr[text.len - 1] == '\n';
	while (str_split(&text, '\n', &line)) {
		struct str path = { line.ptr, line.len };

		conffiles = str_equal_cstr(line, "Conffiles:") ||
			    (conffiles && line.len && *line.ptr == ' ');
		if (conffiles && *line.ptr == ' ' &&
		    !str_has_suffix(line, STR("newconffile remove-on-upgrade"))) {
			while (path.len && path.ptr[path.len - 1] != ' ')
				path.len--;
			buf_printf(to, STR_FMT "newconffile\n", STR_ARG(path));
		} else {
			buf_printf(to, STR_FMT "\n", STR_ARG(line));
		}
	}
}

void dpkg_query_add_stanza(const struct unpacked *u, struct buf *to)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STANZA_MAX);

	debian_stanza(u, states[u->state].words, &text);
	if (u->state == PACKAGE_UNPACKED)
		without_digests(buf_str(&text), to);
	else
		buf_add_str(to, buf_str(&text));
}

/* Value of a field in a stanza, its lines joined as they stand. */
static struct str stanza_value(struct str text, struct str name)
{
	size_t at = 0;

	while (at < text.len) {
		struct str rest = { text.ptr + at, text.len - at };
		size_t end = str_find_char(rest, '\n'), colon;

		while (end + 1 < rest.len && rest.ptr[end + 1] == ' ')
			end += 1 +
			       str_find_char((struct str){ rest.ptr + end + 1, rest.len - end - 1 },
					     '\n');
		colon = str_find_char(rest, ':');
		if (colon < end && deb822_is((struct str){ rest.ptr, colon }, name)) {
			struct str value = { rest.ptr + colon + 1, end - colon - 1 };

			if (value.len && (*value.ptr == ' ' || *value.ptr == '\n'))
				value = (struct str){ value.ptr + 1, value.len - 1 };
			return value;
		}
		at += end + 1;
	}
	return STR("");
}

static struct str source_field(const struct row *r, bool version)
{
	struct str source = unpacked_field(r->u, STR("Source"));
	size_t blank = str_find_char(source, ' '), open = str_find_char(source, '(');

	if (!version)
		return source.len ? (struct str){ source.ptr, blank } : r->u->package->name;
	if (open == source.len)
		return r->u->package->version;
	source = (struct str){ source.ptr + open + 1, source.len - open - 1 };
	return (struct str){ source.ptr, str_find_char(source, ')') };
}

static struct str abbreviation(const struct query *q, const struct row *r)
{
	enum package_state state = r->u ? r->u->state : PACKAGE_NOT_INSTALLED;

	return str_of(arena_printf(q->d->arena, "%c%c%c", r->u ? 'i' : 'u',
				   states[state].abbreviation,
				   state == PACKAGE_HALF_INSTALLED ? 'R' : ' '));
}

/* 0, or 1 when the field has no model here. */
static int field_value(const struct query *q, const struct row *r, struct str name, struct str *ret)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STANZA_MAX);

	*ret = STR("");
	if (deb822_is(name, STR("Package")))
		*ret = r->u ? r->u->package->name : r->id;
	else if (deb822_is(name, STR("Status")))
		*ret = str_of(status_words(r));
	else if (str_equal_cstr(name, "binary:Package"))
		*ret = r->id;
	else if (str_equal_cstr(name, "db:Status-Want"))
		*ret = status_word(r, 0);
	else if (str_equal_cstr(name, "db:Status-Eflag"))
		*ret = status_word(r, 1);
	else if (str_equal_cstr(name, "db:Status-Status"))
		*ret = status_word(r, 2);
	else if (str_equal_cstr(name, "db:Status-Abbrev"))
		*ret = abbreviation(q, r);
	else if (str_equal_cstr(name, "source:Package") && r->u)
		*ret = source_field(r, false);
	else if (str_equal_cstr(name, "source:Version") && r->u)
		*ret = source_field(r, true);
	else if (str_find_char(name, ':') < name.len)
		return 1;
	else if (r->u && r->u->state == PACKAGE_HALF_INSTALLED)
		return 1;
	else if (r->u) {
		dpkg_query_add_stanza(r->u, &text);
		*ret = arena_str(q->d->arena, stanza_value(buf_str(&text), name));
	}
	return 0;
}

static bool parse_width(struct str text, int *ret)
{
	bool left = text.len && *text.ptr == '-';
	uint64_t value;

	if (left)
		text = (struct str){ text.ptr + 1, text.len - 1 };
	if (!str_parse_u64(text, &value) || value > 4096 || (text.len > 1 && *text.ptr == '0'))
		return false;
	*ret = left ? -(int)value : (int)value;
	return true;
}

static void add_padded(struct buf *to, struct str text, int width)
{
	size_t n = (size_t)(width < 0 ? -width : width);
	size_t pad = n > text.len ? n - text.len : 0;

	if (width < 0)
		buf_add_str(to, text);
	for (size_t i = 0; i < pad; i++)
		buf_add_char(to, ' ');
	if (width >= 0)
		buf_add_str(to, text);
}

static int add_field(const struct query *q, const struct row *r, struct str spec, struct error *err)
{
	size_t semicolon = str_find_char(spec, ';');
	struct str value;
	int width = 0;

	if (semicolon < spec.len &&
	    !parse_width((struct str){ spec.ptr + semicolon + 1, spec.len - semicolon - 1 },
			 &width))
		return shell_refuse(q->c, err, "no model of the width in '" STR_FMT "'",
				    STR_ARG(spec));
	spec.len = semicolon;
	if (field_value(q, r, spec, &value))
		return shell_refuse(q->c, err, "no model of the field '" STR_FMT "'",
				    STR_ARG(spec));
	add_padded(q->c->out, value, width);
	return 0;
}

static char unescape(char ch)
{
	return (char)(ch == 'n' ? '\n' : ch == 't' ? '\t' : ch == 'r' ? '\r' : ch);
}

int dpkg_query_show_row(const struct query *q, const struct row *r, struct error *err)
{
	struct str f = q->format;

	for (size_t i = 0; i < f.len; i++) {
		size_t end;
		int status;

		if (f.ptr[i] == '\\' && i + 1 < f.len) {
			buf_add_char(q->c->out, unescape(f.ptr[++i]));
			continue;
		}
		if (f.ptr[i] != '$' || i + 1 == f.len || f.ptr[i + 1] != '{') {
			buf_add_char(q->c->out, f.ptr[i]);
			continue;
		}
		end = i + str_find_char((struct str){ f.ptr + i, f.len - i }, '}');
		if (end == f.len)
			return shell_fail(q->c, USAGE_STATUS,
					  "dpkg-query: invalid syntax in show format: missing "
					  "closing brace");
		status = add_field(q, r, (struct str){ f.ptr + i + 2, end - i - 2 }, err);
		if (status)
			return status;
		i = end;
	}
	return 0;
}

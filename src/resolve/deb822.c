#define _GNU_SOURCE
#include "resolve/deb822.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"

int deb822_open(struct deb822_reader *r, struct bytes text, const char *name,
		struct error *err)
{
	if (text.len && memchr(text.ptr, 0, text.len))
		return err_set(err, ERR_FORMAT, "'%s' holds a NUL byte", name);
	*r = (struct deb822_reader){ .rest = bytes_str(text), .name = name, .next = 1 };
	return 0;
}

int deb822_fail(const struct deb822_reader *r, struct error *err, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	err_set(err, ERR_FORMAT, "'%s', line %u: %s", r->name, r->line, text);
	free(text);
	return -1;
}

bool deb822_is(struct str name, struct str expected)
{
	if (name.len != expected.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (c != expected.ptr[i] &&
		    !(expected.ptr[i] >= 'A' && expected.ptr[i] <= 'Z' &&
		      c == expected.ptr[i] + 32))
			return false;
	}
	return true;
}

/* Length of the next line without its newline. */
static size_t line_length(struct str text)
{
	const char *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;

	return end ? (size_t)(end - text.ptr) : text.len;
}

static void skip_line(struct deb822_reader *r, size_t length)
{
	length += length < r->rest.len; /* the newline */
	r->rest.ptr += length;
	r->rest.len -= length;
	r->next++;
}

static bool is_blank(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r')
			return false;
	return true;
}

static bool is_continuation(struct str rest)
{
	return rest.len && (*rest.ptr == ' ' || *rest.ptr == '\t') &&
	       !is_blank((struct str){ rest.ptr, line_length(rest) });
}

int deb822_next(struct deb822_reader *r, struct stanza_field *ret, struct error *err)
{
	struct str line = { r->rest.ptr, line_length(r->rest) };
	const char *colon;

	r->line = r->next;
	if (r->rest.len == 0)
		return DEB822_END;
	if (is_blank(line)) {
		while (r->rest.len && is_blank(line)) {
			skip_line(r, line.len);
			line = (struct str){ r->rest.ptr, line_length(r->rest) };
		}
		return DEB822_STANZA_END;
	}
	if (*line.ptr == ' ' || *line.ptr == '\t')
		return deb822_fail(r, err, "a continuation line without a field");
	colon = memchr(line.ptr, ':', line.len);
	if (!colon || colon == line.ptr)
		return deb822_fail(r, err, "no 'Field: value' in this line");
	ret->name = (struct str){ line.ptr, (size_t)(colon - line.ptr) };
	ret->value.ptr = colon + 1;
	skip_line(r, line.len);
	while (is_continuation(r->rest)) {
		line = (struct str){ r->rest.ptr, line_length(r->rest) };
		skip_line(r, line.len);
	}
	ret->value.len = (size_t)(line.ptr + line.len - ret->value.ptr);
	ret->value = str_trim(ret->value);
	return DEB822_FIELD;
}

bool is_archive_path(struct str path)
{
	struct str rest = path, part;

	if (path.len == 0 || path.len > LIMIT_PATH_MAX)
		return false;
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] <= ' ' || path.ptr[i] > '~')
			return false;
	while (str_split(&rest, '/', &part))
		if (part.len == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
			return false;
	return true;
}

static bool all_of(struct str s, const char *extra, bool upper)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (upper && c >= 'A' && c <= 'Z'))
			continue;
		if (c == 0 || !strchr(extra, c))
			return false;
	}
	return s.len > 0;
}

bool package_name_ok(struct str name)
{
	return all_of(name, "+-.", false) && name.ptr[0] != '-' && name.ptr[0] != '.' &&
	       name.len <= LIMIT_NAME_MAX;
}

bool package_version_ok(struct str version)
{
	return all_of(version, "+-.~:", true) && version.len <= LIMIT_NAME_MAX;
}

bool package_architecture_ok(struct str architecture)
{
	return all_of(architecture, "-", false) && architecture.len <= LIMIT_NAME_MAX;
}

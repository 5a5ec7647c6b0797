/*
 * Matching keeps one place to go back to for each kind of star. That is
 * enough: a later star can match whatever an earlier one gives up, and what a
 * '*' can't reach because of a '/', an earlier '*' of that component can't
 * reach either. Time is O(pattern * path) for each kind.
 */
#include "debian/glob.h"

struct scan {
	struct str pattern, path;
	size_t p, s; /* positions */
	bool loose;  /* '*' crosses '/': as dpkg reads the translated pattern */
};

/* Offset behind the class that begins at @at, or @at if it is not closed. */
static size_t class_end(struct str pattern, size_t at)
{
	size_t i = at + 1;

	if (i < pattern.len && (pattern.ptr[i] == '!' || pattern.ptr[i] == '^'))
		i++;
	if (i < pattern.len && pattern.ptr[i] == ']')
		i++;
	for (; i < pattern.len; i++) {
		if (pattern.ptr[i] == ']')
			return i + 1;
		if (pattern.ptr[i] == '\\')
			i++;
	}
	return at;
}

static bool class_has(struct str class, uint8_t c)
{
	bool negated = class.ptr[1] == '!' || class.ptr[1] == '^', found = false;
	size_t i = negated ? 2 : 1;

	while (i < class.len - 1) {
		uint8_t low, high;

		if (class.ptr[i] == '\\' && i + 1 < class.len - 1)
			i++;
		low = high = (uint8_t)class.ptr[i++];
		if (i + 1 < class.len - 1 && class.ptr[i] == '-') {
			i++;
			if (class.ptr[i] == '\\' && i + 1 < class.len - 1)
				i++;
			high = (uint8_t)class.ptr[i++];
		}
		found |= low <= c && c <= high;
	}
	return found != negated && c != '/';
}

/* One element that matches one byte: moves on, or says no. */
static bool step(struct scan *m)
{
	char c = m->path.ptr[m->s], want;
	size_t end;

	if (m->p == m->pattern.len)
		return false;
	want = m->pattern.ptr[m->p];
	end = m->p + 1;
	if (want == '?') {
		if (c == '/')
			return false;
	} else if (want == '[' && class_end(m->pattern, m->p) != m->p) {
		end = class_end(m->pattern, m->p);
		if (!class_has((struct str){ m->pattern.ptr + m->p, end - m->p }, (uint8_t)c))
			return false;
	} else {
		if (want == '\\' && end < m->pattern.len)
			want = m->pattern.ptr[end++];
		if (want != c)
			return false;
	}
	m->p = end;
	m->s++;
	return true;
}

struct star {
	bool set;
	size_t p, s; /* behind the star; the first byte that it does not take */
};

static bool take_star(struct scan *m, struct star *narrow, struct star *wide)
{
	size_t n = 0;

	while (m->p + n < m->pattern.len && m->pattern.ptr[m->p + n] == '*')
		n++;
	if (n == 0)
		return false;
	m->p += n;
	if (n > 1 || m->loose) {
		*wide = (struct star){ true, m->p, m->s };
		narrow->set = false;
	} else {
		*narrow = (struct star){ true, m->p, m->s };
	}
	return true;
}

static bool go_back(struct scan *m, struct star *narrow, struct star *wide)
{
	struct star *to = NULL;

	if (narrow->set && narrow->s < m->path.len && m->path.ptr[narrow->s] != '/')
		to = narrow;
	else if (wide->set && wide->s < m->path.len)
		to = wide;
	if (!to)
		return false;
	if (to == wide)
		narrow->set = false;
	to->s++;
	m->p = to->p;
	m->s = to->s;
	return true;
}

static bool match(struct str pattern, struct str path, bool loose)
{
	struct scan m = { .pattern = pattern, .path = path, .loose = loose };
	struct star narrow = { 0 }, wide = { 0 };

	for (;;) {
		if (take_star(&m, &narrow, &wide))
			continue;
		if (m.s == path.len && m.p == pattern.len)
			return true;
		if (m.s < path.len && step(&m))
			continue;
		if (!go_back(&m, &narrow, &wide))
			return false;
	}
}

bool glob_match(struct str pattern, struct str path)
{
	return match(pattern, path, false);
}

static bool is_include(struct str pattern)
{
	return pattern.len && *pattern.ptr == '!';
}

static struct str body(struct str pattern)
{
	if (is_include(pattern)) {
		pattern.ptr++;
		pattern.len--;
	}
	while (pattern.len > 1 && pattern.ptr[pattern.len - 1] == '/')
		pattern.len--;
	return pattern;
}

/* What stands before the first wildcard, without slashes at its end. */
static struct str literal_prefix(struct str pattern)
{
	size_t n = 0;

	while (n < pattern.len && !strchr("*?[\\", pattern.ptr[n]))
		n++;
	while (n && pattern.ptr[n - 1] == '/')
		n--;
	return (struct str){ pattern.ptr, n };
}

static bool excludes(const struct glob_list *l, struct str path, bool holds, bool loose)
{
	size_t i = l->n;

	while (i && !match(body(l->patterns[i - 1]), path, loose))
		i--;
	if (i == 0 || is_include(l->patterns[i - 1]))
		return false;
	if (!holds)
		return true;
	for (i = 0; i < l->n; i++)
		if (is_include(l->patterns[i]) &&
		    str_has_prefix(path, literal_prefix(body(l->patterns[i]))))
			return false;
	return true;
}

bool glob_excludes(const struct glob_list *l, struct str path, bool holds)
{
	return excludes(l, path, holds, false);
}

bool glob_dpkg_excludes(const struct glob_list *l, struct str path, bool holds)
{
	return excludes(l, path, holds, true);
}

static void add_class(struct str class, struct buf *to)
{
	bool negated = class.ptr[1] == '!' || class.ptr[1] == '^';

	if (!negated) {
		buf_add_str(to, class);
		return;
	}
	/* fnmatch(3) without flags would let the class match a slash. */
	buf_add_cstr(to, "[!");
	buf_add(to, class.ptr + 2, class.len - 3);
	buf_add_cstr(to, "/]");
}

static void add_pattern(struct str pattern, struct buf *to)
{
	for (size_t i = 0; i < pattern.len;) {
		size_t end = i + 1;

		if (pattern.ptr[i] == '*') {
			while (end < pattern.len && pattern.ptr[end] == '*')
				end++;
			buf_add_char(to, '*');
		} else if (pattern.ptr[i] == '?') {
			buf_add_cstr(to, "[!/]");
		} else if (pattern.ptr[i] == '[' && class_end(pattern, i) != i) {
			end = class_end(pattern, i);
			add_class((struct str){ pattern.ptr + i, end - i }, to);
		} else if (pattern.ptr[i] == '[') {
			buf_add_cstr(to, "\\[");
		} else {
			end += pattern.ptr[i] == '\\' && end < pattern.len;
			buf_add(to, pattern.ptr + i, end - i);
		}
		i = end;
	}
	buf_add_char(to, '\n');
}

void glob_dpkg_lines(const struct glob_list *l, struct buf *to)
{
	for (size_t i = 0; i < l->n; i++) {
		buf_add_cstr(to, is_include(l->patterns[i]) ? "path-include=" : "path-exclude=");
		add_pattern(body(l->patterns[i]), to);
	}
}

void glob_dpkg_line(struct str path, bool exclude, struct buf *to)
{
	buf_add_cstr(to, exclude ? "path-exclude=" : "path-include=");
	for (size_t i = 0; i < path.len; i++) {
		if (strchr("*?[\\", path.ptr[i]))
			buf_add_char(to, '\\');
		buf_add_char(to, path.ptr[i]);
	}
	buf_add_char(to, '\n');
}

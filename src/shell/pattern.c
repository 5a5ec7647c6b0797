/*
 * Patterns of the shell (XCU 2.13), bytewise: in C.UTF-8 too dash's '?' is one byte.
 *
 * Of several '*' only the last one that was met needs to be tried again: what it
 * skips, an earlier one could only skip sooner. A '*' that can't cross '/' gives
 * up at it, and so do all before it in the same component.
 */
#include "shell/charclass.h"
#include "shell/command.h"

/* One byte of a set, which may be "[.x.]", "[=x=]" or "\x". */
static bool set_byte(struct str p, size_t *at, unsigned char *ret)
{
	size_t i = *at;

	if (p.ptr[i] == '[' && i + 4 < p.len && (p.ptr[i + 1] == '.' || p.ptr[i + 1] == '=') &&
	    p.ptr[i + 3] == p.ptr[i + 1] && p.ptr[i + 4] == ']') {
		*ret = (unsigned char)p.ptr[i + 2];
		*at = i + 5;
		return true;
	}
	if (p.ptr[i] == '\\' && i + 1 < p.len)
		i++;
	*ret = (unsigned char)p.ptr[i];
	*at = i + 1;
	return true;
}

/* "[:alpha:]" at @at; false if there is none. */
static bool set_class(struct str p, size_t *at, enum charclass *ret)
{
	size_t i = *at, from = *at + 2;

	if (p.ptr[i] != '[' || from >= p.len || p.ptr[i + 1] != ':')
		return false;
	for (i = from; i + 1 < p.len && p.ptr[i] >= 'a' && p.ptr[i] <= 'z'; i++)
		;
	if (i + 1 >= p.len || p.ptr[i] != ':' || p.ptr[i + 1] != ']')
		return false;
	*ret = charclass_find((struct str){ p.ptr + from, i - from });
	*at = i + 2;
	return true;
}

/*
 * The set that begins at p[*at] == '['. Return: 1 or 0 for @c in it or not, with
 * *at behind it; -1 if it isn't closed: '[' is itself then.
 */
static int match_set(struct str p, size_t *at, unsigned char c, unsigned flags)
{
	size_t i = *at + 1, first = 0;
	bool not = false, found = false;

	if (i < p.len && (p.ptr[i] == '!' || (p.ptr[i] == '^' && flags & PATTERN_CARET))) {
		not = true;
		i++;
	}
	for (first = i; i < p.len && (p.ptr[i] != ']' || i == first);) {
		enum charclass class = CHARCLASS_NONE;
		unsigned char low = 0, high = 0;

		if (set_class(p, &i, &class)) {
			found |= charclass_has(class, c);
			continue;
		}
		set_byte(p, &i, &low);
		high = low;
		if (i + 1 < p.len && p.ptr[i] == '-' && p.ptr[i + 1] != ']') {
			i++;
			set_byte(p, &i, &high);
		}
		found |= c >= low && c <= high;
	}
	if (i >= p.len)
		return -1;
	*at = i + 1;
	return found != not ;
}

/* One element of the pattern, not '*', against one byte. Moves *at when it fits. */
static bool match_one(struct str p, size_t *at, char c, unsigned flags, bool leading)
{
	bool wild = !(c == '/' && flags & PATTERN_PATH) && !(leading && c == '.');
	int in_set = 0;

	switch (p.ptr[*at]) {
	case '?':
		*at += wild;
		return wild;
	case '[':
		in_set = match_set(p, at, (unsigned char)c, flags);
		if (in_set >= 0)
			return in_set && wild;
		break;
	case '\\':
		if (*at + 1 < p.len) {
			*at += 2;
			return p.ptr[*at - 1] == c;
		}
		break;
	default:
		break;
	}
	return p.ptr[(*at)++] == c;
}

static bool is_leading(struct str text, size_t at, unsigned flags)
{
	if (!(flags & PATTERN_PERIOD))
		return false;
	return at == 0 || (flags & PATTERN_PATH && text.ptr[at - 1] == '/');
}

bool pattern_match(struct str pattern, struct str text, unsigned flags)
{
	uint64_t cost = 0;

	return pattern_match_costs(pattern, text, flags, &cost);
}

bool pattern_match_costs(struct str pattern, struct str text, unsigned flags, uint64_t *cost)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	for (; t < text.len || p < pattern.len; ++*cost) {
		bool leading = is_leading(text, t, flags);
		size_t next = p;

		if (p < pattern.len && pattern.ptr[p] == '*' &&
		    !(leading && t < text.len && text.ptr[t] == '.')) {
			star = ++p;
			star_text = t;
			continue;
		}
		if (p < pattern.len && t < text.len &&
		    match_one(pattern, &next, text.ptr[t], flags, leading)) {
			p = next;
			t++;
			continue;
		}
		if (star == SIZE_MAX || star_text >= text.len ||
		    (text.ptr[star_text] == '/' && flags & PATTERN_PATH))
			return false;
		p = star;
		t = ++star_text;
	}
	return true;
}

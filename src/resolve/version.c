/*
 * dpkg's version order. A version is [epoch:]upstream[-revision]; upstream and
 * revision are compared in turns of non-digits and digits, where '~' sorts
 * before the end of the text and letters sort before all else (Policy 5.6.12).
 */

#include "resolve/archive.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Weight of the character at @i; the end of the text weighs like a digit. */
static int weight(struct str s, size_t i)
{
	if (i >= s.len || is_digit(s.ptr[i]))
		return 0;
	if (s.ptr[i] == '~')
		return -1;
	return is_letter(s.ptr[i]) ? s.ptr[i] : (uint8_t)s.ptr[i] + 256;
}

/* Takes a run of digits off *s, without leading zeros. */
static struct str take_digits(struct str *s)
{
	struct str run = { s->ptr, 0 };

	while (s->len && is_digit(*s->ptr)) {
		s->ptr++;
		s->len--;
		run.len++;
	}
	while (run.len && *run.ptr == '0') {
		run.ptr++;
		run.len--;
	}
	return run;
}

static int compare_digits(struct str a, struct str b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return str_compare(a, b);
}

static int compare_part(struct str a, struct str b)
{
	while (a.len || b.len) {
		size_t i = 0;
		int order;

		while ((i < a.len && !is_digit(a.ptr[i])) || (i < b.len && !is_digit(b.ptr[i]))) {
			order = weight(a, i) - weight(b, i);
			if (order)
				return order < 0 ? -1 : 1;
			i++;
		}
		a = (struct str){ a.ptr + i, a.len - i };
		b = (struct str){ b.ptr + i, b.len - i };
		order = compare_digits(take_digits(&a), take_digits(&b));
		if (order)
			return order < 0 ? -1 : 1;
	}
	return 0;
}

/* Takes "epoch:" off *version; "" if there is none. */
static struct str take_epoch(struct str *version)
{
	struct str rest = *version, epoch = take_digits(&rest);

	if (rest.len == 0 || rest.len == version->len || *rest.ptr != ':')
		return (struct str){ version->ptr, 0 };
	*version = (struct str){ rest.ptr + 1, rest.len - 1 };
	return epoch;
}

/* Takes "-revision" off *version; "" if there is none. */
static struct str take_revision(struct str *version)
{
	for (size_t i = version->len; i > 0; i--)
		if (version->ptr[i - 1] == '-') {
			struct str revision = { version->ptr + i, version->len - i };

			version->len = i - 1;
			return revision;
		}
	return (struct str){ version->ptr, 0 };
}

int version_compare(struct str a, struct str b)
{
	int order = compare_digits(take_epoch(&a), take_epoch(&b));
	struct str revision_a, revision_b;

	if (order)
		return order < 0 ? -1 : 1;
	revision_a = take_revision(&a);
	revision_b = take_revision(&b);
	order = compare_part(a, b);
	return order ? order : compare_part(revision_a, revision_b);
}

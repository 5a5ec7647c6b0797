/*
 * Spec: coreutils' manual, "Version sort ordering": runs of digits as numbers, the
 * rest by letters before others, '~' before all; suffixes like ".tar.gz" count only
 * when what stands before them is equal.
 */
#include "shell/version_order.h"

#include "shell/charclass.h"

static bool is_digit(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

static int weight(struct str s, size_t i)
{
	unsigned char c = 0;

	if (i >= s.len)
		return -1;
	c = (unsigned char)s.ptr[i];
	if (c >= '0' && c <= '9')
		return 0;
	if (charclass_has(CHARCLASS_ALPHA, c))
		return c;
	return c == '~' ? -2 : c + 256;
}

static int order_parts(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	while (i < a.len || k < b.len) {
		int first = 0;

		while ((i < a.len && !is_digit(a, i)) || (k < b.len && !is_digit(b, k))) {
			int x = weight(a, i), y = weight(b, k);

			if (x != y)
				return x - y;
			i++;
			k++;
		}
		while (i < a.len && a.ptr[i] == '0')
			i++;
		while (k < b.len && b.ptr[k] == '0')
			k++;
		for (; is_digit(a, i) && is_digit(b, k); i++, k++)
			first = first ? first : a.ptr[i] - b.ptr[k];
		if (is_digit(a, i))
			return 1;
		if (is_digit(b, k))
			return -1;
		if (first)
			return first;
	}
	return 0;
}

/* Without a suffix (\.[A-Za-z~][A-Za-z0-9~]*)* at the end. */
static struct str without_suffix(struct str s)
{
	size_t prefix = 0;

	for (size_t i = 0; i < s.len;) {
		prefix = ++i;
		while (i + 1 < s.len && s.ptr[i] == '.' &&
		       (charclass_has(CHARCLASS_ALPHA, (unsigned char)s.ptr[i + 1]) ||
			s.ptr[i + 1] == '~')) {
			for (i += 2; i < s.len &&
				     (charclass_has(CHARCLASS_ALNUM, (unsigned char)s.ptr[i]) ||
				      s.ptr[i] == '~');)
				i++;
		}
	}
	return (struct str){ s.ptr, prefix };
}

/* "." and ".." before other names that begin with a dot, these before the rest. */
static int dot_rank(struct str s)
{
	if (s.len == 0)
		return 0;
	if (s.ptr[0] != '.')
		return 4;
	if (s.len == 1)
		return 1;
	return s.len == 2 && s.ptr[1] == '.' ? 2 : 3;
}

int version_order(struct str a, struct str b)
{
	int x = dot_rank(a), y = dot_rank(b), order = 0;
	struct str p, q;

	if (x != y || x < 3)
		return x - y;
	p = without_suffix(a);
	q = without_suffix(b);
	order = order_parts(p, q);
	if (order || (p.len == a.len && q.len == b.len))
		return order;
	return order_parts(a, b);
}

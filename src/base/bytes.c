#include "base/bytes.h"

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (r)
		return r < 0 ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_equal(struct str a, struct str b)
{
	return bytes_equal(str_bytes(a), str_bytes(b));
}

bool str_equal_cstr(struct str a, const char *b)
{
	return str_equal(a, str_of(b));
}

int str_compare(struct str a, struct str b)
{
	return bytes_compare(str_bytes(a), str_bytes(b));
}

bool str_has_prefix(struct str s, struct str prefix)
{
	return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

bool str_has_suffix(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

size_t str_find_char(struct str s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return p ? (size_t)(p - s.ptr) : s.len;
}

bool str_split(struct str *rest, char separator, struct str *ret)
{
	size_t n;

	if (!rest->ptr)
		return false;
	n = str_find_char(*rest, separator);
	*ret = (struct str){ rest->ptr, n };
	if (n == rest->len)
		*rest = (struct str){ NULL, 0 };
	else
		*rest = (struct str){ rest->ptr + n + 1, rest->len - n - 1 };
	return true;
}

bool str_parse_u64(struct str s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.ptr[i] - '0');

		if (s.ptr[i] < '0' || digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

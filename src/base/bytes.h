#pragma once

/*
 * base/bytes.h - borrowed views of memory.
 *
 * A view never owns. It is valid as long as the memory it points into; the
 * function that returns one says whose memory that is. Views are passed by
 * value.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *ptr;
	size_t len;
};

/* Text: no NUL inside, not NUL terminated. UTF-8 where the owner says so. */
struct str {
	const char *ptr;
	size_t len;
};

#define BYTES_OF(array) ((struct bytes){ (const uint8_t *)(array), sizeof(array) })
#define STR(literal)    ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_FMT         "%.*s"
#define STR_ARG(s)      (int)(s).len, (s).ptr

bool bytes_equal(struct bytes a, struct bytes b);

/* Total order: bytewise, a proper prefix sorts first. Never locale order. */
int bytes_compare(struct bytes a, struct bytes b);

/* Zeros and nothing else? Each byte is compared with the next, so many at a time. */
static inline bool bytes_are_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline struct bytes str_bytes(struct str s)
{
	return (struct bytes){ (const uint8_t *)s.ptr, s.len };
}

static inline struct str bytes_str(struct bytes b)
{
	return (struct str){ (const char *)b.ptr, b.len };
}

bool str_equal(struct str a, struct str b);
bool str_equal_cstr(struct str a, const char *b);
int str_compare(struct str a, struct str b); /* as bytes_compare() */
bool str_has_prefix(struct str s, struct str prefix);
bool str_has_suffix(struct str s, struct str suffix);
struct str str_trim(struct str s); /* blanks, tabs, CR and LF at both ends */

/* Offset of the first @c in @s, or s.len. */
size_t str_find_char(struct str s, char c);

/*
 * str_split() - takes the next piece before @separator off *rest
 *
 * Return: true with *ret set, false when *rest was empty from the start
 * (rest->ptr == NULL). "a,,b" gives "a", "", "b"; "" gives one "".
 */
bool str_split(struct str *rest, char separator, struct str *ret);

/* Decimal digits only, no sign, no blanks. False on overflow or other text. */
bool str_parse_u64(struct str s, uint64_t *ret);

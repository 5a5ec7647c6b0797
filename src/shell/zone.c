/* Time zones: the file's list of transitions. */
#include "shell/zone.h"

#include <string.h>

#include "base/endian.h"

#define HEADER_SIZE 44u
#define TYPE_SIZE 6u

struct zone_block {
	uint32_t times, types, chars;
	uint64_t size;	     /* of all that follows the header */
	const uint8_t *data; /* behind the header */
};

static int64_t moment(const uint8_t *p)
{
	return (int64_t)((uint64_t)get_be32(p) << 32 | get_be32(p + 4));
}

static bool read_header(struct str file, size_t at, unsigned width, struct zone_block *ret)
{
	const uint8_t *p = (const uint8_t *)file.ptr + at;
	uint32_t count[6];

	if (at > file.len || file.len - at < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < 6; i++)
		count[i] = get_be32(p + 20 + 4 * i);
	ret->times = count[3];
	ret->types = count[4];
	ret->chars = count[5];
	ret->size = (uint64_t)count[3] * (width + 1u) + (uint64_t)count[4] * TYPE_SIZE + count[5] +
		    (uint64_t)count[2] * (width + 4u) + count[1] + count[0];
	ret->data = p + HEADER_SIZE;
	return ret->size <= file.len - at - HEADER_SIZE;
}

static bool read_type(const struct zone_block *b, unsigned which, int32_t *ret_offset,
		      struct str *ret_name)
{
	const uint8_t *types = b->data + (size_t)b->times * 9;
	const char *names = (const char *)types + (size_t)b->types * TYPE_SIZE;
	unsigned at;

	if (which >= b->types || types[which * TYPE_SIZE + 5] >= b->chars)
		return false;
	*ret_offset = (int32_t)get_be32(types + which * TYPE_SIZE);
	at = types[which * TYPE_SIZE + 5];
	*ret_name = (struct str){ names + at, strnlen(names + at, b->chars - at) };
	return true;
}

bool zone_at(struct str file, int64_t time, int32_t *ret_offset, struct str *ret_name)
{
	struct zone_block first, b;
	const uint8_t *which;
	uint32_t n = 0;

	if (!read_header(file, 0, 4, &first) || file.ptr[4] < '2' ||
	    !read_header(file, HEADER_SIZE + (size_t)first.size, 8, &b))
		return false;
	which = b.data + (size_t)b.times * 8;
	while (n < b.times && moment(b.data + (size_t)n * 8) <= time)
		n++;
	if (b.times && n == 0)
		return false;
	if (b.times && n == b.times) { /* a rule with a comma goes on for ever */
		struct str rule = { (const char *)b.data + b.size,
				    file.len - (size_t)((const char *)b.data + b.size - file.ptr) };

		if (str_find_char(rule, ',') < rule.len)
			return false;
	}
	return read_type(&b, b.times ? which[n - 1] : 0, ret_offset, ret_name);
}

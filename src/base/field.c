#include "base/field.h"

#include <assert.h>

#include "base/endian.h"

#define LENGTH_SIZE 4

void field_put(struct buf *to, struct bytes value)
{
	uint8_t length[LENGTH_SIZE];

	assert(value.len <= UINT32_MAX);
	put_le32(length, (uint32_t)value.len);
	buf_add(to, length, sizeof(length));
	buf_add(to, value.ptr, value.len);
}

bool field_take(struct bytes *rest, struct bytes *ret)
{
	uint32_t length;

	if (rest->len < LENGTH_SIZE)
		return false;
	length = get_le32(rest->ptr);
	if (length > rest->len - LENGTH_SIZE)
		return false;
	*ret = (struct bytes){ rest->ptr + LENGTH_SIZE, length };
	*rest = (struct bytes){ ret->ptr + length, rest->len - LENGTH_SIZE - length };
	return true;
}

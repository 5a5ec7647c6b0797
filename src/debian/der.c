#include "debian/der.h"

bool der_next(struct bytes *rest, struct der_item *ret)
{
	size_t head = 2, len;

	if (rest->len < 2 || (rest->ptr[0] & 0x1f) == 0x1f)
		return false;
	len = rest->ptr[1];
	if (len & 0x80) {
		size_t n = len & 0x7f;

		if (n == 0 || n > 4 || rest->len < 2 + n)
			return false;
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | rest->ptr[2 + i];
		head += n;
	}
	if (len > rest->len - head)
		return false;
	ret->tag = rest->ptr[0];
	ret->value = (struct bytes){ rest->ptr + head, len };
	ret->whole = (struct bytes){ rest->ptr, head + len };
	rest->ptr += head + len;
	rest->len -= head + len;
	return true;
}

void der_add(struct buf *to, uint8_t tag, struct bytes value)
{
	uint8_t digits[sizeof(size_t)];
	size_t n = 0;

	buf_add_char(to, (char)tag);
	if (value.len < 0x80) {
		buf_add_char(to, (char)value.len);
	} else {
		for (size_t left = value.len; left; left >>= 8)
			digits[n++] = (uint8_t)left;
		buf_add_char(to, (char)(0x80 | n));
		while (n)
			buf_add_char(to, (char)digits[--n]);
	}
	buf_add(to, value.ptr, value.len);
}

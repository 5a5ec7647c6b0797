#include "base/hex.h"

char *hex_format(struct bytes data, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < data.len; i++) {
		text[2 * i] = digits[data.ptr[i] >> 4];
		text[2 * i + 1] = digits[data.ptr[i] & 15];
	}
	text[2 * data.len] = 0;
	return text;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool hex_parse(struct str text, uint8_t *ret, size_t len)
{
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (digit(text.ptr[i]) < 0)
			return false;
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(digit(text.ptr[2 * i]) << 4 | digit(text.ptr[2 * i + 1]));
	return true;
}

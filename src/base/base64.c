#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct bytes data, struct buf *to)
{
	size_t len = data.len / 3 * 4 + (data.len % 3 ? 4 : 0);
	uint8_t *at = buf_reserve(to, len);

	for (size_t i = 0; i < data.len; i += 3) {
		size_t n = data.len - i < 3 ? data.len - i : 3;
		uint32_t bits = (uint32_t)data.ptr[i] << 16;

		if (n > 1)
			bits |= (uint32_t)data.ptr[i + 1] << 8;
		if (n > 2)
			bits |= data.ptr[i + 2];
		*at++ = (uint8_t)digits[bits >> 18];
		*at++ = (uint8_t)digits[bits >> 12 & 63];
		*at++ = n > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
		*at++ = n > 2 ? (uint8_t)digits[bits & 63] : '=';
	}
	to->len += len;
	to->ptr[to->len] = 0;
}

/* 64 for what is no digit. */
static uint32_t digit_value(char c, bool url_safe)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	if (c == '+' || (url_safe && c == '-'))
		return 62;
	if (c == '/' || (url_safe && c == '_'))
		return 63;
	return 64;
}

/* Takes the padding off; false if it is not what belongs there. */
static bool strip_padding(struct str *text, bool url_safe)
{
	size_t n = 0;

	while (n < 2 && n < text->len && text->ptr[text->len - 1 - n] == '=')
		n++;
	if (n || !url_safe) {
		if (text->len % 4)
			return false;
		text->len -= n;
	}
	return text->len % 4 != 1;
}

/* @n digits, 2 to 4, at @text to n - 1 bytes at @to. */
static bool decode_group(const char *text, size_t n, bool url_safe, uint8_t *to)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t value = digit_value(text[i], url_safe);

		if (value == 64)
			return false;
		bits |= value << (18 - 6 * i);
	}
	for (size_t i = 0; i < n - 1; i++)
		to[i] = (uint8_t)(bits >> (16 - 8 * i));
	return (bits & (0xffffffu >> (8 * (n - 1)))) == 0; /* unused bits */
}

bool base64_decode(struct str text, bool url_safe, struct buf *to)
{
	size_t len;
	uint8_t *at;

	if (!strip_padding(&text, url_safe))
		return false;
	len = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
	at = buf_reserve(to, len);
	for (size_t i = 0; i < text.len; i += 4) {
		size_t n = text.len - i < 4 ? text.len - i : 4;

		if (!decode_group(text.ptr + i, n, url_safe, at)) {
			to->ptr[to->len] = 0;
			return false;
		}
		at += n - 1;
	}
	to->len += len;
	to->ptr[to->len] = 0;
	return true;
}

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

#define NO_DIGIT 64u

/* What each byte stands for. */
struct alphabet {
	uint8_t value[256];
};

static void make_alphabet(bool url_safe, struct alphabet *a)
{
	memset(a->value, NO_DIGIT, sizeof(a->value));
	for (uint8_t i = 0; i < 64; i++)
		a->value[(uint8_t)digits[i]] = i;
	if (url_safe) {
		a->value['-'] = 62;
		a->value['_'] = 63;
	}
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
static bool decode_group(const char *text, size_t n, const struct alphabet *a, uint8_t *to)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t value = a->value[(uint8_t)text[i]];

		if (value == NO_DIGIT)
			return false;
		bits |= value << (18 - 6 * i);
	}
	for (size_t i = 0; i < n - 1; i++)
		to[i] = (uint8_t)(bits >> (16 - 8 * i));
	return (bits & (0xffffffu >> (8 * (n - 1)))) == 0; /* unused bits */
}

/* Four digits at @text to three bytes at @to. */
static bool decode_four(const char *text, const struct alphabet *a, uint8_t *to)
{
	uint32_t v0 = a->value[(uint8_t)text[0]], v1 = a->value[(uint8_t)text[1]],
		 v2 = a->value[(uint8_t)text[2]], v3 = a->value[(uint8_t)text[3]];
	uint32_t bits = v0 << 18 | v1 << 12 | v2 << 6 | v3;

	to[0] = (uint8_t)(bits >> 16);
	to[1] = (uint8_t)(bits >> 8);
	to[2] = (uint8_t)bits;
	return !((v0 | v1 | v2 | v3) & NO_DIGIT);
}

bool base64_decode(struct str text, bool url_safe, struct buf *to)
{
	struct alphabet a;
	size_t len;
	uint8_t *at;

	if (!strip_padding(&text, url_safe))
		return false;
	make_alphabet(url_safe, &a);
	len = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
	at = buf_reserve(to, len);
	for (size_t i = 0; i < text.len; i += 4) {
		size_t n = text.len - i < 4 ? text.len - i : 4;

		if (!(n == 4 ? decode_four(text.ptr + i, &a, at)
			     : decode_group(text.ptr + i, n, &a, at))) {
			to->ptr[to->len] = 0;
			return false;
		}
		at += n - 1;
	}
	to->len += len;
	to->ptr[to->len] = 0;
	return true;
}

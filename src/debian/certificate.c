/*
 * X.509 as far as OpenSSL's name of a certificate needs it: SHA-1 of the
 * subject in canonical form (x509_name_canon). The form: the RDN sets without the
 * outer SEQUENCE; string types become UTF8String in lower case, trimmed, with
 * single blanks; everything else verbatim.
 */
#include "base/endian.h"
#include "crypto/hash.h"
#include "debian/certificates.h"
#include "debian/der.h"

#define CERTIFICATE_MAX (1u << 20) /* bytes of DER */

enum {
	TAG_UTF8 = 12, TAG_NUMERIC = 18, TAG_PRINTABLE = 19, TAG_T61 = 20, TAG_IA5 = 22,
	TAG_VISIBLE = 26, TAG_UNIVERSAL = 28, TAG_BMP = 30,
	TAG_SEQUENCE = 0x30, TAG_SET = 0x31, TAG_VERSION = 0xa0,
};

/* Bytes of one character of @tag's strings; 0: not a string type that changes. */
static unsigned character_width(uint8_t tag)
{
	switch (tag) {
	case TAG_UTF8:
	case TAG_PRINTABLE:
	case TAG_T61:
	case TAG_IA5:
	case TAG_VISIBLE:
		return 1;
	case TAG_BMP:
		return 2;
	case TAG_UNIVERSAL:
		return 4;
	default:
		return 0;
	}
}

static void add_utf8(struct buf *to, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(to, (char)c);
	} else if (c < 0x800) {
		buf_add_char(to, (char)(0xc0 | c >> 6));
		buf_add_char(to, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_char(to, (char)(0xe0 | c >> 12));
		buf_add_char(to, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(to, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_char(to, (char)(0xf0 | (c >> 18 & 7)));
		buf_add_char(to, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_char(to, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(to, (char)(0x80 | (c & 0x3f)));
	}
}

static void to_utf8(const struct der_item *item, unsigned width, struct buf *to)
{
	const uint8_t *p = item->value.ptr;

	if (width == 1 && item->tag != TAG_T61) {
		buf_add(to, p, item->value.len);
		return;
	}
	for (size_t i = 0; i + width <= item->value.len; i += width) {
		uint32_t c = 0;

		for (unsigned k = 0; k < width; k++)
			c = c << 8 | p[i + k];
		add_utf8(to, c);
	}
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Trimmed, runs of white space to one blank, ASCII to lower case; in place. */
static void normalise(struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->ptr[i];

		if (is_space(c)) {
			if (n == 0 || text->ptr[n - 1] == ' ')
				continue;
			c = ' ';
		}
		text->ptr[n++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
	}
	while (n && text->ptr[n - 1] == ' ')
		n--;
	text->len = n;
}

/* SEQUENCE { type OBJECT IDENTIFIER, value } */
static bool add_attribute(struct bytes pair, struct buf *to)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4 * CERTIFICATE_MAX);
	CLEANUP_BUF struct buf body = BUF_INIT(5 * CERTIFICATE_MAX);
	struct der_item type, value;
	unsigned width;

	if (!der_next(&pair, &type) || !der_next(&pair, &value))
		return false;
	buf_add(&body, type.whole.ptr, type.whole.len);
	width = character_width(value.tag);
	if (width) {
		to_utf8(&value, width, &text);
		normalise(&text);
		der_add(&body, TAG_UTF8, buf_bytes(&text));
	} else {
		buf_add(&body, value.whole.ptr, value.whole.len);
	}
	der_add(to, TAG_SEQUENCE, buf_bytes(&body));
	return true;
}

static bool add_rdn(struct bytes set, struct buf *to)
{
	CLEANUP_BUF struct buf body = BUF_INIT(6 * CERTIFICATE_MAX);
	struct der_item attribute;

	while (set.len)
		if (!der_next(&set, &attribute) || !add_attribute(attribute.value, &body))
			return false;
	der_add(to, TAG_SET, buf_bytes(&body));
	return true;
}

/* TBSCertificate: [0] version, serial, signature, issuer, validity, subject. */
static bool find_subject(struct bytes der, struct bytes *ret)
{
	struct der_item certificate, tbs, field;
	struct bytes rest;

	if (der.len > CERTIFICATE_MAX || !der_next(&der, &certificate) ||
	    certificate.tag != TAG_SEQUENCE)
		return false;
	rest = certificate.value;
	if (!der_next(&rest, &tbs) || tbs.tag != TAG_SEQUENCE)
		return false;
	rest = tbs.value;
	if (!der_next(&rest, &field))
		return false;
	for (unsigned i = field.tag == TAG_VERSION ? 0 : 1; i < 5; i++)
		if (!der_next(&rest, &field))
			return false;
	*ret = field.value;
	return field.tag == TAG_SEQUENCE;
}

bool certificate_subject_hash(struct bytes der, uint32_t *ret)
{
	CLEANUP_BUF struct buf canonical = BUF_INIT(8 * CERTIFICATE_MAX);
	uint8_t sha1[SHA1_SIZE];
	struct der_item rdn;
	struct bytes rest;

	if (!find_subject(der, &rest))
		return false;
	while (rest.len)
		if (!der_next(&rest, &rdn) || !add_rdn(rdn.value, &canonical))
			return false;
	*ret = get_le32(hash_sha1(buf_bytes(&canonical), sha1));
	return true;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static struct bytes decode_base64(struct str text, struct arena *arena)
{
	uint8_t *to = arena_alloc(arena, text.len + 1);
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
		int digit = base64_digit(text.ptr[i]);

		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			to[n++] = (uint8_t)(bits >> n_bits);
		}
	}
	return (struct bytes){ to, n };
}

static size_t find_text(struct str text, struct str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
			return i;
	return text.len;
}

bool certificate_from_pem(struct str text, struct arena *arena, struct bytes *ret)
{
	const struct str begin = STR("-----BEGIN CERTIFICATE-----"), end = STR("-----END ");
	size_t at = find_text(text, begin);
	struct str body;

	if (at == text.len)
		return false;
	at += begin.len;
	body = (struct str){ text.ptr + at, text.len - at };
	if (find_text(body, begin) != body.len)
		return false;
	body.len = find_text(body, end);
	*ret = decode_base64(body, arena);
	return body.len < text.len - at && ret->len != 0;
}

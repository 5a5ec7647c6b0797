#include "resolve/openpgp_certificates.h"

#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

#define TAG_PUBLIC_KEY 6
#define BODY_MAX 0xffffu /* bytes of a key: its fingerprint has a length of two bytes */

struct packet {
	unsigned tag;
	struct bytes whole, body;
};

/* Length of the body after an old header (4.2.1), and of the header; 0: not understood. */
static size_t old_length(struct bytes at, uint64_t *ret)
{
	switch (at.ptr[0] & 3) {
	case 0:
		*ret = at.len < 2 ? 0 : at.ptr[1];
		return at.len < 2 ? 0 : 2;
	case 1:
		*ret = at.len < 3 ? 0 : (uint64_t)at.ptr[1] << 8 | at.ptr[2];
		return at.len < 3 ? 0 : 3;
	case 2:
		*ret = at.len < 5 ? 0 : get_be32(at.ptr + 1);
		return at.len < 5 ? 0 : 5;
	default:
		return 0; /* until the end of the file */
	}
}

/* The same after a new one (4.2.2). */
static size_t new_length(struct bytes at, uint64_t *ret)
{
	uint8_t first;

	if (at.len < 2)
		return 0;
	first = at.ptr[1];
	if (first < 192) {
		*ret = first;
		return 2;
	}
	if (first < 224) {
		*ret = at.len < 3 ? 0 : ((uint64_t)(first - 192) << 8) + at.ptr[2] + 192;
		return at.len < 3 ? 0 : 3;
	}
	if (first != 255 || at.len < 6)
		return 0; /* in parts */
	*ret = get_be32(at.ptr + 2);
	return 6;
}

static bool packet_at(struct bytes rest, struct packet *ret)
{
	uint64_t length = 0;
	size_t header;
	bool is_new;

	if (!rest.len || !(rest.ptr[0] & 0x80))
		return false;
	is_new = rest.ptr[0] & 0x40;
	header = is_new ? new_length(rest, &length) : old_length(rest, &length);
	if (!header || length > rest.len - header)
		return false;
	ret->tag = is_new ? rest.ptr[0] & 0x3f : rest.ptr[0] >> 2 & 0xf;
	ret->body = (struct bytes){ rest.ptr + header, (size_t)length };
	ret->whole = (struct bytes){ rest.ptr, header + (size_t)length };
	return true;
}

/* SHA-1 of 0x99, two bytes of length and the key (12.2). */
static bool fingerprint(struct bytes key, char ret[static CERTIFICATE_FINGERPRINT_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	CLEANUP_BUF struct buf text = BUF_INIT(BODY_MAX + 3);
	uint8_t sum[SHA1_SIZE];

	if (!key.len || key.len > BODY_MAX || key.ptr[0] != 4)
		return false;
	buf_add_char(&text, (char)0x99);
	buf_add_char(&text, (char)(key.len >> 8));
	buf_add_char(&text, (char)(key.len & 0xff));
	buf_add(&text, key.ptr, key.len);
	hash_sha1(buf_bytes(&text), sum);
	for (size_t i = 0; i < sizeof(sum); i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[2 * sizeof(sum)] = '\0';
	return true;
}

enum certificate_item certificate_next(struct bytes *rest, struct certificate *ret)
{
	struct bytes left = *rest;
	struct packet p;

	if (!left.len)
		return CERTIFICATE_END;
	if (!packet_at(left, &p) || p.tag != TAG_PUBLIC_KEY ||
	    !fingerprint(p.body, ret->fingerprint))
		return CERTIFICATE_UNKNOWN;
	do {
		left = (struct bytes){ left.ptr + p.whole.len, left.len - p.whole.len };
		if (left.len && !packet_at(left, &p))
			return CERTIFICATE_UNKNOWN;
	} while (left.len && p.tag != TAG_PUBLIC_KEY);
	ret->packets = (struct bytes){ rest->ptr, rest->len - left.len };
	*rest = left;
	return CERTIFICATE_FOUND;
}

static bool is_wanted(const struct certificate *c, const struct str *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal_cstr(wanted[i], c->fingerprint))
			return true;
	return false;
}

bool certificates_select(struct bytes keyring, const struct str *wanted, size_t n, struct buf *to)
{
	size_t before = to->len;
	enum certificate_item item;
	struct certificate c;

	while ((item = certificate_next(&keyring, &c)) == CERTIFICATE_FOUND)
		if (is_wanted(&c, wanted, n))
			buf_add(to, c.packets.ptr, c.packets.len);
	if (item == CERTIFICATE_UNKNOWN)
		to->len = before;
	return item == CERTIFICATE_END;
}

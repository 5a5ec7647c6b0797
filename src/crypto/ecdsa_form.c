#include "crypto/ecdsa_form.h"

/* n, and (n - 1) / 2 */
static const uint8_t order[ECDSA_NUMBER] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
static const uint8_t half[ECDSA_NUMBER] = {
	0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
	0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
};

enum { TAG_INTEGER = 0x02, TAG_SEQUENCE = 0x30 };

static int check_number(const uint8_t number[ECDSA_NUMBER], const char *name, struct error *err)
{
	static const uint8_t zero[ECDSA_NUMBER];

	if (memcmp(number, zero, ECDSA_NUMBER) == 0)
		return err_set(err, ERR_SIGNATURE, "the ECDSA signature's %s is zero", name);
	if (memcmp(number, order, ECDSA_NUMBER) >= 0)
		return err_set(err, ERR_SIGNATURE,
			       "the ECDSA signature's %s is not below the order of P-256", name);
	return 0;
}

static int malformed(struct error *err, const char *why)
{
	return err_set(err, ERR_SIGNATURE, "the ECDSA signature is not DER: %s", why);
}

/* Takes one INTEGER off *rest: positive, in its shortest form. Lengths are below 128. */
static int take_integer(struct bytes *rest, const char *name, uint8_t ret[ECDSA_NUMBER],
			struct error *err)
{
	const uint8_t *p = rest->ptr;
	size_t len;

	if (rest->len < 2 || p[0] != TAG_INTEGER)
		return malformed(err, "an INTEGER is missing");
	len = p[1];
	if (len == 0 || len > rest->len - 2)
		return malformed(err, "an INTEGER is cut short, empty, or has a long length");
	*rest = (struct bytes){ p + 2 + len, rest->len - 2 - len };
	p += 2;
	if (p[0] & 0x80)
		return malformed(err, "an INTEGER is negative");
	if (p[0] == 0 && len > 1) {
		if (!(p[1] & 0x80))
			return malformed(err, "an INTEGER has a zero too many before it");
		p++;
		len--;
	}
	if (len > ECDSA_NUMBER)
		return malformed(err, "an INTEGER has more than 256 bits");
	memset(ret, 0, ECDSA_NUMBER - len);
	memcpy(ret + ECDSA_NUMBER - len, p, len);
	return check_number(ret, name, err);
}

int ecdsa_decode(struct bytes der, struct ecdsa_form *ret, struct error *err)
{
	struct ecdsa_form f = { 0 };
	struct bytes rest;

	if (der.len < 2 || der.ptr[0] != TAG_SEQUENCE)
		return malformed(err, "it is no SEQUENCE");
	if (der.ptr[1] & 0x80)
		return malformed(err, "the length is not in its shortest form");
	if (der.ptr[1] > der.len - 2)
		return malformed(err, "it is cut short");
	if (der.ptr[1] < der.len - 2)
		return malformed(err, "there are bytes after it");
	rest = (struct bytes){ der.ptr + 2, der.len - 2 };
	if (take_integer(&rest, "r", f.r, err) < 0 || take_integer(&rest, "s", f.s, err) < 0)
		return -1;
	if (rest.len)
		return malformed(err, "there are bytes after s");
	*ret = f;
	return 0;
}

int ecdsa_decode_raw(struct bytes raw, struct ecdsa_form *ret, struct error *err)
{
	struct ecdsa_form f = { 0 };

	if (raw.len != 2 * ECDSA_NUMBER)
		return err_set(err, ERR_SIGNATURE, "r and s have %zu bytes, and not 64", raw.len);
	memcpy(f.r, raw.ptr, ECDSA_NUMBER);
	memcpy(f.s, raw.ptr + ECDSA_NUMBER, ECDSA_NUMBER);
	if (check_number(f.r, "r", err) < 0 || check_number(f.s, "s", err) < 0)
		return -1;
	*ret = f;
	return 0;
}

static void add_integer(struct buf *to, const uint8_t number[ECDSA_NUMBER])
{
	size_t from = 0;
	bool pad;

	while (from < ECDSA_NUMBER - 1 && number[from] == 0)
		from++;
	pad = number[from] & 0x80;
	buf_add_char(to, TAG_INTEGER);
	buf_add_char(to, (char)(ECDSA_NUMBER - from + pad));
	buf_add_zeros(to, pad);
	buf_add(to, number + from, ECDSA_NUMBER - from);
}

void ecdsa_encode(const struct ecdsa_form *f, struct buf *to)
{
	CLEANUP_BUF struct buf inner = BUF_INIT(2 * (ECDSA_NUMBER + 3));

	add_integer(&inner, f->r);
	add_integer(&inner, f->s);
	buf_add_char(to, TAG_SEQUENCE);
	buf_add_char(to, (char)inner.len);
	buf_add(to, inner.ptr, inner.len);
}

bool ecdsa_is_low(const struct ecdsa_form *f)
{
	return memcmp(f->s, half, ECDSA_NUMBER) <= 0;
}

void ecdsa_make_low(struct ecdsa_form *f)
{
	int borrow = 0;

	if (ecdsa_is_low(f))
		return;
	for (size_t i = ECDSA_NUMBER; i-- > 0;) {
		int d = order[i] - f->s[i] - borrow;

		borrow = d < 0;
		f->s[i] = (uint8_t)(d & 0xff);
	}
}

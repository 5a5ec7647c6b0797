#include "crypto/ed25519_point.h"

#include <openssl/bn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The eight points whose order divides 8 have these y; little-endian. */
static const uint8_t small_order[5][32] = {
	{ 0x00 },
	{ 0x01 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

/* 2^255 - 19, and d = -121665 / 121666; big-endian */
static const char prime[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
static const char curve_d[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

/*
 * x^2 = (y^2 - 1) / (d y^2 + 1) has a root iff the product of both is a square: a quotient
 * and a product differ by the square of the divisor, which is never zero.
 */
static bool has_x(const BIGNUM *y, const BIGNUM *p, BN_CTX *context)
{
	BIGNUM *d = NULL, *u = BN_CTX_get(context), *v = BN_CTX_get(context);

	if (!v || !BN_hex2bn(&d, curve_d) || !BN_mod_sqr(u, y, p, context) ||
	    !BN_mod_mul(v, u, d, p, context) || !BN_add_word(v, 1) || !BN_sub_word(u, 1) ||
	    !BN_mod_mul(u, u, v, p, context))
		abort(); /* only for lack of memory */
	BN_free(d);
	return BN_kronecker(u, p, context) >= 0;
}

static bool is_on_curve(const uint8_t y_bytes[32], bool *ret_canonical)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *p = NULL, *y = BN_lebin2bn(y_bytes, 32, NULL);
	bool r;

	if (!context || !y || !BN_hex2bn(&p, prime))
		abort(); /* only for lack of memory */
	BN_CTX_start(context);
	*ret_canonical = BN_cmp(y, p) < 0;
	r = has_x(y, p, context);
	BN_CTX_end(context);
	BN_CTX_free(context);
	BN_free(p);
	BN_free(y);
	return r;
}

int ed25519_point_check(const uint8_t point[static 32], struct error *err)
{
	uint8_t y[32];
	bool canonical = false;

	memcpy(y, point, sizeof(y));
	y[31] &= 0x7f; /* the sign of x */
	if (!is_on_curve(y, &canonical))
		return err_set(err, ERR_KEY, "the key is not a point of the curve Ed25519");
	if (!canonical)
		return err_set(err, ERR_KEY,
			       "the key's point is not in its canonical form (RFC 8032, 5.1.3)");
	for (size_t i = 0; i < sizeof(small_order) / sizeof(*small_order); i++)
		if (memcmp(y, small_order[i], sizeof(y)) == 0)
			return err_set(err, ERR_KEY,
				       "the key is a point of small order: anybody could sign");
	return 0;
}

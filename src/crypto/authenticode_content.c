#include "crypto/authenticode_content.h"

#include <assert.h>

/*
 * SEQUENCE {
 *   SEQUENCE {                              data
 *     OBJECT 1.3.6.1.4.1.311.2.1.15         SPC_PE_IMAGE_DATAOBJ
 *     SEQUENCE {
 *       BIT STRING (empty)                  flags
 *       [0] { [2] { [0] "<<<Obsolete>>>" } }
 *     }
 *   }
 *   SEQUENCE {                              messageDigest
 *     SEQUENCE { OBJECT sha256, NULL }
 *     OCTET STRING (32)
 *   }
 * }
 */
static const uint8_t before_digest[] = {
	0x30, 0x68, 0x30, 0x33, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01,
	0x0f, 0x30, 0x25, 0x03, 0x01, 0x00, 0xa0, 0x20, 0xa2, 0x1e, 0x80, 0x1c, 0,    '<',  0,
	'<',  0,    '<',  0,	'O',  0,    'b',  0,	's',  0,    'o',  0,	'l',  0,    'e',
	0,    't',  0,	  'e',	0,    '>',  0,	  '>',	0,    '>',  0x30, 0x31, 0x30, 0x0d, 0x06,
	0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};
static_assert(sizeof(before_digest) + DIGEST_SIZE == SPC_CONTENT_SIZE, "its length");

void authenticode_content(const struct digest *pe, uint8_t ret[static SPC_CONTENT_SIZE])
{
	memcpy(ret, before_digest, sizeof(before_digest));
	memcpy(ret + sizeof(before_digest), pe->bytes, DIGEST_SIZE);
}

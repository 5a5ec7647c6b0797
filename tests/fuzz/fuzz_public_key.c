/* Any bytes as a public key, and as a signature of known keys: refused, or one form of it. */
#include <stdlib.h>

#include "crypto/ecdsa_form.h"
#include "crypto/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_key(struct bytes text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL, *again = NULL;
	CLEANUP_BUF struct buf pem = BUF_INIT(65536);
	CLEANUP_ERR struct error unsigned_ = ERR_INIT;

	if (public_key_parse(text, "key", &k, &err) < 0)
		return;
	public_key_pem(k, &pem);
	if (public_key_parse(buf_bytes(&pem), "again", &again, &err) < 0 ||
	    !digest_equal(public_key_id(k), public_key_id(again)))
		abort();
	if (signature_verify(k, text, text, &unsigned_) == 0)
		abort();
}

static void read_signature(struct bytes der)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(128);
	struct ecdsa_form f = { 0 };

	if (ecdsa_decode(der, &f, &err) < 0)
		return;
	ecdsa_encode(&f, &again);
	if (!bytes_equal(buf_bytes(&again), der))
		abort();
	ecdsa_make_low(&f);
	if (!ecdsa_is_low(&f))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_key((struct bytes){ data, size });
	read_signature((struct bytes){ data, size });
	return 0;
}

#include "crypto/signer.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/ecdsa_form.h"
#include "crypto/signer_private.h"

#define SIGNATURE_MAX 1024 /* bytes; RSA of 4096 bits has 512 */

/* (r, s) and (r, n - s) are both right: what leaves this room is the one with the low s. */
static int make_low(struct buf *signature, struct error *err)
{
	struct ecdsa_form f = { 0 };

	if (ecdsa_decode(buf_bytes(signature), &f, err) < 0)
		return -1;
	ecdsa_make_low(&f);
	buf_reset(signature);
	ecdsa_encode(&f, signature);
	return 0;
}

/* What a computer got wrong, or a command that is not ours, must not be published. */
static int take(const struct public_key *k, struct bytes message, struct buf *signature,
		struct buf *to, struct error *err)
{
	if (public_key_type(k) == KEY_ECDSA_P256 && make_low(signature, err) < 0)
		return -1;
	if (signature_verify(k, message, buf_bytes(signature), err) < 0)
		return -1;
	buf_add(to, signature->ptr, signature->len);
	return 0;
}

static int ask(const struct signer *s, const struct bytes *messages, size_t n,
	       struct buf *signatures, struct public_key **ret_key, struct error *err)
{
	assert(!s->key.path != !s->command);
	if (s->command)
		return signer_by_command(s->command, messages, n, signatures, ret_key, err);
	return signer_by_key(&s->key, messages, n, signatures, ret_key, err);
}

static int while_asking(const struct signer *s, struct error *err)
{
	if (s->command)
		return err_while(err, "signing by the command '%s'", s->command);
	return err_while(err, "signing with '%s'", s->key.path);
}

static void release_all(struct buf *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_release(&list[i]);
	free(list);
}

int signer_sign(const struct signer *s, const struct bytes *messages, size_t n,
		struct buf *signatures, struct public_key **ret_key, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;
	struct buf *raw = mem_array(n, sizeof(*raw));
	int r;

	for (size_t i = 0; i < n; i++)
		raw[i] = (struct buf)BUF_INIT(SIGNATURE_MAX);
	r = ask(s, messages, n, raw, &k, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = take(k, messages[i], &raw[i], &signatures[i], err);
	release_all(raw, n);
	if (r < 0)
		return while_asking(s, err);
	*ret_key = TAKE_PTR(k);
	return 0;
}

int signer_public_key(const struct signer *s, struct public_key **ret, struct error *err)
{
	return ask(s, NULL, 0, NULL, ret, err) < 0 ? while_asking(s, err) : 0;
}

/* One child process, one question for the passphrase: all that a run signs, at once. */
#include "pipeline/signing_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define SIGNATURE_MAX (64u << 10)

void signing_batch_release(struct signing_batch *b)
{
	arena_release(&b->arena);
	*b = (struct signing_batch)SIGNING_BATCH_INIT;
}

void signing_batch_add(struct signing_batch *b, const struct dsse_envelope *e)
{
	CLEANUP_BUF struct buf pae = BUF_INIT(e->payload.len + e->payload_type.len + 100);

	dsse_pae(e->payload_type, e->payload, &pae);
	ARENA_GROW(&b->arena, b->envelopes, b->n, b->capacity);
	ARENA_GROW(&b->arena, b->messages, b->n, b->message_capacity);
	b->envelopes[b->n] = *e;
	b->messages[b->n++] = arena_bytes(&b->arena, buf_bytes(&pae));
}

void signing_batch_add_statement(struct signing_batch *b, const struct intoto_statement *s)
{
	CLEANUP_BUF struct buf payload = BUF_INIT(DSSE_ENVELOPE_MAX);
	struct dsse_envelope e = { .payload_type = STR(INTOTO_PAYLOAD_TYPE) };

	intoto_write(s, &b->arena, &payload);
	e.payload = arena_bytes(&b->arena, buf_bytes(&payload));
	signing_batch_add(b, &e);
}

static int by_key(const void *a, const void *b)
{
	return str_compare(((const struct dsse_signature *)a)->keyid,
			   ((const struct dsse_signature *)b)->keyid);
}

/* In order of keys, so that it does not matter who signed first. */
static void put(struct dsse_envelope *e, const struct dsse_signature *s, struct arena *arena)
{
	struct dsse_signature *list = arena_array(arena, e->n_signatures + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < e->n_signatures; i++)
		if (!str_equal(e->signatures[i].keyid, s->keyid))
			list[n++] = e->signatures[i];
	list[n++] = *s;
	qsort(list, n, sizeof(*list), by_key);
	e->signatures = list;
	e->n_signatures = n;
}

static int check_room(const struct signing_batch *b, struct error *err)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->envelopes[i].n_signatures >= DSSE_SIGNATURES_MAX)
			return err_set(err, ERR_LIMIT, "a statement has %u signatures already",
				       DSSE_SIGNATURES_MAX);
	return 0;
}

int signing_batch_sign(struct signing_batch *b, const struct signer *signer, struct digest *ret_id,
		       struct error *err)
{
	CLEANUP_FREE struct buf *signatures = mem_array(b->n + 1, sizeof(*signatures));
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	char hex[DIGEST_HEX_MAX];
	int r;

	if (check_room(b, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n; i++)
		signatures[i] = (struct buf)BUF_INIT(SIGNATURE_MAX);
	r = signer_sign(signer, b->messages, b->n, signatures, &key, err);
	for (size_t i = 0; i < b->n && r == 0; i++) {
		const struct dsse_signature s = {
			arena_str(&b->arena, str_of(digest_hex(public_key_id(key), hex))),
			arena_bytes(&b->arena, buf_bytes(&signatures[i])),
		};

		put(&b->envelopes[i], &s, &b->arena);
	}
	if (r == 0)
		*ret_id = *public_key_id(key);
	for (size_t i = 0; i < b->n; i++)
		buf_release(&signatures[i]);
	return r;
}

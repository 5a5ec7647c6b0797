/*
 * Any bytes as an envelope, a statement or a bundle: refused, or what is written from it is
 * read again and written the same. The first byte chooses.
 */
#include <stdlib.h>

#include "format/dsse/intoto.h"
#include "format/sigstore/sigstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts grow at most sixfold when they are escaped, base64 not at all. */
#define GROWTH 6

static void envelope(struct bytes text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf first = BUF_INIT(GROWTH * text.len + 1000);
	CLEANUP_BUF struct buf second = BUF_INIT(GROWTH * text.len + 1000);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct dsse_envelope e;

	if (dsse_parse(text, "fuzz", &arena, &e, &err) < 0) {
		if (err.code != ERR_FORMAT && err.code != ERR_LIMIT)
			abort();
		return;
	}
	dsse_write(&e, &first);
	if (dsse_parse(buf_bytes(&first), "first", &arena, &e, &err) < 0)
		abort();
	dsse_write(&e, &second);
	if (!bytes_equal(buf_bytes(&first), buf_bytes(&second)))
		abort();
}

static void statement(struct bytes text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf first = BUF_INIT(GROWTH * text.len + 1000);
	CLEANUP_BUF struct buf second = BUF_INIT(GROWTH * text.len + 1000);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct intoto_statement s;

	if (intoto_parse(text, "fuzz", &arena, &s, &err) < 0) {
		if (err.code != ERR_FORMAT && err.code != ERR_LIMIT)
			abort();
		return;
	}
	intoto_write(&s, &arena, &first);
	if (intoto_parse(buf_bytes(&first), "first", &arena, &s, &err) < 0)
		abort();
	intoto_write(&s, &arena, &second);
	if (!bytes_equal(buf_bytes(&first), buf_bytes(&second)))
		abort();
}

/* A bundle has one spelling. */
static void bundle(struct bytes text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(text.len);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct dsse_envelope e;

	if (sigstore_bundle_parse(text, "fuzz", &arena, &e, &err) < 0) {
		if (err.code != ERR_FORMAT && err.code != ERR_LIMIT)
			abort();
		return;
	}
	sigstore_bundle_write(&e, &again);
	if (!bytes_equal(buf_bytes(&again), text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct bytes text) = { envelope, statement, bundle };

	if (size)
		readers[data[0] % 3]((struct bytes){ data + 1, size - 1 });
	return 0;
}

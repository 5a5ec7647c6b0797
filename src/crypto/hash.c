#include "crypto/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/hex.h"
#include "base/mem.h"

struct hash {
	EVP_MD_CTX *ctx;
};

struct md5 {
	EVP_MD_CTX *ctx;
};

/*
 * OpenSSL 3 looks an algorithm up by name at every use of EVP_sha256(), which
 * costs more than hashing a small file: it is fetched once, for the process.
 */
static const EVP_MD *sha256, *md5;

static void fetch_algorithms(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	if (!sha256 || !md5)
		abort(); /* a build of OpenSSL without them */
}

static void need_algorithms(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_algorithms);
}

static EVP_MD_CTX *start(const EVP_MD *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, md, NULL) != 1)
		abort(); /* only for lack of memory */
	return ctx;
}

struct hash *hash_new(void)
{
	struct hash *h = mem_alloc(sizeof(*h));

	need_algorithms();
	h->ctx = start(sha256);
	return h;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hash_add(struct hash *h, struct bytes data)
{
	if (EVP_DigestUpdate(h->ctx, data.ptr, data.len) != 1)
		abort();
}

struct digest hash_finish(struct hash *h)
{
	struct digest d;
	unsigned n = 0;

	if (EVP_DigestFinal_ex(h->ctx, d.bytes, &n) != 1 || n != DIGEST_SIZE ||
	    EVP_DigestInit_ex(h->ctx, sha256, NULL) != 1)
		abort();
	return d;
}

struct digest hash_bytes(struct bytes data)
{
	struct digest d;
	unsigned n = 0;

	need_algorithms();
	if (EVP_Digest(data.ptr, data.len, d.bytes, &n, sha256, NULL) != 1)
		abort();
	return d;
}

void hash_add_u64(struct hash *h, uint64_t value)
{
	uint8_t text[8];

	put_le64(text, value);
	hash_add(h, BYTES_OF(text));
}

void hash_add_field(struct hash *h, struct bytes field)
{
	hash_add_u64(h, field.len);
	hash_add(h, field);
}

struct digest hash_hmac(struct bytes key, struct bytes data)
{
	struct digest d;
	unsigned n = 0;

	assert(key.len <= 1u << 20);
	need_algorithms();
	if (!HMAC(sha256, key.ptr, (int)key.len, data.ptr, data.len, d.bytes, &n))
		abort();
	return d;
}

struct md5 *md5_new(void)
{
	struct md5 *m = mem_alloc(sizeof(*m));

	need_algorithms();
	m->ctx = start(md5);
	return m;
}

void md5_add(struct md5 *m, struct bytes data)
{
	if (EVP_DigestUpdate(m->ctx, data.ptr, data.len) != 1)
		abort();
}

char *md5_finish_free(struct md5 *m, char text[static MD5_HEX_MAX])
{
	uint8_t raw[16];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(m->ctx, raw, &n) != 1 || n != sizeof(raw))
		abort();
	EVP_MD_CTX_free(m->ctx);
	free(m);
	return hex_format(BYTES_OF(raw), text);
}

uint8_t *hash_sha1(struct bytes data, uint8_t ret[static SHA1_SIZE])
{
	unsigned n = 0;

	if (EVP_Digest(data.ptr, data.len, ret, &n, EVP_sha1(), NULL) != 1 || n != SHA1_SIZE)
		abort();
	return ret;
}

struct hash_sink {
	struct sink sink;
	struct sink *next;
	struct hash *hash;
	struct digest *ret;
};

static int hash_sink_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct hash_sink *s = (struct hash_sink *)sink;

	hash_add(s->hash, data);
	return s->next ? sink_write(s->next, data, err) : 0;
}

/* Holes stay holes behind it. */
static int hash_sink_hole(struct sink *sink, uint64_t len, struct error *err)
{
	static const uint8_t zeros[64 * 1024];
	struct hash_sink *s = (struct hash_sink *)sink;

	for (uint64_t left = len; left;) {
		size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		hash_add(s->hash, (struct bytes){ zeros, n });
		left -= n;
	}
	return s->next ? sink_hole(s->next, len, err) : 0;
}

static int hash_sink_close(struct sink *sink, struct error *err)
{
	struct hash_sink *s = (struct hash_sink *)sink;

	(void)err;
	*s->ret = hash_finish(s->hash);
	hash_free(s->hash);
	free(s);
	return 0;
}

struct sink *hash_sink(struct sink *next, struct digest *ret)
{
	static const struct sink_ops ops = { .write = hash_sink_write, .hole = hash_sink_hole,
					     .close = hash_sink_close };
	struct hash_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	s->hash = hash_new();
	s->ret = ret;
	return &s->sink;
}

struct sha1_sink {
	struct sink sink;
	EVP_MD_CTX *context;
	uint8_t *ret;
};

static int sha1_sink_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct sha1_sink *s = (struct sha1_sink *)sink;

	(void)err;
	if (EVP_DigestUpdate(s->context, data.ptr, data.len) != 1)
		abort();
	return 0;
}

static int sha1_sink_close(struct sink *sink, struct error *err)
{
	struct sha1_sink *s = (struct sha1_sink *)sink;

	(void)err;
	if (EVP_DigestFinal_ex(s->context, s->ret, NULL) != 1)
		abort();
	EVP_MD_CTX_free(s->context);
	free(s);
	return 0;
}

struct sink *hash_sha1_sink(uint8_t ret[static SHA1_SIZE])
{
	static const struct sink_ops ops = { .write = sha1_sink_write, .close = sha1_sink_close };
	struct sha1_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->context = start(EVP_sha1());
	s->ret = ret;
	return &s->sink;
}

struct check_source {
	struct source source;
	struct source *next;
	struct hash *hash;
	uint64_t size;
	struct digest expected;
	bool done;
	char *what;
};

static int check_end(struct check_source *s, struct error *err)
{
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	struct digest d;

	if (s->done)
		return 0;
	s->done = true;
	if (s->source.offset != s->size)
		return err_set(err, ERR_DIGEST, "%s: expected %llu bytes, got %llu", s->what,
			       (unsigned long long)s->size,
			       (unsigned long long)s->source.offset);
	d = hash_finish(s->hash);
	if (!digest_equal(&d, &s->expected))
		return err_set(err, ERR_DIGEST, "%s: expected %s, got %s", s->what,
			       digest_format(&s->expected, want), digest_format(&d, got));
	return 0;
}

static int check_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		      struct error *err)
{
	struct check_source *s = (struct check_source *)source;

	if (source_read(s->next, to, size, ret_n, err) < 0)
		return -1;
	if (*ret_n == 0)
		return check_end(s, err);
	if (*ret_n > s->size - source->offset)
		return err_set(err, ERR_DIGEST, "%s: more than the expected %llu bytes", s->what,
			       (unsigned long long)s->size);
	hash_add(s->hash, (struct bytes){ to, *ret_n });
	return 0;
}

static void check_close(struct source *source)
{
	struct check_source *s = (struct check_source *)source;

	source_close(s->next);
	hash_free(s->hash);
	free(s->what);
	free(s);
}

struct source *hash_check_source(struct source *next, uint64_t size,
				 const struct digest *expected, const char *what)
{
	static const struct source_ops ops = { .read = check_read, .close = check_close };
	struct check_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->next = next;
	s->hash = hash_new();
	s->size = size;
	s->expected = *expected;
	s->what = mem_strdup(what);
	return &s->source;
}

char *hash_hex(enum hash_kind kind, struct bytes data, char text[static HASH_HEX_MAX])
{
	const EVP_MD *algorithms[] = {
		[HASH_MD5] = EVP_md5(),	      [HASH_SHA1] = EVP_sha1(),
		[HASH_SHA224] = EVP_sha224(), [HASH_SHA256] = EVP_sha256(),
		[HASH_SHA384] = EVP_sha384(), [HASH_SHA512] = EVP_sha512(),
	};
	uint8_t raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(data.ptr, data.len, raw, &n, algorithms[kind], NULL) != 1 ||
	    2 * (size_t)n >= HASH_HEX_MAX)
		abort(); /* a build of OpenSSL without it */
	return hex_format((struct bytes){ raw, n }, text);
}

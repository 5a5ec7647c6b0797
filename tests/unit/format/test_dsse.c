#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hex.h"
#include "format/dsse/dsse.h"

/* protocol.md, "Test Vectors". */
Test(dsse, the_vector_of_the_protocol)
{
	CLEANUP_BUF struct buf pae = BUF_INIT(1000);

	dsse_pae(STR("http://example.com/HelloWorld"), str_bytes(STR("hello world")), &pae);
	cr_assert_str_eq(buf_cstr(&pae),
			 "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

Test(dsse, lengths_are_of_bytes_and_nothing_is_empty_by_chance)
{
	CLEANUP_BUF struct buf pae = BUF_INIT(1000);

	dsse_pae(STR(""), (struct bytes){ NULL, 0 }, &pae);
	cr_assert_str_eq(buf_cstr(&pae), "DSSEv1 0  0 ");
	buf_reset(&pae);
	dsse_pae(STR("\xc3\xa4"), str_bytes(STR("a\0b")), &pae);
	cr_assert(bytes_equal(buf_bytes(&pae), str_bytes(STR("DSSEv1 2 \xc3\xa4 3 a\0b"))));
}

static enum err_code parse(struct str text, struct arena *a, struct dsse_envelope *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (dsse_parse(str_bytes(text), "x.json", a, ret, &err) < 0)
		return err.code;
	return ERR_NONE;
}

static enum err_code refused(const char *text)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct dsse_envelope e;

	return parse(str_of(text), &a, &e);
}

Test(dsse, an_envelope_is_written_as_it_is_read)
{
	static const char text[] =
		"{\"payload\":\"aGVsbG8gd29ybGQ=\",\"payloadType\":\"http://example.com/\\\"\","
		"\"signatures\":[{\"sig\":\"AA==\"},"
		"{\"keyid\":\"\\n\\u0001\",\"sig\":\"AQID\"}]}";
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(1000);
	struct dsse_envelope e;

	cr_assert_eq(parse(STR(text), &a, &e), ERR_NONE);
	cr_assert(bytes_equal(e.payload, str_bytes(STR("hello world"))));
	cr_assert_eq(e.n_signatures, 2);
	cr_assert(str_equal(e.signatures[1].keyid, STR("\n\x01")));
	cr_assert(bytes_equal(e.signatures[1].signature, str_bytes(STR("\1\2\3"))));
	dsse_write(&e, &again);
	cr_assert_str_eq(buf_cstr(&again), text);
}

Test(dsse, an_envelope_needs_no_signature)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(1000);
	struct dsse_envelope e;

	cr_assert_eq(parse(STR(" {\"signatures\" : [ ], \"payloadType\":\"t\",\"payload\":\"\"}\n"),
			   &a, &e), ERR_NONE);
	dsse_write(&e, &again);
	cr_assert_str_eq(buf_cstr(&again),
			 "{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[]}");
}

/* envelope.md: unknown fields are ignored, keyid is optional, either alphabet is accepted. */
Test(dsse, what_others_write_is_read)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct dsse_envelope e;

	cr_assert_eq(parse(STR("{\"x\":[1],\"payload\":\"_-8\",\"payloadType\":\"t\",\"signatures\":"
			       "[{\"sig\":\"_-8\",\"cert\":null}]}"), &a, &e), ERR_NONE);
	cr_assert(bytes_equal(e.payload, str_bytes(STR("\xff\xef"))));
	cr_assert_eq(e.signatures[0].keyid.len, 0);
}

Test(dsse, malformed_envelopes_are_refused)
{
	static const char *const texts[] = {
		"", "[]", "\"\"", "null", "{}", "{\"payload\":\"\"}",
		"{\"payload\":\"\",\"payloadType\":\"t\"}",
		"{\"payload\":\"\",\"signatures\":[]}",
		"{\"payloadType\":\"t\",\"signatures\":[]}",
		"{\"payload\":1,\"payloadType\":\"t\",\"signatures\":[]}",
		"{\"payload\":\"\",\"payloadType\":null,\"signatures\":[]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":{}}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[null]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"A\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\","
		"\"keyid\":7}]}",
		"{\"payload\":\"QQ\\n==\",\"payloadType\":\"t\",\"signatures\":[]}",
		"{\"payload\":\"QR==\",\"payloadType\":\"t\",\"signatures\":[]}",
		"{\"payload\":\"QQ=\",\"payloadType\":\"t\",\"signatures\":[]}",
		/* the one that is checked must be the one that is read */
		"{\"payload\":\"QQ==\",\"payload\":\"Qg==\",\"payloadType\":\"t\","
		"\"signatures\":[]}",
		"{\"payload\":\"QQ==\",\"p\\u0061yload\":\"Qg==\",\"payloadType\":\"t\","
		"\"signatures\":[]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[],\"signatures\":[]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[]}{}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_eq(refused(texts[i]), ERR_FORMAT, "%zu: %s", i, texts[i]);
}

static void many_signatures(size_t n, struct buf *to)
{
	buf_add_cstr(to, "{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[");
	for (size_t i = 0; i < n; i++)
		buf_add_cstr(to, i ? ",{\"sig\":\"AA==\"}" : "{\"sig\":\"AA==\"}");
	buf_add_cstr(to, "]}");
}

Test(dsse, more_than_64_signatures_are_too_many)
{
	CLEANUP_BUF struct buf text = BUF_INIT(10000);

	many_signatures(64, &text);
	cr_assert_eq(refused(buf_cstr(&text)), ERR_NONE);
	buf_reset(&text);
	many_signatures(65, &text);
	cr_assert_eq(refused(buf_cstr(&text)), ERR_LIMIT);
}

Test(dsse, what_is_deep_or_long_is_refused)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DSSE_ENVELOPE_MAX + 1000u);

	buf_add_cstr(&text, "{\"x\":");
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, '[');
	cr_assert_eq(refused(buf_cstr(&text)), ERR_LIMIT);
	buf_reset(&text);
	buf_add_cstr(&text, "{\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"");
	for (int i = 0; i < 70000; i++)
		buf_add_char(&text, 'A');
	buf_add_cstr(&text, "\"}],\"payload\":\"\"}");
	cr_assert_eq(refused(buf_cstr(&text)), ERR_LIMIT);
	buf_reset(&text);
	buf_add_cstr(&text, "{\"payload\":\"");
	memset(buf_reserve(&text, DSSE_ENVELOPE_MAX), 'A', DSSE_ENVELOPE_MAX);
	text.len += DSSE_ENVELOPE_MAX;
	buf_add_cstr(&text, "\"}");
	cr_assert_eq(refused(buf_cstr(&text)), ERR_LIMIT);
}

Test(dsse, an_sbom_of_30_mib_fits)
{
	CLEANUP_BUF struct buf payload = BUF_INIT(40u << 20), text = BUF_INIT(DSSE_ENVELOPE_MAX);
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct dsse_envelope e = { .payload_type = STR("t") };

	memset(buf_reserve(&payload, 30u << 20), 0xa5, 30u << 20);
	payload.len = 30u << 20;
	e.payload = buf_bytes(&payload);
	dsse_write(&e, &text);
	cr_assert_eq(parse(buf_str(&text), &a, &e), ERR_NONE);
	cr_assert(bytes_equal(e.payload, buf_bytes(&payload)));
}

/* ---- signatures ---- */

/* RFC 8032, section 7.1, TEST 1 and 2 are over bare messages; these over "hello world". */
static struct public_key *key_of(const char *hex)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct public_key *k = NULL;
	uint8_t raw[32];

	cr_assert(hex_parse(str_of(hex), raw, sizeof(raw)));
	cr_assert_eq(public_key_from_ed25519(BYTES_OF(raw), &k, &err), 0);
	return k;
}

#include "dsse_vectors.h"

static void set_signature(struct dsse_signature *s, const char *hex)
{
	static uint8_t bytes[4][64];
	static size_t n;
	uint8_t *to = bytes[n++ % 4];

	cr_assert(hex_parse(str_of(hex), to, 64));
	s->signature = (struct bytes){ to, 64 };
}

Test(dsse, keys_are_counted_and_not_signatures)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct public_key *one = key_of(KEY_ONE), *two = key_of(KEY_TWO);
	const struct public_key *keys[] = { one, two, one };
	struct dsse_signature list[3] = { { .keyid = STR("liar") }, { .keyid = STR("") },
					  { .keyid = STR("") } };
	struct dsse_envelope e = { STR("http://example.com/HelloWorld"),
				   str_bytes(STR("hello world")), list, 2 };
	bool valid[3];

	set_signature(&list[0], SIGNATURE_ONE);
	set_signature(&list[1], SIGNATURE_ONE);
	set_signature(&list[2], SIGNATURE_TWO);
	cr_assert_eq(dsse_verify(&e, keys, 3, valid, &why), 1);
	cr_assert(valid[0] && !valid[1] && valid[2]);
	e.n_signatures = 3;
	cr_assert_eq(dsse_verify(&e, keys, 3, valid, &why), 2);
	cr_assert(valid[0] && valid[1] && valid[2]);
	cr_assert_eq(why.code, ERR_NONE);
	public_key_free(one);
	public_key_free(two);
}

Test(dsse, nobody_is_said_with_a_reason)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct public_key *two = key_of(KEY_TWO);
	const struct public_key *keys[] = { two };
	struct dsse_signature list[1] = { { .keyid = STR("") } };
	struct dsse_envelope e = { STR("http://example.com/HelloWorld"),
				   str_bytes(STR("hello world")), list, 1 };
	bool valid[1] = { true };

	set_signature(&list[0], SIGNATURE_ONE);
	cr_assert_eq(dsse_verify(&e, keys, 1, valid, &why), 0);
	cr_assert_not(valid[0]);
	cr_assert_eq(why.code, ERR_SIGNATURE);
	err_release(&why);
	set_signature(&list[0], SIGNATURE_TWO);
	e.payload_type = STR("http://example.com/HelloWorle");
	cr_assert_eq(dsse_verify(&e, keys, 1, valid, NULL), 0);
	e.n_signatures = 0;
	cr_assert_eq(dsse_verify(&e, keys, 1, valid, &why), 0);
	cr_assert_eq(why.code, ERR_SIGNATURE);
	err_release(&why);
	cr_assert_eq(dsse_verify(&e, NULL, 0, NULL, &why), 0);
	cr_assert_eq(why.code, ERR_SIGNATURE);
	public_key_free(two);
}

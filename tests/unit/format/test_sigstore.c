#include <criterion/criterion.h>

#include "base/digest.h"
#include "format/sigstore/sigstore.h"

#define ID "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define ENVELOPE                                                                                   \
	"{\"payload\":\"aGVsbG8=\",\"payloadType\":\"application/vnd.in-toto+json\","                \
	"\"signatures\":[{\"sig\":\"AQID\"}]}"
#define NAMED                                                                                      \
	"{\"payload\":\"aGVsbG8=\",\"payloadType\":\"application/vnd.in-toto+json\","                \
	"\"signatures\":[{\"keyid\":\"" ID "\",\"sig\":\"AQID\"}]}"
#define MEDIA_TYPE "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define MATERIAL                                                                                   \
	"\"verificationMaterial\":{\"publicKey\":{\"hint\":\"" ID "\"},\"tlogEntries\":[]}"
#define BUNDLE "{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE "," MATERIAL "}\n"

static enum err_code parse(const char *text, struct arena *a, struct dsse_envelope *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (sigstore_bundle_parse(str_bytes(str_of(text)), "x.json", a, ret, &err) < 0)
		return err.code;
	return ERR_NONE;
}

Test(sigstore, a_bundle_is_written_as_it_is_read)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(1000);
	struct dsse_envelope e;

	cr_assert_eq(parse(BUNDLE, &a, &e), ERR_NONE);
	cr_assert(str_equal(e.signatures[0].keyid, STR(ID)));
	cr_assert(bytes_equal(e.payload, str_bytes(STR("hello"))));
	sigstore_bundle_write(&e, &again);
	cr_assert_str_eq(buf_cstr(&again), BUNDLE);
}

Test(sigstore, every_other_spelling_is_refused)
{
	static const char *const texts[] = {
		"", "{}", "[]", "null\n",
		/* blanks, order, line end */
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE "," MATERIAL "}",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE "," MATERIAL "}\n\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE ", " MATERIAL "}\n",
		"{" MEDIA_TYPE ",\"dsseEnvelope\":" ENVELOPE "," MATERIAL "}\n",
		/* something more */
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE "," MATERIAL ",\"x\":1}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE ",\"verificationMaterial\":{"
		"\"publicKey\":{\"hint\":\"" ID "\"},\"tlogEntries\":[{}]}}\n",
		/* something less */
		"{" MEDIA_TYPE "," MATERIAL "}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE "}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MATERIAL "}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE ",\"verificationMaterial\":{"
		"\"tlogEntries\":[]}}\n",
		/* something else */
		"{\"dsseEnvelope\":" ENVELOPE ",\"mediaType\":"
		"\"application/vnd.dev.sigstore.bundle+json;version=0.2\"," MATERIAL "}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE ",\"verificationMaterial\":{"
		"\"publicKey\":{\"hint\":\"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\"},"
		"\"tlogEntries\":[]}}\n",
		"{\"dsseEnvelope\":" NAMED "," MEDIA_TYPE "," MATERIAL "}\n",
		"{\"dsseEnvelope\":" ENVELOPE "," MEDIA_TYPE ",\"verificationMaterial\":{"
		"\"certificate\":{\"rawBytes\":\"AQID\"},\"tlogEntries\":[]}}\n",
		"{\"messageSignature\":{}," MEDIA_TYPE "," MATERIAL "}\n",
		/* base64 in the other alphabet, and without its padding */
		"{\"dsseEnvelope\":{\"payload\":\"aGVsbG8\",\"payloadType\":"
		"\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"AQID\"}]}," MEDIA_TYPE "," MATERIAL "}\n",
		/* no signature, two, and one by nobody */
		"{\"dsseEnvelope\":{\"payload\":\"aGVsbG8=\",\"payloadType\":\"t\","
		"\"signatures\":[]}," MEDIA_TYPE "," MATERIAL "}\n",
		"{\"dsseEnvelope\":{\"payload\":\"aGVsbG8=\",\"payloadType\":\"t\",\"signatures\":["
		"{\"sig\":\"AQID\"},{\"sig\":\"AQID\"}]}," MEDIA_TYPE "," MATERIAL "}\n",
		"{\"dsseEnvelope\":{\"payload\":\"aGVsbG8=\",\"payloadType\":\"t\",\"signatures\":["
		"{\"sig\":\"AQID\"}]}," MEDIA_TYPE ",\"verificationMaterial\":{"
		"\"publicKey\":{\"hint\":\"\"},\"tlogEntries\":[]}}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		CLEANUP_ARENA struct arena a = ARENA_INIT;
		struct dsse_envelope e;

		cr_assert_eq(parse(texts[i], &a, &e), ERR_FORMAT, "%zu: %s", i, texts[i]);
	}
}

/* cosign's SIGNATURE_SPEC.md, "Simple Signing". */
Test(sigstore, the_older_payload_names_reference_and_manifest)
{
	CLEANUP_BUF struct buf to = BUF_INIT(1000);
	struct digest manifest;

	cr_assert(digest_parse_hex(STR(ID), &manifest));
	cosign_payload_write(STR("localhost/web:1.4.0"), &manifest, &to);
	cr_assert_str_eq(buf_cstr(&to),
			 "{\"critical\":{\"identity\":{\"docker-reference\":\"localhost/web:1.4.0\"},"
			 "\"image\":{\"docker-manifest-digest\":\"sha256:" ID "\"},"
			 "\"type\":\"cosign container image signature\"},\"optional\":null}");
}

#include <assert.h>

#include "base/limits.h"
#include "format/dsse/dsse_private.h"
#include "format/sigstore/sigstore.h"

#define BUNDLE_MAX (DSSE_ENVELOPE_MAX + 4096u)

/* By hand, since the payload may be large: members sorted, as json_write() does. */
void sigstore_bundle_write(const struct dsse_envelope *e, struct buf *to)
{
	struct dsse_signature nameless = { 0 };
	struct dsse_envelope inner = *e;

	assert(e->n_signatures == 1);
	nameless.signature = e->signatures[0].signature;
	inner.signatures = &nameless;
	buf_add_cstr(to, "{\"dsseEnvelope\":");
	dsse_write(&inner, to);
	buf_add_cstr(to, ",\"mediaType\":\"" SIGSTORE_BUNDLE_MEDIA_TYPE "\","
			 "\"verificationMaterial\":{\"publicKey\":{\"hint\":");
	json_write_str(e->signatures[0].keyid, to);
	buf_add_cstr(to, "},\"tlogEntries\":[]}}\n");
}

static int check_media_type(const struct json *v, const char *name, struct error *err)
{
	const struct json *type = NULL;

	if (dsse_member(v, "mediaType", JSON_STRING, name, &type, err) < 0)
		return -1;
	if (!str_equal_cstr(json_as_str(type), SIGSTORE_BUNDLE_MEDIA_TYPE))
		return err_set(err, ERR_FORMAT, "'%s' is no sigstore bundle v0.3", name);
	return 0;
}

/* What people are likely to bring from elsewhere gets an explanation of its own. */
static int check_kind(const struct json *v, const char *name, struct error *err)
{
	const struct json *material = NULL;

	if (dsse_member(v, "verificationMaterial", JSON_OBJECT, name, &material, err) < 0)
		return -1;
	if (json_get(material, "certificate") || json_get(material, "x509CertificateChain"))
		return err_set(err, ERR_FORMAT,
			       "'%s' is signed by a certificate; only keys are "
			       "known here",
			       name);
	if (json_get(v, "messageSignature"))
		return err_set(err, ERR_FORMAT,
			       "'%s' signs a bare digest; only in-toto statements "
			       "are known here",
			       name);
	return 0;
}

/* The key's id is the hint alone: e->signatures[0].keyid becomes it. */
static int take_hint(const struct json *v, const char *name, struct dsse_envelope *e,
		     struct error *err)
{
	const struct json *material = NULL, *key = NULL, *hint = NULL;
	struct digest id;

	if (e->signatures[0].keyid.len) {
		(void)err_set(err, ERR_FORMAT,
			      "the signature in '%s' has a keyid; in a bundle the hint alone names "
			      "the key",
			      name);
		return err_hint(err, "an older ingot wrote it: move it away, and sign the file again");
	}
	if (dsse_member(v, "verificationMaterial", JSON_OBJECT, name, &material, err) < 0 ||
	    dsse_member(material, "publicKey", JSON_OBJECT, name, &key, err) < 0 ||
	    dsse_member(key, "hint", JSON_STRING, name, &hint, err) < 0)
		return -1;
	if (!digest_parse_hex(json_as_str(hint), &id))
		return err_set(err, ERR_FORMAT,
			       "the hint of '%s' is not the id of a key as ingot "
			       "writes it: 64 lower-case hexadecimal digits",
			       name);
	e->signatures[0].keyid = json_as_str(hint);
	return 0;
}

static int check_bytes(const struct dsse_envelope *e, struct bytes text, const char *name,
		       struct error *err)
{
	CLEANUP_BUF struct buf again = BUF_INIT(text.len + 1000);

	sigstore_bundle_write(e, &again);
	if (!bytes_equal(buf_bytes(&again), text))
		return err_set(err, ERR_FORMAT,
			       "'%s' is not written as ingot writes it: something "
			       "was added, left out or moved",
			       name);
	return 0;
}

int sigstore_bundle_parse(struct bytes text, const char *name, struct arena *arena,
			  struct dsse_envelope *ret, struct error *err)
{
	static const struct json_limits limits = { BUNDLE_MAX, LIMIT_JSON_VALUES };
	const struct json *envelope = NULL;
	struct dsse_envelope e = { 0 };
	struct json *v = NULL;

	if (json_parse_limited(text, name, &limits, arena, &v, err) < 0)
		return -1;
	if (json_kind_of(v) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "'%s' is not an object", name);
	if (check_media_type(v, name, err) < 0 || check_kind(v, name, err) < 0 ||
	    dsse_member(v, "dsseEnvelope", JSON_OBJECT, name, &envelope, err) < 0 ||
	    dsse_from_json(envelope, name, arena, &e, err) < 0)
		return -1;
	if (e.n_signatures != 1)
		return err_set(err, ERR_FORMAT, "'%s' has %zu signatures; a bundle has one", name,
			       e.n_signatures);
	if (take_hint(v, name, &e, err) < 0 || check_bytes(&e, text, name, err) < 0)
		return -1;
	*ret = e;
	return 0;
}

#include "base/base64.h"
#include "format/dsse/dsse.h"
#include "format/json/json.h"

/* protocol.md, "Signature Definition": lengths are decimal, of bytes. */
void dsse_pae(struct str payload_type, struct bytes payload, struct buf *to)
{
	buf_printf(to, "DSSEv1 %zu ", payload_type.len);
	buf_add_str(to, payload_type);
	buf_printf(to, " %zu ", payload.len);
	buf_add(to, payload.ptr, payload.len);
}

/* By hand, since the payload may be large: members sorted, as json_write() does. */
void dsse_write(const struct dsse_envelope *e, struct buf *to)
{
	buf_add_cstr(to, "{\"payload\":\"");
	base64_encode(e->payload, to);
	buf_add_cstr(to, "\",\"payloadType\":");
	json_write_str(e->payload_type, to);
	buf_add_cstr(to, ",\"signatures\":[");
	for (size_t i = 0; i < e->n_signatures; i++) {
		buf_add_cstr(to, i ? ",{" : "{");
		if (e->signatures[i].keyid.len) {
			buf_add_cstr(to, "\"keyid\":");
			json_write_str(e->signatures[i].keyid, to);
			buf_add_char(to, ',');
		}
		buf_add_cstr(to, "\"sig\":\"");
		base64_encode(e->signatures[i].signature, to);
		buf_add_cstr(to, "\"}");
	}
	buf_add_cstr(to, "]}");
}

static bool signed_by(const struct dsse_envelope *e, struct bytes pae, const struct public_key *k,
		      struct error *why)
{
	for (size_t i = 0; i < e->n_signatures; i++) {
		err_release(why);
		if (signature_verify(k, pae, e->signatures[i].signature, why) == 0)
			return true;
	}
	return false;
}

static bool is_repeated(const struct public_key *const *keys, size_t i, const bool *valid)
{
	for (size_t j = 0; j < i; j++)
		if (valid[j] && digest_equal(public_key_id(keys[j]), public_key_id(keys[i])))
			return true;
	return false;
}

size_t dsse_verify(const struct dsse_envelope *e, const struct public_key *const *keys, size_t n,
		   bool *valid, struct error *why)
{
	CLEANUP_BUF struct buf pae = BUF_INIT(e->payload_type.len + e->payload.len + 100);
	CLEANUP_ERR struct error last = ERR_INIT;
	size_t n_keys = 0;

	dsse_pae(e->payload_type, e->payload, &pae);
	for (size_t i = 0; i < n; i++) {
		valid[i] = signed_by(e, buf_bytes(&pae), keys[i], &last);
		n_keys += valid[i] && !is_repeated(keys, i, valid);
	}
	if (n_keys == 0 && why) {
		if (last.code)
			err_move(why, &last);
		else
			err_set(why, ERR_SIGNATURE,
				n ? "it has no signature" : "no key is given to check it with");
	}
	return n_keys;
}

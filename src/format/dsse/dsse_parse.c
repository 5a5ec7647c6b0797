#include "base/base64.h"
#include "base/limits.h"
#include "format/dsse/dsse_private.h"

/* A key of RSA-4096 makes 512 bytes; those of other schemes are skipped, not refused. */
#define SIGNATURE_TEXT_MAX (64u << 10)

static const char *kind_name(enum json_kind kind)
{
	switch (kind) {
	case JSON_STRING:
		return "a text";
	case JSON_ARRAY:
		return "a list";
	case JSON_OBJECT:
		return "an object";
	default:
		return "another value";
	}
}

int dsse_member(const struct json *object, const char *member, enum json_kind kind,
		const char *name, const struct json **ret, struct error *err)
{
	const struct json *v = json_get(object, member);

	if (!v)
		return err_set(err, ERR_FORMAT, "'%s' has no member '%s'", name, member);
	if (json_kind_of(v) != kind)
		return err_set(err, ERR_FORMAT, "member '%s' of '%s' is not %s", member, name,
			       kind_name(kind));
	*ret = v;
	return 0;
}

/* A member that is base64, decoded into @arena; never empty text. */
static int binary_member(const struct json *object, const char *member, size_t max,
			 const char *name, struct arena *arena, struct bytes *ret,
			 struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(max);
	const struct json *v = NULL;
	struct str text;

	if (dsse_member(object, member, JSON_STRING, name, &v, err) < 0)
		return -1;
	text = json_as_str(v);
	if (text.len > max)
		return err_set(err, ERR_LIMIT,
			       "member '%s' of '%s' has %zu characters; at most %zu "
			       "are read",
			       member, name, text.len, max);
	if (!base64_decode(text, true, &data))
		return err_set(err, ERR_FORMAT, "member '%s' of '%s' is not base64", member, name);
	*ret = arena_bytes(arena, buf_bytes(&data));
	return 0;
}

static int parse_signature(const struct json *v, const char *name, struct arena *arena,
			   struct dsse_signature *ret, struct error *err)
{
	const struct json *id;

	if (json_kind_of(v) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "a signature of '%s' is not an object", name);
	if (binary_member(v, "sig", SIGNATURE_TEXT_MAX, name, arena, &ret->signature, err) < 0)
		return -1;
	if (!ret->signature.len)
		return err_set(err, ERR_FORMAT, "a signature of '%s' is empty", name);
	id = json_get(v, "keyid"); /* envelope.md: optional */
	if (id && json_kind_of(id) != JSON_STRING)
		return err_set(err, ERR_FORMAT, "member 'keyid' of '%s' is not a text", name);
	ret->keyid = id ? json_as_str(id) : STR("");
	return 0;
}

int dsse_from_json(const struct json *v, const char *name, struct arena *arena,
		   struct dsse_envelope *ret, struct error *err)
{
	const struct json *type = NULL, *list = NULL;
	struct dsse_envelope e = { 0 };

	if (json_kind_of(v) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "'%s' is not an object", name);
	if (dsse_member(v, "payloadType", JSON_STRING, name, &type, err) < 0 ||
	    dsse_member(v, "signatures", JSON_ARRAY, name, &list, err) < 0 ||
	    binary_member(v, "payload", DSSE_ENVELOPE_MAX, name, arena, &e.payload, err) < 0)
		return -1;
	e.payload_type = json_as_str(type);
	e.n_signatures = json_length(list);
	if (e.n_signatures > DSSE_SIGNATURES_MAX)
		return err_set(err, ERR_LIMIT, "'%s' has %zu signatures; at most %u are read", name,
			       e.n_signatures, DSSE_SIGNATURES_MAX);
	e.signatures = arena_array(arena, e.n_signatures + 1, sizeof(*e.signatures));
	for (size_t i = 0; i < e.n_signatures; i++)
		if (parse_signature(json_item(list, i), name, arena, e.signatures + i, err) < 0)
			return -1;
	*ret = e;
	return 0;
}

int dsse_parse(struct bytes text, const char *name, struct arena *arena, struct dsse_envelope *ret,
	       struct error *err)
{
	static const struct json_limits limits = { DSSE_ENVELOPE_MAX, LIMIT_JSON_VALUES };
	struct json *v = NULL;

	if (json_parse_limited(text, name, &limits, arena, &v, err) < 0)
		return -1;
	return dsse_from_json(v, name, arena, ret, err);
}

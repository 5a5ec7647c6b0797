#include "format/dsse/dsse_private.h"
#include "format/dsse/intoto.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"

/* An SBOM of 10,000 packages has 600,000; each takes 80 bytes while it is read. */
#define STATEMENT_VALUES_MAX (2u << 20)

static struct json *subject_list(const struct intoto_statement *s, struct arena *arena)
{
	struct json *list = json_array(arena);

	for (size_t i = 0; i < s->n_subjects; i++) {
		struct json *item = json_object(arena), *digests = json_object(arena);
		char hex[DIGEST_HEX_MAX];

		json_set(digests, "sha256",
			 json_text(arena, digest_hex(&s->subjects[i].sha256, hex)));
		json_set(item, "digest", digests);
		json_set(item, "name", json_str(arena, s->subjects[i].name));
		json_add(list, item);
	}
	return list;
}

/* By hand, since the predicate may be large: members sorted, as json_write() does. */
void intoto_write_text(const struct intoto_statement *s, struct str predicate, struct arena *arena,
		       struct buf *to)
{
	buf_add_cstr(to, "{\"_type\":\"" STATEMENT_TYPE "\",\"predicate\":");
	if (predicate.len)
		buf_add_str(to, predicate);
	else
		json_write(s->predicate, to);
	buf_add_cstr(to, ",\"predicateType\":");
	json_write_str(s->predicate_type, to);
	buf_add_cstr(to, ",\"subject\":");
	json_write(subject_list(s, arena), to);
	buf_add_char(to, '}');
}

void intoto_write(const struct intoto_statement *s, struct arena *arena, struct buf *to)
{
	intoto_write_text(s, STR(""), arena, to);
}

static int parse_subject(const struct json *v, const char *name, struct intoto_subject *ret,
			 struct error *err)
{
	const struct json *digests = NULL, *hex = NULL, *file;

	if (json_kind_of(v) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "a subject of '%s' is not an object", name);
	if (dsse_member(v, "digest", JSON_OBJECT, name, &digests, err) < 0 ||
	    dsse_member(digests, "sha256", JSON_STRING, name, &hex, err) < 0)
		return -1;
	if (!digest_parse_hex(json_as_str(hex), &ret->sha256))
		return err_set(err, ERR_FORMAT,
			       "a sha256 of a subject of '%s' is not 64 lower-case "
			       "hexadecimal digits",
			       name);
	file = json_get(v, "name"); /* resource_descriptor.md: optional */
	if (file && json_kind_of(file) != JSON_STRING)
		return err_set(err, ERR_FORMAT, "the name of a subject of '%s' is not a text",
			       name);
	ret->name = file ? json_as_str(file) : STR("");
	return 0;
}

static int parse_subjects(const struct json *list, const char *name, struct arena *arena,
			  struct intoto_statement *ret, struct error *err)
{
	size_t n = json_length(list);

	if (n == 0)
		return err_set(err, ERR_FORMAT, "'%s' is about nothing: it has no subject", name);
	if (n > INTOTO_SUBJECTS_MAX)
		return err_set(err, ERR_LIMIT, "'%s' has %zu subjects; at most %u are read", name,
			       n, INTOTO_SUBJECTS_MAX);
	ret->subjects = arena_array(arena, n, sizeof(*ret->subjects));
	ret->n_subjects = n;
	for (size_t i = 0; i < n; i++)
		if (parse_subject(json_item(list, i), name, ret->subjects + i, err) < 0)
			return -1;
	return 0;
}

static int parse_predicate(const struct json *v, const char *name, struct arena *arena,
			   struct intoto_statement *ret, struct error *err)
{
	const struct json *type = NULL, *predicate = json_get(v, "predicate");

	if (dsse_member(v, "predicateType", JSON_STRING, name, &type, err) < 0)
		return -1;
	ret->predicate_type = json_as_str(type);
	if (!predicate) /* statement.md: "Unset is treated the same as set-but-empty" */
		predicate = json_object(arena);
	if (json_kind_of(predicate) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "the predicate of '%s' is not an object", name);
	ret->predicate = predicate;
	return 0;
}

int intoto_parse(struct bytes text, const char *name, struct arena *arena,
		 struct intoto_statement *ret, struct error *err)
{
	static const struct json_limits limits = { DSSE_ENVELOPE_MAX, STATEMENT_VALUES_MAX };
	const struct json *type = NULL, *subjects = NULL;
	struct intoto_statement s = { 0 };
	struct json *v = NULL;

	if (json_parse_limited(text, name, &limits, arena, &v, err) < 0)
		return -1;
	if (json_kind_of(v) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "'%s' is not an object", name);
	if (dsse_member(v, "_type", JSON_STRING, name, &type, err) < 0 ||
	    dsse_member(v, "subject", JSON_ARRAY, name, &subjects, err) < 0)
		return -1;
	if (!str_equal_cstr(json_as_str(type), STATEMENT_TYPE))
		return err_set(err, ERR_FORMAT, "'%s' is no in-toto statement of version 1", name);
	if (parse_subjects(subjects, name, arena, &s, err) < 0 ||
	    parse_predicate(v, name, arena, &s, err) < 0)
		return -1;
	*ret = s;
	return 0;
}

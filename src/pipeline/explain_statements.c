/* What STEM.intoto.jsonl says of a file that is compared, and of its causes file. */
#include "pipeline/explain_private.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "format/dsse/dsse.h"
#include "format/dsse/intoto.h"
#include "io/file.h"
#include "pipeline/identify.h"
#include "pipeline/statements.h"

#define STATEMENTS_MAX (128u << 20) /* bytes of STEM.intoto.jsonl */

/* The digests by which the file is known, as far as they are cheap here. */
static bool identity_of(const struct explain_side *s, struct identity *ret)
{
	CLEANUP_ERR struct error failure = ERR_INIT;
	const char *slash = strrchr(s->path, '/');

	*ret = (struct identity){ .file = str_of(slash ? slash + 1 : s->path) };
	if (s->image)
		identify_image(s->image, ret);
	else if (!s->disk ||
		 identify_digest(s->fd, s->path, &ret->digest[IDENTITY_FILE], &failure) < 0)
		return false;
	ret->has[IDENTITY_FILE] = s->disk != NULL;
	return true;
}

static const struct json *member(const struct json *object, const char *name, enum json_kind kind)
{
	const struct json *value = NULL;

	if (object && json_kind_of(object) == JSON_OBJECT)
		value = json_get(object, name);
	return value && json_kind_of(value) == kind ? value : NULL;
}

/* The file that the provenance calls NAME.causes.json. */
static bool names_causes(const struct json *predicate, struct digest *ret)
{
	const struct json *list =
		member(member(predicate, "runDetails", JSON_OBJECT), "byproducts", JSON_ARRAY);
	struct str ending = str_of(statement_endings[STATEMENT_CAUSES]);

	for (size_t i = 0; list && i < json_length(list); i++) {
		const struct json *item = json_item(list, i);
		const struct json *name = member(item, "name", JSON_STRING);
		const struct json *hex =
			member(member(item, "digest", JSON_OBJECT), "sha256", JSON_STRING);

		if (name && hex && str_has_suffix(json_as_str(name), ending))
			return digest_parse_hex(json_as_str(hex), ret);
	}
	return false;
}

static void read_line(const struct explain_side *s, const struct identity *identity,
		      struct str line, struct explain_said *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error failure = ERR_INIT;
	struct intoto_statement said;
	struct dsse_envelope e;
	enum identity_role weak;
	enum identity_match match;
	struct digest causes;

	if (!line.len || dsse_parse(str_bytes(line), s->path, &arena, &e, &failure) < 0 ||
	    intoto_parse(e.payload, s->path, &arena, &said, &failure) < 0)
		return;
	match = identity_match(identity, said.subjects, said.n_subjects, &weak);
	to->of_another |= match == IDENTITY_CONFLICT;
	if (!str_equal_cstr(said.predicate_type, PREDICATE_SLSA_PROVENANCE))
		return;
	to->of_it |= match == IDENTITY_STRONG || match == IDENTITY_ALL;
	if (s->has_causes && names_causes(said.predicate, &causes)) {
		bool same = digest_equal(&causes, &s->causes_digest);

		to->names_causes |= same;
		to->names_others |= !same;
	}
}

/* Beside the file, else beside the causes file that was named. 0, FILE_ABSENT or -1. */
static int load(const struct explain_side *s, struct buf *to, struct error *err)
{
	CLEANUP_FREE char *name = statement_beside(s->path, STATEMENT_INTOTO);
	CLEANUP_FREE char *other = NULL;
	int r = file_load_regular(AT_FDCWD, name, to, err);

	if (r != FILE_ABSENT || !s->causes_path)
		return r;
	other = statement_beside(s->causes_path, STATEMENT_INTOTO);
	return file_load_regular(AT_FDCWD, other, to, err);
}

void explain_side_said(const struct explain_side *s, struct explain_said *ret)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STATEMENTS_MAX);
	CLEANUP_ERR struct error failure = ERR_INIT;
	struct identity identity;
	struct str rest, line;

	*ret = (struct explain_said){ 0 };
	if (load(s, &text, &failure) != 0 || !identity_of(s, &identity))
		return;
	ret->any = true;
	rest = buf_str(&text);
	while (rest.ptr && str_split(&rest, '\n', &line))
		read_line(s, &identity, line, ret);
}

/* STEM.intoto.jsonl: signed or not, of this file, and true of what lies beside it. */
#include "pipeline/verify_private.h"

#include "base/limits.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/statements.h"

#define STATEMENTS_MAX 64u
#define FILE_MAX (3ull * DSSE_ENVELOPE_MAX) /* bytes of the whole */
#define BYPRODUCTS_MAX 64u

struct statement {
	const char *what; /* "web.intoto.jsonl, line 2" */
	size_t n_signatures;
	const struct verify_key *key; /* or NULL */
	struct intoto_statement said;
};

struct verify_statements {
	struct str file;
	struct statement list[STATEMENTS_MAX];
	size_t n;
};

/* ---- read, and their signatures ---- */

static int read_line(const struct verifying *v, struct arena *arena, struct str line,
		     struct statement *ret, struct error *err)
{
	struct dsse_envelope e;

	if (dsse_parse(str_bytes(line), ret->what, arena, &e, err) < 0)
		return -1;
	if (!str_equal_cstr(e.payload_type, INTOTO_PAYLOAD_TYPE))
		return err_set(err, ERR_FORMAT, "%s: '" STR_FMT "' is no in-toto statement",
			       ret->what, STR_ARG(e.payload_type));
	ret->n_signatures = e.n_signatures;
	if (verify_envelope(v, &e, ret->what, &ret->key, err) < 0)
		return -1;
	return intoto_parse(e.payload, ret->what, arena, &ret->said, err);
}

static int read_lines(const struct verifying *v, struct arena *arena, struct str text,
		      struct verify_statements *s, struct error *err)
{
	struct str line;

	if (!text.len || text.ptr[text.len - 1] != '\n')
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' does not end with a line end",
			       STR_ARG(s->file));
	text.len--;
	while (str_split(&text, '\n', &line)) {
		struct statement *next = &s->list[s->n];

		if (s->n == STATEMENTS_MAX)
			return err_set(err, ERR_LIMIT, "'" STR_FMT "' has more than %u statements",
				       STR_ARG(s->file), STATEMENTS_MAX);
		next->what = arena_printf(arena, STR_FMT ", line %zu", STR_ARG(s->file), s->n + 1);
		if (read_line(v, arena, line, next, err) < 0)
			return -1;
		s->n++;
	}
	return 0;
}

/* ---- what they say of the files beside ---- */

static const struct json *member(const struct json *object, const char *name, enum json_kind kind)
{
	const struct json *value;

	if (!object || json_kind_of(object) != JSON_OBJECT)
		return NULL;
	value = json_get(object, name);
	return value && json_kind_of(value) == kind ? value : NULL;
}

static bool is_plain_name(struct str name)
{
	return name.len && name.len <= LIMIT_NAME_MAX && !memchr(name.ptr, '/', name.len) &&
	       !memchr(name.ptr, 0, name.len) && !str_equal_cstr(name, ".") &&
	       !str_equal_cstr(name, "..");
}

static int check_file(const struct verifying *v, struct verify_part *part, struct str name,
		      const struct digest *said, const char *what, size_t *n_found,
		      struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILE_MAX + 1);
	const char *path = arena_strdup(&part->told.arena, name);
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	struct digest found;
	int r = verify_load(v->folder, path, false, FILE_MAX, &text, err);

	if (r < 0)
		return -1;
	if (r == FILE_ABSENT) {
		verify_add(&part->told, "statements", VERIFY_NOTE, "'%s' is not there", path);
		return 0;
	}
	++*n_found;
	found = hash_bytes(buf_bytes(&text));
	if (digest_equal(&found, said))
		return 0;
	return err_set(err, ERR_DIGEST, "'%s' is not what %s says: expected %s, got %s", path, what,
		       digest_format(said, want), digest_format(&found, got));
}

static int check_byproduct(const struct verifying *v, struct verify_part *part,
			   const struct json *item, const char *what, size_t *n_found,
			   struct error *err)
{
	const struct json *name = member(item, "name", JSON_STRING);
	const struct json *hex = member(member(item, "digest", JSON_OBJECT), "sha256", JSON_STRING);
	struct digest said;

	if (!name || !hex || !digest_parse_hex(json_as_str(hex), &said) ||
	    !is_plain_name(json_as_str(name)))
		return err_set(err, ERR_FORMAT, "%s: a byproduct has no name or no sha256", what);
	return check_file(v, part, json_as_str(name), &said, what, n_found, err);
}

static int check_byproducts(const struct verifying *v, struct verify_part *part,
			    const struct statement *s, struct error *err)
{
	const struct json *details, *list;
	size_t n_found = 0;

	if (!str_equal_cstr(s->said.predicate_type, PREDICATE_SLSA_PROVENANCE))
		return 0;
	details = member(s->said.predicate, "runDetails", JSON_OBJECT);
	list = member(details, "byproducts", JSON_ARRAY);
	if (!list)
		return 0;
	if (json_length(list) > BYPRODUCTS_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %u byproducts", s->what,
			       BYPRODUCTS_MAX);
	for (size_t i = 0; i < json_length(list); i++)
		if (check_byproduct(v, part, json_item(list, i), s->what, &n_found, err) < 0)
			return -1;
	verify_add(&part->told, "statements", VERIFY_OK,
		   "%zu files beside are what the provenance says", n_found);
	return 0;
}

/* An SBOM beside is, byte for byte, what the statement about it claims. */
static int check_document(const struct verifying *v, struct verify_part *part, struct str stem,
			  const struct statement *s, enum statement_file which, struct error *err)
{
	CLEANUP_BUF struct buf beside = BUF_INIT(FILE_MAX + 1), said = BUF_INIT(FILE_MAX + 1);
	const char *path = arena_printf(&part->told.arena, STR_FMT "%s", STR_ARG(stem),
					statement_endings[which]);
	int r = verify_load(v->folder, path, false, FILE_MAX, &beside, err);

	if (r < 0)
		return -1;
	if (r == FILE_ABSENT)
		return 0;
	json_write(s->said.predicate, &said);
	buf_add_cstr(&said, "\n");
	if (!bytes_equal(buf_bytes(&said), buf_bytes(&beside)))
		return err_set(err, ERR_DIGEST, "'%s' is not the document that %s claims", path,
			       s->what);
	verify_add(&part->told, "statements", VERIFY_OK,
		   "*%s is, byte for byte, that of its statement", statement_endings[which]);
	return 0;
}

static int check_documents(const struct verifying *v, struct verify_part *part, struct str stem,
			   const struct statement *s, struct error *err)
{
	if (str_equal_cstr(s->said.predicate_type, PREDICATE_SPDX))
		return check_document(v, part, stem, s, STATEMENT_SPDX, err);
	if (str_equal_cstr(s->said.predicate_type, PREDICATE_CYCLONEDX))
		return check_document(v, part, stem, s, STATEMENT_CYCLONEDX, err);
	return 0;
}

static int read_all(struct verifying *v, struct verify_part *part, struct str text, struct str stem,
		    struct verify_statements *s, struct error *err)
{
	if (read_lines(v, &part->told.arena, text, s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (check_byproducts(v, part, &s->list[i], err) < 0 ||
		    check_documents(v, part, stem, &s->list[i], err) < 0)
			return -1;
	return 0;
}

int verify_read_statements(struct verifying *v, struct verify_part *part, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILE_MAX + 1);
	struct arena *arena = &part->told.arena;
	struct str stem = statement_stem(str_of(v->base));
	const char *name = arena_printf(arena, STR_FMT ".intoto.jsonl", STR_ARG(stem));
	struct verify_statements *s;
	int r = verify_load(v->folder, name, false, FILE_MAX, &text, err);

	if (r == FILE_ABSENT) {
		verify_add(&part->told, "statements", VERIFY_NONE, "there is no '%s'", name);
		return 0;
	}
	s = arena_alloc(arena, sizeof(*s));
	s->file = str_of(name);
	if (r < 0 || read_all(v, part, buf_str(&text), stem, s, err) < 0)
		return verify_failed(&part->told, "statements", err);
	v->statements = s;
	return 0;
}

/* ---- are they of this file? ---- */

static int match_one(struct verifying *v, const struct statement *s, enum identity_match *ret,
		     struct error *err)
{
	enum identity_role weak = IDENTITY_FILE;

	*ret = identity_match(&v->r->identity, s->said.subjects, s->said.n_subjects, &weak);
	if (*ret == IDENTITY_ALL || *ret == IDENTITY_STRONG)
		return 0;
	(void)err_set(err, ERR_DIGEST, "%s is not of '%s': %s", s->what, v->path,
		      *ret == IDENTITY_CONFLICT ? "it names it with another digest"
						: "none of its subjects is");
	return verify_failed(v->r, "statements", err);
}

static struct str type_name(struct str type)
{
	if (str_equal_cstr(type, PREDICATE_SLSA_PROVENANCE))
		return STR("provenance");
	if (str_equal_cstr(type, PREDICATE_SPDX))
		return STR("SPDX");
	if (str_equal_cstr(type, PREDICATE_CYCLONEDX))
		return STR("CycloneDX");
	return type;
}

static bool is_told_alike(const struct statement *a, const struct statement *b)
{
	return a->key == b->key && !a->n_signatures == !b->n_signatures;
}

/* Statements in a row by one key are one line: "provenance, SPDX, CycloneDX: by ...". */
static void tell(struct verifying *v, const struct statement *s, size_t n, bool is_other_file)
{
	struct arena *a = &v->r->arena;
	const char *names = arena_strdup(a, type_name(s->said.predicate_type)), *key;

	for (size_t i = 1; i < n; i++)
		names = arena_printf(a, "%s, " STR_FMT, names,
				     STR_ARG(type_name(s[i].said.predicate_type)));
	if (!s->n_signatures)
		key = "not signed";
	else if (s->key)
		key = arena_printf(a, "by %s", verify_key_text(s->key, a));
	else
		key = "signed by keys that are not known here";
	verify_add(v->r, "statements", s->key ? VERIFY_OK : VERIFY_NOTE, "%s: %s%s", names, key,
		   is_other_file ? "; of the same content in another file" : "");
}

/* For who builds it again: from which lock it was built, as the provenance has it. */
static void take_lock(struct verify_result *r, const struct statement *s)
{
	const struct json *definition = member(s->said.predicate, "buildDefinition", JSON_OBJECT);
	const struct json *parameters = member(definition, "externalParameters", JSON_OBJECT);
	const struct json *lock = member(parameters, "lockDigest", JSON_STRING);
	struct error not_ours = ERR_INIT;

	if (r->has_lock || !lock ||
	    !str_equal_cstr(s->said.predicate_type, PREDICATE_SLSA_PROVENANCE))
		return;
	r->has_lock = digest_parse(json_as_str(lock), &r->lock, &not_ours) == 0;
	err_release(&not_ours);
}

int verify_match_statements(struct verifying *v, struct error *err)
{
	const struct statement *list = v->statements ? v->statements->list : NULL;
	size_t n = v->statements ? v->statements->n : 0, from = 0;
	enum identity_match match, before = IDENTITY_ALL;

	for (size_t i = 0; i < n; i++) {
		if (match_one(v, &list[i], &match, err) < 0)
			return -1;
		take_lock(v->r, &list[i]);
		if (i > from && (match != before || !is_told_alike(&list[i], &list[from]))) {
			tell(v, &list[from], i - from, before == IDENTITY_STRONG);
			from = i;
		}
		before = match;
	}
	if (n)
		tell(v, &list[from], n - from, before == IDENTITY_STRONG);
	return 0;
}

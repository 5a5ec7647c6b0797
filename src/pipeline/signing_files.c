#include "pipeline/signing_private.h"

#include <string.h>

#include "format/sigstore/sigstore.h"
#include "io/file.h"

/* ---- bundles ---- */

enum holder {
	HOLDER_NONE = 1, /* no file, or about another output than lies there */
	HOLDER_KEY,	 /* the key */
	HOLDER_OTHER,	 /* another key, about this output */
};

static int parse_bundle(struct bytes text, const char *name, const struct identity *of,
			const struct digest *key_id, enum holder *ret, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct intoto_statement s = { 0 };
	struct dsse_envelope e = { 0 };
	enum identity_role weak;
	enum identity_match match;
	char hex[DIGEST_HEX_MAX];

	if (sigstore_bundle_parse(text, name, &arena, &e, err) < 0 ||
	    intoto_parse(e.payload, name, &arena, &s, err) < 0)
		return err_hint(err, "move it away: it is no signature that ingot could replace");
	match = identity_match(of, s.subjects, s.n_subjects, &weak);
	if (str_equal_cstr(e.signatures[0].keyid, digest_hex(key_id, hex)))
		*ret = HOLDER_KEY;
	else
		*ret = match == IDENTITY_ALL || match == IDENTITY_STRONG ? HOLDER_OTHER
									 : HOLDER_NONE;
	return 0;
}

static int find_holder(int folder, const char *name, const struct identity *of,
		       const struct digest *key_id, enum holder *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNING_BUNDLE_MAX);
	int r = file_load(folder, name, &text, err);

	*ret = HOLDER_NONE;
	if (r == FILE_ABSENT)
		return 0;
	return r < 0 ? -1 : parse_bundle(buf_bytes(&text), name, of, key_id, ret, err);
}

int signing_bundle_name(int folder, const struct identity *of, const struct digest *key_id,
			struct arena *arena, const char **ret, struct error *err)
{
	char hex[DIGEST_HEX_MAX];
	const char *plain = arena_printf(arena, STR_FMT SIGNING_ENDING, STR_ARG(of->file));
	const char *named = arena_printf(arena, STR_FMT ".%.16s" SIGNING_ENDING, STR_ARG(of->file),
					 digest_hex(key_id, hex));
	enum holder holder = HOLDER_NONE;

	if (find_holder(folder, named, of, key_id, &holder, err) < 0)
		return -1;
	if (holder == HOLDER_KEY) {
		*ret = named;
		return 0;
	}
	if (find_holder(folder, plain, of, key_id, &holder, err) < 0)
		return -1;
	*ret = holder == HOLDER_OTHER ? named : plain;
	return 0;
}

/* ---- statements ---- */

static int check_about(const struct dsse_envelope *e, const char *name,
		       const struct identity *outputs, size_t n, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct intoto_statement s = { 0 };
	enum identity_role weak;

	if (!str_equal_cstr(e->payload_type, INTOTO_PAYLOAD_TYPE))
		return err_set(err, ERR_FORMAT, "'%s' holds something that is no in-toto statement",
			       name);
	if (intoto_parse(e->payload, name, &arena, &s, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		enum identity_match match =
			identity_match(&outputs[i], s.subjects, s.n_subjects, &weak);

		if (match == IDENTITY_ALL || match == IDENTITY_STRONG)
			return 0;
	}
	(void)err_set(err, ERR_DIGEST,
		      "the statements in '%s' are about another file than the '" STR_FMT
		      "' that lies there",
		      name, STR_ARG(outputs[0].file));
	return err_hint(err, "build it again, or move '%s' away to sign the file alone", name);
}

static int add_line(struct str line, const char *name, const struct identity *outputs, size_t n,
		    struct signing_batch *b, struct error *err)
{
	struct dsse_envelope e = { 0 };

	if (dsse_parse(str_bytes(line), name, &b->arena, &e, err) < 0 ||
	    check_about(&e, name, outputs, n, err) < 0)
		return -1;
	signing_batch_add(b, &e);
	return 0;
}

int signing_lines_load(int folder, const char *name, const struct identity *outputs, size_t n,
		       struct signing_batch *b, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNING_LINES_SIZE);
	size_t first = b->n;
	struct str rest, line;
	int r = file_load(folder, name, &text, err);

	if (r != 0)
		return r == FILE_ABSENT ? 0 : -1;
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line)) {
		if (!line.len && !rest.ptr)
			break; /* behind the last line end */
		if (b->n - first == SIGNING_LINES_MAX)
			return err_set(err, ERR_LIMIT, "'%s' has more than %u statements", name,
				       SIGNING_LINES_MAX);
		if (add_line(line, name, outputs, n, b, err) < 0)
			return -1;
	}
	return 0;
}

int signing_save(int folder, const char *name, struct bytes text, struct error *err)
{
	CLEANUP_BUF struct buf old = BUF_INIT(SIGNING_LINES_SIZE);
	CLEANUP_ERR struct error too_large = ERR_INIT;

	if (file_load(folder, name, &old, &too_large) == 0 && bytes_equal(buf_bytes(&old), text))
		return 0;
	return file_save(folder, name, text, err);
}

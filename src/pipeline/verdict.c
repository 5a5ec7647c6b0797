#include "pipeline/verdict.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "format/dsse/dsse.h"
#include "io/file.h"
#include "pipeline/signing.h"

#define KEY_DIGITS 16

static struct json *named(struct arena *a, const char *name, const struct digest *d)
{
	struct json *o = json_object(a), *digests = json_object(a);
	char hex[DIGEST_HEX_MAX];

	json_set(o, "name", json_text(a, name));
	json_set(digests, "sha256", json_text(a, digest_hex(d, hex)));
	json_set(o, "digest", digests);
	return o;
}

/* ResourceDescriptors (in-toto attestation v1): each has a digest or a uri. */
static struct json *configuration(const struct rebuild_result *r, struct arena *a)
{
	struct json *list = json_array(a), *target = json_object(a);

	json_add(list, named(a, "bundle", &r->bundle));
	json_add(list, named(a, "lock", &r->lock));
	json_add(list, named(a, "recipe", &r->recipe_digest));
	json_set(target, "name", json_text(a, "target"));
	json_set(target, "uri",
		 json_text(a, arena_printf(a, "urn:ingot:target:" STR_FMT ":" STR_FMT ":" STR_FMT,
					   STR_ARG(r->target), STR_ARG(r->architecture),
					   STR_ARG(r->format))));
	json_add(list, target);
	return list;
}

/* The name of a check once, whatever it told; failed if any of its lines is. */
static bool is_last_of_name(const struct verify_result *v, size_t i)
{
	for (size_t k = i + 1; k < v->n_checks; k++)
		if (strcmp(v->checks[k].name, v->checks[i].name) == 0)
			return false;
	return true;
}

static enum verify_state state_of(const struct verify_result *v, const char *name)
{
	enum verify_state worst = VERIFY_NONE;

	for (size_t i = 0; i < v->n_checks; i++) {
		enum verify_state s = v->checks[i].state;

		if (strcmp(v->checks[i].name, name) != 0)
			continue;
		if (s == VERIFY_FAILED)
			return s;
		if (worst == VERIFY_NONE || s == VERIFY_NOTE)
			worst = s;
	}
	return worst;
}

/*
 * Only what a rebuild says: who vouches for the file here depends on the keys that somebody
 * has, and is no part of a verdict.
 */
static bool is_of_verdict(const char *name)
{
	return strcmp(name, "signature") != 0 && strcmp(name, "statements") != 0 &&
	       strcmp(name, "policy") != 0 && strcmp(name, REBUILD_ARCHIVE_CHECK) != 0;
}

static struct json *checks(const struct verify_result *v, enum verify_state state, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < v->n_checks; i++)
		if (is_of_verdict(v->checks[i].name) && is_last_of_name(v, i) &&
		    state_of(v, v->checks[i].name) == state)
			json_add(list, json_text(a, v->checks[i].name));
	return list;
}

static struct json *rebuilt(const struct rebuild_result *r, struct arena *a)
{
	struct json *o = json_object(a);
	char hex[DIGEST_HEX_MAX];

	for (size_t role = 0; role < IDENTITY_ROLE_COUNT; role++)
		if (r->rebuilt.has[role])
			json_set(o, identity_role_names[role],
				 json_text(a, digest_hex(&r->rebuilt.digest[role], hex)));
	return o;
}

void verdict_statement(const struct rebuild_result *r, struct arena *arena,
		       struct intoto_statement *ret)
{
	struct json *p = json_object(arena);

	json_set(p, "result", json_text(arena, r->passed ? "PASSED" : "FAILED"));
	json_set(p, "configuration", configuration(r, arena));
	json_set(p, "passedTests", checks(&r->verify, VERIFY_OK, arena));
	json_set(p, "warnedTests", checks(&r->verify, VERIFY_NOTE, arena));
	json_set(p, "failedTests", checks(&r->verify, VERIFY_FAILED, arena));
	if (!r->passed)
		json_set(p, "rebuilt", rebuilt(r, arena));
	*ret = (struct intoto_statement){ .predicate_type = STR(PREDICATE_TEST_RESULT),
					  .predicate = p };
	ret->n_subjects = identity_subjects(&r->verify.identity, arena, &ret->subjects);
}

static int save(const char *path, struct bytes data, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	const char *name;

	if (file_open_parent(path, &fd, &name, err) < 0)
		return -1;
	if (file_save(fd, name, data, err) < 0)
		return err_while(err, "writing '%s'", path);
	return 0;
}

int verdict_save(const struct rebuild_result *r, const char *path, const char *to,
		 const struct signer *signer, struct arena *arena, const char **ret_path,
		 struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DSSE_ENVELOPE_MAX);
	struct intoto_statement statement;
	char hex[DIGEST_HEX_MAX];
	struct digest key_id;

	verdict_statement(r, arena, &statement);
	if (signing_bundle(&statement, signer, &text, &key_id, err) < 0)
		return -1;
	*ret_path = to ? to
		       : arena_printf(arena, "%s" VERDICT_INFIX "%.*s" VERDICT_ENDING, path,
				      KEY_DIGITS, digest_hex(&key_id, hex));
	return save(*ret_path, buf_bytes(&text), err);
}

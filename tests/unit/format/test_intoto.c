#include <criterion/criterion.h>

#include "format/dsse/intoto.h"

#define HEX "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define SUBJECT "{\"digest\":{\"sha256\":\"" HEX "\"},\"name\":\"web.tar\"}"
#define TYPE "\"_type\":\"https://in-toto.io/Statement/v1\""

static enum err_code parse(const char *text, struct arena *a, struct intoto_statement *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (intoto_parse(str_bytes(str_of(text)), "x.json", a, ret, &err) < 0)
		return err.code;
	return ERR_NONE;
}

static enum err_code refused(const char *text)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct intoto_statement s;

	return parse(text, &a, &s);
}

Test(intoto, a_statement_is_written_as_it_is_read)
{
	static const char text[] = "{" TYPE ",\"predicate\":{\"a\":[1,\"\\n\"],\"b\":{}},"
				   "\"predicateType\":\"" PREDICATE_SIGN "\",\"subject\":[" SUBJECT
				   "," SUBJECT "]}";
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(1000);
	struct intoto_statement s;

	cr_assert_eq(parse(text, &a, &s), ERR_NONE);
	cr_assert_eq(s.n_subjects, 2);
	cr_assert(str_equal(s.subjects[0].name, STR("web.tar")));
	cr_assert(str_equal(s.predicate_type, STR("https://sigstore.dev/cosign/sign/v1")));
	intoto_write(&s, &a, &again);
	cr_assert_str_eq(buf_cstr(&again), text);
}

/* statement.md and resource_descriptor.md: what may be absent, and what must be ignored. */
Test(intoto, what_others_write_is_read)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct intoto_statement s;

	cr_assert_eq(parse("{" TYPE ",\"predicateType\":\"t\",\"extra\":null,\"subject\":[{\"uri\":"
			   "\"pkg:x\",\"digest\":{\"sha512\":\"00\",\"sha256\":\"" HEX "\"}}]}",
			   &a, &s), ERR_NONE);
	cr_assert_eq(s.subjects[0].name.len, 0);
	cr_assert_eq(json_length(s.predicate), 0);
}

Test(intoto, malformed_statements_are_refused)
{
	static const char *const texts[] = {
		"", "[]", "{}", "1",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":{}}",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":{},\"subject\":[]}",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":{},\"subject\":{}}",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":{},\"subject\":[null]}",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":[],\"subject\":[" SUBJECT "]}",
		"{" TYPE ",\"predicateType\":\"t\",\"predicate\":null,\"subject\":[" SUBJECT "]}",
		"{" TYPE ",\"predicateType\":1,\"predicate\":{},\"subject\":[" SUBJECT "]}",
		"{" TYPE ",\"predicate\":{},\"subject\":[" SUBJECT "]}",
		"{\"predicateType\":\"t\",\"predicate\":{},\"subject\":[" SUBJECT "]}",
		"{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"t\","
		"\"predicate\":{},\"subject\":[" SUBJECT "]}",
		"{\"_type\":\"https://in-toto.io/Statement/v1 \",\"predicateType\":\"t\","
		"\"predicate\":{},\"subject\":[" SUBJECT "]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":\"x\"}]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":\"x\",\"digest\":{}}]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":\"x\",\"digest\":"
		"{\"sha512\":\"" HEX "\"}}]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":\"x\",\"digest\":"
		"{\"sha256\":\"sha256:" HEX "\"}}]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":\"x\",\"digest\":"
		"{\"sha256\":\"2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824\""
		"}}]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"name\":1,\"digest\":"
		"{\"sha256\":\"" HEX "\"}}]}",
		/* which of the two would be meant? */
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[" SUBJECT "],\"subject\":[" SUBJECT
		"]}",
		"{" TYPE ",\"predicateType\":\"t\",\"subject\":[{\"digest\":{\"sha256\":\"" HEX
		"\",\"sha256\":\"" HEX "\"}}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_eq(refused(texts[i]), ERR_FORMAT, "%zu: %s", i, texts[i]);
}

Test(intoto, subjects_have_a_limit)
{
	for (size_t n = INTOTO_SUBJECTS_MAX; n <= INTOTO_SUBJECTS_MAX + 1; n++) {
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);

		buf_add_cstr(&text, "{" TYPE ",\"predicateType\":\"t\",\"subject\":[");
		for (size_t i = 0; i < n; i++)
			buf_add_cstr(&text, i ? "," SUBJECT : SUBJECT);
		buf_add_cstr(&text, "]}");
		cr_assert_eq(refused(buf_cstr(&text)),
			     n > INTOTO_SUBJECTS_MAX ? ERR_LIMIT : ERR_NONE);
	}
}

Test(intoto, a_bomb_of_values_is_refused)
{
	CLEANUP_BUF struct buf text = BUF_INIT(10u << 20);

	buf_add_cstr(&text, "{" TYPE ",\"predicate\":{\"a\":[");
	for (size_t i = 0; i < 2200000; i++)
		buf_add_cstr(&text, "1,");
	buf_add_cstr(&text, "1]}}");
	cr_assert_eq(refused(buf_cstr(&text)), ERR_LIMIT);
}

#include "cli/show_verify.h"

static const char *const states[] = {
	[VERIFY_OK] = "ok",
	[VERIFY_FAILED] = "failed",
	[VERIFY_NOTE] = "note",
	[VERIFY_NONE] = "none",
};

/* A line each; a check that has several lines is named once. */
void show_verify_checks(const struct verify_result *r, bool quiet)
{
	int width = 10;

	for (size_t i = 0; i < r->n_checks; i++)
		if ((int)strlen(r->checks[i].name) > width)
			width = (int)strlen(r->checks[i].name);
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct verify_check *c = &r->checks[i];
		bool again = !quiet && i && strcmp(c->name, r->checks[i - 1].name) == 0 &&
			     c->state == r->checks[i - 1].state;

		if (quiet && c->state != VERIFY_FAILED)
			continue;
		printf("%-*s  %-6s  ", width, again ? "" : c->name, again ? "" : states[c->state]);
		app_print_str(c->text);
		putchar('\n');
	}
}

/* " of role developer": of those of `--role` alone, for they are worth less. */
static const char *role_text(const struct verify_result *r)
{
	struct str role = r->n_signers ? r->signers[0].role : STR("");

	if (str_equal(role, STR("developer")))
		return " of role developer";
	return str_equal(role, STR("rebuilder")) ? " of role rebuilder" : "";
}

static void print_verdict(const struct verify_result *r, const char *path,
			  const struct error *failure)
{
	if (failure && (failure->code == ERR_INTERRUPTED || failure->code == ERR_IO)) {
		app_print_str(str_of(path));
		puts(" is not verified: it could not be looked at to the end");
	} else if (failure) {
		fputs("do not use ", stdout);
		app_print_str(str_of(path));
		puts(": verification failed");
	} else if (r->vouched) {
		app_print_str(str_of(path));
		printf(" is verified: %zu key%s%s vouch%s for it\n", r->n_signers,
		       r->n_signers == 1 ? "" : "s", role_text(r),
		       r->n_signers == 1 ? "es" : "");
	} else {
		app_print_str(str_of(path));
		puts(verify_is_developers(r) ? ": integrity only, nobody but a developer vouches "
					       "for this"
					     : ": integrity only, nobody vouches for this");
	}
}

void show_verify_text(const struct verify_result *r, const char *path, const struct error *failure,
		      bool quiet)
{
	show_verify_checks(r, quiet);
	if (!quiet)
		putchar('\n');
	print_verdict(r, path, failure);
}

static struct json *checks_json(const struct verify_result *r, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < r->n_checks; i++) {
		struct json *o = json_object(a);

		json_set(o, "check", json_text(a, r->checks[i].name));
		json_set(o, "state", json_text(a, states[r->checks[i].state]));
		json_set(o, "text", json_text(a, arena_strdup(a, r->checks[i].text)));
		json_add(list, o);
	}
	return list;
}

static struct json *digests_json(const struct verify_result *r, struct arena *a)
{
	struct json *o = json_object(a);
	char text[DIGEST_TEXT_MAX];

	for (size_t role = 0; role < IDENTITY_ROLE_COUNT; role++)
		if (r->identity.has[role])
			json_set(o, identity_role_names[role],
				 json_text(a, digest_format(&r->identity.digest[role], text)));
	return o;
}

static struct json *signers_json(const struct verify_signer *s, size_t n, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++) {
		struct json *o = json_object(a);

		json_set(o, "file", json_text(a, arena_strdup(a, s[i].file)));
		json_set(o, "key_id", json_str(a, s[i].key_id));
		json_set(o, "key", json_text(a, arena_strdup(a, s[i].key_path)));
		json_set(o, "role", json_str(a, s[i].role));
		json_add(list, o);
	}
	return list;
}

struct json *show_verify_json(const struct verify_result *r, const char *path,
			      const struct error *failure, struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "file", json_text(a, path));
	json_set(o, "kind", json_str(a, r->kind));
	json_set(o, "architecture", json_str(a, r->architecture));
	json_set(o, "verdict",
		 json_text(a, failure	   ? "failed"
			      : r->vouched ? "vouched"
					   : "nobody-vouches"));
	json_set(o, "vouched", json_bool(a, r->vouched && !failure));
	json_set(o, "digests", digests_json(r, a));
	json_set(o, "checks", checks_json(r, a));
	json_set(o, "signers", signers_json(r->signers, r->n_signers, a));
	json_set(o, "not_counted", signers_json(r->others, r->n_others, a));
	return o;
}

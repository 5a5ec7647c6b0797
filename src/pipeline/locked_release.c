#include "pipeline/locked_release.h"

#include "resolve/openpgp_certificates.h"

#define SIGNING_TAKES 86400 /* seconds: archives sign within minutes after the Date they write */

static bool holds(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i], s))
			return true;
	return false;
}

/* librnp reads no keys but those of the lock, if the keyring has them. */
static struct bytes pinned_of(struct bytes keyring, const struct lock_suite *suite, struct buf *to)
{
	bool known = certificates_select(keyring, suite->signed_by, suite->n_signed_by, to);

	return known && to->len ? buf_bytes(to) : keyring;
}

int locked_release(struct bytes text, struct bytes keyring, const struct lock_suite *suite,
		   struct arena *arena, struct release *ret, struct error *err)
{
	char *name = arena_printf(arena, STR_FMT "/InRelease", STR_ARG(suite->suite));
	CLEANUP_BUF struct buf pinned = BUF_INIT(keyring.len + 1);
	struct openpgp_verdict verdict;

	if (openpgp_verify_inline(text, pinned_of(keyring, suite, &pinned),
				  suite->date + SIGNING_TAKES, arena, &verdict, err) < 0)
		return err_while(err, "verifying '%s'", name);
	if (release_parse(verdict.text, name, arena, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < suite->n_signed_by; i++)
		if (!holds(verdict.signers, verdict.n_signers, suite->signed_by[i]))
			return err_set(err, ERR_SIGNATURE,
				       "'%s' is not signed by " STR_FMT ", which the lock names",
				       name, STR_ARG(suite->signed_by[i]));
	if (!suite->n_signed_by)
		return err_set(err, ERR_SIGNATURE, "the lock names no key that signed '%s'", name);
	if (!str_equal(ret->origin, suite->origin) || !str_equal(ret->label, suite->label) ||
	    !str_equal(ret->codename, suite->codename) || ret->date != suite->date)
		return err_set(err, ERR_WRONG_ARCHIVE,
			       "'%s' is not of the archive or the date that the lock says", name);
	return release_check(ret, name, suite->suite, suite->date, 0, err);
}

const struct recipe_source *locked_source(const struct recipe *r, const struct lock_suite *suite)
{
	for (size_t i = 0; i < r->n_sources; i++)
		if (str_equal(r->sources[i].name, suite->source))
			return &r->sources[i];
	return NULL;
}

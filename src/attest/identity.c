#include "attest/identity.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

const char *const identity_role_names[IDENTITY_ROLE_COUNT] = {
	[IDENTITY_FILE] = "file",	    [IDENTITY_CONFIG] = "config",
	[IDENTITY_MANIFEST] = "manifest",   [IDENTITY_INDEX] = "index",
	[IDENTITY_ROOT_HASH] = "root-hash", [IDENTITY_UNSIGNED] = "unsigned",
};

size_t identity_subjects(const struct identity *i, struct arena *arena, struct intoto_subject **ret)
{
	struct intoto_subject *list = arena_array(arena, IDENTITY_ROLE_COUNT, sizeof(*list));
	size_t n = 0;

	for (size_t role = 0; role < IDENTITY_ROLE_COUNT; role++) {
		struct str name = i->file;

		if (!i->has[role])
			continue;
		if (role != IDENTITY_FILE)
			name = str_of(arena_printf(arena, STR_FMT "#%s", STR_ARG(i->file),
						   identity_role_names[role]));
		list[n].name = name;
		list[n++].sha256 = i->digest[role];
	}
	*ret = list;
	return n;
}

/* "web.raw#unsigned" is "web.raw" and a role; a '#' before anything else is part of the name. */
struct str identity_subject_name(struct str subject, enum identity_role *ret_role)
{
	size_t at = subject.len;

	*ret_role = IDENTITY_FILE;
	while (at && subject.ptr[at - 1] != '#')
		at--;
	if (!at)
		return subject;
	for (enum identity_role role = IDENTITY_CONFIG; role < IDENTITY_ROLE_COUNT; role++) {
		struct str word = { subject.ptr + at, subject.len - at };

		if (!str_equal_cstr(word, identity_role_names[role]))
			continue;
		*ret_role = role;
		return (struct str){ subject.ptr, at - 1 };
	}
	return subject;
}

/* A subject: what it says of which file. */
struct claim {
	struct str file;
	enum identity_role role;
	const struct digest *digest;
	size_t at; /* in the statement */
};

static int by_file(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = str_compare(x->file, y->file);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Those of a file together: whoever wrote the statement chose how many there are. */
static struct claim *sort_claims(const struct intoto_subject *subjects, size_t n)
{
	struct claim *list = mem_array(n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		list[i].file = identity_subject_name(subjects[i].name, &list[i].role);
		list[i].digest = &subjects[i].sha256;
		list[i].at = i;
	}
	qsort(list, n, sizeof(*list), by_file);
	return list;
}

/* What a statement says of one file; of two digests for one role, the first. */
static struct identity collect(const struct claim *claims, size_t n, bool *ret_ambiguous)
{
	struct identity said = { .file = claims[0].file };

	*ret_ambiguous = false;
	for (size_t i = 0; i < n; i++) {
		enum identity_role role = claims[i].role;

		if (said.has[role]) {
			*ret_ambiguous |= !digest_equal(&said.digest[role], claims[i].digest);
			continue;
		}
		said.has[role] = true;
		said.digest[role] = *claims[i].digest;
	}
	return said;
}

static bool equal_role(const struct identity *a, enum identity_role role_a,
		       const struct identity *b, enum identity_role role_b)
{
	return a->has[role_a] && b->has[role_b] &&
	       digest_equal(&a->digest[role_a], &b->digest[role_b]);
}

static bool differs(const struct identity *a, const struct identity *b, enum identity_role role)
{
	return a->has[role] && b->has[role] && !digest_equal(&a->digest[role], &b->digest[role]);
}

/*
 * Of an image each digest from the file inwards fixes the config, so any of them will do; but
 * none may stand beside another config. Of a disk it is the file, or what either of the two
 * was before Secure Boot signed it. A root hash alone says nothing of kernel and boot loader.
 */
static bool is_same(const struct identity *a, const struct identity *b)
{
	if (differs(a, b, IDENTITY_CONFIG) || differs(a, b, IDENTITY_UNSIGNED))
		return false;
	return equal_role(a, IDENTITY_FILE, b, IDENTITY_FILE) ||
	       equal_role(a, IDENTITY_INDEX, b, IDENTITY_INDEX) ||
	       equal_role(a, IDENTITY_MANIFEST, b, IDENTITY_MANIFEST) ||
	       equal_role(a, IDENTITY_CONFIG, b, IDENTITY_CONFIG) ||
	       equal_role(a, IDENTITY_UNSIGNED, b, IDENTITY_UNSIGNED) ||
	       equal_role(a, IDENTITY_FILE, b, IDENTITY_UNSIGNED) ||
	       equal_role(a, IDENTITY_UNSIGNED, b, IDENTITY_FILE);
}

static enum identity_match match_one(const struct identity *i, const struct identity *said,
				     enum identity_role *ret_weak)
{
	if (!is_same(i, said))
		return str_equal(i->file, said->file) ? IDENTITY_CONFLICT : IDENTITY_NONE;
	for (enum identity_role role = 0; role < IDENTITY_ROLE_COUNT; role++) {
		if (!differs(i, said, role))
			continue;
		*ret_weak = role;
		return IDENTITY_STRONG;
	}
	return IDENTITY_ALL;
}

/*
 * Of one file. Two digests for one thing are a conflict, if it is this one: whoever signs that
 * is not to be relied on.
 */
static enum identity_match match_file(const struct identity *i, const struct claim *claims,
				      size_t n, enum identity_role *ret_weak)
{
	bool ambiguous;
	struct identity said = collect(claims, n, &ambiguous);
	enum identity_match match = match_one(i, &said, ret_weak);

	return match != IDENTITY_NONE && ambiguous ? IDENTITY_CONFLICT : match;
}

static enum identity_match match_claims(const struct identity *i, const struct claim *claims,
					size_t n, enum identity_role *ret_weak)
{
	enum identity_match best = IDENTITY_NONE;
	size_t n_same, first = SIZE_MAX; /* the first file that is another one's equal */

	for (size_t c = 0; c < n; c += n_same) {
		enum identity_role weak = IDENTITY_FILE;
		enum identity_match match;

		for (n_same = 1; c + n_same < n; n_same++)
			if (!str_equal(claims[c].file, claims[c + n_same].file))
				break;
		match = match_file(i, claims + c, n_same, &weak);
		if (match == IDENTITY_CONFLICT)
			return match;
		if (match == IDENTITY_ALL)
			best = match;
		if (match != IDENTITY_STRONG || claims[c].at > first)
			continue;
		if (best == IDENTITY_NONE)
			best = match;
		first = claims[c].at;
		*ret_weak = weak;
	}
	return best;
}

enum identity_match identity_match(const struct identity *i, const struct intoto_subject *subjects,
				   size_t n, enum identity_role *ret_weak)
{
	CLEANUP_FREE struct claim *claims = sort_claims(subjects, n);

	return match_claims(i, claims, n, ret_weak);
}

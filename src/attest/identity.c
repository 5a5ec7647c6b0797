#include "attest/identity.h"

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

/* What a statement says of one file: the subjects of one name. */
static struct identity collect(struct str name, const struct intoto_subject *subjects, size_t n)
{
	struct identity said = { .file = name };

	for (size_t s = 0; s < n; s++) {
		enum identity_role role;
		struct str file = identity_subject_name(subjects[s].name, &role);

		if (!str_equal(file, name) || said.has[role])
			continue; /* two of one kind: is_ambiguous() */
		said.has[role] = true;
		said.digest[role] = subjects[s].sha256;
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

/* Two digests for one thing: whoever signs that is not to be relied on. */
static bool is_ambiguous(const struct identity *said, const struct intoto_subject *subjects,
			 size_t n)
{
	for (size_t s = 0; s < n; s++) {
		enum identity_role role;
		struct str file = identity_subject_name(subjects[s].name, &role);

		if (str_equal(file, said->file) &&
		    !digest_equal(&said->digest[role], &subjects[s].sha256))
			return true;
	}
	return false;
}

enum identity_match identity_match(const struct identity *i, const struct intoto_subject *subjects,
				   size_t n, enum identity_role *ret_weak)
{
	enum identity_match best = IDENTITY_NONE;
	struct str last = { NULL, 0 };

	for (size_t s = 0; s < n; s++) {
		enum identity_role role, weak = IDENTITY_FILE;
		struct str name = identity_subject_name(subjects[s].name, &role);
		enum identity_match match;
		struct identity said;

		if (last.ptr && str_equal(last, name))
			continue; /* the subjects of a file stand together */
		last = name;
		said = collect(name, subjects, n);
		match = match_one(i, &said, &weak);
		if (match == IDENTITY_CONFLICT)
			return match;
		if (match != IDENTITY_NONE && is_ambiguous(&said, subjects, n))
			return IDENTITY_CONFLICT;
		if (match == IDENTITY_ALL || (match == IDENTITY_STRONG && best == IDENTITY_NONE)) {
			if (match == IDENTITY_STRONG)
				*ret_weak = weak;
			best = match;
		}
	}
	return best;
}

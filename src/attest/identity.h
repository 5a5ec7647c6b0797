#pragma once

/*
 * attest/identity.h - the digests by which an output is known, and statements about it. Pure.
 *
 * Spec: design.md, section 9 ("Identity"); formats B2. A statement's subjects for an output
 * FILE are named "FILE" (the file's own digest) and "FILE#config", "FILE#manifest",
 * "FILE#index", "FILE#root-hash", "FILE#unsigned". The strong ones (config of an image; of a
 * disk the file, or what it was before Secure Boot signed it) say what it is; the
 * others may differ in a rebuild with another compressor.
 */

#include "base/arena.h"
#include "format/dsse/intoto.h"

enum identity_role {
	IDENTITY_FILE,
	IDENTITY_CONFIG,    /* of an image: its id */
	IDENTITY_MANIFEST,
	IDENTITY_INDEX,
	IDENTITY_ROOT_HASH, /* of a disk: verity's */
	IDENTITY_UNSIGNED,  /* of a disk: without the Secure Boot signature */
	IDENTITY_ROLE_COUNT,
};
extern const char *const identity_role_names[IDENTITY_ROLE_COUNT]; /* "file", "config", ... */

struct identity {
	struct str file; /* name without folders */
	bool has[IDENTITY_ROLE_COUNT];
	struct digest digest[IDENTITY_ROLE_COUNT];
};

/* Subjects in order of role. *ret in @arena. */
size_t identity_subjects(const struct identity *i, struct arena *arena,
			 struct intoto_subject **ret);

/* The file that a subject is of, and the role: a view of @subject without "#config". */
struct str identity_subject_name(struct str subject, enum identity_role *ret_role);

enum identity_match {
	IDENTITY_NONE = 0, /* the statement is about something else */
	IDENTITY_STRONG,   /* the same content; some weak digest differs (*ret_weak) */
	IDENTITY_ALL,      /* every digest that both have is equal, the file's too */
	IDENTITY_CONFLICT, /* it names this file, with another strong digest */
};

/*
 * What the subjects of a statement say about @i. Names count only for IDENTITY_CONFLICT:
 * a renamed file is the same file. *ret_weak: the first role that differs; set for STRONG
 * only. A conflict goes over a match elsewhere in the list; two digests for one role of one
 * file are a conflict, too. A root hash alone is no match.
 */
enum identity_match identity_match(const struct identity *i, const struct intoto_subject *subjects,
				   size_t n, enum identity_role *ret_weak);

#pragma once

/*
 * debian/effects.h - operations on a tree, as lines of text.
 *
 * Spec: docs/effects.md. Private to debian/: the catalogue is written in this
 * language, and a recipe's answers are.
 */

#include "debian/debian_state.h"

#define EFFECT_WORDS_MAX 64u /* words of one operation; `alternative` needs most */

/* Where an operation comes from. */
struct effect_context {
	struct debian *d;
	const struct unpacked *u; /* the package */
	struct str script;        /* text of the script: heredocs are taken from it */
	cause_id cause;
};

struct effect_words {
	struct str word[EFFECT_WORDS_MAX];
	size_t n;
};

/* Does all lines of @operations, each at once. ERR_FORMAT names a malformed line. */
int effect_run_all(const struct effect_context *c, struct str operations,
		   struct error *err) MUST_CHECK;

/*
 * Whether the conditions of all `only` lines hold: 1, 0 or -1. Where one does not,
 * the entry says nothing about this tree and the script counts as not known.
 */
int effect_applies(const struct effect_context *c, struct str operations,
		   struct error *err) MUST_CHECK;

/* One operation: effect_operation.c has the table. */
struct effect_operation {
	const char *name;
	size_t min, max; /* words after the name */
	size_t mode;     /* which of them is a mode, from 1; 0: none */
	int (*run)(const struct effect_context *c, const struct str *word, size_t n,
		   struct error *err);
};
const struct effect_operation *effect_find(struct str name);

/*
 * The text of the here document in @script whose command line holds @key, as
 * the shell would give it without expansions. In the arena of @d.
 */
int heredoc_find(struct debian *d, struct str script, struct str key, struct str *ret,
		 struct error *err) MUST_CHECK;

/* Operations that have a file of their own; words as in docs/effects.md. */
int effect_user(const struct effect_context *c, const struct str *word, size_t n,
		struct error *err) MUST_CHECK;
int effect_group(const struct effect_context *c, const struct str *word, size_t n,
		 struct error *err) MUST_CHECK;
int effect_member(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err) MUST_CHECK;
int effect_shadow(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err) MUST_CHECK;
int effect_alternative(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err) MUST_CHECK;
int effect_enable(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err) MUST_CHECK;
int effect_certificates(const struct effect_context *c, const struct str *word, size_t n,
			struct error *err) MUST_CHECK;
int effect_rc(const struct effect_context *c, const struct str *word, size_t n,
	      struct error *err) MUST_CHECK;

/* An octal mode of at most five digits. ERR_FORMAT. */
int effect_mode(struct str text, uint16_t *ret, struct error *err) MUST_CHECK;

/* A user's or group's number: a name of the tree or decimal digits. */
int effect_uid(struct debian *d, struct str name, uint32_t *ret, struct error *err) MUST_CHECK;
int effect_gid(struct debian *d, struct str name, uint32_t *ret, struct error *err) MUST_CHECK;

/* What runs once after a line that asked for it. */
int shells_update(struct debian *d, struct error *err) MUST_CHECK;
int pam_update(struct debian *d, struct error *err) MUST_CHECK;

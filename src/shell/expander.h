#pragma once

/*
 * shell/expander.h - one word, on its way to fields. Private to expand*.c.
 *
 * Bytes are collected with a note each: whether they were quoted. Splitting is
 * done while they come in, pathnames are looked up when a field ends.
 */

#include "shell/evaluate.h"

enum expand_purpose {
	EXPAND_FIELDS,  /* splitting, pathnames */
	EXPAND_TEXT,    /* one text */
	EXPAND_PATTERN, /* one text; what was quoted is escaped */
	EXPAND_REGEX,
};

struct expander {
	struct shell *sh;
	enum expand_purpose purpose;
	struct buf text, quoted; /* byte by byte: 1 in @quoted means literal */
	bool started;            /* there is a field, if only an empty one */
	bool special;            /* an unquoted * ? or [ is in it */
	enum { AFTER_NOTHING, AFTER_WHITE, AFTER_SEPARATOR } after;
	struct str separators;   /* IFS */
	struct str *fields;
	size_t n, capacity;
};

#define EXPANDER_MAX ((size_t)1 << 40)
#define EXPANDER_INIT(shell, why) \
	{ .sh = (shell), .purpose = (why), .text = BUF_INIT(EXPANDER_MAX), \
	  .quoted = BUF_INIT(EXPANDER_MAX) }
static inline void expander_release(struct expander *e)
{
	buf_release(&e->text);
	buf_release(&e->quoted);
}
#define CLEANUP_EXPANDER CLEANUP(expander_release)

/* @split: comes of an unquoted expansion. */
int expander_add(struct expander *e, struct str text, bool quoted, bool split,
		 struct error *err) MUST_CHECK;
int expander_break(struct expander *e, bool even_empty, struct error *err) MUST_CHECK;
int expander_parts(struct expander *e, const struct word *w, bool in_parameter,
		   struct error *err) MUST_CHECK;
int expander_parameter(struct expander *e, const struct part *part, struct error *err) MUST_CHECK;
struct str expander_text(struct expander *e); /* of TEXT, PATTERN, REGEX; in scratch */
struct str expander_ifs(const struct shell *sh);

/* The value of a parameter that is no list. False: unset. */
int parameter_get(struct shell *sh, struct str name, struct str *ret, bool *ret_set,
		  struct error *err) MUST_CHECK;
int expand_bash(struct expander *e, const struct part *part, struct str value, struct str *ret,
		struct error *err) MUST_CHECK;

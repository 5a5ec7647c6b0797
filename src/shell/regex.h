#pragma once

/*
 * shell/regex.h - regular expressions of POSIX, basic and extended.
 *
 * Spec: POSIX.1-2017 XBD 9, with GNU's extensions: \+ \? \| in basic ones, \w \W
 * \s \S \b \B \< \> \` \', back-references in extended ones. Of the leftmost matches
 * the longest is taken; submatches as glibc finds them: among the ways to that
 * match each repetition takes as much and each alternation as early as it can.
 * docs/commands.md says where it ends.
 *
 * Time is bounded: text times pattern without back-references, and by a number of
 * steps with them. Above it, and where UTF-8 would need tables of characters that
 * aren't here, the answer is REGEX_GAVE_UP and never a guess.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"

enum regex_flags {
	REGEX_EXTENDED = 1,
	REGEX_ICASE = 2,
	REGEX_BYTES = 4,   /* a character is a byte (mawk, expr in C); else UTF-8 */
	REGEX_LINES = 8,   /* ^ and $ also match inside, around newlines (sed's M) */
	REGEX_SED = 16,	   /* \n \t ... are control characters, in brackets too */
	REGEX_AWK = 32,	   /* backslash escapes in brackets, no \w \b ..., no {n,m} */
	REGEX_GREP = 64,   /* extended: a '{' that opens no interval is itself */
	REGEX_WHOLE = 128, /* matches the whole text only (grep -x) */
};

struct regex;

#define REGEX_SPANS 10

/* Half-open; REGEX_UNSET both: the group took no part. */
struct regex_span {
	size_t from, to;
};
#define REGEX_UNSET ((size_t)-1)

enum regex_answer { REGEX_NO_MATCH, REGEX_MATCH, REGEX_GAVE_UP };

/* NULL with *ret_reason (static text): wrong, or beyond what is known here. */
struct regex *regex_compile(struct arena *arena, struct str pattern, unsigned flags,
			    const char **ret_reason);

/*
 * The leftmost-longest match in @text that begins at @from or later; text before
 * @from counts for ^ \b \<. @spans: the match and its groups 1 to n_spans - 1, or
 * NULL. Memory of the search stays in @re's arena.
 */
enum regex_answer regex_search(struct regex *re, struct str text, size_t from,
			       struct regex_span *spans, unsigned n_spans);

uint64_t regex_steps(const struct regex *re); /* that the last search took */
unsigned regex_groups(const struct regex *re);
const char *regex_reason(const struct regex *re); /* after REGEX_GAVE_UP; static text */

/* Bytes of the character at text[at]: 1 for what is no UTF-8. */
size_t regex_character(struct str text, size_t at);

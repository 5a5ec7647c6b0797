#pragma once

/*
 * shell/charclass.h - the character classes of POSIX in the C locale.
 *
 * [:alpha:] and its like, for ASCII. What a class says about other characters of
 * UTF-8 is known for some classes only: those that answer CHARCLASS_UNKNOWN are
 * never guessed at.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum charclass {
	CHARCLASS_NONE = 0,
	CHARCLASS_ALNUM,
	CHARCLASS_ALPHA,
	CHARCLASS_BLANK,
	CHARCLASS_CNTRL,
	CHARCLASS_DIGIT,
	CHARCLASS_GRAPH,
	CHARCLASS_LOWER,
	CHARCLASS_PRINT,
	CHARCLASS_PUNCT,
	CHARCLASS_SPACE,
	CHARCLASS_UPPER,
	CHARCLASS_XDIGIT,
	CHARCLASS_WORD, /* \w: alnum and '_'; has no name in brackets */
};

/* "alpha" to CHARCLASS_ALPHA; CHARCLASS_NONE if there is no such class. */
enum charclass charclass_find(struct str name);

bool charclass_has(enum charclass class, unsigned char c);

enum charclass_answer { CHARCLASS_NO, CHARCLASS_YES, CHARCLASS_UNKNOWN };
/* Of any character of UTF-8, as C.UTF-8 has it. */
enum charclass_answer charclass_has_wide(enum charclass class, uint32_t c);

static inline unsigned char ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static inline unsigned char ascii_upper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
}

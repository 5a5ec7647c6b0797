#pragma once

/*
 * ydoc/ydoc_text.h - what is refused before libyaml sees the text, and the
 * way from libyaml's marks (which count characters) back to bytes.
 */

#include "base/bytes.h"
#include "base/error.h"

/*
 * ERR_RECIPE_SYNTAX at the first byte that is no UTF-8, is NUL, or is a
 * character that a reader of the text does not see as what it is: a byte order
 * mark, a line break other than LF and CR LF, a bidirectional override.
 */
int ydoc_text_check(struct str text, const char *file, struct error *err) MUST_CHECK;

/* Walks over @text character by character. */
struct ydoc_cursor {
	struct str text;
	size_t byte, index; /* of the next character, as offset and as number */
	uint32_t line, column; /* of the next character, from 1 */
};

#define YDOC_CURSOR_INIT(t) { .text = (t), .line = 1, .column = 1 }

/* Length in bytes of the next character; 0 at the end. */
size_t ydoc_cursor_next(struct ydoc_cursor *c);

/* The character at @p, of @len bytes: 1 to 4, whole UTF-8. */
uint32_t ydoc_character(const char *p, size_t len);

/*
 * Is the character at @p, of @len bytes, one that must not stand in a recipe as
 * itself? C1 controls, line breaks that editors don't show, bidirectional
 * controls, byte order marks, U+FFFE and U+FFFF.
 */
bool ydoc_is_deceptive(const char *p, size_t len);

#pragma once

/* attest/copyright_private.h - what the files of copyright_*.c share. */

#include "attest/copyright.h"
#include "base/buf.h"
#include "base/strtab.h"

/* One file while it is read. */
struct copyright_work {
	struct arena *arena;
	struct strtab alone; /* name of a licence, in lower case, to texts_alone[] */
	struct str *texts_alone;
	size_t n_alone, alone_capacity;
	struct strtab ids; /* id to texts[] */
	struct copyright_text *texts;
	size_t n_texts, texts_capacity;
	struct strtab conjuncts; /* that are in the expression */
	struct buf expression;
	size_t n_conjuncts;
	struct str only; /* the one conjunct, without parentheses */
	bool too_much;
};

/*
 * Adds what the first line of a License field, @synopsis, says to the expression. @text is what
 * stands below it.
 */
void copyright_add(struct copyright_work *w, struct str synopsis, struct str text);

/* The id of a licence that SPDX's list has no name for. */
struct str copyright_reference(struct copyright_work *w, struct str name, struct str text);

/* In lower case (ASCII). */
struct str copyright_lower(struct str text, struct arena *arena);

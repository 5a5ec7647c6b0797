#pragma once

/*
 * resolve/depend.h - relations between packages as text.
 *
 * Spec: Debian Policy 7.1, less what only source packages have. An atom is
 * "name[:qualifier] [(op version)]"; "a | b" is a clause; clauses are separated by
 * commas.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

/* Same numbers as enum relation of recipe/recipe.h, whose names libsolv takes. */
enum depend_op { OP_ANY = 0, OP_LT, OP_LE, OP_EQ, OP_GE, OP_GT };

struct depend_text {
	struct str name;
	struct str qualifier; /* "any", an architecture, or "" */
	enum depend_op op;
	struct str version; /* "" with OP_ANY */
};

/* One atom. Return: false if it is malformed. */
bool depend_parse(struct str text, struct depend_text *ret);

/* " (>= 1.2)", or "" for OP_ANY. */
struct buf;
void depend_add(struct buf *to, enum depend_op op, struct str version);

/* Whether @version satisfies "op wanted". */
bool depend_holds(struct str version, enum depend_op op, struct str wanted);

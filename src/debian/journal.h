#pragma once

/*
 * debian/journal.h - what a script changed, reduced to its net effect.
 *
 * Watches the tree while a script is evaluated; at its end compares all names and
 * attributes that were touched with what they were, and writes the difference as
 * operations in canonical order of paths. Private to debian/.
 */

#include "debian/debian_state.h"
#include "debian/effects_object.h"

struct journal;

/* @packs: contents of these packages' members are named by digest only. In the arena. */
struct journal *journal_new(struct debian *d, struct effects_writer *to);
void journal_release(struct journal *j);

/* From here on changes belong to @script of @package. */
void journal_begin(struct journal *j, struct str package, struct str script,
		   const struct str *arguments, size_t n);
void journal_end(struct journal *j);

/* Steps between scripts. */
void journal_step(struct journal *j, enum effects_kind kind, struct str package);

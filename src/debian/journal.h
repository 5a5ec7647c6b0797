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
/*
 * *ret_unfollowed: a path whose access list Linux would have changed with its mode, or
 * set from its folder's default list, and no command did; in the arena, "" if none.
 */
void journal_end(struct journal *j, struct str *ret_unfollowed);

/* Steps between scripts. */
void journal_step(struct journal *j, enum effects_kind kind, struct str package);

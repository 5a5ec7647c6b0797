#pragma once

/*
 * resolve/stanza_sieve.h - of an index of 70,000 packages the few that are asked for, unparsed.
 *
 * Spec: deb822, Debian Policy 5.1. An index is read in pieces; what is kept goes to the parser.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"

typedef bool stanza_wanted(const void *context, struct str package);

/*
 * Moves the whole stanzas of @text to @kept, without those whose first line is "Package: NAME"
 * of a NAME that is not wanted: one that begins otherwise is for the parser to judge. The rest,
 * which may be half a stanza, stays in @text for the next piece; when @ended there is none.
 */
void stanza_sieve(struct buf *text, bool ended, stanza_wanted *wanted, const void *context,
		  struct buf *kept);

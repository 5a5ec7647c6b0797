#pragma once

/* attest/tree_owners.h - which package's list names a path, by dpkg's database in a tree. Pure. */

#include "attest/tree_diff.h"

/*
 * Which package has a node of @on, by node->serial ("" for none), as the lists in @lists
 * say: the names there are resolved in @on, so that /bin/ls is found as /usr/bin/ls. Adds
 * to *owners (tree_serial_count() of @on), where the first package stands.
 */
int tree_owners_add(const struct tree_diff_side *lists, const struct tree *on,
		    struct arena *arena, struct str *owners, struct error *err) MUST_CHECK;

#pragma once

/* attest/database_diff.h - one database of two trees, record by record. Pure. */

#include "attest/tree_diff.h"

int database_diff(const struct tree_diff_side *a, const struct node *in_a,
		  const struct tree_diff_side *b, const struct node *in_b, struct str path,
		  struct arena *arena, struct tree_diff_database *ret,
		  struct error *err) MUST_CHECK;

#pragma once

/*
 * resolve/prefer.h - what apt would choose on an empty system.
 *
 * Many sets of packages satisfy a recipe; people expect the one that apt
 * installs. This pass walks the dependencies as apt does: a request in its
 * newest version, then each clause in the order written, the first alternative
 * that can be had. It never goes back, so it may fail where a solution
 * exists; libsolv then decides, and what was found here is only favoured.
 */

#include "resolve/universe.h"

struct prefer_input {
	const struct atom *wants;
	size_t n_wants;
	const bool *candidate; /* of each member: the version of its name to look at */
	const bool *pinned;    /* of each member: preferred to all others */
	const bool *kept;      /* of each member: stays as long as it satisfies anything */
};

/*
 * Sets @proposed (of each member). Return: whether every need was met.
 * All reachable members must be loaded.
 */
bool prefer(const struct universe *u, const struct prefer_input *input, bool *proposed);

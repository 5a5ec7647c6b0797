#pragma once

/* debian/replay.h - laying out a tree from packages and an effects object. Private. */

#include "debian/debian_state.h"
#include "debian/effects_object.h"

/*
 * @d: packages in order, the tree empty. Unpacks and applies, in the order of the
 * object, and takes down what is to be generated. ERR_FORMAT names a line that can't
 * be applied; ERR_LOCK_STALE that the object is of other packages.
 */
int debian_replay(struct debian *d, struct bytes object, struct error *err) MUST_CHECK;

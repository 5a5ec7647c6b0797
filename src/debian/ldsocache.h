#pragma once

/*
 * debian/ldsocache.h - /etc/ld.so.cache as ldconfig makes it.
 *
 * Spec: docs/formats/ldsocache.md. Private to debian/.
 */

#include "debian/debian_state.h"

/* Writes the cache of the tree. Nothing without libc6. */
int ldsocache_update(struct debian *d, struct error *err) MUST_CHECK;

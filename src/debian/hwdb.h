#pragma once

/*
 * debian/hwdb.h - systemd's hardware database.
 *
 * Spec: docs/formats/hwdb.md; hwdb(7). Private to debian/.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

struct hwdb_source {
	struct str path; /* that the database names */
	struct str text;
};

/* @version: of systemd. Scratch memory is taken from @arena. */
int hwdb_compile(const struct hwdb_source *sources, size_t n, unsigned version,
		 struct arena *arena, struct buf *to, struct error *err) MUST_CHECK;

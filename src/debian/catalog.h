#pragma once

/*
 * debian/catalog.h - the database of the journal's message catalogs.
 *
 * Spec: docs/formats/catalog.md. Private to debian/.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

struct catalog_source {
	struct str path; /* its name says the language: "systemd.de.catalog" */
	struct str text;
};

#define CATALOG_EMPTY 1 /* no message in any source: the program writes nothing */

int catalog_compile(const struct catalog_source *sources, size_t n, struct arena *arena,
		    struct buf *to, struct error *err) MUST_CHECK;

#pragma once

/*
 * debian/gschema.h - schemas of GSettings: read from XML and keyfiles, compiled.
 *
 * Spec: glib-compile-schemas(1) of GLib 2.74 to 2.84; docs/formats/gvdb.md. What the real
 * program would complain about (it leaves the whole file out) is refused. Pure.
 */

#include "debian/gvdb.h"

#define GSCHEMA_FILE_MAX (4u << 20) /* bytes of one file */
#define GSCHEMA_OUT_MAX (64u << 20)

struct strinfo; /* names and numbers of an enumeration, as words */

struct gschemas {
	struct arena *arena;
	struct glib_table schemas, enums, flags;
	const char *reason; /* why the last call refused; in the arena */
	unsigned line;	    /* where, or 0 */
};

void gschemas_init(struct gschemas *g, struct arena *arena);
/* A *.gschema.xml or *.enums.xml; in the order of their names. 0, or 1: refused. */
int gschemas_add(struct gschemas *g, struct str xml) MUST_CHECK;
/* A *.gschema.override; after all schemas. 0, or 1: refused. */
int gschemas_override(struct gschemas *g, struct str text) MUST_CHECK;
/* The bytes of gschemas.compiled. 0, or 1: refused. */
int gschemas_compile(struct gschemas *g, struct buf *to) MUST_CHECK;

#pragma once

/*
 * debian/gvdb.h - GVDB, the file format of gschemas.compiled, and the hash table of GLib,
 * whose order decides where everything lies in the file.
 *
 * Spec: docs/formats/gvdb.md.
 * Bytes: little-endian.
 */

#include "debian/gvariant.h"

/*
 * GLib's GHashTable with strings as keys: iteration is by slot, and slots follow from
 * hashes and the order of insertion. Memory is the arena's.
 */
struct glib_table {
	struct arena *arena;
	struct glib_slot {
		uint32_t hash; /* 0: free */
		struct str key;
		void *value;
	} * slots;
	uint32_t size, mod, n;
};
void glib_table_init(struct glib_table *t, struct arena *arena);
void *glib_table_find(const struct glib_table *t, struct str key); /* NULL: absent */
/* @key is not there yet; @value is not NULL; both are borrowed. */
void glib_table_put(struct glib_table *t, struct str key, void *value);
/* *at from 0 on; NULL at the end. */
const struct glib_slot *glib_table_next(const struct glib_table *t, uint32_t *at);

/* One name of a table of the file: a value, a table below, or the list of its children. */
struct gvdb_item {
	struct str key;
	const struct gvdb_item *parent; /* whose key is a prefix of this one, or NULL */
	const struct gvariant *value;
	const struct glib_table *table; /* of struct gvdb_item */
	struct gvdb_item **children;	/* in the order in which they are listed */
	size_t n_children;
	uint32_t index; /* private to gvdb_write() */
	struct gvdb_item *next;
};

/* The whole file. @root has struct gvdb_item as values. */
void gvdb_write(const struct glib_table *root, struct buf *to);

#pragma once

/*
 * recipe/schema.h - the one table of what a recipe may hold.
 *
 * Everything that knows a key of a recipe reads this table: the checks
 * (recipe_check.c), the rules for includes (recipe_merge.c), the typed recipe
 * (recipe_bind.c), the canonical form (recipe_format.c), `ingot schema`
 * (schema_json.c) and docs/recipe.md (schema_markdown.c). A new key is a new row
 * of schema.c and a member of a struct in recipe.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "ydoc/ydoc.h"

enum schema_kind {
	SCHEMA_TEXT = 1,
	SCHEMA_BOOL,
	SCHEMA_INT,    /* decimal, not negative */
	SCHEMA_LIST,
	SCHEMA_MAP,    /* names that the user chooses */
	SCHEMA_RECORD, /* keys of the table */
};

/*
 * What an includer's list does to that of its includes (design 4). Scalars are
 * always replaced; maps and records are composed key by key.
 */
enum schema_merge {
	SCHEMA_REPLACE = 0, /* the includer's list; two includes must agree */
	SCHEMA_UNION,       /* a set: all of them, sorted */
	SCHEMA_APPEND,      /* a set whose order counts: includes first, last mention wins */
	SCHEMA_PACKAGES,    /* a set; "-name" drops what an include asked for */
	SCHEMA_KEYED,       /* by the entry's key; the includer's replaces the whole entry */
};

/* Where a value stands, for its check. */
struct schema_place {
	const char *name;   /* nearest key, for messages */
	struct arena *arena;
	struct str folder;  /* of the file, relative to recipes/: "" or "base/" */
};

struct schema_field;

struct schema_type {
	enum schema_kind kind;
	const char *what; /* "a suite name": for messages and docs */
	const char *hint; /* what to write instead, or NULL */

	/* SCHEMA_TEXT */
	const char *first, *rest; /* classes of characters, "a-z0-9"; NULL: any */
	size_t min, max;          /* bytes; max 0: 4096 */
	const char *const *choices; /* or all there are, ended by NULL */
	const char *const *aliases; /* pairs: what others call a choice, the choice; or NULL */
	const char *pattern;      /* for JSON Schema; NULL: made from the classes */
	bool lines;               /* may hold line breaks and other controls */
	bool number;              /* people write it without quotes: JSON may have a number */
	/* SCHEMA_INT */
	int64_t low, high;

	/* Further checks; may rewrite a scalar's text into its canonical form. */
	int (*check)(const struct schema_type *t, const struct schema_place *where,
		     struct ydoc_node *n, struct error *err);
	/* Scalar to its C value at @to. NULL: struct str, bool or uint32_t by kind. */
	void (*bind)(const struct ydoc_node *n, struct arena *arena, void *to);

	/* SCHEMA_LIST, SCHEMA_MAP */
	enum schema_merge merge;
	const struct schema_type *item;
	const struct schema_type *key; /* SCHEMA_MAP: of the names */
	size_t size;     /* of one element in C; a map's begins with its key */
	size_t value_at; /* SCHEMA_MAP: where the value goes in the element */
	size_t pos_at;   /* of the element's struct src_pos; 0: none */

	/* SCHEMA_LIST with SCHEMA_KEYED: key of an entry that is a text; NULL: all of it */
	struct str (*identity)(struct str text);

	/* SCHEMA_RECORD */
	const struct schema_field *fields; /* ended by a row without name */
	void (*finish)(const struct ydoc_node *n, void *record); /* after binding */
};

enum {
	SCHEMA_REQUIRED = 1 << 0,
	SCHEMA_RESOLUTION = 1 << 1, /* decides packages: part of resolution_digest */
	SCHEMA_RESOLUTION_IN = 1 << 2, /* some of what is in it does */
	SCHEMA_ONE_OF = 1 << 3,     /* exactly one of the record's rows with this flag */
	SCHEMA_IDENTITY = 1 << 4,   /* part of the key of a SCHEMA_KEYED entry */
	SCHEMA_LOCAL = 1 << 5,      /* of one file: not composed, not in the canonical form */
	SCHEMA_UNBOUND = 1 << 6,    /* has no member in C */
	SCHEMA_KEEP_EMPTY = 1 << 7, /* an empty list is not an absent one */
	SCHEMA_OCI = 1 << 8,        /* of targets of this type only */
	SCHEMA_DISK = 1 << 9,
};

struct schema_field {
	const char *name;
	const struct schema_type *type;
	unsigned flags;
	size_t at;     /* offset of the member in the C struct */
	size_t n_at;   /* SCHEMA_LIST, SCHEMA_MAP: of its count */
	size_t has_at; /* of a bool "was given"; 0: none */
	size_t pos_at; /* of a struct src_pos of the value; 0: none */
	const char *fallback; /* the default in canonical form; NULL: absent */
	const char *text;     /* one or two sentences */
	const char *example;
};

/* A recipe file. */
extern const struct schema_type schema_recipe;

/* The row of @name, or NULL. */
const struct schema_field *schema_field(const struct schema_type *record, struct str name);

/* The kind as in "must be a list". */
const char *schema_kind_name(const struct schema_type *t);

/*
 * Checks a scalar against its type and brings it into canonical form.
 * Errors: ERR_RECIPE_TYPE, ERR_RECIPE_VALUE, ERR_RECIPE_PATH at the node.
 */
int schema_check_scalar(const struct schema_type *t, const struct schema_place *where,
			struct ydoc_node *n, struct error *err) MUST_CHECK;

/* "'TEXT' is not WHAT", with the type's hint. Returns -1. */
int schema_refuse(const struct schema_type *t, const struct ydoc_node *n, struct error *err);

/* Does @text consist of one of @first and then of @rest? NULL: anything. */
bool schema_in_classes(struct str text, const char *first, const char *rest);

#pragma once

/*
 * ydoc/ydoc.h - a YAML text as nodes with line and column. The door to libyaml.
 *
 * Spec:   YAML 1.1 as libyaml reads it, less anchors, aliases, tags, merge keys,
 *         directives and several documents; formats D1. Read by events, so that
 *         depth (LIMIT_YAML_DEPTH) and size (LIMIT_RECIPE_SIZE or the caller's) are
 *         checked before anything is built.
 *
 * Scalars are text; what they mean is the schema's business: `no`, `1e3` and
 * `0777` are never guessed at.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

enum ydoc_kind { YDOC_SCALAR = 1, YDOC_LIST, YDOC_MAP };

struct ydoc_node;

struct ydoc_pair {
	struct str key;
	struct src_pos key_pos;
	struct ydoc_node *value;
};

struct ydoc_node {
	enum ydoc_kind kind;
	struct src_pos pos;
	struct str text;   /* YDOC_SCALAR; NUL follows */
	bool plain;        /* YDOC_SCALAR: written without quotes, not a block */
	struct ydoc_node **items; /* YDOC_LIST */
	size_t n_items;
	struct ydoc_pair *pairs;  /* YDOC_MAP, in the order written; keys are unique */
	size_t n_pairs;
};

/*
 * ydoc_parse() - the one document of @text
 * @file: name for positions, copied into @arena
 * @max:  bytes; a longer text is ERR_LIMIT
 *
 * Errors: ERR_RECIPE_SYNTAX, ERR_RECIPE_DUPLICATE_KEY, ERR_LIMIT, each with pos.
 *
 * An empty document is a map without pairs.
 */
int ydoc_parse(struct bytes text, const char *file, size_t max, struct arena *arena,
	       struct ydoc_node **ret, struct error *err) MUST_CHECK;

/* The value of @key in a map, or NULL. */
struct ydoc_node *ydoc_get(const struct ydoc_node *map, const char *key);

/* Appends @text as a scalar that reads back as the same text: plain where that
   is safe in block and flow context, else double-quoted. */
struct buf;
void ydoc_add_scalar(struct buf *to, struct str text);

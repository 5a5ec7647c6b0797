#pragma once

/*
 * resolve/lock_node.h - typed values out of the nodes of a lock file.
 *
 * Every function fails with ERR_LOCK_SYNTAX and the place.
 */

#include "base/attr.h"
#include "base/digest.h"
#include "ydoc/ydoc.h"

/* Fails if @map is not a mapping or has a key that is not in @keys (NULL-ended). */
int lock_node_map(const struct ydoc_node *map, const char *const *keys,
		  struct error *err) MUST_CHECK;

/* The value of a required key. */
int lock_node_get(const struct ydoc_node *map, const char *key, enum ydoc_kind kind,
		  const struct ydoc_node **ret, struct error *err) MUST_CHECK;

/* Of an optional key: *ret is NULL if it is absent. */
int lock_node_find(const struct ydoc_node *map, const char *key, enum ydoc_kind kind,
		   const struct ydoc_node **ret, struct error *err) MUST_CHECK;

int lock_node_str(const struct ydoc_node *map, const char *key, struct str *ret,
		  struct error *err) MUST_CHECK;
int lock_node_str_or(const struct ydoc_node *map, const char *key, struct str otherwise,
		     struct str *ret, struct error *err) MUST_CHECK;
int lock_node_u64(const struct ydoc_node *map, const char *key, uint64_t max, uint64_t *ret,
		  struct error *err) MUST_CHECK;
int lock_node_u32_or(const struct ydoc_node *map, const char *key, uint32_t otherwise,
		     uint32_t *ret, struct error *err) MUST_CHECK;
int lock_node_true(const struct ydoc_node *map, const char *key, bool *ret,
		   struct error *err) MUST_CHECK;
int lock_node_time(const struct ydoc_node *map, const char *key, int64_t *ret,
		   struct error *err) MUST_CHECK;
/* "sha256:..." */
int lock_node_digest(const struct ydoc_node *map, const char *key, struct digest *ret,
		     struct error *err) MUST_CHECK;
/* The key "sha256" with 64 digits. */
int lock_node_sha256(const struct ydoc_node *map, struct digest *ret,
		     struct error *err) MUST_CHECK;
/* A list of scalars, in @arena. An absent key is an empty list. */
int lock_node_strs(const struct ydoc_node *map, const char *key, struct arena *arena,
		   struct str **ret, size_t *ret_n, struct error *err) MUST_CHECK;

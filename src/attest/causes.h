#pragma once

/*
 * attest/causes.h - why each path of an output is as it is, in a file beside it. Pure.
 *
 * Spec: design.md, section 7; docs/formats/causes.md. Deterministic; its digest is in the
 * provenance. `diff --explain`, `why` and `report` read it.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "tree/tree.h"

#define CAUSES_VERSION 1

/*
 * What the recipe or the lock says of something: "targets.container.user", "users.app.uid",
 * "lock.ids.user.app", "lock.slices". With the value, so that `diff` can tell which of them
 * is another. From attest/causes_keys.h.
 */
struct causes_key {
	struct str key;
	struct str value; /* one line: text, list or map in canonical flow form; may be "" */
	struct str at;    /* "recipes/web.yaml:38", "recipes/web.lock:7" */
};

struct causes_package {
	struct str name, version, architecture, source, source_version;
	struct digest digest;
	struct str at;    /* "recipes/web.lock:57": its line */
	struct str why;   /* as in the lock */
	struct str asked; /* "recipes/web.yaml:12" if the recipe asks for it, else "" */
};

struct causes_fact { /* "output format" "1", "compressors" "zstd 1.5.4", "evaluator" "3", ... */
	struct str name, value;
};

struct causes_path {
	struct str path;      /* without leading slash; bytes, not always UTF-8 */
	bool removed;         /* a tombstone: all four are @existence */
	const struct cause *existence, *content, *owner, *xattrs; /* never NULL */
};

struct causes {
	struct str recipe, target, architecture; /* "recipes/web.yaml", "container", "amd64" */
	struct causes_fact *facts;               /* sorted by name */
	size_t n_facts;
	struct causes_key *keys;                 /* sorted by key */
	size_t n_keys;
	struct causes_package *packages;         /* sorted by name */
	size_t n_packages;
	struct causes_path *paths;               /* the root "", then in canonical order */
	size_t n_paths;
};

/* The paths come from @tree (tombstones too), all else from @c (c->paths is not looked at). */
void causes_write(const struct causes *c, const struct tree *tree, struct buf *to);

/*
 * *ret in @arena; up to LIMIT_TREE_NODES paths. ERR_FORMAT, ERR_LIMIT; ERR_UNSUPPORTED a
 * newer one.
 */
int causes_read(struct bytes text, const char *name, struct arena *arena, struct causes *ret,
		struct error *err) MUST_CHECK;

/* NULL if the file has nothing of it. */
const struct causes_path *causes_path(const struct causes *c, struct str path);
const struct causes_package *causes_package(const struct causes *c, struct str name);
const struct causes_key *causes_key(const struct causes *c, struct str key);
const struct causes_fact *causes_fact(const struct causes *c, struct str name);

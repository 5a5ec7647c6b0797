#pragma once

/*
 * pipeline/why.h - why something is in an image: what `ingot why` does.
 */

#include "attest/causes.h"
#include "base/arena.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"
#include "tree/tree.h"

/* From the package asked about up to what the recipe names, nearest first. */
struct why_step {
	const struct lock_package *package;
};
size_t why_package(const struct lock_architecture *a, struct str name, struct arena *arena,
		   struct why_step **ret);

/* One aspect of a path and what caused it. */
struct why_path {
	struct str path;   /* after links were followed */
	struct str target; /* of a link, or "" */
	enum node_kind kind;
	uint16_t mode;
	uint32_t uid, gid;
	uint64_t size;
	bool removed, has_xattrs;
	struct {
		const char *aspect; /* "exists", "content", "owner and mode", "xattrs" */
		struct str cause;   /* "package nginx-common", "recipes/web.yaml:12:5" */
	} causes[4];
	size_t n_causes;
	struct str package; /* that lists it in dpkg's database, or "" */
};

/*
 * Composes @target for @architecture and looks the path up. Returns 0, or
 * WHY_ABSENT if there is no such path.
 */
#define WHY_ABSENT 1
int why_path(struct context *c, const struct recipe *r, const struct lock *l,
	     const struct recipe_target *target, struct str architecture, struct str path,
	     struct arena *arena, struct why_path *ret, struct error *err) MUST_CHECK;

/*
 * The same of the tree of a finished image or disk, by the causes that lie beside it. With
 * @causes NULL it is dpkg's database in the tree that says which package lists the path:
 * one cause, or none. Or WHY_ABSENT.
 */
int why_image_path(const struct tree *tree, const struct content_reader *reader,
		   const struct causes *causes, struct str path, struct arena *arena,
		   struct why_path *ret, struct error *err) MUST_CHECK;

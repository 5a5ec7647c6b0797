#pragma once

/*
 * pipeline/effects_show.h - the effects of one package, and what changed in them, for people.
 */

#include "compose/compose.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"

/*
 * The effects object that @l names, in @arena: from the stage, or evaluated again.
 * Errors: those of assembly_make().
 */
int effects_obtain(struct context *c, const struct recipe *r, const struct lock *l,
		   const struct recipe_target *target, struct str architecture,
		   struct arena *arena, struct bytes *ret, struct error *err) MUST_CHECK;

/* One operation of a package. */
struct effect_row {
	struct str script;  /* "postinst configure" */
	const char *kind;   /* "file", "mode", ... */
	struct str subject; /* the path, or what is wanted */
	struct str details; /* the other words */
	struct str shown;   /* subject and details for people, on one line */
	struct str causes;  /* "postinst:14, postinst:20": each once, or "" */
};
int effects_rows(struct bytes object, struct str package, struct arena *arena,
		 struct effect_row **ret, size_t *ret_n, struct error *err) MUST_CHECK;

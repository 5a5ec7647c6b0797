#pragma once

/*
 * attest/diff_changes.h - what two builds were made from, and which of it is another. Pure.
 *
 * From the causes of both (attest/causes.h): packages, keys of the recipe, local files, what
 * the lock decided, versions of formats and compressors. What is only the consequence of
 * another change is left out: a slice of a package that is new, an id of a user that is new,
 * what a new entry of a list says in particular.
 */

#include "attest/causes.h"
#include "attest/image_diff.h"
#include "tree/reader.h"

struct diff_change {
	enum difference_cause_kind kind;
	struct str key;	 /* "target.root.type" for the target that is built; a package's name */
	struct str name; /* as people know it: "targets.vm.root.type" */
	struct str a, b; /* value or version; ptr NULL: that side has none */
	struct str at_a, at_b; /* "recipes/web.yaml:38", or "" */
	struct str asked;      /* of a package: the line of the recipe that asks for it, or "" */
	bool asks_anew;	/* that line changed, too */
	struct str why;	       /* of a package: as in the lock */
	bool dropped;	       /* it follows from another change */
	bool is_origin; /* no change: what the only side with causes was made from */
	uint32_t cause;	       /* in image_diff's list, once it is one */
};

struct diff_changes {
	const struct causes *a, *b; /* NULL: that side's are not known */
	struct diff_change *list;   /* those that count; sorted by kind, then key */
	size_t n;
};

/* Both in @arena; views into @a and @b. */
void diff_changes_of_causes(const struct causes *a, const struct causes *b, struct arena *arena,
			    struct diff_changes *ret);

/* Packages only, by dpkg's status in the trees. Errors: those of the readers. */
int diff_changes_of_trees(const struct tree *a, const struct content_reader *reader_a,
			  const struct tree *b, const struct content_reader *reader_b,
			  struct arena *arena, struct diff_changes *ret,
			  struct error *err) MUST_CHECK;

/*
 * To those of the trees, where only the causes of one side are @known: all that this side was
 * made from, as is_origin, and the lines of the packages that changed.
 */
void diff_changes_add_origins(struct diff_changes *c, const struct causes *known, bool is_a,
			      struct arena *arena);

/* "target.ports" for the key "targets.web.ports" of the target "web"; ptr NULL: of another one. */
struct str diff_changes_key(struct str key, struct str target, struct arena *arena);
void diff_changes_sort(struct diff_changes *c);

/* NULL if there is none. */
struct diff_change *diff_change_package(const struct diff_changes *c, struct str name);
struct diff_change *diff_change_key(const struct diff_changes *c, const char *key);
/* The first whose key is @prefix, or starts with it and goes on with a '.'. */
struct diff_change *diff_change_below(const struct diff_changes *c, struct str prefix);
/* Whether it is a key, and is @prefix or starts so. */
bool diff_change_is_below(const struct diff_change *c, struct str prefix);
/* The only one of all; NULL if there are several, or none. */
struct diff_change *diff_change_only(const struct diff_changes *c);

/* Its line: of B, where there is one. */
struct str diff_change_at(const struct diff_change *c);

/* For people: "openssl 3.0.19-1 -> 3.0.20-1 (recipes/web.lock:57)". In @arena. */
struct str diff_change_text(const struct diff_change *c, struct arena *arena);

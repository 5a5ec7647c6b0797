#pragma once

/*
 * resolve/universe.h - all candidates of one architecture, by name, with their
 * relations. What the preference pass, the solver, the closure check and the
 * messages look at.
 *
 * Candidates are sorted by name, then newest version first, so that nothing
 * depends on the order in which they were given. Relations are parsed when a
 * package is first reached: of 70,000 packages a recipe reaches a few thousand.
 */

#include "base/arena.h"
#include "base/strtab.h"
#include "resolve/archive.h"
#include "resolve/depend.h"

struct atom {
	uint32_t name;
	uint8_t op;   /* enum depend_op */
	bool any;     /* "name:any" */
	bool foreign; /* of another architecture: nothing satisfies it */
	struct str version;
};

struct clause {
	const struct atom *atoms; /* alternatives, first preferred */
	uint32_t n;
	bool weak; /* Recommends */
};

struct member {
	const struct package *package;
	uint32_t name;
	bool loaded;         /* what follows is filled in */
	bool twin;           /* another file has this name, version and architecture */
	uint8_t priority;    /* 1 required ... 5 extra */
	struct clause *needs; /* Pre-Depends, Depends, then Recommends */
	uint32_t n_needs;
	struct atom *conflicts; /* Conflicts, then Breaks */
	uint32_t n_conflicts, n_hard_conflicts;
	struct atom *provides;  /* loaded from the start */
	uint32_t n_provides;
};

/* Who has a name: first its own packages, newest first, then who provides it. */
struct name_entry {
	struct str text;
	uint32_t first, n;        /* own: a range of members */
	uint32_t *providers;      /* member numbers, ascending */
	uint32_t n_providers;
};

struct universe {
	struct arena arena;
	struct strtab table;
	struct str architecture;
	struct member *members;
	uint32_t n;
	struct name_entry *names;
	uint32_t n_names, names_capacity;
	bool recommends; /* Recommends are among the needs */
};

/* Fails on a malformed Provides. @packages is borrowed. */
int universe_init(struct universe *u, struct str architecture, const struct package *packages,
		  size_t n, bool recommends, struct error *err) MUST_CHECK;
void universe_release(struct universe *u);

/* Parses the relations of member @m, if not done before. */
int universe_load(struct universe *u, uint32_t m, struct error *err) MUST_CHECK;

/* The number of a name; a new one if nobody has it. */
uint32_t universe_name(struct universe *u, struct str text);

/* Whether member @m satisfies @atom by itself or by what it provides. */
bool universe_satisfies(const struct universe *u, uint32_t m, const struct atom *atom);

/*
 * Whether member @m is what a request for @want means: as before, but where
 * there is a package by that name, one that merely provides it won't do.
 */
bool universe_meets(const struct universe *u, uint32_t m, const struct atom *want);

/*
 * The members that satisfy @atom: own ones first (newest first), then those that
 * provide it. For (i = 0; universe_candidate(u, atom, &i, &m);)
 */
bool universe_candidate(const struct universe *u, const struct atom *atom, uint32_t *i,
			uint32_t *ret);

/* Whether one of the two can't be installed beside the other. Both loaded. */
bool universe_conflict(const struct universe *u, uint32_t a, uint32_t b);

/* "name (>= 1)" and "a | b (>= 1)". */
struct buf;
void universe_add_atom(const struct universe *u, struct buf *to, const struct atom *atom);
void universe_add_clause(const struct universe *u, struct buf *to, const struct clause *clause);

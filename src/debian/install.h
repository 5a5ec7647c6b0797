#pragma once

/* debian/install.h - evaluating what an installation does. Private to debian/. */

#include "debian/commands.h"
#include "debian/journal.h"

struct running;

/* One evaluation; commands reach it through d->run. */
struct debian_run {
	struct effects_writer writer;
	struct journal *journal;
	struct debian_refusal *refusals;
	size_t n_refusals, refusals_capacity;
	bool *answer_used; /* by index of options->answers */
	struct debian_coverage coverage;
	const struct running *running; /* runner.c */
	struct world_cache *cache;     /* of all scripts */
};

/*
 * Installs all packages of @d into its tree, as mmdebstrap and dpkg do, evaluating
 * their scripts. *ret: the effects object. What can't be evaluated is taken down in
 * d->run, and the rest goes on.
 */
int debian_evaluate(struct debian *d, struct bytes *ret, struct error *err) MUST_CHECK;

/* ---- runner.c ---- */

/* A script of @u, if it has one: evaluated, or what the catalogue or an answer says. */
int debian_run_script(struct debian *d, struct unpacked *u, const char *script,
		      const struct str *arguments, size_t n, struct str trigger,
		      struct error *err) MUST_CHECK;

/* ---- answers.c ---- */

/* The recipe's answer for a whole script (@command "") or one command as it is told, or NULL. */
const struct debian_answer *answer_find(struct debian *d, struct str package, struct str script,
					const struct digest *digest, struct str command);
void refusal_add(struct debian *d, const struct debian_refusal *refusal);

/* ---- clean_up.c ---- */

/* What the reference takes away at its end: logs, caches, /run, /tmp. */
int debian_clean_up(struct debian *d, struct error *err) MUST_CHECK;

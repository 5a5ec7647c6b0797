/* The recipe's answers to what can't be evaluated, and what is left without one. */
#include "debian/install.h"

const struct debian_answer *answer_find(struct debian *d, struct str package, struct str script,
					const struct digest *digest, struct str command)
{
	for (size_t i = 0; i < d->options->n_answers; i++) {
		const struct debian_answer *a = &d->options->answers[i];

		if (!str_equal(a->package, package) || !str_equal(a->script, script) ||
		    !str_equal(a->command, command) || !digest_equal(&a->digest, digest))
			continue;
		d->run->answer_used[i] = true;
		return a;
	}
	return NULL;
}

void refusal_add(struct debian *d, const struct debian_refusal *refusal)
{
	struct debian_run *run = d->run;

	for (size_t i = 0; i < run->n_refusals; i++) {
		const struct debian_refusal *r = &run->refusals[i];

		if (str_equal(r->package, refusal->package) &&
		    str_equal(r->script, refusal->script) && r->line == refusal->line &&
		    str_equal(r->command, refusal->command) &&
		    str_equal(r->reason, refusal->reason))
			return;
	}
	ARENA_GROW(d->arena, run->refusals, run->n_refusals, run->refusals_capacity);
	run->refusals[run->n_refusals++] = *refusal;
}

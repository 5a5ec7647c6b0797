#pragma once

/*
 * pipeline/lock_boot.h - the packages that boot disks, and those that rules add.
 *
 * Spec: design.md, section 5. What the UKI's stub and the initrd are made from is locked
 * like anything else, but solved by itself: it never shares a tree with the image's
 * packages, so that a conflict between the two (busybox and busybox-static) is none.
 */

#include "pipeline/lock_resolve.h"
#include "resolve/solve.h"

/* Requests that rules make for targets: at most one for each. Returns how many. */
size_t lock_rule_requests(const struct recipe *r, const struct package_list *candidates,
			  struct solve_request *to);

/*
 * Solves what the recipe's disks need to boot, pinned to the versions of @chosen, the
 * answer for the trees. *ret, by name, is both: packages that only boot have
 * `boot_only`. Errors: those of solve(); ERR_UNSATISFIABLE if one package would need two
 * versions.
 */
struct lock_choice {
	struct solve_choice choice;
	bool boot, boot_only;
};
int lock_boot_solve(struct lock_run *run, const struct solve_input *in,
		    const struct solve_choice *chosen, size_t n_chosen, struct lock_choice **ret,
		    size_t *ret_n, struct error *err) MUST_CHECK;

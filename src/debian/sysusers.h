#pragma once

/*
 * debian/sysusers.h - what systemd-sysusers makes of sysusers.d(5).
 * Spec: sysusers.d(5); measured with systemd 252 and 257 (tests/oracle/units.sh).
 */

#include "debian/debian_state.h"

struct sysusers;

struct sysusers *sysusers_new(struct debian *d, unsigned systemd);

/*
 * Adds the lines of a file. A line that the program would not take is passed over as it
 * does: sysusers_apply() then ends with 1. Lines that are not modelled: 1 and *ret_reason.
 */
int sysusers_read(struct sysusers *s, struct str text, const char **ret_reason);

/* Groups first, then users, then members, into @a. *ret_status: exit status. */
int sysusers_apply(struct sysusers *s, struct accounts *a, int *ret_status,
		   struct error *err) MUST_CHECK;

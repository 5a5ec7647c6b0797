#pragma once

/*
 * debian/sysusers.h - what systemd-sysusers makes of sysusers.d(5).
 * Spec: sysusers.d(5); measured with systemd 252 and 257 (tests/oracle/units.sh).
 */

#include "debian/debian_state.h"

struct sysusers;

struct sysusers *sysusers_new(struct debian *d, unsigned systemd);

/* Adds the lines of a file. 1 and *ret_reason: a line that is not modelled. */
int sysusers_read(struct sysusers *s, struct str text, const char **ret_reason);

/*
 * Whether there was a line that the program does not take. It passes over such lines
 * where it reads all files, and does nothing at all where files were named.
 */
bool sysusers_has_bad_line(const struct sysusers *s);

/* Groups first, then users, then members, into @a. */
int sysusers_apply(struct sysusers *s, struct accounts *a, struct error *err) MUST_CHECK;

#pragma once

/* debian/pam_private.h - profiles of pam-auth-update. Private to pam*.c. */

#include "debian/commands.h"

#define PAM_PROFILE_KEYS 32u

struct pam_profile {
	struct str name;
	struct str key[PAM_PROFILE_KEYS], value[PAM_PROFILE_KEYS]; /* lines joined by '\n' */
	size_t n;
	int64_t priority;
	bool enabled, seen, disabled;
};

struct pam_profiles {
	struct pam_profile *list; /* by priority, then by name, both downwards */
	size_t n;
};

/*
 * All of /usr/share/pam-configs but @without. @literal: only the word "yes" makes a
 * profile one of interactive sessions (Debian 13), else any value does. 1 with
 * *ret_fault: something that has no model.
 */
int pam_read_profiles(struct debian *d, bool literal, const struct str *without, size_t n_without,
		      struct pam_profiles *ret, const char **ret_fault,
		      struct error *err) MUST_CHECK;

struct str pam_value(const struct pam_profile *p, const char *key, const char *suffix);
bool pam_has(const struct pam_profile *p, const char *key);
struct pam_profile *pam_find(const struct pam_profiles *all, struct str name);

#pragma once

/*
 * debian/systemd_helper.h - what deb-systemd-helper reads in unit files. Private.
 */

#include "debian/service_commands.h"

#define LINKS_MAX 256u
#define DEPTH_MAX 16u /* of Also= */
#define FAILED 1      /* exit status of error() */

struct helper_link {
	struct str dest, src;
};

struct helper {
	struct shell_call *c;
	struct tree_files f;
	const char *instance; /* "system", "user" */
	const char *enabled_state, *masked_state;
	bool quiet, purge;
	struct helper_link links[LINKS_MAX];
	size_t n;
};

/* error(): a message, and the exit status. */
int helper_fail(struct helper *h, const char *what, struct str name);
struct str helper_find_unit(const struct helper *h, struct str name);
/* As /^\s*KEY=(.+)$/i; *ret_exact: the case of the key was as given. */
bool helper_value(struct str line, const char *key, struct str *ret, bool *ret_exact);
/* Into h->links: all that enabling the unit at @path links. Status or -1. */
int helper_link_closure(struct helper *h, struct str path, struct error *err) MUST_CHECK;

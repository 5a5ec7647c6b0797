#pragma once

/*
 * pipeline/user_setup.h - what `ingot init` makes for the user, and not in the workspace.
 *
 * config.yaml of comments, and a developer's key that it trusts as such. A machine without a
 * place for them (a read-only home, none at all) needs neither.
 */

#include "fetch/mirrors.h"
#include "pipeline/developer_key.h"

struct user_setup {
	struct machine machine;   /* as it was found */
	bool has_config, config_made;
	struct developer_key key; /* without paths if it was not asked for */
	bool trusted;             /* it is in `trust:` */
	char *trust_lines;        /* that give it its role; in the machine's arena */
};

/*
 * @with_key: if there is none, make one. Not with CI=true, nor for a process that is the first
 * of its container or started by it: the key would go with it, or into an image's layer.
 *
 * Errors: those of machine_load(); ERR_INTERRUPTED. Call it while no other thread runs.
 */
int user_setup(const char *(*environment)(const char *name), bool with_key,
	       struct user_setup *ret, struct error *err) MUST_CHECK;
void user_setup_release(struct user_setup *s);
#define CLEANUP_USER_SETUP CLEANUP(user_setup_release)

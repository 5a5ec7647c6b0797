#pragma once

/*
 * debian/commands.h - the commands of Debian that maintainer scripts call, and what
 * they may change besides the tree.
 *
 * Spec: design.md, section 6; debian.md 5; docs/commands.md. Private to debian/.
 * Everything that the real programs keep in files (accounts, diversions, overrides,
 * alternatives, the helper's unit state, ucf's registry) is read from and written to
 * these files of the tree at once: the tree is the only state, so that effects can be
 * replayed without evaluating. Exceptions are below.
 */

#include "debian/debian_state.h"
#include "shell/command.h"
#include "shell/converse.h"

extern const struct shell_command debian_dpkg_commands[];      /* dpkg, dpkg-divert, ucf ... */
extern const struct shell_command debian_account_commands[];   /* adduser, useradd ... */
extern const struct shell_command debian_debconf_commands[];   /* db_get ...; virtual */
extern const struct shell_command debian_service_commands[];   /* systemctl, update-rc.d ... */
extern const struct shell_command debian_generator_commands[]; /* ldconfig, depmod ... */
extern const struct shell_command debian_inert_commands[];     /* what does nothing to a tree */

/* By name over all tables (commands.c lists them), or NULL. */
const struct shell_command *debian_command(struct str name);

static inline struct debian *debian_of(const struct shell_call *c)
{
	return c->world->context;
}

/*
 * What can be made only when the whole tree is there (ld.so.cache, hash links,
 * depmod's indexes ...): taken down once per name and argument, recorded as an
 * effect, run by debian_finish() in the order of debian_generators[].
 */
struct generator {
	const char *name;
	int (*run)(struct debian *d, struct str argument, cause_id cause, struct error *err);
};
extern const struct generator debian_generators[]; /* ends with name NULL */
void debian_want(struct debian *d, const char *generator, struct str argument, cause_id cause);

/*
 * What must be made on the machine itself (keys, ids, clusters): reported, printed for
 * a container, a one-shot unit on a disk. @what: one of firstboot.h's names, or
 * text for people.
 */
void debian_first_boot(struct debian *d, struct str what, cause_id cause);

/* dpkg-trigger NAME or an unpacked path: pends for the packages interested in it. */
int debian_trigger(struct debian *d, struct str name, struct error *err) MUST_CHECK;

/* ---- accounts: loaded from the tree as it is now, stored at once ---- */
int accounts_open(struct debian *d, struct accounts **ret, struct error *err) MUST_CHECK;
int accounts_commit(struct debian *d, struct accounts *a, cause_id cause,
		    struct error *err) MUST_CHECK;

/* ---- debconf: its database lives in memory only (debian.md 5.15) ---- */
struct debconf;
/* The program that confmodule starts: runs config and the script itself, and answers them. */
shell_command_run command_frontend;

/* Who a member talks with, and the environment that it gets besides the usual one. */
struct debian_talk {
	shell_answer *answer;
	struct shell_variable *environment;
	size_t n_environment;
};

/* Evaluates another member of the running package ("config"); for debconf. */
int debian_run_member(struct debian *d, struct unpacked *u, const char *script,
		      const struct str *arguments, size_t n, const struct debian_talk *talk,
		      int *ret_status, struct error *err) MUST_CHECK;

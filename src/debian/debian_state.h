#pragma once

/*
 * debian/debian_state.h - what the steps of debian_install() share.
 * Private to debian/.
 */

#include "debian/accounts.h"
#include "debian/debian.h"
#include "debian/glob.h"
#include "resolve/deb822.h"

#define DEBIAN_SCRIPT_MAX (4u << 20) /* bytes of a script or of a file that is read */

/* As dpkg's status has it while packages are installed one after the other. */
enum package_state {
	PACKAGE_NOT_INSTALLED,
	PACKAGE_HALF_INSTALLED,  /* its preinst runs */
	PACKAGE_UNPACKED,
	PACKAGE_HALF_CONFIGURED, /* its postinst runs */
	PACKAGE_INSTALLED,
};

/* A package with what its control member says. */
struct unpacked {
	enum package_state state;
	const struct debian_package *package;
	struct stanza_field *fields; /* in the order of the control member */
	size_t n_fields;
	struct str id;    /* "nginx", or "libc6:amd64" for Multi-Arch: same */
	cause_id cause;   /* the package itself */
	bool *given_away; /* by member: another package's file has replaced it */
	bool *excluded;   /* by member: the recipe keeps it out */
	struct str *conffiles; /* absolute paths, in order; may have a flag before */
	size_t n_conffiles;
	struct str *pending;   /* triggers that its postinst must still be told of, oldest first */
	size_t n_pending, pending_capacity;
	bool looked_at;        /* @excluded is filled in */
	bool list_stale;       /* another package has taken a path of it since */
	bool first_boot;       /* the recipe leaves its postinst to the machine itself */
};


/* A package's interest in a trigger, by a line of its `triggers` member. */
struct interest {
	struct str name; /* "ldconfig", or a path "/usr/share/mime" */
	uint32_t package; /* index into d->packages */
	bool noawait;
};

struct diversion {
	struct str path, to;
	struct str package;
};

struct statoverride {
	struct str user, group, path;
	uint16_t mode;
};

struct debian {
	struct tree *tree;
	const struct debian_options *options;
	struct arena *arena;
	struct unpacked *packages; /* in the order of installation */
	size_t n_packages;
	struct glob_list exclude;
	struct str *exceptions; /* dpkg.cfg lines that glob.h asks for */
	size_t n_exceptions, exceptions_capacity;

	/* Who unpacked a node: index into packages + 1, by node serial. */
	uint32_t *owner;
	uint32_t n_owner;

	struct accounts *accounts; /* NULL until the first use */
	struct diversion *diversions;
	size_t n_diversions, diversions_capacity;
	struct digest diversions_seen, overrides_seen; /* of the files that they were read from */
	struct statoverride *overrides;
	size_t n_overrides, overrides_capacity;
	struct alternative *alternatives; /* in the order of registration */
	size_t n_alternatives, alternatives_capacity;

	struct debian_run *run;    /* NULL: effects are replayed */
	struct unpacked *running;  /* whose script is evaluated now, or NULL */
	struct debconf *debconf;   /* NULL until the first question */
	struct interest *interests; /* of all packages, in their order; triggers.c */
	size_t n_interests, interests_capacity;
	struct debian_wanted *wanted; /* in the order of the first mention */
	size_t n_wanted, wanted_capacity;
	struct debian_first_boot *at_first_boot;
	size_t n_at_first_boot, at_first_boot_capacity;

	bool shells, pam; /* update-shells, pam-auth-update were asked for */
};

/* The value of a control field, or "". */
struct str unpacked_field(const struct unpacked *u, struct str name);

/* By package name, or NULL. */
struct unpacked *debian_find(const struct debian *d, struct str name);

cause_id debian_rule(struct debian *d, const char *rule);

/* Reads control members and puts d->packages in the order of installation. */
int debian_order(struct debian *d, const struct debian_package *packages, size_t n,
		 struct error *err) MUST_CHECK;

/* Where dpkg would put a path that @package ships. */
struct str debian_diverted(const struct debian *d, struct str package, struct str path);

/* triggers.c: reads all interests; packages must be in order. */
void debian_read_interests(struct debian *d);
/* What unpacking @path (without a leading slash) activates. */
void debian_trigger_path(struct debian *d, struct str path);

/* The accounts of the tree, loaded at the first use. */
int debian_accounts(struct debian *d, struct accounts **ret, struct error *err) MUST_CHECK;

/* Its stanza of dpkg's status ("install ok installed"), without the empty line. */
void debian_stanza(const struct unpacked *u, const char *status, struct buf *to);

/* Databases of dpkg and apt, from what was unpacked and recorded. */
int debian_database(struct debian *d, struct error *err) MUST_CHECK;

/* The whole of a regular file of the tree (links followed) as text in the arena. */
#define DEBIAN_ABSENT 1
int debian_read(struct debian *d, struct str path, struct str *ret,
		struct error *err) MUST_CHECK; /* or DEBIAN_ABSENT */

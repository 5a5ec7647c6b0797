#pragma once

/*
 * fetch/mirrors.h - where archives are, according to this machine.
 *
 * Spec: design.md, section 3: a location is never part of an identity. Mirrors
 * come from config.yaml, from INGOT_MIRROR, and from the host's apt
 * configuration (sources.list and sources.list.d/ *.list, *.sources; one-line
 * and deb822 style; sources.list(5)).
 *
 * For a suite that no configuration names, a place that serves its sibling of
 * another release is tried: "trixie-security" where "bookworm-security" is
 * configured. What it delivers must prove itself by signature, origin and
 * codename in any case.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

/* Where a mirror was named; a lower one goes first. */
enum machine_source {
	MACHINE_FROM_ENVIRONMENT, /* INGOT_MIRROR */
	MACHINE_FROM_CONFIG,      /* config.yaml */
	MACHINE_FROM_APT,         /* the host's apt configuration */
};

/* Machine configuration, $XDG_CONFIG_HOME/ingot/config.yaml; docs/config.md. */
struct machine_mirror {
	struct str suite;  /* exact name, or "" for every suite */
	struct str url;    /* without trailing slash */
	struct str where;  /* "INGOT_MIRROR", "/etc/apt/sources.list:3", for people */
	enum machine_source source;
};

/* Whose signature says what: `trust:` of config.yaml (design.md, section 10). */
struct machine_trust {
	struct str key;    /* path of a public key: absolute, or ~/ resolved */
	struct str role;   /* "release" (default), "developer", "rebuilder" */
	struct str *names; /* globs of recipe names ("web", "db-*"); none: all */
	size_t n_names;
};

#define MACHINE_FOLDER "/etc/xdg/ingot" /* of config.yaml, if there is no home */

struct machine {
	struct arena arena;
	struct machine_trust *trust;
	size_t n_trust;
	struct str builder_id;          /* `builder: {id: URI}`, INGOT_BUILDER_ID; or "" */
	struct machine_mirror *mirrors; /* in order of source and place */
	size_t n_mirrors;
	struct str snapshot_template;   /* with @SNAPSHOTID@ and @ARCHIVE@, or "" */
	struct str stage;               /* folder, or "" */
	char *config_path;              /* for messages; in the arena */
	char *user_folder; /* $XDG_CONFIG_HOME/ingot, ~/.config/ingot; NULL: there is no home */
};

/*
 * @environment: getenv-like, injected for tests. @apt_root: "/etc/apt".
 *
 * INGOT_CONFIG     the configuration file itself, which must then exist
 * INGOT_MIRROR     "URL" or "SUITE=URL", several separated by blanks
 * INGOT_SNAPSHOT   goes over `snapshot:`
 * INGOT_STAGE      goes over `stage:`
 * INGOT_BUILDER_ID goes over `builder: {id: URI}`
 *
 * A missing config.yaml is fine; a malformed one is ERR_USAGE with its place.
 */
int machine_load(struct machine *ret, const char *(*environment)(const char *name),
		 const char *apt_root, struct error *err) MUST_CHECK;
void machine_release(struct machine *m);
#define CLEANUP_MACHINE CLEANUP(machine_release)

/*
 * Base URLs for @suite, best first and each once: named for it or for every
 * suite (environment, configuration, apt), then those of its siblings of other
 * releases, then, but for security suites, those of the release's base suite
 * (updates and backports lie in the same archive). *ret lies in @arena; *ret_n
 * may be 0.
 */
void machine_mirrors(const struct machine *m, struct str suite, struct arena *arena,
		     const char *const **ret, size_t *ret_n);

/* ERR_NO_MIRROR for @suite, with the lines to add. Returns -1. */
int machine_no_mirror(const struct machine *m, struct str suite, struct error *err);

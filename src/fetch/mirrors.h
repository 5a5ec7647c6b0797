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

/* Machine configuration, $XDG_CONFIG_HOME/ingot/config.yaml; docs/config.md. */
struct machine_mirror {
	struct str suite;  /* exact name, or "" for every suite */
	struct str url;    /* without trailing slash */
};

struct machine {
	struct arena arena;
	struct machine_mirror *mirrors; /* own configuration first, then apt's, in order */
	size_t n_mirrors;
	struct str snapshot_template;   /* with @SNAPSHOTID@ and @ARCHIVE@, or "" */
	struct str stage;               /* folder, or "" */
	char *config_path;              /* for messages; in the arena */
};

/*
 * @environment: getenv-like, injected for tests. @apt_root: "/etc/apt".
 * A missing config.yaml is fine; a malformed one is ERR_USAGE.
 */
int machine_load(struct machine *ret, const char *(*environment)(const char *name),
		 const char *apt_root, struct error *err) MUST_CHECK;
void machine_release(struct machine *m);
#define CLEANUP_MACHINE CLEANUP(machine_release)

/*
 * Base URLs for @suite, best first: configured for it, then its siblings'. *ret
 * lies in @arena; *ret_n may be 0.
 */
void machine_mirrors(const struct machine *m, struct str suite, struct arena *arena,
		     const char *const **ret, size_t *ret_n);

/* ERR_NO_MIRROR for @suite, with the lines to add. Returns -1. */
int machine_no_mirror(const struct machine *m, struct str suite, struct error *err);

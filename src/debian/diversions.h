#pragma once

/*
 * debian/diversions.h - /var/lib/dpkg/diversions and statoverride: whoever writes them
 * leaves dpkg's own order, which is that of its hash of names.
 *
 * Spec: dpkg-divert(1), dpkg-statoverride(1); docs/formats/dpkg.md. The files of the
 * tree are the state; unpack_rules() reads them into d->diversions and d->overrides.
 * Private to debian/.
 */

#include "debian/debian_state.h"

int diversions_store(struct debian *d, cause_id cause, struct error *err) MUST_CHECK;

struct diversion *diversion_of(const struct debian *d, struct str path); /* away from @path */
struct diversion *diversion_to(const struct debian *d, struct str path); /* to @path */

int overrides_store(struct debian *d, cause_id cause, struct error *err) MUST_CHECK;
struct statoverride *override_of(const struct debian *d, struct str path);

/* Where a path stands when dpkg walks its names: compare, then as they were added. */
uint32_t dpkg_name_order(struct str path);

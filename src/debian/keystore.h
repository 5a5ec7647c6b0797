#pragma once

/*
 * debian/keystore.h - /etc/ssl/certs/java/cacerts, as the tool of ca-certificates-java
 * keeps it. Private to debian/.
 */

#include "debian/debian_state.h"

#define KEYSTORE_PATH     "etc/ssl/certs/java/cacerts"
#define KEYSTORE_PASSWORD "changeit"

/*
 * @changes: lines "+PEM" (set the entry of that file) and "-PEM" (remove it), as hooks of
 * update-ca-certificates get them. Entries are sorted by alias and have the epoch as time:
 * the tool's own are in hash order and have the time of the run.
 */
int keystore_update(struct debian *d, struct str changes, struct str password, cause_id cause,
		    struct error *err) MUST_CHECK;

/* Aliases of the keystore, in order; DEBIAN_ABSENT if there is none. */
int keystore_aliases(struct debian *d, struct str password, struct str **ret, size_t *ret_n,
		     struct error *err) MUST_CHECK;

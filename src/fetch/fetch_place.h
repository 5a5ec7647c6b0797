#pragma once

/*
 * fetch/fetch_place.h - the places of one item, and which is next.
 *
 * Places are tried in order, but a host that fails is passed over while there
 * is another: it costs one or two tries, not one for each file. It is come back to
 * when nothing else is left, until each place has had all its tries.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/strtab.h"

struct fetch_place {
	const char *url;
	struct str host;  /* view into url: "http://host:80" */
	bool closed;      /* said something final, or had all its tries */
	unsigned n_tries; /* failed ones */
};

/* Hosts that fail now: host to 1, or to 0 once it has answered again. */
void host_set_failing(struct strtab *hosts, struct str host, bool failing);
bool host_is_failing(const struct strtab *hosts, struct str host);

struct str host_of_url(const char *url);

/*
 * The place to try next, @n if all are closed: the first open one of a host
 * that does not fail, else the open one with the fewest failed tries.
 */
size_t place_choose(const struct fetch_place *places, size_t n, const struct strtab *hosts);

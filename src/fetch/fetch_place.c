#include "fetch/fetch_place.h"

#include <string.h>

void host_set_failing(struct strtab *hosts, struct str host, bool failing)
{
	if (host_is_failing(hosts, host) != failing)
		strtab_put(hosts, host, failing);
}

bool host_is_failing(const struct strtab *hosts, struct str host)
{
	uint32_t failing = 0;

	return strtab_find(hosts, host, &failing) && failing;
}

struct str host_of_url(const char *url)
{
	const char *host = strstr(url, "://");

	if (!host)
		return str_of(url);
	return (struct str){ url, (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") };
}

size_t place_choose(const struct fetch_place *places, size_t n, const struct strtab *hosts)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (places[i].closed)
			continue;
		if (!host_is_failing(hosts, places[i].host))
			return i;
		if (best == n || places[i].n_tries < places[best].n_tries)
			best = i;
	}
	return best;
}

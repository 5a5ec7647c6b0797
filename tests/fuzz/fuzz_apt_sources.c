/*
 * Any bytes as an apt configuration of either style and as a URL to show: what
 * comes out has a suite, and no message holds what stands before an '@'.
 */

#include <stdlib.h>
#include <string.h>

#include "fetch/fetch_url.h"
#include "fetch/machine_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mirror_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct machine_mirror *m = &list->v[i];

		if (!m->suite.len || url_scheme(m->url.ptr) == URL_OTHER ||
		    str_has_suffix(m->url, STR("/")))
			abort();
	}
}

static void show(const char *url)
{
	struct buf safe = BUF_INIT(1u << 20);
	const char *host;

	url_add_safe(&safe, url);
	host = strstr(buf_cstr(&safe), "://");
	if (host && memchr(host + 3, '@', strcspn(host + 3, "/\\?")))
		abort();
	buf_release(&safe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct mirror_list list = { .arena = &arena };
	struct str text = { (const char *)data, size };
	char *url;

	if (size > 65536)
		return 0;
	apt_list_parse(text, STR("sources.list"), &list);
	apt_deb822_parse(text, STR("debian.sources"), &list);
	check(&list);
	url = arena_strdup(&arena, text);
	show(url);
	free(list.v);
	arena_release(&arena);
	return 0;
}

#include "fetch/libcurl.h"

#include <pthread.h>
#include <stdlib.h>

#include "io/library.h"

struct libcurl libcurl;

LIBRARY_NOTE(libcurl_note,
	     "[{\"feature\":\"fetch\",\"description\":\"Download packages and indexes\","
	     "\"priority\":\"required\",\"soname\":[\"libcurl.so.4\"]}]");

static void set_up(void)
{
	if (libcurl.global_init(CURL_GLOBAL_DEFAULT))
		abort();
}

#define NAME(name) "curl_" #name,

int libcurl_load(struct error *err)
{
	static const char *const names[] = { CURL_FUNCTIONS(NAME) };
	static struct library library = {
		.soname = "libcurl.so.4",
		.needed_to = "download",
		.names = names,
		.n = sizeof(names) / sizeof(*names),
		.functions = &libcurl,
	};
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	_Static_assert(sizeof(libcurl) == sizeof(names), "a name for each pointer");
	if (library_load(&library, err) < 0)
		return -1;
	pthread_once(&once, set_up);
	return 0;
}

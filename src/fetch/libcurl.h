#pragma once

/* fetch/libcurl.h - libcurl, loaded when something is downloaded; for fetch/ alone. */

#include <curl/curl.h>

#include "base/attr.h"
#include "base/error.h"

#define CURL_FUNCTIONS(F)                                                                          \
	F(easy_cleanup)                                                                            \
	F(easy_getinfo)                                                                            \
	F(easy_header)                                                                             \
	F(easy_init)                                                                               \
	F(easy_reset)                                                                              \
	F(easy_setopt)                                                                             \
	F(easy_strerror)                                                                           \
	F(global_init)                                                                             \
	F(multi_add_handle)                                                                        \
	F(multi_cleanup)                                                                           \
	F(multi_info_read)                                                                         \
	F(multi_init)                                                                              \
	F(multi_perform)                                                                           \
	F(multi_poll)                                                                              \
	F(multi_remove_handle)                                                                     \
	F(multi_setopt)                                                                            \
	F(slist_append)                                                                            \
	F(slist_free_all)

#define CURL_POINTER(name) __typeof__(curl_##name) *name;
struct libcurl {
	CURL_FUNCTIONS(CURL_POINTER)
};

/* Filled in by libcurl_load(): nothing else may be called before it has succeeded. */
extern struct libcurl libcurl;
/* Also sets libcurl up, once. ERR_NO_PROGRAM. */
int libcurl_load(struct error *err) MUST_CHECK;

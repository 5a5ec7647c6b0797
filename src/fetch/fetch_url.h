#pragma once

/* fetch/fetch_url.h - what ingot needs to know of a URL (RFC 3986). */

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"

enum url_scheme { URL_OTHER, URL_HTTP, URL_HTTPS, URL_FILE };

enum url_scheme url_scheme(const char *url);

/*
 * Whether a server may send us from @from to @to: http to http or https, https
 * to https only, and nowhere else - never into the files of this machine.
 */
bool url_redirect_allowed(const char *from, const char *to);

/*
 * Appends @url without user name, password, query and fragment, any of which
 * may hold a secret.
 */
void url_add_safe(struct buf *to, const char *url);

#include "fetch/fetch_url.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

static bool has_scheme(const char *url, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncasecmp(url, scheme, n) == 0 && url[n] == ':';
}

enum url_scheme url_scheme(const char *url)
{
	if (has_scheme(url, "http"))
		return URL_HTTP;
	if (has_scheme(url, "https"))
		return URL_HTTPS;
	if (has_scheme(url, "file"))
		return URL_FILE;
	return URL_OTHER;
}

bool url_redirect_allowed(const char *from, const char *to)
{
	enum url_scheme is = url_scheme(from), becomes = url_scheme(to);

	if (becomes == URL_HTTPS)
		return is == URL_HTTP || is == URL_HTTPS;
	return becomes == URL_HTTP && is == URL_HTTP;
}

void url_add_safe(struct buf *to, const char *url)
{
	const char *host = strstr(url, "://");
	size_t head, authority, at;

	host = host ? host + 3 : url;
	head = (size_t)(host - url);
	authority = strcspn(host, "/?#");
	at = 0;
	for (size_t i = 0; i < authority; i++)
		if (host[i] == '@')
			at = i + 1;
	text_add_safe(to, (struct str){ url, head });
	text_add_safe(to, (struct str){ host + at, strcspn(host + at, "?#") });
	if (host[strcspn(host, "?#")] == '?')
		buf_add_cstr(to, "?...");
}

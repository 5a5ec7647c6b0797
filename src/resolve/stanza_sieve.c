#include "resolve/stanza_sieve.h"

#include <string.h>

/* Length of the first stanza with the empty line after it, or 0: it has no end yet. */
static size_t stanza_length(struct str text)
{
	const char *at = text.ptr, *end = text.ptr + text.len;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) && ++at < end)
		if (*at == '\n')
			return (size_t)(at - text.ptr) + 1;
	return 0;
}

static bool may_matter(struct str stanza, stanza_wanted *wanted, const void *context)
{
	struct str field = STR("Package: "), name;

	if (!str_has_prefix(stanza, field))
		return true;
	name = (struct str){ stanza.ptr + field.len, stanza.len - field.len };
	name.len = str_find_char(name, '\n');
	return wanted(context, name);
}

void stanza_sieve(struct buf *text, bool ended, stanza_wanted *wanted, const void *context,
		  struct buf *kept)
{
	struct str rest = buf_str(text);

	while (rest.len) {
		struct str stanza = { rest.ptr, stanza_length(rest) };

		if (!stanza.len && !ended)
			break;
		if (!stanza.len)
			stanza = rest;
		if (may_matter(stanza, wanted, context))
			buf_add_str(kept, stanza);
		rest = (struct str){ rest.ptr + stanza.len, rest.len - stanza.len };
	}
	if (rest.len)
		memmove(text->ptr, rest.ptr, rest.len);
	text->len = rest.len;
}

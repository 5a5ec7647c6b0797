/*
 * Regular expressions: the first line is the pattern (its first byte chooses flags),
 * the rest the text. Whatever they are, the search ends and its spans lie inside.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "shell/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct str all = { (const char *)data, size }, pattern;
	struct regex_span spans[REGEX_SPANS];
	const char *reason = NULL;
	struct regex *re = NULL;
	unsigned flags = 0;

	if (size < 2 || size > 4096)
		return 0;
	flags = data[0] & 0xff;
	all = (struct str){ all.ptr + 1, all.len - 1 };
	pattern = (struct str){ all.ptr, str_find_char(all, '\n') };
	all = (struct str){ all.ptr + pattern.len, all.len - pattern.len };
	re = regex_compile(&arena, pattern, flags, &reason);
	if (!re)
		return reason ? 0 : (abort(), 0);
	if (regex_search(re, all, 0, spans, REGEX_SPANS) != REGEX_MATCH)
		return 0;
	for (unsigned i = 0; i < REGEX_SPANS; i++) {
		if (spans[i].from == REGEX_UNSET && spans[i].to == REGEX_UNSET)
			continue;
		if (spans[i].from > spans[i].to || spans[i].to > all.len)
			abort();
	}
	return 0;
}

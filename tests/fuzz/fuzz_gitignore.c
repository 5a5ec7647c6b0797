/* A pattern, a line break and a path: an answer, in bounded time. */
#include "recipe/gitignore.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	struct str pattern, path;

	if (!end)
		return 0;
	pattern = (struct str){ (const char *)data, (size_t)(end - data) };
	path = (struct str){ (const char *)end + 1, size - pattern.len - 1 };
	(void)gitignore_match(pattern, path);
	return 0;
}

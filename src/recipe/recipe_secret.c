#define _GNU_SOURCE
#include "recipe/recipe_secret.h"

#include <string.h>

/*
 * "-----BEGIN ... PRIVATE KEY-----" (RFC 7468, OpenSSH) and "-----BEGIN PGP PRIVATE
 * KEY BLOCK-----" (RFC 9580, section 6.2). Put together here, so that this file can
 * itself be part of an image.
 */
bool secret_in_text(struct str text)
{
	static const char begin[] = "-----BEGIN ", private[] = "PRIVATE" " KEY";
	const char *p = text.ptr, *end = text.ptr + text.len;

	while (p && (p = memmem(p, (size_t)(end - p), begin, sizeof(begin) - 1))) {
		size_t line;
		const char *stop;

		p += sizeof(begin) - 1;
		line = (size_t)(end - p) < 64 ? (size_t)(end - p) : 64;
		stop = memchr(p, '\n', line);
		if (stop)
			line = (size_t)(stop - p);
		if (memmem(p, line, private, sizeof(private) - 1))
			return true;
	}
	return false;
}

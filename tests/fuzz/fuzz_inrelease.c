/*
 * Any bytes as an InRelease: whatever passes the check of the framing has one
 * head, one end and nothing around them; librnp stands the rest.
 */

#define _GNU_SOURCE
#include <stdlib.h>

#include "resolve/cleartext.h"
#include "resolve/openpgp_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "-----BEGIN PGP SIGNED MESSAGE-----\n";
static const char end[] = "\n-----END PGP SIGNATURE-----";

static void check_framing(struct str text)
{
	const char *at;

	if (!str_has_prefix(text, str_of(head)))
		abort();
	at = memmem(text.ptr, text.len, end, sizeof(end) - 1);
	if (!at || text.len - (size_t)(at - text.ptr) > sizeof(end))
		abort(); /* only a newline may follow */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes message = { data, size };
	struct openpgp_verdict verdict;
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;

	if (cleartext_check(message, &err) == 0) {
		check_framing(bytes_str(message));
		/* With an empty keyring nothing is ever good. */
		if (openpgp_verify_here(message, (struct bytes){ NULL, 0 }, 1600000000,
					/* seal= */ NULL, &arena, &verdict, &err) == 0)
			abort();
	}
	err_release(&err);
	arena_release(&arena);
	return 0;
}

/*
 * Any bytes as a keyring: its certificates follow each other without a gap, and if all of it is
 * understood, all of them together are the keyring.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "resolve/openpgp_certificates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CERTIFICATES_MAX 64

static void check_selection(struct bytes keyring, struct certificate *list, size_t n, bool whole)
{
	struct buf some = BUF_INIT(keyring.len + 1);
	struct str wanted[CERTIFICATES_MAX];

	for (size_t i = 0; i < n; i++)
		wanted[i] = str_of(list[i].fingerprint);
	if (certificates_select(keyring, wanted, n, &some) != whole)
		abort();
	if (some.len != (whole ? keyring.len : 0) ||
	    (some.len && memcmp(some.ptr, keyring.ptr, some.len) != 0))
		abort();
	buf_release(&some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate list[CERTIFICATES_MAX];
	struct bytes keyring = { data, size }, rest = keyring;
	enum certificate_item item = CERTIFICATE_END;
	const uint8_t *at = data;
	size_t n = 0;

	while (n < CERTIFICATES_MAX &&
	       (item = certificate_next(&rest, &list[n])) == CERTIFICATE_FOUND) {
		if (list[n].packets.ptr != at || !list[n].packets.len)
			abort();
		at += list[n++].packets.len;
	}
	if (rest.ptr != at && size)
		abort();
	if (n < CERTIFICATES_MAX)
		check_selection(keyring, list, n, item == CERTIFICATE_END);
	return 0;
}

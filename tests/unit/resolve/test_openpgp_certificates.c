/* signatures/keyring.pgp, taken apart; librnp's list of the same keys is the witness. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "resolve/openpgp_certificates.h"
#include "resolve/openpgp_private.h"

#define FILE_MAX (1u << 20)

static struct buf read_file(const char *name)
{
	struct buf text = BUF_INIT(FILE_MAX);
	char path[500];
	FILE *f;

	snprintf(path, sizeof(path), TEST_DATA "/unit/resolve/signatures/%s", name);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	text.len = fread(buf_reserve(&text, 100000), 1, 100000, f);
	fclose(f);
	return text;
}

Test(certificates, fingerprints_are_those_that_librnp_tells)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp");
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct str *want, *got;
	size_t n_want, n_got;

	cr_assert_eq(
		openpgp_fingerprints_here(buf_bytes(&keys), NULL, &arena, &want, &n_want, &err), 0);
	cr_assert_eq(openpgp_fingerprints(buf_bytes(&keys), &arena, &got, &n_got, &err), 0);
	cr_assert_eq(n_got, n_want);
	for (size_t i = 0; i < n_got; i++)
		cr_assert(str_equal(got[i], want[i]), STR_FMT, STR_ARG(got[i]));
}

Test(certificates, together_they_are_the_keyring)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp"), all = BUF_INIT(FILE_MAX);
	struct bytes rest = buf_bytes(&keys);
	struct certificate c;

	while (certificate_next(&rest, &c) == CERTIFICATE_FOUND)
		buf_add(&all, c.packets.ptr, c.packets.len);
	cr_assert_eq(rest.len, 0);
	cr_assert_eq(all.len, keys.len);
	cr_assert_eq(memcmp(all.ptr, keys.ptr, all.len), 0);
}

Test(certificates, those_that_are_asked_for_are_selected)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp"), some = BUF_INIT(FILE_MAX);
	struct bytes rest = buf_bytes(&keys);
	struct certificate first, second, c;
	struct str wanted[2];

	cr_assert_eq(certificate_next(&rest, &first), CERTIFICATE_FOUND);
	cr_assert_eq(certificate_next(&rest, &second), CERTIFICATE_FOUND);
	wanted[0] = STR("0000000000000000000000000000000000000000");
	wanted[1] = str_of(second.fingerprint);
	cr_assert(certificates_select(buf_bytes(&keys), wanted, 2, &some));
	rest = buf_bytes(&some);
	cr_assert_eq(certificate_next(&rest, &c), CERTIFICATE_FOUND);
	cr_assert_str_eq(c.fingerprint, second.fingerprint);
	cr_assert_eq(certificate_next(&rest, &c), CERTIFICATE_END);
}

Test(certificates, a_signature_is_verified_by_its_own_certificate_alone)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp"), message = read_file("subkey.asc");
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct bytes rest = buf_bytes(&keys);
	struct certificate c;
	size_t n_good = 0;

	while (certificate_next(&rest, &c) == CERTIFICATE_FOUND) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct openpgp_verdict v;

		if (openpgp_verify_inline(buf_bytes(&message), c.packets, 1593648000, &arena, &v,
					  &err) < 0)
			continue;
		cr_assert_eq(v.n_signers, 1);
		cr_assert(str_equal_cstr(v.signers[0], c.fingerprint));
		n_good++;
	}
	cr_assert_eq(n_good, 1);
}

Test(certificates, armour_is_left_to_others)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.asc"), some = BUF_INIT(FILE_MAX);
	struct bytes rest = buf_bytes(&keys);
	struct certificate c;

	cr_assert_eq(certificate_next(&rest, &c), CERTIFICATE_UNKNOWN);
	cr_assert_not(certificates_select(buf_bytes(&keys), NULL, 0, &some));
}

Test(certificates, a_keyring_that_is_cut_gives_nothing)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp");
	struct bytes rest = buf_bytes(&keys);
	struct certificate c;
	struct str wanted;

	cr_assert_eq(certificate_next(&rest, &c), CERTIFICATE_FOUND);
	wanted = str_of(c.fingerprint);
	for (size_t len = 1; len < keys.len; len++) {
		CLEANUP_BUF struct buf some = BUF_INIT(FILE_MAX);
		struct bytes cut = { keys.ptr, len };

		/* between two packets nobody can tell */
		if (!certificates_select(cut, &wanted, 1, &some))
			cr_assert_eq(some.len, 0, "at %zu", len);
	}
}

/* Headers of packets that are no first key of a keyring. */
Test(certificates, lengths_are_those_that_are_there)
{
	static const uint8_t headers[][7] = {
		{ 0x98, 255, 4 },		      /* old, one byte: too long */
		{ 0x99, 255, 255, 4 },		      /* old, two */
		{ 0x9a, 255, 255, 255, 255, 4 },      /* old, four */
		{ 0x9b, 4, 0 },			      /* old, to the end of the file */
		{ 0xc6, 100, 4 },		      /* new, one */
		{ 0xc6, 192, 255, 4 },		      /* new, two */
		{ 0xc6, 224, 4 },		      /* new, in parts */
		{ 0xc6, 255, 255, 255, 255, 255, 4 }, /* new, five */
		{ 0xc6, 0 },			      /* an empty key */
		{ 0xc6, 1, 3 },			      /* another version */
		{ 0xc2, 1, 4 },			      /* a signature first */
		{ 0x18, 1, 4 },			      /* no packet */
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		for (size_t len = 1; len <= sizeof(headers[i]); len++) {
			struct bytes rest = { headers[i], len };
			struct certificate c;

			cr_assert_eq(certificate_next(&rest, &c), CERTIFICATE_UNKNOWN, "%zu, %zu",
				     i, len);
			cr_assert_eq(rest.len, len);
		}
}

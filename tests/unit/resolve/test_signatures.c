/*
 * Messages and keyrings of signatures/, made by make-signatures.sh, and what an
 * attacker would do to them. The cases follow what has gone wrong elsewhere:
 * text around the signed part, headers, several messages (CVE-2013-1051,
 * CVE-2018-0501, CVE-2019-3462).
 */

#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "resolve/archive.h"
#include "resolve/cleartext.h"

#define FILE_MAX (1u << 20)

static struct buf read_file(const char *name)
{
	struct buf text = BUF_INIT(FILE_MAX);
	char path[500];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), TEST_DATA "/unit/resolve/signatures/%s", name);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	n = fread(buf_reserve(&text, 100000), 1, 100000, f);
	text.len = n;
	fclose(f);
	return text;
}

/* The fingerprint of a name in signatures/fingerprints. */
static struct str fingerprint(const char *name, struct buf *list)
{
	struct str rest, line;

	*list = read_file("fingerprints");
	rest = buf_str(list);
	while (str_split(&rest, '\n', &line))
		if (str_has_prefix(line, str_of(name)))
			return (struct str){ line.ptr + line.len - 40, 40 };
	cr_assert_fail("no fingerprint of %s", name);
	abort(); /* not reached */
}

static int64_t time_of(const char *text)
{
	int64_t t = 0;

	cr_assert(text_parse_time(str_of(text), &t));
	return t;
}

static int verify(struct bytes message, const char *keyring, const char *now,
		  struct arena *arena, struct openpgp_verdict *v, struct error *err)
{
	CLEANUP_BUF struct buf keys = read_file(keyring);

	return openpgp_verify_inline(message, buf_bytes(&keys), time_of(now), arena, v, err);
}

/* Signers of a file, comma-separated names, or the error's message. */
static void expect(const char *file, const char *keyring, const char *now, const char *const *names,
		   size_t n)
{
	CLEANUP_BUF struct buf message = read_file(file);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct openpgp_verdict v = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;
	int result = verify(buf_bytes(&message), keyring, now, &arena, &v, &err);

	if (n == 0) {
		cr_assert_eq(result, -1, "%s was accepted", file);
		cr_assert_eq(err.code, ERR_SIGNATURE);
		return;
	}
	cr_assert_eq(result, 0, "%s: %s: %s", file, err.message, err.detail ? err.detail : "");
	cr_assert_eq(v.n_signers, n, "%s: %zu signers", file, v.n_signers);
	for (size_t i = 0; i < n; i++) {
		CLEANUP_BUF struct buf list = { 0 };
		struct str want = fingerprint(names[i], &list);
		bool found = false;

		for (size_t k = 0; k < v.n_signers; k++)
			found |= str_equal(v.signers[k], want);
		cr_assert(found, "%s: not signed by %s", file, names[i]);
	}
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__ })

Test(signatures, good_ones_name_the_primary_key)
{
	expect("plain.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NAMES("plain"), 1);
	expect("subkey.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NAMES("primary"), 1);
	expect("sha512.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NAMES("plain"), 1);
	expect("both.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NAMES("plain", "primary"), 2);
}

Test(signatures, armoured_keyrings_of_several_blocks_are_read)
{
	expect("plain.asc", "keyring.asc", "2020-07-02T00:00:00Z", NAMES("plain"), 1);
	expect("subkey.asc", "keyring.asc", "2020-07-02T00:00:00Z", NAMES("primary"), 1);
}

Test(signatures, one_good_signature_suffices_and_only_good_ones_count)
{
	expect("with-stranger.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NAMES("plain"), 1);
}

Test(signatures, a_key_outside_the_keyring_is_not_trusted)
{
	expect("stranger.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NULL, 0);
}

Test(signatures, a_signature_outlives_its_key)
{
	expect("in-time.asc", "keyring.pgp", "2026-01-01T00:00:00Z", NAMES("expiring"), 1);
}

Test(signatures, a_signature_after_the_end_of_its_key_is_refused)
{
	expect("too-late.asc", "keyring.pgp", "2026-01-01T00:00:00Z", NULL, 0);
}

Test(signatures, an_expired_signature_is_refused)
{
	expect("short-lived.asc", "keyring.pgp", "2020-06-02T00:00:00Z", NAMES("plain"), 1);
	expect("short-lived.asc", "keyring.pgp", "2020-08-02T00:00:00Z", NULL, 0);
}

Test(signatures, a_signature_of_the_future_is_refused)
{
	expect("future.asc", "keyring.pgp", "2026-01-01T00:00:00Z", NULL, 0);
	expect("plain.asc", "keyring.pgp", "2020-05-01T00:00:00Z", NULL, 0);
}

Test(signatures, sha1_is_refused)
{
	expect("sha1.asc", "keyring.pgp", "2020-07-02T00:00:00Z", NULL, 0);
}

Test(signatures, the_text_is_what_was_signed)
{
	CLEANUP_BUF struct buf message = read_file("plain.asc");
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct openpgp_verdict v;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(verify(buf_bytes(&message), "keyring.pgp", "2020-07-02T00:00:00Z", &arena, &v,
			    &err), 0);
	cr_assert(str_has_prefix(bytes_str(v.text), STR("Origin: Example\nLabel: Example\n")));
	/* Dash-escaping is undone. */
	cr_assert_not_null(memmem(v.text.ptr, v.text.len, "UTC\n- a line", 12));
	cr_assert_null(memmem(v.text.ptr, v.text.len, "PGP", 3));
}

Test(signatures, the_detail_lists_each_signature)
{
	CLEANUP_BUF struct buf message = read_file("stranger.asc");
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct openpgp_verdict v;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(verify(buf_bytes(&message), "keyring.pgp", "2020-07-02T00:00:00Z", &arena, &v,
			    &err), -1);
	cr_assert_not_null(strstr(err.detail, "not in the keyring"), "%s", err.detail);
	cr_assert_not_null(err.hint);
}

Test(signatures, fingerprints_of_a_keyring_are_listed)
{
	CLEANUP_BUF struct buf keys = read_file("keyring.pgp");
	CLEANUP_BUF struct buf armoured = read_file("keyring.asc");
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct str *list;
	size_t n;

	cr_assert_eq(openpgp_fingerprints(buf_bytes(&keys), &arena, &list, &n, &err), 0);
	cr_assert_eq(n, 4);
	for (size_t i = 1; i < n; i++)
		cr_assert_lt(str_compare(list[i - 1], list[i]), 0);
	cr_assert_eq(openpgp_fingerprints(buf_bytes(&armoured), &arena, &list, &n, &err), 0);
	cr_assert_eq(n, 2);
}

/* ---- what an attacker would do ---- */

/* @find in plain.asc replaced by @by; @find "" puts it in front, NULL behind. */
static struct buf changed(const char *find, const char *by)
{
	CLEANUP_BUF struct buf plain = read_file("plain.asc");
	struct buf out = BUF_INIT(FILE_MAX);
	const char *text = buf_cstr(&plain), *at = find ? strstr(text, find) : text + plain.len;

	cr_assert_not_null(at, "%s", find);
	buf_add(&out, text, (size_t)(at - text));
	buf_add_cstr(&out, by);
	buf_add_cstr(&out, at + (find ? strlen(find) : 0));
	return out;
}

Test(signatures, altered_messages_are_refused)
{
	static const struct {
		const char *find, *by;
	} alterations[] = {
		{ "Codename: alpha", "Codename: omega" },	/* the text itself */
		{ "Origin: Example\n", "" },			/* a line less */
		{ "Origin: Example\n", "Origin: Example\nA: b\n" },
		{ "", "Origin: evil\n" },			/* in front */
		{ "", "\n" },
		{ "", " " },
		{ NULL, "Origin: evil\n" },			/* behind */
		{ NULL, "\n" },
		{ "Hash: SHA256\n", "Hash: SHA256\nOrigin: evil\n" },
		{ "Hash: SHA256\n", "Hash: SHA256\nComment: x\n" },
		{ "Hash: SHA256\n", "Hash: SHA256\n Origin: evil\n" },
		{ "Hash: SHA256\n", "NotDashEscaped: yes\n" },
		{ "Hash: SHA256\n", "Hash: SHA256\n\t\n" },
		{ "-----BEGIN PGP SIGNED", "----BEGIN PGP SIGNED" },
		{ "MESSAGE-----", "MESSAGE-----x" },
		{ "- - a line", "-- a line" },
		{ "-----BEGIN PGP SIGNATURE-----\n", "" },	/* no signature */
		{ "-----BEGIN PGP SIGNATURE-----\n",
		  "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n" },
		{ "-----BEGIN PGP SIGNATURE-----\n",
		  "-----BEGIN PGP SIGNATURE-----\nOrigin: evil\n" },
		{ "-----END PGP SIGNATURE-----\n", "" },
		{ "-----END PGP SIGNATURE-----", "-----END PGP SIGNATURE-----x" },
	};

	for (size_t i = 0; i < sizeof(alterations) / sizeof(alterations[0]); i++) {
		CLEANUP_BUF struct buf message = changed(alterations[i].find, alterations[i].by);
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_ERR struct error err = ERR_INIT;
		struct openpgp_verdict v;

		cr_assert_eq(verify(buf_bytes(&message), "keyring.pgp", "2020-07-02T00:00:00Z",
				    &arena, &v, &err), -1, "%s", buf_cstr(&message));
		cr_assert_eq(err.code, ERR_SIGNATURE);
	}
}

Test(signatures, two_messages_are_not_one)
{
	CLEANUP_BUF struct buf one = read_file("plain.asc"), two = read_file("stranger.asc");
	CLEANUP_BUF struct buf both = BUF_INIT(FILE_MAX);
	CLEANUP_ERR struct error err = ERR_INIT;

	buf_add_str(&both, buf_str(&one));
	buf_add_str(&both, buf_str(&two));
	cr_assert_eq(cleartext_check(buf_bytes(&both), &err), -1);
	cr_assert_not_null(strstr(err.message, "follows the end"), "%s", err.message);
}

Test(signatures, a_last_line_without_newline_is_accepted)
{
	CLEANUP_BUF struct buf message = changed("-----END PGP SIGNATURE-----\n",
						 "-----END PGP SIGNATURE-----");
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(cleartext_check(buf_bytes(&message), &err), 0);
}

/* Every byte of the signed text counts; one flip anywhere and nothing is good. */
Test(signatures, no_flipped_bit_of_the_text_goes_unseen)
{
	CLEANUP_BUF struct buf message = read_file("plain.asc");
	const char *start = strstr(buf_cstr(&message), "\n\n") + 2;
	const char *end = strstr(start, "\n-----BEGIN PGP SIGNATURE");

	for (const char *p = start; p < end; p += 7) {
		size_t at = (size_t)(p - (const char *)message.ptr);
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_ERR struct error err = ERR_INIT;
		struct openpgp_verdict v;

		message.ptr[at] ^= 1;
		cr_assert_eq(verify(buf_bytes(&message), "keyring.pgp", "2020-07-02T00:00:00Z",
				    &arena, &v, &err), -1, "byte %zu", at);
		message.ptr[at] ^= 1;
	}
}

Test(signatures, garbage_is_an_error_and_not_a_crash)
{
	static const char *const garbage[] = {
		"", "-", "-----BEGIN PGP SIGNED MESSAGE-----",
		"-----BEGIN PGP SIGNED MESSAGE-----\n", "-----BEGIN PGP SIGNED MESSAGE-----\n\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\n\n-----BEGIN PGP SIGNATURE-----\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\n\n-----BEGIN PGP SIGNATURE-----\n\n"
		"-----END PGP SIGNATURE-----\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n-----BEGIN PGP SIGNATURE-----\n\n"
		"AAAA\n=AAAA\n-----END PGP SIGNATURE-----\n",
		"<html>not found</html>\n",
	};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_ERR struct error err = ERR_INIT;
		struct openpgp_verdict v;

		cr_assert_eq(verify(str_bytes(str_of(garbage[i])), "keyring.pgp",
				    "2020-07-02T00:00:00Z", &arena, &v, &err), -1);
		cr_assert_eq(err.code, ERR_SIGNATURE, "%s", err.message);
	}
}

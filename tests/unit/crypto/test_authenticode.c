#include <criterion/criterion.h>

#include "crypto/authenticode.h"
#include "crypto/hash.h"
#include "unit/crypto/key_fixture.h"

struct pair {
	struct buf key, certificate;
};

static struct pair make_pair(unsigned bits, const char *passphrase)
{
	struct pair p = { BUF_INIT(KEY_TEXT_MAX), BUF_INIT(KEY_TEXT_MAX) };
	EVP_PKEY *key = fixture_rsa(bits);

	fixture_key_pem(key, passphrase, &p.key);
	fixture_certificate(key, "Tester", FIXTURE_PEM, &p.certificate);
	EVP_PKEY_free(key);
	return p;
}

static void pair_release(struct pair *p)
{
	buf_release(&p->key);
	buf_release(&p->certificate);
}

static struct digest digest_of(const char *text)
{
	return hash_bytes(str_bytes(str_of(text)));
}

static void sign_with(const struct pair *p, const char *passphrase, int64_t epoch, struct buf *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest pe = digest_of("a file");

	buf_reset(to);
	cr_assert_eq(authenticode_sign(&pe, buf_bytes(&p->key), passphrase,
				       buf_bytes(&p->certificate), epoch, to, &err),
		     0, "%s", err.message);
}

static enum err_code check_as(const char *file, struct bytes pkcs7, struct bytes certificate)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest pe = digest_of(file);
	int r = authenticode_check(&pe, pkcs7, certificate, NULL, &err);

	cr_assert_eq(r < 0, err.code != ERR_NONE);
	return err.code;
}

Test(authenticode, the_same_key_digest_and_time_give_the_same_bytes)
{
	struct pair p = make_pair(2048, NULL);
	CLEANUP_BUF struct buf a = BUF_INIT(1u << 20), b = BUF_INIT(1u << 20);

	sign_with(&p, NULL, 1700000000, &a);
	sign_with(&p, NULL, 1700000000, &b);
	cr_assert(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	sign_with(&p, NULL, 1700000001, &b);
	cr_assert_not(bytes_equal(buf_bytes(&a), buf_bytes(&b)), "the time is in it");
	pair_release(&p);
}

Test(authenticode, rsa_of_2048_3072_and_4096_bits_signs_and_is_checked)
{
	static const unsigned bits[] = { 2048, 3072, 4096 };

	for (size_t i = 0; i < 3; i++) {
		struct pair p = make_pair(bits[i], NULL);
		CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);

		sign_with(&p, NULL, 0, &p7);
		cr_assert_eq(check_as("a file", buf_bytes(&p7), buf_bytes(&p.certificate)), 0);
		cr_assert_eq(check_as("a file", buf_bytes(&p7), (struct bytes){ 0 }), 0);
		cr_assert_eq(check_as("another", buf_bytes(&p7), buf_bytes(&p.certificate)),
			     ERR_SIGNATURE);
		pair_release(&p);
	}
}

Test(authenticode, an_encrypted_key_needs_its_passphrase)
{
	struct pair p = make_pair(2048, "correct horse");
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);
	struct digest pe = digest_of("a file");
	static const char *const wrong[] = { NULL, "", "battery staple" };

	sign_with(&p, "correct horse", 0, &p7);
	cr_assert_eq(check_as("a file", buf_bytes(&p7), buf_bytes(&p.certificate)), 0);
	for (size_t i = 0; i < 3; i++) {
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(authenticode_sign(&pe, buf_bytes(&p.key), wrong[i],
					       buf_bytes(&p.certificate), 0, &p7, &err),
			     -1);
		cr_assert_eq(err.code, ERR_PASSPHRASE);
		cr_assert(strstr(err.message, "encrypted"), "%s", err.message);
	}
	pair_release(&p);
}

Test(authenticode, a_certificate_in_der_gives_the_same_signature)
{
	struct pair p = { BUF_INIT(KEY_TEXT_MAX), BUF_INIT(KEY_TEXT_MAX) };
	CLEANUP_BUF struct buf a = BUF_INIT(1u << 20), b = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf der = BUF_INIT(KEY_TEXT_MAX);
	EVP_PKEY *key = fixture_rsa(2048);

	fixture_key_pem(key, NULL, &p.key);
	fixture_certificate(key, "x", FIXTURE_PEM, &p.certificate);
	fixture_certificate(key, "x", FIXTURE_DER, &der);
	sign_with(&p, NULL, 5, &a);
	cr_assert_eq(check_as("a file", buf_bytes(&a), buf_bytes(&der)), 0);
	buf_release(&p.certificate);
	p.certificate = der;
	sign_with(&p, NULL, 5, &b);
	cr_assert(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	buf_release(&p.key);
	EVP_PKEY_free(key);
}

Test(authenticode, the_signers_name_is_told)
{
	struct pair p = make_pair(2048, NULL);
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20), name = BUF_INIT(1000);
	struct digest pe = digest_of("a file");

	sign_with(&p, NULL, 0, &p7);
	cr_assert_eq(authenticode_check(&pe, buf_bytes(&p7), (struct bytes){ 0 }, &name, &err), 0);
	cr_assert_str_eq(buf_cstr(&name), "CN=Tester");
	pair_release(&p);
}

Test(authenticode, a_time_after_2049_is_signed_too)
{
	struct pair p = make_pair(2048, NULL);
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);

	sign_with(&p, NULL, 4102444800, &p7);
	cr_assert_eq(check_as("a file", buf_bytes(&p7), buf_bytes(&p.certificate)), 0);
	pair_release(&p);
}

Test(authenticode, any_changed_byte_is_seen)
{
	struct pair p = make_pair(2048, NULL);
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);

	sign_with(&p, NULL, 1700000000, &p7);
	for (size_t i = 0; i < p7.len; i++) {
		p7.ptr[i] ^= 1;
		cr_assert_eq(check_as("a file", buf_bytes(&p7), buf_bytes(&p.certificate)),
			     ERR_SIGNATURE, "byte %zu of %zu", i, p7.len);
		p7.ptr[i] ^= 1;
	}
	pair_release(&p);
}

Test(authenticode, a_signature_cut_short_or_with_more_behind_it_is_refused)
{
	struct pair p = make_pair(2048, NULL);
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);

	sign_with(&p, NULL, 1700000000, &p7);
	for (size_t len = 0; len < p7.len; len++)
		cr_assert_eq(check_as("a file", (struct bytes){ p7.ptr, len }, (struct bytes){ 0 }),
			     ERR_SIGNATURE);
	buf_add_char(&p7, '\0');
	cr_assert_eq(check_as("a file", buf_bytes(&p7), (struct bytes){ 0 }), ERR_SIGNATURE);
	pair_release(&p);
}

Test(authenticode, a_signature_by_another_certificate_is_refused_even_of_the_same_name)
{
	struct pair p = make_pair(2048, NULL), other = make_pair(2048, NULL);
	CLEANUP_BUF struct buf p7 = BUF_INIT(1u << 20);

	sign_with(&p, NULL, 0, &p7);
	cr_assert_eq(check_as("a file", buf_bytes(&p7), buf_bytes(&other.certificate)),
		     ERR_SIGNATURE);
	pair_release(&p);
	pair_release(&other);
}

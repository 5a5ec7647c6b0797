/* What is given for a key, and what is said to do. tests/e2e/mistakes.sh runs the commands. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "crypto/key_mistake.h"

static void mistaken(const char *text, enum key_half wanted, const char *is, const char *hint)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(key_mistake(str_bytes(str_of(text)), "k/a.key", wanted, &err), -1, "%s", text);
	cr_assert_eq(err.code, ERR_KEY);
	cr_assert(strstr(err.message, "'k/a.key' is ") && strstr(err.message, is), "%s",
		  err.message);
	cr_assert(strstr(err.hint, hint), "%s", err.hint);
}

static void taken(const char *text, enum key_half wanted)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(key_mistake(str_bytes(str_of(text)), "k", wanted, &err), 0, "%s", err.message);
}

Test(key_mistake, names_the_command_that_makes_a_public_key_of_it)
{
	mistaken("-----BEGIN PRIVATE KEY-----\n", KEY_HALF_PUBLIC, "a private key",
		 "'openssl pkey -in k/a.key -pubout -out k/a.pub'");
	mistaken("-----BEGIN RSA PRIVATE KEY-----\n", KEY_HALF_PUBLIC, "a private key",
		 "'openssl pkey -in k/a.key");
	mistaken("-----BEGIN CERTIFICATE-----\n", KEY_HALF_PUBLIC, "a certificate",
		 "'openssl x509 -in k/a.key -noout -pubkey >k/a.pub'");
	mistaken("ssh-rsa AAAA", KEY_HALF_PUBLIC, "OpenSSH", "'ssh-keygen -e -m PKCS8 -f k/a.key");
	mistaken("ssh-ed25519 AAAA", KEY_HALF_PUBLIC, "OpenSSH", "ingot keygen");
	mistaken("-----BEGIN PGP PUBLIC KEY BLOCK-----", KEY_HALF_PUBLIC, "OpenPGP",
		 "ingot keygen");
	mistaken("\x98\x33\x04", KEY_HALF_PUBLIC, "OpenPGP", "ingot keygen");
	mistaken("untrusted comment: x", KEY_HALF_PUBLIC, "minisign", "ingot keygen");
	mistaken("{}", KEY_HALF_PUBLIC, "JSON", "--signature");
	mistaken("", KEY_HALF_PUBLIC, "empty", "copied");
}

Test(key_mistake, names_what_signs_instead)
{
	mistaken("-----BEGIN PUBLIC KEY-----\n", KEY_HALF_PRIVATE, "a public key", "'k/a.pem'");
	mistaken("-----BEGIN CERTIFICATE-----\n", KEY_HALF_PRIVATE, "a certificate",
		 "the private key that belongs to it");
	mistaken("-----BEGIN OPENSSH PRIVATE KEY-----\n", KEY_HALF_PRIVATE, "OpenSSH",
		 "'ssh-keygen -p -m PKCS8 -f COPY'");
	mistaken("-----BEGIN PGP PRIVATE KEY BLOCK-----", KEY_HALF_PRIVATE, "OpenPGP",
		 "ingot keygen");
	mistaken("", KEY_HALF_PRIVATE, "empty", "copied");
}

Test(key_mistake, is_not_made_of_what_may_be_a_key)
{
	taken("-----BEGIN PUBLIC KEY-----\n", KEY_HALF_PUBLIC);
	taken("-----BEGIN PRIVATE KEY-----\n", KEY_HALF_PRIVATE);
	taken("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", KEY_HALF_PRIVATE);
	taken("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", KEY_HALF_PRIVATE);
	taken("anything", KEY_HALF_PUBLIC);
	taken("0\x80", KEY_HALF_PUBLIC);
}

Test(key_mistake, has_no_format_of_a_name)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(key_mistake(str_bytes(STR("{")), "%s@*%n", KEY_HALF_PUBLIC, &err), -1);
	cr_assert(strstr(err.message, "'%s@*%n' is JSON"));
	err_release(&err);
	cr_assert_eq(key_mistake(str_bytes(STR("-----BEGIN CERTIFICATE-----")), "%s@*.crt",
				 KEY_HALF_PUBLIC, &err),
		     -1);
	cr_assert(strstr(err.hint, "-in %s@*.crt -noout -pubkey >%s@*.pub"), "%s", err.hint);
}

Test(key_mistake, keeps_the_file_that_it_is_made_of)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(key_mistake(str_bytes(STR("ssh-rsa A")), "a.pub", KEY_HALF_PUBLIC, &err), -1);
	cr_assert(strstr(err.hint, "-f a.pub >a-new.pub"), "%s", err.hint);
}

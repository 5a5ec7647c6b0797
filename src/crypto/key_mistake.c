#define _GNU_SOURCE
#include "crypto/key_mistake.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/openssl_cleanup.h"

#define MAKE "'ingot keygen -o NAME' makes one that can: NAME.pem and NAME.pub"
#define NAME_SHOWN_MAX 4096 /* bytes, in a hint */
#define HINT_MAX 65536

/* In a hint: @ is the file, * its name without ending. NULL: there is nothing wrong. */
static const struct {
	const char *start, *is, *public_hint, *private_hint;
} kinds[] = {
	{ "-----BEGIN CERTIFICATE-----", "a certificate",
	  "'openssl x509 -in @ -noout -pubkey >*.pub' makes a file of its public key",
	  "the private key that belongs to it signs: name that" },
	{ "-----BEGIN RSA PUBLIC KEY-----", "a bare RSA public key (PKCS #1)",
	  "'openssl rsa -RSAPublicKey_in -in @ -pubout -out *.pub' makes it usable",
	  "the private key that belongs to it signs: name that" },
	{ "-----BEGIN PUBLIC KEY-----", "a public key", NULL,
	  "the other half signs, '*.pem': name that" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----", "a private key of OpenSSH",
	  "of RSA and P-256 'ssh-keygen -e -m PKCS8 -f @ >*.pub' makes the public key; of "
	  "Ed25519 nothing does: " MAKE,
	  "of RSA and P-256 'ssh-keygen -p -m PKCS8 -f COPY' turns a copy into one that can sign; "
	  "of Ed25519 nothing does: " MAKE },
	{ "ssh-rsa ", "a public key of OpenSSH",
	  "'ssh-keygen -e -m PKCS8 -f @ >*.pub' makes it usable",
	  "the private key that belongs to it signs: name that" },
	{ "ecdsa-sha2-nistp256 ", "a public key of OpenSSH",
	  "'ssh-keygen -e -m PKCS8 -f @ >*.pub' makes it usable",
	  "the private key that belongs to it signs: name that" },
	{ "ssh-", "a public key of OpenSSH", "such a key can't sign here: " MAKE,
	  "such a key can't sign here: " MAKE },
	{ "ecdsa-sha2-", "a public key of OpenSSH", "such a key can't sign here: " MAKE,
	  "such a key can't sign here: " MAKE },
	{ "sk-", "a public key of OpenSSH", "such a key can't sign here: " MAKE,
	  "such a key can't sign here: " MAKE },
	{ "-----BEGIN PGP", "an OpenPGP key", "such a key can't sign here: " MAKE,
	  "such a key can't sign here: " MAKE },
	{ "untrusted comment:", "a minisign or signify key", "such a key can't sign here: " MAKE,
	  "such a key can't sign here: " MAKE },
	{ "{", "JSON",
	  "signatures go behind --signature; a public key is a file NAME.pub, as "
	  "'ingot keygen -o NAME' makes it",
	  MAKE },
};

static const char private_mark[] = "PRIVATE KEY-----";

static bool begins(struct bytes text, const char *start)
{
	size_t n = strlen(start);

	return text.len >= n && memcmp(text.ptr, start, n) == 0;
}

/* "release" of "keys/release.pem", with its folder; never the file itself with ".pub". */
static char *stem_of(const char *name, enum key_half wanted)
{
	static const char *const endings[] = { ".pem", ".pub", ".key", ".crt", ".cer",
					       ".der", ".p12", ".pfx", ".asc", ".gpg" };
	struct str stem = str_of(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (stem.len > 4 && str_has_suffix(stem, str_of(endings[i]))) {
			bool same =
				str_equal(str_of(endings[i]),
					  wanted == KEY_HALF_PUBLIC ? STR(".pub") : STR(".pem"));

			stem.len -= 4;
			return mem_printf(STR_FMT "%s", STR_ARG(stem), same ? "-new" : "");
		}
	return mem_printf("%s", name);
}

static int tell(const char *name, enum key_half wanted, const char *is, const char *hint,
		struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(HINT_MAX);
	CLEANUP_FREE char *stem = stem_of(name, wanted);

	(void)err_set(err, ERR_KEY, "'%s' is %s, and no %s", name, is,
		      wanted == KEY_HALF_PUBLIC ? "public key in PEM or DER"
						: "private key in PEM");
	if (strlen(name) > NAME_SHOWN_MAX)
		return -1;
	for (const char *p = hint; *p; p++) {
		if (*p == '@')
			buf_add_cstr(&text, name);
		else if (*p == '*')
			buf_add_cstr(&text, stem);
		else
			buf_add_char(&text, *p);
	}
	return err_hint(err, "%s", buf_cstr(&text));
}

/* ---- without a line that tells ---- */

static bool is_certificate(struct bytes der)
{
	const unsigned char *p = der.ptr;
	X509 *certificate = d2i_X509(NULL, &p, (long)der.len);

	X509_free(certificate);
	return certificate;
}

static bool is_private(struct bytes der)
{
	const unsigned char *p = der.ptr;
	CLEANUP_EVP_PKEY EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);

	return key;
}

static bool is_pkcs12(struct bytes der)
{
	const unsigned char *p = der.ptr;
	PKCS12 *bag = d2i_PKCS12(NULL, &p, (long)der.len);

	PKCS12_free(bag);
	return bag;
}

/* RFC 9580, 4.2: tags of keys, in packets of both formats. */
static bool is_openpgp(uint8_t first)
{
	return first == 0xc5 || first == 0xc6 || (first & 0xfc) == 0x94 || (first & 0xfc) == 0x98;
}

static int binary_mistake(struct bytes text, const char *name, enum key_half wanted,
			  struct error *err)
{
	bool public = wanted == KEY_HALF_PUBLIC;
	int r = 0;

	if (is_openpgp(text.ptr[0]))
		return tell(name, wanted, "an OpenPGP key", "such a key can't sign here: " MAKE,
			    err);
	if (text.ptr[0] != 0x30) /* SEQUENCE */
		return 0;
	if (is_certificate(text))
		r = tell(name, wanted, "a certificate",
			 public ? "'openssl x509 -inform DER -in @ -noout -pubkey >*.pub' makes a "
				  "file of its public key"
				: "the private key that belongs to it signs: name that",
			 err);
	else if (is_private(text))
		r = tell(name, wanted, "a private key in DER",
			 public ? "'openssl pkey -in @ -pubout -out *.pub' makes the public one"
				: "'(umask 077; openssl pkey -in @ -out *.pem)' makes it usable",
			 err);
	else if (is_pkcs12(text))
		r = tell(name, wanted, "a PKCS #12 file",
			 public ? "'openssl pkcs12 -in @ -nokeys | openssl x509 -noout -pubkey "
				  ">*.pub' makes a file of its public key"
				: "'(umask 077; openssl pkcs12 -in @ -nocerts -out *.pem)' makes a "
				  "file of its private key",
			 err);
	ERR_clear_error();
	return r;
}

/* ---- */

static bool has_private(struct bytes text)
{
	return memmem(text.ptr, text.len, private_mark, strlen(private_mark)) != NULL;
}

static int text_mistake(struct bytes text, const char *name, enum key_half wanted,
			struct error *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *hint =
			wanted == KEY_HALF_PUBLIC ? kinds[i].public_hint : kinds[i].private_hint;

		if (begins(text, kinds[i].start))
			return hint ? tell(name, wanted, kinds[i].is, hint, err) : 0;
	}
	if (wanted == KEY_HALF_PUBLIC && begins(text, "-----BEGIN ") && has_private(text))
		return tell(name, wanted, "a private key",
			    "'openssl pkey -in @ -pubout -out *.pub' makes the public one: give "
			    "that, and keep this one to yourself",
			    err);
	return 0;
}

int key_mistake(struct bytes text, const char *name, enum key_half wanted, struct error *err)
{
	int r;

	if (!text.len)
		return tell(name, wanted, "empty", "was it copied to the end?", err);
	/* A certificate and its key in one file is a private key. */
	if (wanted == KEY_HALF_PRIVATE && has_private(text) &&
	    !begins(text, "-----BEGIN OPENSSH ") && !begins(text, "-----BEGIN PGP"))
		return 0;
	r = text_mistake(text, name, wanted, err);
	if (r == 0 && (text.ptr[0] & 0x80 || text.ptr[0] == 0x30))
		r = binary_mistake(text, name, wanted, err);
	return r;
}

bool key_is_no_secret(struct bytes head)
{
	return begins(head, "-----BEGIN PUBLIC KEY-----") ||
	       begins(head, "-----BEGIN CERTIFICATE-----") || begins(head, "ssh-") ||
	       begins(head, "ecdsa-sha2-");
}

int key_absent(const char *name, enum key_half wanted, struct error *err)
{
	const char *half = wanted == KEY_HALF_PUBLIC ? "public" : "private";
	CLEANUP_FREE char *longer =
		mem_printf("%s.%s", name, wanted == KEY_HALF_PUBLIC ? "pub" : "pem");

	(void)err_set(err, ERR_KEY, "there is no %s key '%s'", half, name);
	if (access(longer, F_OK) == 0)
		return err_hint(err, "did you mean '%s'?", longer);
	if (wanted == KEY_HALF_PUBLIC)
		return err_hint(err, "it is the file NAME.pub of who signs; 'ingot keygen -o NAME' "
				     "makes NAME.pem and NAME.pub");
	return err_hint(err, "'ingot keygen -o NAME' makes NAME.pem and NAME.pub");
}

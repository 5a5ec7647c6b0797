/*
 * OpenPGP signatures. The only file that knows librnp.
 *
 * librnp's verdict on a whole message is not used: rnp_op_verify_execute() has
 * been seen to succeed with every signature expired or invalid. Each signature's
 * own status counts, its hash, and the key that made it.
 */

#define _GNU_SOURCE
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "resolve/cleartext.h"
#include "resolve/librnp.h"
#include "resolve/openpgp_certificates.h"
#include "resolve/openpgp_private.h"

#define KEYRING_SIZE_MAX  (16u << 20) /* bytes; Debian's keyring has 60 KiB */
#define SIGNATURES_MAX    32u	      /* per message; Debian's stable has three */
#define DETAIL_MAX        (64u << 10) /* bytes */
#define ARMOR_BEGIN       "-----BEGIN PGP PUBLIC KEY BLOCK-----"

static void cleanup_ffi(rnp_ffi_t *ffi)
{
	if (*ffi)
		librnp.ffi_destroy(*ffi);
}

static void cleanup_input(rnp_input_t *in)
{
	if (*in)
		librnp.input_destroy(*in);
}

static void cleanup_output(rnp_output_t *out)
{
	if (*out)
		librnp.output_destroy(*out);
}

static void cleanup_verify(rnp_op_verify_t *op)
{
	if (*op)
		librnp.op_verify_destroy(*op);
}

static void cleanup_key(rnp_key_handle_t *key)
{
	if (*key)
		librnp.key_handle_destroy(*key);
}

static void cleanup_text(char **text)
{
	librnp.buffer_destroy(*text);
}

static int fail(struct error *err, const char *what, rnp_result_t code)
{
	return err_set(err, ERR_SIGNATURE, "can't %s: %s", what, librnp.result_to_string(code));
}

static int import_block(rnp_ffi_t ffi, struct bytes block, struct error *err)
{
	CLEANUP(cleanup_input) rnp_input_t in = NULL;
	rnp_result_t r;

	r = librnp.input_from_memory(&in, block.ptr, block.len, /* do_copy= */ false);
	/* Permissive: what librnp doesn't know is left out, and so never trusted. */
	if (r == RNP_SUCCESS)
		r = librnp.import_keys(ffi, in,
				    RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE, NULL);
	return r == RNP_SUCCESS ? 0 : fail(err, "read the keyring", r);
}

/* Offset of the next armour after the first line of @text, or its length. */
static size_t next_armor(struct bytes text)
{
	const void *at = NULL;

	if (text.len > 1)
		at = memmem(text.ptr + 1, text.len - 1, "\n" ARMOR_BEGIN, strlen(ARMOR_BEGIN) + 1);
	return at ? (size_t)((const uint8_t *)at - text.ptr) + 1 : text.len;
}

/* An armoured keyring may hold several blocks; librnp reads one at a time. */
static int import(rnp_ffi_t ffi, struct bytes keyring, struct error *err)
{
	struct str head = str_trim(bytes_str(keyring));

	if (keyring.len > KEYRING_SIZE_MAX)
		return err_set(err, ERR_LIMIT, "the keyring is larger than %u bytes",
			       KEYRING_SIZE_MAX);
	if (!str_has_prefix(head, STR("-----BEGIN PGP")))
		return import_block(ffi, keyring, err);
	while (keyring.len) {
		size_t n = next_armor(keyring);

		if (import_block(ffi, (struct bytes){ keyring.ptr, n }, err) < 0)
			return -1;
		keyring = (struct bytes){ keyring.ptr + n, keyring.len - n };
	}
	return 0;
}

static int open_ffi(struct bytes keyring, int64_t now, openpgp_seal *seal, rnp_ffi_t *ret,
		    struct error *err)
{
	rnp_result_t r;

	if (librnp_load(err) < 0)
		return -1;
	r = librnp.ffi_create(ret, "GPG", "GPG");
	if (r != RNP_SUCCESS)
		return fail(err, "start librnp", r);
	if (now > 0 && (r = librnp.set_timestamp(*ret, (uint64_t)now)) != RNP_SUCCESS)
		return fail(err, "set librnp's time", r);
	if (seal && seal(err) < 0)
		return -1;
	return import(*ret, keyring, err);
}

/* ---- one signature ---- */

struct finding {
	bool good;
	char *signer; /* primary fingerprint, upper-case hex; librnp's, or NULL */
};

static bool is_strong(const char *hash)
{
	return hash && (strcmp(hash, "SHA256") == 0 || strcmp(hash, "SHA384") == 0 ||
			strcmp(hash, "SHA512") == 0);
}

static const char *status_text(rnp_result_t status, bool strong)
{
	switch (status) {
	case RNP_SUCCESS:
		return strong ? "good" : "made with a hash that is too weak";
	case RNP_ERROR_KEY_NOT_FOUND:
		return "made by a key that is not in the keyring";
	case RNP_ERROR_SIGNATURE_EXPIRED:
		return "expired, or from the future";
	case RNP_ERROR_SIGNATURE_UNKNOWN:
		return "of a kind that is not known";
	default:
		return "wrong: the text was changed, or the key was not valid";
	}
}

static char *primary_fingerprint(rnp_op_verify_signature_t sig)
{
	CLEANUP(cleanup_key) rnp_key_handle_t key = NULL;
	char *fingerprint = NULL;
	bool primary = false;

	if (librnp.op_verify_signature_get_key(sig, &key) != RNP_SUCCESS || !key ||
	    librnp.key_is_primary(key, &primary) != RNP_SUCCESS)
		return NULL;
	if (primary)
		(void)librnp.key_get_fprint(key, &fingerprint);
	else
		(void)librnp.key_get_primary_fprint(key, &fingerprint);
	return fingerprint;
}

static void add_key_id(rnp_op_verify_signature_t sig, struct buf *detail)
{
	rnp_signature_handle_t handle = NULL;
	CLEANUP(cleanup_text) char *id = NULL;

	if (librnp.op_verify_signature_get_handle(sig, &handle) == RNP_SUCCESS && handle) {
		(void)librnp.signature_get_keyid(handle, &id);
		librnp.signature_handle_destroy(handle);
	}
	buf_add_cstr(detail, id ? id : "unknown key");
}

static void examine(rnp_op_verify_signature_t sig, struct buf *detail, struct finding *ret)
{
	CLEANUP(cleanup_text) char *hash = NULL;
	rnp_result_t status = librnp.op_verify_signature_get_status(sig);

	(void)librnp.op_verify_signature_get_hash(sig, &hash);
	ret->signer = primary_fingerprint(sig);
	ret->good = status == RNP_SUCCESS && is_strong(hash) && ret->signer;
	buf_add_cstr(detail, detail->len ? "\nsignature of " : "signature of ");
	add_key_id(sig, detail);
	buf_printf(detail, " (%s): %s", hash ? hash : "?", status_text(status, is_strong(hash)));
}

/* ---- all signatures of a message ---- */

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static size_t sort_unique(struct str *v, size_t n)
{
	size_t unique = 0;

	if (n)
		qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || !str_equal(v[unique - 1], v[i]))
			v[unique++] = v[i];
	return unique;
}

static int collect(rnp_op_verify_t op, struct arena *arena, struct openpgp_verdict *verdict,
		   struct buf *detail, struct error *err)
{
	size_t n = 0;

	(void)librnp.op_verify_get_signature_count(op, &n);
	if (n > SIGNATURES_MAX)
		return err_set(err, ERR_LIMIT, "a signed message has more than %u signatures",
			       SIGNATURES_MAX);
	verdict->signers = arena_array(arena, n, sizeof(*verdict->signers));
	for (size_t i = 0; i < n; i++) {
		rnp_op_verify_signature_t sig = NULL;
		struct finding f = { 0 };

		if (librnp.op_verify_get_signature_at(op, i, &sig) != RNP_SUCCESS)
			continue;
		examine(sig, detail, &f);
		if (f.good)
			verdict->signers[verdict->n_signers++] = arena_str(arena, str_of(f.signer));
		librnp.buffer_destroy(f.signer);
	}
	verdict->n_signers = sort_unique(verdict->signers, verdict->n_signers);
	return 0;
}

static int no_good_signature(rnp_result_t r, struct buf *detail, struct error *err)
{
	if (detail->len == 0)
		err_set(err, ERR_SIGNATURE, "it has no signature that can be read (%s)",
			librnp.result_to_string(r));
	else
		err_set(err, ERR_SIGNATURE, "none of its signatures is good");
	if (detail->len)
		err_detail(err, "%s", buf_cstr(detail));
	return err_hint(err, "check that the recipe's keyring is the one of this archive");
}

static int take_text(rnp_output_t out, struct arena *arena, struct bytes *ret, struct error *err)
{
	uint8_t *text = NULL;
	size_t len = 0;
	rnp_result_t r;

	r = librnp.output_memory_get_buf(out, &text, &len, /* do_copy= */ false);
	if (r != RNP_SUCCESS)
		return fail(err, "read the signed text", r);
	*ret = arena_bytes(arena, (struct bytes){ text, len });
	return 0;
}

int openpgp_verify_here(struct bytes message, struct bytes keyring, int64_t now,
			openpgp_seal *seal, struct arena *arena, struct openpgp_verdict *ret,
			struct error *err)
{
	CLEANUP(cleanup_ffi) rnp_ffi_t ffi = NULL;
	CLEANUP(cleanup_input) rnp_input_t in = NULL;
	CLEANUP(cleanup_output) rnp_output_t out = NULL;
	CLEANUP(cleanup_verify) rnp_op_verify_t op = NULL;
	CLEANUP_BUF struct buf detail = BUF_INIT(DETAIL_MAX);
	struct openpgp_verdict verdict = { 0 };
	rnp_result_t r;

	if (cleartext_check(message, err) < 0 || open_ffi(keyring, now, seal, &ffi, err) < 0)
		return -1;
	r = librnp.input_from_memory(&in, message.ptr, message.len, /* do_copy= */ false);
	if (r == RNP_SUCCESS)
		r = librnp.output_to_memory(&out, LIMIT_RELEASE_SIZE);
	if (r == RNP_SUCCESS)
		r = librnp.op_verify_create(&op, ffi, in, out);
	if (r != RNP_SUCCESS)
		return fail(err, "read the signed message", r);
	r = librnp.op_verify_execute(op); /* not the verdict: see above */
	if (collect(op, arena, &verdict, &detail, err) < 0)
		return -1;
	if (r != RNP_SUCCESS || verdict.n_signers == 0)
		return no_good_signature(r, &detail, err);
	if (take_text(out, arena, &verdict.text, err) < 0)
		return -1;
	*ret = verdict;
	return 0;
}

int openpgp_fingerprints_here(struct bytes keyring, openpgp_seal *seal, struct arena *arena,
			      struct str **ret, size_t *ret_n, struct error *err)
{
	CLEANUP(cleanup_ffi) rnp_ffi_t ffi = NULL;
	rnp_identifier_iterator_t it = NULL;
	const char *fingerprint;
	size_t n = 0, count = 0;
	struct str *list;

	if (open_ffi(keyring, 0, seal, &ffi, err) < 0)
		return -1;
	(void)librnp.get_public_key_count(ffi, &count);
	list = arena_array(arena, count, sizeof(*list));
	if (librnp.identifier_iterator_create(ffi, &it, "fingerprint") != RNP_SUCCESS)
		return err_set(err, ERR_SIGNATURE, "can't list the keyring");
	while (librnp.identifier_iterator_next(it, &fingerprint) == RNP_SUCCESS && fingerprint) {
		CLEANUP(cleanup_key) rnp_key_handle_t key = NULL;
		bool primary = false;

		if (librnp.locate_key(ffi, "fingerprint", fingerprint, &key) == RNP_SUCCESS && key &&
		    librnp.key_is_primary(key, &primary) == RNP_SUCCESS && primary && n < count)
			list[n++] = arena_str(arena, str_of(fingerprint));
	}
	librnp.identifier_iterator_destroy(it);
	*ret_n = sort_unique(list, n);
	*ret = list;
	return 0;
}

/* ---- in a child ---- */

struct verify_task {
	struct bytes message, keyring;
	int64_t now;
};

static int verify_task(const void *what, openpgp_seal *seal, struct arena *arena,
		       struct openpgp_verdict *ret, struct error *err)
{
	const struct verify_task *t = what;

	return openpgp_verify_here(t->message, t->keyring, t->now, seal, arena, ret, err);
}

static int list_task(const void *what, openpgp_seal *seal, struct arena *arena,
		     struct openpgp_verdict *ret, struct error *err)
{
	const struct bytes *keyring = what;

	return openpgp_fingerprints_here(*keyring, seal, arena, &ret->signers, &ret->n_signers,
					 err);
}

int openpgp_verify_inline(struct bytes message, struct bytes keyring, int64_t now,
			  struct arena *arena, struct openpgp_verdict *ret,
			  struct error *err)
{
	struct verify_task task = { message, keyring, now };

	if (cleartext_check(message, err) < 0)
		return -1; /* most of what a broken mirror sends ends here */
	return openpgp_in_child(verify_task, &task, arena, ret, err);
}

/* False if it takes librnp to read it. */
static bool list_certificates(struct bytes keyring, struct arena *arena, struct str **ret,
			      size_t *ret_n)
{
	enum certificate_item item;
	struct bytes rest = keyring;
	struct certificate c;
	size_t n = 0, i = 0;

	while ((item = certificate_next(&rest, &c)) == CERTIFICATE_FOUND)
		n++;
	if (item == CERTIFICATE_UNKNOWN)
		return false;
	*ret = arena_array(arena, n, sizeof(**ret));
	while (certificate_next(&keyring, &c) == CERTIFICATE_FOUND)
		(*ret)[i++] = arena_str(arena, str_of(c.fingerprint));
	*ret_n = sort_unique(*ret, n);
	return true;
}

int openpgp_fingerprints(struct bytes keyring, struct arena *arena, struct str **ret,
			 size_t *ret_n, struct error *err)
{
	struct openpgp_verdict v = { 0 };

	if (list_certificates(keyring, arena, ret, ret_n))
		return 0;
	if (openpgp_in_child(list_task, &keyring, arena, &v, err) < 0)
		return -1;
	*ret = v.signers;
	*ret_n = v.n_signers;
	return 0;
}

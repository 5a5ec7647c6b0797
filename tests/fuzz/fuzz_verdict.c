/*
 * Any statements as verdicts, each signed by one of two keys: whoever holds a key may say what
 * they like. Between two statements is a byte 0; the first byte of each chooses the key, or a
 * bundle that is the bytes themselves. Keys are counted once, whatever is said.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "format/sigstore/sigstore.h"
#include "pipeline/verdict.h"

#define FILE_NAME "web-1-container-amd64.oci.tar"
#define KEYS 2
#define VERDICTS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8032, section 7.1, TEST 1 and TEST 2 */
static const uint8_t seeds[KEYS][32] = {
	{ 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
	  0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
	  0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 },
	{ 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
	  0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
	  0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb },
};
static EVP_PKEY *private[KEYS];
static char ids[KEYS][DIGEST_HEX_MAX];
static char key_paths[KEYS][64];
static char folder[] = "/tmp/ingot-fuzz-XXXXXX";
static int folder_fd;

static void name_of(size_t i, char path[static 64])
{
	snprintf(path, 64, FILE_NAME ".verdict.%04zu.sigstore.json", i);
}

static void leave(void)
{
	char name[64];

	for (size_t i = 0; i < VERDICTS_MAX; i++) {
		name_of(i, name);
		unlinkat(folder_fd, name, 0);
	}
	for (size_t i = 0; i < KEYS; i++) {
		unlink(key_paths[i]);
		EVP_PKEY_free(private[i]);
	}
	rmdir(folder);
}

/* Anew: a file that is cut and filled again is waited for by some file systems. */
static void save(const char *name, struct bytes data)
{
	CLEANUP_CLOSE int fd = -1;

	(void)unlinkat(folder_fd, name, 0);
	fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data.ptr, data.len) != (ssize_t)data.len)
		abort();
}

static void make_key(size_t i)
{
	CLEANUP_PUBLIC_KEY struct public_key *public = NULL;
	CLEANUP_BUF struct buf pem = BUF_INIT(4096);
	CLEANUP_ERR struct error err = ERR_INIT;
	uint8_t raw[32];
	size_t len = sizeof(raw);

	private[i] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seeds[i], 32);
	if (!private[i] || EVP_PKEY_get_raw_public_key(private[i], raw, &len) != 1 ||
	    public_key_from_ed25519(BYTES_OF(raw), &public, &err) < 0)
		abort();
	digest_hex(public_key_id(public), ids[i]);
	snprintf(key_paths[i], sizeof(key_paths[i]), "%s/%zu.pub", folder, i);
	public_key_pem(public, &pem);
	save(strrchr(key_paths[i], '/') + 1, buf_bytes(&pem));
}

static void set_up(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	if (!mkdtemp(folder) || atexit(leave) != 0)
		abort();
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		abort();
	for (size_t i = 0; i < KEYS; i++)
		make_key(i);
}

static void sign(struct bytes payload, size_t key, struct buf *to)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	CLEANUP_BUF struct buf pae = BUF_INIT(payload.len + 1000);
	uint8_t raw[64];
	size_t len = sizeof(raw);
	struct dsse_signature s = { str_of(ids[key]), BYTES_OF(raw) };
	struct dsse_envelope e = { STR(INTOTO_PAYLOAD_TYPE), payload, &s, 1 };

	dsse_pae(e.payload_type, payload, &pae);
	if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, private[key]) != 1 ||
	    EVP_DigestSign(context, raw, &len, pae.ptr, pae.len) != 1)
		abort();
	EVP_MD_CTX_free(context);
	sigstore_bundle_write(&e, to);
}

static void save_verdict(size_t i, struct bytes said)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2 * said.len + 4096);
	struct bytes payload = { said.ptr + 1, said.len - 1 };
	char name[64];

	name_of(i, name);
	if (said.ptr[0] % 4 == 3)
		buf_add(&text, payload.ptr, payload.len);
	else
		sign(payload, said.ptr[0] % KEYS, &text);
	save(name, buf_bytes(&text));
}

/* One a piece; those of the input before are removed. Returns how many. */
static size_t save_verdicts(struct str all)
{
	struct str piece;
	char name[64];
	size_t n = 0;

	while (n < VERDICTS_MAX && all.len && str_split(&all, '\0', &piece))
		if (piece.len)
			save_verdict(n++, str_bytes(piece));
	for (size_t i = n; i < VERDICTS_MAX; i++) {
		name_of(i, name);
		if (unlinkat(folder_fd, name, 0) < 0)
			break;
	}
	return n;
}

static struct identity image(void)
{
	struct identity i = { .file = STR(FILE_NAME) };

	for (uint8_t role = IDENTITY_FILE; role <= IDENTITY_INDEX; role++) {
		i.has[role] = true;
		memset(i.digest[role].bytes, 0x11 * (role + 1), DIGEST_SIZE);
	}
	return i;
}

static void check(const struct verdict_count *v, size_t n)
{
	size_t n_agree = 0, n_dissent = 0;

	for (size_t i = 0; i < v->n; i++) {
		n_agree += v->rows[i].says == VERDICT_AGREES;
		n_dissent += v->rows[i].says == VERDICT_DISSENTS;
		if (!v->rows[i].says || !v->rows[i].text.len)
			abort();
	}
	if (v->n != n || v->n_keys != KEYS || v->n_agree + v->n_dissent > KEYS ||
	    v->n_agree > n_agree || v->n_dissent > n_dissent || (n_dissent && !v->n_dissent))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const keys[KEYS] = { key_paths[0], key_paths[1] };
	const struct verdict_options o = { .keys = keys, .n_keys = KEYS, .threshold = 1 };
	CLEANUP_VERDICTS struct verdict_count v = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct identity of = image();
	char path[128];
	size_t n;

	set_up();
	n = save_verdicts((struct str){ (const char *)data, size });
	snprintf(path, sizeof(path), "%s/" FILE_NAME, folder);
	if (verdict_count(NULL, path, &of, &o, &v, &err) < 0)
		abort();
	check(&v, n);
	return 0;
}

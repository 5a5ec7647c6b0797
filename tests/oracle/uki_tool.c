/*
 * uki_tool - unified kernel images from the command line, for uki.sh and tests/boot/.
 *
 *	uki_tool build STUB OUT NAME=FILE...     .cmdline=cmdline.txt
 *	uki_tool list FILE                       machine; name, size and SHA-256 a section
 *	uki_tool hash FILE                       Authenticode's SHA-256
 *	uki_tool measure FILE                    PCR 11 after each phase
 *	uki_tool sign IN OUT KEY CERTIFICATE EPOCH [PASSPHRASE]
 *	uki_tool check FILE [CERTIFICATE]        prints the signer
 *	uki_tool attach IN OUT PKCS7             a detached signature
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "crypto/authenticode.h"
#include "crypto/hash.h"
#include "format/pe/pe.h"
#include "io/file.h"

static struct error err = ERR_INIT;

static void need(int r)
{
	if (r == 0)
		return;
	if (err.code)
		err_print(&err, stderr);
	else
		fputs("uki_tool: no such file\n", stderr);
	exit(1);
}

static struct buf load(const char *path)
{
	struct buf b = BUF_INIT(LIMIT_UKI_SIZE);

	need(file_load(AT_FDCWD, path, &b, &err));
	return b;
}

static void save(const char *path, struct bytes data)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data.ptr, 1, data.len, f) != data.len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static struct pe_file read_pe(const struct buf *file, struct arena *arena)
{
	struct pe_file f = { 0 };

	need(pe_read(buf_bytes(file), arena, &f, &err));
	return f;
}

static void build(int argc, char **argv)
{
	CLEANUP_BUF struct buf stub = load(argv[0]);
	CLEANUP_BUF struct buf uki = BUF_INIT(LIMIT_UKI_SIZE);
	struct pe_section sections[32];
	struct buf parts[32];
	size_t n = 0;

	for (int i = 2; i < argc && n < 32; i++, n++) {
		size_t name = strcspn(argv[i], "=");

		parts[n] = load(argv[i] + name + 1);
		sections[n] = (struct pe_section){ { argv[i], name }, buf_bytes(&parts[n]) };
	}
	need(uki_build(buf_bytes(&stub), sections, n, &uki, &err));
	save(argv[1], buf_bytes(&uki));
	while (n)
		buf_release(&parts[--n]);
}

static void list(char **argv)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf file = load(argv[0]);
	struct pe_file f = read_pe(&file, &arena);
	char hex[DIGEST_HEX_MAX];

	printf("machine " STR_FMT "\n", STR_ARG(f.machine));
	for (size_t i = 0; i < f.n_sections; i++) {
		struct digest d = hash_bytes(f.sections[i].data);

		printf(STR_FMT " %zu %s\n", STR_ARG(f.sections[i].name), f.sections[i].data.len,
		       digest_hex(&d, hex));
	}
}

static void print_hash(char **argv)
{
	CLEANUP_BUF struct buf file = load(argv[0]);
	char hex[DIGEST_HEX_MAX];
	struct digest d;

	need(pe_authenticode(buf_bytes(&file), &d, &err));
	printf("%s\n", digest_hex(&d, hex));
}

static void measure(char **argv)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf file = load(argv[0]);
	struct pe_file f = read_pe(&file, &arena);
	struct uki_measurement m[UKI_MEASUREMENTS];
	char hex[DIGEST_HEX_MAX];
	size_t n;

	need(uki_measure(&f, m, &n, &err));
	for (size_t i = 0; i < n; i++)
		printf("%s %s\n", digest_hex(&m[i].pcr11, hex), m[i].phase);
}

static void sign(int argc, char **argv)
{
	CLEANUP_BUF struct buf file = load(argv[0]), certificate = load(argv[3]);
	CLEANUP_BUF struct buf p7 = BUF_INIT(KEY_ANSWER_MAX);
	struct key_source key = { .path = argv[2], .passphrase = argc > 5 ? argv[5] : NULL };
	struct digest d;

	need(pe_authenticode(buf_bytes(&file), &d, &err));
	need(authenticode_sign_by(&d, &key, buf_bytes(&certificate), strtoll(argv[4], NULL, 10),
				  &p7, &err));
	need(pe_attach(&file, buf_bytes(&p7), &err));
	save(argv[1], buf_bytes(&file));
}

static void check(int argc, char **argv)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf file = load(argv[0]), certificate = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf subject = BUF_INIT(65536);
	struct pe_file f = read_pe(&file, &arena);
	struct digest d;

	if (argc > 1)
		need(file_load(AT_FDCWD, argv[1], &certificate, &err));
	need(pe_authenticode(buf_bytes(&file), &d, &err));
	need(authenticode_check(&d, f.signature, buf_bytes(&certificate), &subject, &err));
	printf("%s\n", buf_cstr(&subject));
}

static void attach(char **argv)
{
	CLEANUP_BUF struct buf file = load(argv[0]), p7 = load(argv[2]);
	struct digest d;

	need(pe_authenticode(buf_bytes(&file), &d, &err));
	need(authenticode_check(&d, buf_bytes(&p7), (struct bytes){ 0 }, NULL, &err));
	need(pe_attach(&file, buf_bytes(&p7), &err));
	save(argv[1], buf_bytes(&file));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	argc -= 2;
	argv += 2;
	if (strcmp(what, "build") == 0 && argc > 1)
		build(argc, argv);
	else if (strcmp(what, "list") == 0)
		list(argv);
	else if (strcmp(what, "hash") == 0)
		print_hash(argv);
	else if (strcmp(what, "measure") == 0)
		measure(argv);
	else if (strcmp(what, "sign") == 0 && argc > 4)
		sign(argc, argv);
	else if (strcmp(what, "check") == 0)
		check(argc, argv);
	else if (strcmp(what, "attach") == 0 && argc > 2)
		attach(argv);
	else
		return fputs("usage: see the file's head\n", stderr), 2;
	return 0;
}

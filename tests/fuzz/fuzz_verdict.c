/*
 * Any statements as verdicts, each signed by one of two keys (signed_text.h). Between two
 * statements is a byte 0. Keys are counted once, whatever is said.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory_folder.h"
#include "pipeline/verdict.h"
#include "signed_text.h"

#define KEYS SIGNED_KEYS
#define VERDICTS_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char key_paths[KEYS][64];
static char folder[MEMORY_FOLDER_MAX];
static int folder_fd;

static void name_of(size_t i, char path[static 64])
{
	snprintf(path, 64, SIGNED_FILE ".verdict.%04zu.sigstore.json", i);
}

static void leave(void)
{
	char name[64];

	for (size_t i = 0; i < VERDICTS_MAX; i++) {
		name_of(i, name);
		unlinkat(folder_fd, name, 0);
	}
	for (size_t i = 0; i < KEYS; i++)
		unlink(key_paths[i]);
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

static void save_key(size_t i)
{
	CLEANUP_BUF struct buf pem = BUF_INIT(4096);

	public_key_pem(signed_key(i), &pem);
	snprintf(key_paths[i], sizeof(key_paths[i]), "%s/%zu.pub", folder, i);
	save(strrchr(key_paths[i], '/') + 1, buf_bytes(&pem));
}

static void set_up(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	memory_folder(folder);
	if (atexit(leave) != 0)
		abort();
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		abort();
	for (size_t i = 0; i < KEYS; i++)
		save_key(i);
}

static void save_verdict(size_t i, struct bytes said)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2 * said.len + 4096);
	char name[64];

	name_of(i, name);
	(void)signed_text(said, &text);
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
	struct identity of = signed_image();
	char path[128];
	size_t n;

	set_up();
	n = save_verdicts((struct str){ (const char *)data, size });
	snprintf(path, sizeof(path), "%s/" SIGNED_FILE, folder);
	if (verdict_count(NULL, path, &of, &o, &v, &err) < 0)
		abort();
	check(&v, n);
	return 0;
}

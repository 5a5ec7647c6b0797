/*
 * Any bytes as the statements beside an output: refused, or told. Behind a first byte 0 they are
 * payloads with a byte 0 between two of them, and put into envelopes here: changes in base64
 * rarely give JSON.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory_folder.h"
#include "pipeline/verify_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEM "web-1-container-amd64"

static char folder[MEMORY_FOLDER_MAX];
static const char *const names[] = { STEM ".intoto.jsonl", STEM ".spdx.json" };

static void leave(void)
{
	char path[sizeof(folder) + 40];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* Anew: a file that is cut and filled again is waited for by some file systems. */
static void save(int in, const char *name, struct bytes data)
{
	int fd;

	(void)unlinkat(in, name, 0);
	fd = openat(in, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data.ptr, data.len) != (ssize_t)data.len || close(fd) < 0)
		abort();
}

static int open_folder(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	memory_folder(folder);
	if (atexit(leave) != 0)
		abort();
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		abort();
	save(fd, names[1], str_bytes(STR("{\"spdxVersion\":\"SPDX-2.3\"}\n")));
	return fd;
}

static void add_envelopes(struct str all, struct buf *to)
{
	struct str piece;

	while (all.len && str_split(&all, '\0', &piece)) {
		const struct dsse_envelope e = { STR(INTOTO_PAYLOAD_TYPE), str_bytes(piece), NULL,
						 0 };

		dsse_write(&e, to);
		buf_add_char(to, '\n');
	}
}

static void write_statements(int in, struct bytes data)
{
	CLEANUP_BUF struct buf text = BUF_INIT(256 * data.len + 1000);

	if (data.len && data.ptr[0] == 0) {
		add_envelopes((struct str){ (const char *)data.ptr + 1, data.len - 1 }, &text);
		data = buf_bytes(&text);
	}
	save(in, names[0], data);
}

/* All its digests are 0x11, 0x22, ... */
static void know_image(struct identity *to)
{
	to->file = STR(STEM ".oci.tar");
	for (uint8_t role = IDENTITY_FILE; role <= IDENTITY_INDEX; role++) {
		to->has[role] = true;
		memset(to->digest[role].bytes, 0x11 * (role + 1), DIGEST_SIZE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_VERIFY struct verify_result told = { 0 };
	struct verifying v = { .path = STEM ".oci.tar", .r = &told, .fd = -1 };
	struct verify_part part = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;
	int r;

	v.base = v.path;
	v.folder = open_folder();
	know_image(&told.identity);
	write_statements(v.folder, (struct bytes){ data, size });
	r = verify_read_statements(&v, &part, &err);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0) {
		r = verify_match_statements(&v, &err);
		if ((r < 0) != (err.code != ERR_NONE))
			abort();
	}
	verify_release(&part.told);
	return 0;
}

/* Any bytes as the statements beside an output: refused, or told. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/verify_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/ingot-fuzz-XXXXXX";

static void leave(void)
{
	char path[sizeof(folder) + 40];

	snprintf(path, sizeof(path), "%s/web-1-container-amd64.intoto.jsonl", folder);
	unlink(path);
	rmdir(folder);
}

static int open_folder(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	if (!mkdtemp(folder) || atexit(leave) != 0)
		abort();
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? (abort(), -1) : fd;
}

static void write_statements(int in, const uint8_t *data, size_t size)
{
	int fd = openat(in, "web-1-container-amd64.intoto.jsonl",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_VERIFY struct verify_result told = { 0 };
	struct verifying v = { .path = "web-1-container-amd64.oci.tar", .r = &told, .fd = -1 };
	struct verify_part part = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;
	int r;

	v.base = v.path;
	v.folder = open_folder();
	write_statements(v.folder, data, size);
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

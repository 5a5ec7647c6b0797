/*
 * driver - runs a fuzz target over files, without libFuzzer.
 *
 *   replay_NAME FILE|FOLDER...   folders are walked, in the order of their names
 *
 * It leaves with 0 when every input was survived; an input that is not is for the
 * sanitizer, an assert or the kernel to report: its name is the last one printed
 * when REPLAY_VERBOSE is set.
 */
#define _GNU_SOURCE
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size + 1);
	size_t n;

	if (!f || !data) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, size, f);
	fclose(f);
	/* The exact size, so that a read past the end is seen. */
	data = realloc(data, n ? n : 1);
	if (getenv("REPLAY_VERBOSE"))
		fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	FTS *walk;
	int n = 0;

	(void)argc;
	if (!argv[1]) {
		fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	walk = fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!walk) {
		perror(argv[1]);
		return 1;
	}
	for (FTSENT *e; (e = fts_read(walk));)
		if (e->fts_info == FTS_F)
			n += run_file(e->fts_accpath, (size_t)e->fts_statp->st_size);
	fts_close(walk);
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}

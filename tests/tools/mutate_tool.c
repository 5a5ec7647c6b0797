/*
 * mutate_tool FILE TARGET COUNT SEED [PUB...] - `ingot verify FILE` with one byte of TARGET
 * changed, again and again; TARGET is FILE, or what lies beside it, and is put back as it was.
 *
 * COUNT places are chosen by SEED, half of them where TARGET has data; with COUNT 0 every byte
 * is changed once. Prints how often each status came, and each place where nothing was found:
 * status 0, or 9 without a key. Status 1 if there was one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/workers.h"
#include "pipeline/verify.h"

struct mutator {
	const char *file;
	struct context context;
	struct verify_options options;
	uint64_t random;
	int target;
	uint64_t size;
	unsigned long statuses[256], missed;
};

/* xorshift64*: the same places everywhere. */
static uint64_t next_random(struct mutator *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * 2685821657736338717u;
}

static int verify_once(struct mutator *m, bool tell)
{
	CLEANUP_VERIFY struct verify_result r = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;

	if (verify_run(&m->context, m->file, &m->options, &r, &err) < 0) {
		if (tell)
			err_print(&err, stdout);
		return err_exit_status(&err);
	}
	return r.vouched ? 0 : 9;
}

static void flip(struct mutator *m, uint64_t at, unsigned bit)
{
	uint8_t was, now;
	int status;

	if (pread(m->target, &was, 1, (off_t)at) != 1)
		exit(2);
	now = (uint8_t)(was ^ (1u << bit));
	if (pwrite(m->target, &now, 1, (off_t)at) != 1)
		exit(2);
	status = verify_once(m, getenv("MUTATE_TELL") != NULL);
	m->statuses[status & 255]++;
	if (status == 0 || status == 9) {
		m->missed++;
		printf("not found: byte %llu, %02x to %02x: status %d\n", (unsigned long long)at,
		       was, now, status);
	}
	if (pwrite(m->target, &was, 1, (off_t)at) != 1)
		exit(2);
}

/* Half of the places are anywhere, half where data is: a disk is mostly holes. */
static uint64_t place(struct mutator *m, bool in_data)
{
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t at = next_random(m) % m->size;

		if (!in_data || lseek(m->target, (off_t)at, SEEK_DATA) == (off_t)at)
			return at;
	}
	return 0;
}

static const char *no_environment(const char *name)
{
	(void)name;
	return NULL;
}

int main(int argc, char **argv)
{
	struct mutator m = { .context = CONTEXT_INIT };
	struct context_options o = { .folder = ".", .environment = no_environment,
				     .apt_root = "/nonexistent", .n_threads = workers_default() };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct stat st;
	unsigned long n;

	if (argc < 5)
		return 2;
	m.file = argv[1];
	m.target = open(argv[2], O_RDWR | O_CLOEXEC);
	n = strtoul(argv[3], NULL, 10);
	m.random = strtoul(argv[4], NULL, 10) * 2 + 1;
	m.options.keys = (const char *const *)(argv + 5);
	m.options.n_keys = (size_t)(argc - 5);
	if (m.target < 0 || fstat(m.target, &st) < 0 || st.st_size == 0)
		return 2;
	m.size = (uint64_t)st.st_size;
	if (context_open_machine_only(&o, &m.context, &err) < 0)
		return 2;
	if (verify_once(&m, true) != (m.options.n_keys ? 0 : 9))
		return 2;
	for (uint64_t i = 0; i < (n ? n : m.size); i++)
		flip(&m, n ? place(&m, i % 2) : i, (unsigned)(next_random(&m) % 8));
	for (size_t i = 0; i < 256; i++)
		if (m.statuses[i])
			printf("status %zu: %lu\n", i, m.statuses[i]);
	if (verify_once(&m, true) != (m.options.n_keys ? 0 : 9))
		return 2;
	close(m.target);
	context_release(&m.context);
	return m.missed ? 1 : 0;
}

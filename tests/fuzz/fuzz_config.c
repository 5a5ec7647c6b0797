/*
 * Any bytes as config.yaml: refused with a place, or mirrors have URLs, keys have absolute
 * paths and known roles, and whose names they are for can be asked.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fetch/mirrors.h"
#include "pipeline/verify_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char config[64];

static const char *environment(const char *name)
{
	if (strcmp(name, "INGOT_CONFIG") == 0)
		return config;
	return strcmp(name, "HOME") == 0 ? "/home/user" : NULL;
}

static void check_trust(const struct machine_trust *t)
{
	static const char *const names[] = {
		"web-1.4.0-container-amd64.oci.tar",
		"db-16-1.0-vm-arm64.raw",
		"a-1-2-3-4-5-6-7-8",
		"download.tar",
		"web",
		"",
	};
	const struct verify_key key = { .trust = t };

	if (t->key.len == 0 || t->key.ptr[0] != '/' ||
	    !(str_equal_cstr(t->role, "release") || str_equal_cstr(t->role, "developer") ||
	      str_equal_cstr(t->role, "rebuilder")))
		abort();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (verify_key_covers(&key, str_of(names[i])) &&
		    !verify_key_covers_now(&key, str_of(names[i])))
			abort();
}

static void check(const struct machine *m)
{
	for (size_t i = 0; i < m->n_trust; i++)
		check_trust(&m->trust[i]);
	for (size_t i = 0; i < m->n_mirrors; i++)
		if (!m->mirrors[i].url.len || str_has_suffix(m->mirrors[i].url, STR("/")))
			abort();
	if (m->stage.len && m->stage.ptr[0] != '/')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct machine m;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(config, sizeof(config), "/proc/self/fd/%d", fd);
	r = machine_load(&m, environment, "/nowhere/etc/apt", &err);
	close(fd);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0) {
		check(&m);
		machine_release(&m);
	} else if (err.code != ERR_USAGE && err.code != ERR_LIMIT) {
		abort();
	}
	return 0;
}

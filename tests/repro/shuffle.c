/*
 * Preloaded in tests: readdir() in an order that depends on SHUFFLE_SEED. What
 * is built must not depend on the order in which a file system lists names.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_MAX 64

struct folder {
	DIR *dir;
	struct dirent *entries;
	size_t n, next;
};
static struct folder folders[FOLDERS_MAX];

static void shuffle(struct dirent *entries, size_t n)
{
	const char *seed = getenv("SHUFFLE_SEED");
	unsigned state = seed ? (unsigned)atoi(seed) : 1;

	for (size_t i = n; i > 1; i--) {
		size_t k;
		struct dirent t;

		state = state * 1103515245 + 12345;
		k = (state >> 8) % i;
		t = entries[i - 1];
		entries[i - 1] = entries[k];
		entries[k] = t;
	}
}

static void load(struct folder *f)
{
	struct dirent *(*next)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");

	for (struct dirent *e; (e = next(f->dir));) {
		f->entries = realloc(f->entries, (f->n + 1) * sizeof(*f->entries));
		memcpy(&f->entries[f->n++], e, e->d_reclen < sizeof(*e) ? e->d_reclen : sizeof(*e));
	}
	shuffle(f->entries, f->n);
}

struct dirent *readdir(DIR *dir)
{
	struct folder *f = NULL, *unused = NULL;

	for (size_t i = 0; i < FOLDERS_MAX && !f; i++) {
		if (folders[i].dir == dir)
			f = &folders[i];
		else if (!folders[i].dir && !unused)
			unused = &folders[i];
	}
	if (!f) {
		f = unused;
		if (!f)
			abort();
		f->dir = dir;
		load(f);
	}
	return f->next < f->n ? &f->entries[f->next++] : NULL;
}

struct dirent64 *readdir64(DIR *dir)
{
	return (struct dirent64 *)readdir(dir);
}

int closedir(DIR *dir)
{
	int (*close_it)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");

	for (size_t i = 0; i < FOLDERS_MAX; i++)
		if (folders[i].dir == dir) {
			free(folders[i].entries);
			folders[i] = (struct folder){ 0 };
		}
	return close_it(dir);
}

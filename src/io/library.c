#include "io/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static int refuse(const struct library *l, const char *what, struct error *err)
{
	(void)err_set(err, ERR_NO_PROGRAM, "%s is needed to %s: %s", l->soname, l->needed_to, what);
	return err_hint(err, "install the package that has %s", l->soname);
}

static int load(const struct library *l, struct error *err)
{
	void *handle = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);
	char *to = l->functions;

	if (!handle)
		return refuse(l, dlerror(), err);
	for (size_t i = 0; i < l->n; i++) {
		void *function = dlsym(handle, l->names[i]);

		if (!function) {
			(void)refuse(l, dlerror(), err);
			dlclose(handle);
			return -1;
		}
		memcpy(to + i * sizeof(function), &function, sizeof(function));
	}
	return 0;
}

int library_load(struct library *l, struct error *err)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int r = 0;

	pthread_mutex_lock(&mutex);
	if (!l->loaded) {
		r = load(l, err);
		l->loaded = r == 0;
	}
	pthread_mutex_unlock(&mutex);
	return r;
}

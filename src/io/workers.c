#define _GNU_SOURCE
#include "io/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct crew {
	pthread_mutex_t mutex; /* guards all below */
	size_t next, n;
	bool failed;
	size_t failed_index;
	struct error failure;
	int (*run)(void *context, size_t i, struct error *err);
	void *context;
};

unsigned workers_default(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static bool take(struct crew *c, size_t *ret)
{
	bool more;

	pthread_mutex_lock(&c->mutex);
	more = !c->failed && c->next < c->n;
	if (more)
		*ret = c->next++;
	pthread_mutex_unlock(&c->mutex);
	return more;
}

static void report(struct crew *c, size_t i, struct error *err)
{
	pthread_mutex_lock(&c->mutex);
	if (!c->failed || i < c->failed_index) {
		err_release(&c->failure);
		err_move(&c->failure, err);
		c->failed = true;
		c->failed_index = i;
	} else {
		err_release(err);
	}
	pthread_mutex_unlock(&c->mutex);
}

static void *work(void *arg)
{
	struct crew *c = arg;
	size_t i;

	while (take(c, &i)) {
		struct error err = ERR_INIT;

		if (c->run(c->context, i, &err) < 0)
			report(c, i, &err);
	}
	return NULL;
}

/* Signals are for the main thread: workers block them all. */
static unsigned start(struct crew *c, pthread_t *threads, unsigned n)
{
	sigset_t all, old;
	unsigned started = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (started < n && pthread_create(&threads[started], NULL, work, c) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

int workers_run(unsigned n_threads, size_t n,
		int (*run)(void *context, size_t i, struct error *err), void *context,
		struct error *err)
{
	struct crew c = { .mutex = PTHREAD_MUTEX_INITIALIZER, .n = n, .run = run,
			  .context = context };
	pthread_t *threads;
	unsigned started = 0;

	if (n_threads > n)
		n_threads = (unsigned)n;
	threads = mem_array(n_threads ? n_threads : 1, sizeof(*threads));
	if (n_threads > 1)
		started = start(&c, threads, n_threads - 1);
	work(&c); /* this thread works too */
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	if (c.failed)
		return err_move(err, &c.failure);
	return 0;
}

#pragma once

/*
 * io/workers.h - the same work for many items, on several threads.
 *
 * Threads may compute; results are placed by index, so that neither timing
 * nor the number of threads reaches an output.
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"

/* Number of processors this process may use, at least 1. */
unsigned workers_default(void);

/*
 * Calls @run(context, i, err) once for each i below @n, on up to @n_threads
 * threads. After a failure no new item starts; the failure of the lowest index
 * that failed is returned. Returns after the last thread has ended.
 */
int workers_run(unsigned n_threads, size_t n,
		int (*run)(void *context, size_t i, struct error *err), void *context,
		struct error *err) MUST_CHECK;

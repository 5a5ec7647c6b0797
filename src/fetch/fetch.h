#pragma once

/*
 * fetch/fetch.h - bytes from mirrors, bounded and verified. The door to libcurl.
 *
 * Spec: formats C2, D1. Several transfers at once, resumed, retried with
 * back-off, mirrors in order. A file whose digest is known is hashed while it
 * is written and enters the stage only if size and digest are right.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "stage/stage.h"

/* One file to fetch. */
struct fetch_item {
	const char *what;          /* for messages and progress: "nginx 1.26.3-3" */
	const char *const *urls;   /* tried in order */
	size_t n_urls;
	bool has_digest;           /* false: InRelease; size is then a cap */
	struct digest digest;
	uint64_t size;             /* bytes, exact with a digest */
	/* out */
	struct digest ret_digest;  /* the stage object */
	uint64_t ret_size;
	uint32_t ret_url;          /* which of @urls delivered it */
	bool absent;               /* every place answered "not there" (404, 410) and
				      may_be_absent was set */
	bool may_be_absent;
};

/* Called on the calling thread, now and then, and at the end of each item. */
struct fetch_progress {
	void (*update)(void *context, size_t n_done, size_t n_items, uint64_t bytes_done,
		       uint64_t bytes_total);
	void *context;
};

struct fetch_options {
	unsigned n_parallel;       /* 0: 8 */
	unsigned n_retries;        /* per place; 0: 4 */
	bool offline;              /* items not in the stage are ERR_OFFLINE */
	const char *user_agent;
	unsigned stall_seconds;    /* no byte for so long: next try; 0: 30 */
	struct fetch_progress progress;
};

/*
 * Fetches what the stage does not hold. http, https and file URLs; https never
 * redirects to http; at most 5 redirects.
 *
 * Errors: ERR_OFFLINE; ERR_FETCH with each place and its answer as detail;
 * ERR_FETCH_GONE if all said 404; ERR_DIGEST if all that was delivered was
 * wrong. Items that succeeded stay in the stage.
 */
int fetch_all(struct stage *stage, struct fetch_item *items, size_t n,
	      const struct fetch_options *options, struct error *err) MUST_CHECK;

#pragma once

/*
 * fetch/transfer.h - the road of one item over its places; for fetch/ alone.
 *
 * A transfer tries one place after the other. At one place it follows
 * redirects by itself (so that each hop is judged), tries again after a broken
 * connection or a server's failure, with growing pauses, and goes on where it
 * stopped if the server can. Bytes of two places are never mixed.
 */

#include <stdint.h>

#include "fetch/fetch.h"
#include "fetch/fetch_place.h"
#include "fetch/libcurl.h"

#define TRANSFER_MAX_REDIRECTS 5u
#define TRANSFER_LOG_MAX       65536u /* bytes of text about what places said */

enum transfer_state {
	TRANSFER_READY,   /* transfer_prepare() the next request */
	TRANSFER_PAUSED,  /* as READY, from @not_before on */
	TRANSFER_RUNNING, /* its handle is in the multi handle */
	TRANSFER_DONE,    /* in the stage, or absent by permission */
	TRANSFER_FAILED,  /* no place delivered it */
	TRANSFER_BROKEN,  /* a failure of this machine: @failure */
};

struct transfer {
	struct stage *stage;
	struct fetch_item *item;
	const struct fetch_options *options;
	enum transfer_state state;
	CURL *easy;

	struct strtab *hosts;  /* of all transfers: which hosts fail */
	struct fetch_place *places; /* item->n_urls of them */
	size_t place;          /* the current one */
	unsigned n_redirects;
	char *url;             /* of the next request */
	uint64_t not_before;   /* nanoseconds, clock_nanoseconds() */

	struct stage_draft *draft; /* what arrived so far, or NULL */
	uint64_t got;              /* bytes in it */
	uint64_t got_at_try;       /* bytes in it when the place's tries began */
	char *etag;                /* strong validator of those bytes, or NULL */

	/* of the running request */
	bool resumes;              /* asked for the rest only */
	bool judged;               /* the status was looked at */
	bool takes_body;
	bool start_over;           /* the server's rest does not fit: from the start */
	uint64_t skipped;          /* bytes of a body that nobody wants */
	char *wrong;               /* what is wrong with the content, or NULL */
	struct curl_slist *headers;
	char said[CURL_ERROR_SIZE];

	/* the verdict */
	struct buf log;        /* "URL: what it said" lines */
	bool all_gone;         /* no place has closed but by 404 or 410 */
	bool any_wrong;        /* some place delivered something else */
	struct error failure;
};

/* @hosts is borrowed, and shared by all transfers of one thread. */
void transfer_init(struct transfer *t, struct stage *stage, struct fetch_item *item,
		   const struct fetch_options *options, struct strtab *hosts);
void transfer_release(struct transfer *t);

/* Sets the easy handle up for the next request; state becomes RUNNING. */
void transfer_prepare(struct transfer *t);

/* The request has ended with @code; decides what comes next. */
void transfer_finish(struct transfer *t, CURLcode code);

/* ---- between transfer.c and transfer_finish.c ---- */

/* Goes to the place that is next; without a pause unless it has failed before. */
void transfer_go_on(struct transfer *t);

void transfer_drop_draft(struct transfer *t);

/* Of the answer; 0 if there was none, or for a file. */
long transfer_status(const struct transfer *t);

/*
 * Looks at the answer's head, before the first byte of its body is taken: is
 * it content, of which size, from where on? -1 if nothing of it may be taken.
 */
int transfer_judge_head(struct transfer *t) MUST_CHECK;

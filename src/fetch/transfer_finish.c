/* A request has ended: was it that, does it go on, or is another place next? */
#define _GNU_SOURCE
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "fetch/fetch_url.h"
#include "fetch/transfer.h"
#include "io/clock.h"

#define FIRST_PAUSE_MS   200u
#define LONGEST_PAUSE_MS 5000u
#define PROGRESS_SIZE    (1u << 20) /* bytes after which a place gets all its tries anew */
#define DEFAULT_TRIES    4u
#define FAILING_TRIES    2u         /* so often in a row, and the host counts as failing */

void transfer_go_on(struct transfer *t)
{
	size_t next = place_choose(t->places, t->item->n_urls, t->hosts);
	uint64_t pause = LONGEST_PAUSE_MS;
	unsigned n_tries;

	if (next == t->item->n_urls) {
		transfer_drop_draft(t);
		t->item->absent = t->all_gone && t->item->may_be_absent;
		t->state = t->item->absent ? TRANSFER_DONE : TRANSFER_FAILED;
		return;
	}
	if (next != t->place)
		transfer_drop_draft(t); /* bytes of two places are never mixed */
	t->place = next;
	free(t->url); /* where it was led to is not where it is led to next time */
	t->url = mem_strdup(t->item->urls[next]);
	t->n_redirects = 0;
	n_tries = t->places[next].n_tries;
	t->state = n_tries ? TRANSFER_PAUSED : TRANSFER_READY;
	if (n_tries <= 5)
		pause = FIRST_PAUSE_MS << (n_tries ? n_tries - 1 : 0);
	t->not_before = clock_nanoseconds() + pause * 1000000u;
}

/* ---- what comes next ---- */

static void PRINTF_LIKE(2, 3) add_to_log(struct transfer *t, const char *fmt, ...)
{
	CLEANUP_BUF struct buf line = BUF_INIT(1u << 20);
	va_list args;
	char *said;

	va_start(args, fmt);
	if (vasprintf(&said, fmt, args) < 0)
		abort();
	va_end(args);
	url_add_safe(&line, t->places[t->place].url);
	if (t->n_redirects) {
		buf_add_cstr(&line, " -> ");
		url_add_safe(&line, t->url);
	}
	buf_printf(&line, ": %s\n", said);
	free(said);
	if (line.len <= t->log.max - t->log.len)
		buf_add_str(&t->log, buf_str(&line));
}

/* This place has said its last word. */
static void close_place(struct transfer *t)
{
	t->places[t->place].closed = true;
	transfer_go_on(t);
}

static void refuse(struct transfer *t, const char *why)
{
	t->all_gone = false;
	add_to_log(t, "%s", why);
	close_place(t);
}

static void refuse_wrong(struct transfer *t, const char *why)
{
	t->any_wrong = t->item->has_digest; /* without one, size is only a cap */
	refuse(t, why);
}

static void try_again(struct transfer *t, const char *why)
{
	unsigned limit = t->options->n_retries ? t->options->n_retries : DEFAULT_TRIES;
	struct fetch_place *place = &t->places[t->place];

	if (t->got >= t->got_at_try + PROGRESS_SIZE)
		place->n_tries = 0;
	if (place->n_tries == 0)
		t->got_at_try = t->got;
	if (!t->item->has_digest)
		transfer_drop_draft(t); /* nothing would tell if the two halves were of one file */
	if (++place->n_tries >= FAILING_TRIES)
		host_set_failing(t->hosts, place->host, true);
	if (place->n_tries > limit) {
		CLEANUP_FREE char *text = mem_printf("%s, %u times", why, place->n_tries);

		host_set_failing(t->hosts, place->host, true);
		refuse(t, text);
		return;
	}
	transfer_go_on(t);
}

/* Nobody listens there: others need not find out for themselves. */
static void try_again_unreachable(struct transfer *t, const char *why)
{
	host_set_failing(t->hosts, t->places[t->place].host, true);
	try_again(t, why);
}

static void follow(struct transfer *t)
{
	char *to = NULL;

	libcurl.easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to) {
		CLEANUP_FREE char *why = mem_printf("answered %ld without a place to go",
						    transfer_status(t));
		refuse(t, why);
	} else if (!url_redirect_allowed(t->url, to)) {
		CLEANUP_BUF struct buf why = BUF_INIT(1u << 20);

		buf_add_cstr(&why, "redirects to ");
		url_add_safe(&why, to);
		buf_add_cstr(&why, url_scheme(to) == URL_HTTP ? ", from https to http"
							      : ", which is not followed");
		refuse(t, buf_cstr(&why));
	} else if (t->n_redirects == TRANSFER_MAX_REDIRECTS) {
		refuse(t, "redirects more than 5 times");
	} else {
		char *next = mem_strdup(to);

		t->n_redirects++;
		free(t->url);
		t->url = next;
		t->state = TRANSFER_READY;
	}
}

static void deliver(struct transfer *t)
{
	const struct fetch_item *item = t->item;
	struct digest digest;
	uint64_t size;

	if (item->has_digest && !stage_draft_is(t->draft, &item->digest)) {
		refuse_wrong(t, "sent other bytes than the digest says");
		return;
	}
	if (stage_draft_commit(TAKE_PTR(t->draft), item->has_digest ? &item->digest : NULL,
			       &digest, &size, &t->failure) < 0) {
		t->state = TRANSFER_BROKEN;
		return;
	}
	t->item->ret_digest = digest;
	t->item->ret_size = size;
	t->item->ret_url = (uint32_t)t->place;
	host_set_failing(t->hosts, t->places[t->place].host, false);
	t->state = TRANSFER_DONE;
}

static void judge_delivered(struct transfer *t)
{
	long status = transfer_status(t);

	if (status >= 300 && status < 400) {
		follow(t);
		return;
	}
	if (!t->takes_body) {
		CLEANUP_FREE char *why = mem_printf("answered %ld", status);

		refuse(t, why);
		return;
	}
	if (t->item->has_digest && t->got < t->item->size) {
		/* no length was announced: the connection's end was the body's end */
		CLEANUP_FREE char *why = mem_printf("sent %llu of %llu bytes",
						    (unsigned long long)t->got,
						    (unsigned long long)t->item->size);
		try_again(t, why);
		return;
	}
	deliver(t);
}

/* What the server says will not change by asking again. */
static void judge_status(struct transfer *t)
{
	long status = transfer_status(t);
	CLEANUP_FREE char *why = mem_printf("answered %ld", status);

	if (status == 404 || status == 410) {
		add_to_log(t, "%s, %s", why, status == 404 ? "not found" : "gone");
		close_place(t);
	} else if (status == 416 && t->resumes) {
		transfer_drop_draft(t);
		try_again(t, why);
	} else if (status >= 500 || status == 408 || status == 429) {
		try_again(t, why);
	} else {
		refuse(t, why);
	}
}

static bool may_pass(const struct transfer *t, CURLcode code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL: /* "HTTP/0.9": what came before left its rubbish */
		return url_scheme(t->url) != URL_OTHER;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

static char *what_curl_said(const struct transfer *t, CURLcode code)
{
	const char *said = t->said[0] ? t->said : libcurl.easy_strerror(code);

	if (code == CURLE_OPERATION_TIMEDOUT && t->judged)
		return mem_printf("stalled after %llu bytes", (unsigned long long)t->got);
	if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)
		return mem_printf("broke off after %llu bytes", (unsigned long long)t->got);
	return mem_strdup(said);
}

static void judge_failure(struct transfer *t, CURLcode code)
{
	CLEANUP_FREE char *why = what_curl_said(t, code);

	if (code == CURLE_FILE_COULDNT_READ_FILE) {
		add_to_log(t, "no such file");
		close_place(t);
	} else if (code == CURLE_FILESIZE_EXCEEDED) {
		free(TAKE_PTR(why));
		why = mem_printf("offers more than %llu bytes",
				 (unsigned long long)t->item->size);
		refuse_wrong(t, why);
	} else if (may_pass(t, code) && !t->judged && transfer_status(t) == 0) {
		try_again_unreachable(t, why);
	} else if (may_pass(t, code)) {
		try_again(t, why);
	} else {
		refuse(t, why);
	}
}

void transfer_finish(struct transfer *t, CURLcode code)
{
	CLEANUP_FREE char *wrong = NULL;
	long status = transfer_status(t);

	assert(t->state == TRANSFER_RUNNING);
	if (code == CURLE_OK && !t->judged)
		(void)!transfer_judge_head(t); /* a body of no bytes */
	wrong = TAKE_PTR(t->wrong);
	if (t->failure.code) {
		t->state = TRANSFER_BROKEN;
	} else if (wrong) {
		refuse_wrong(t, wrong);
	} else if (t->start_over) {
		transfer_drop_draft(t);
		try_again(t, "sent another part than asked for");
	} else if (t->takes_body && t->item->has_digest && t->got == t->item->size) {
		deliver(t); /* however the connection ended */
	} else if (status >= 400) {
		judge_status(t); /* whatever the body was */
	} else if (code == CURLE_OK || status >= 300) {
		judge_delivered(t);
	} else {
		judge_failure(t, code);
	}
}

/* One request: how it is asked for, and what of its answer is taken. */
#include "fetch/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "fetch/fetch_url.h"

#define SLOWEST         100l        /* bytes a second: slower is stalled */
#define SKIPPED_MAX     (1u << 20)  /* bytes of a redirect's or an error's body */
#define DEFAULT_STALL   30u
#define CONNECT_SECONDS 10u         /* at most; a host that takes longer is not there */

void transfer_drop_draft(struct transfer *t)
{
	stage_draft_drop(TAKE_PTR(t->draft));
	free(TAKE_PTR(t->etag));
	t->got = t->got_at_try = 0;
}

void transfer_init(struct transfer *t, struct stage *stage, struct fetch_item *item,
		   const struct fetch_options *options, struct strtab *hosts)
{
	*t = (struct transfer){ .stage = stage, .item = item, .options = options, .hosts = hosts,
				.all_gone = true, .log = BUF_INIT(TRANSFER_LOG_MAX) };
	t->easy = libcurl.easy_init();
	if (!t->easy)
		abort(); /* only for lack of memory */
	t->places = mem_array(item->n_urls, sizeof(*t->places));
	for (size_t i = 0; i < item->n_urls; i++)
		t->places[i] = (struct fetch_place){ .url = item->urls[i],
						     .host = host_of_url(item->urls[i]) };
	transfer_go_on(t);
}

void transfer_release(struct transfer *t)
{
	transfer_drop_draft(t);
	libcurl.easy_cleanup(t->easy);
	libcurl.slist_free_all(t->headers);
	free(t->url);
	free(t->wrong);
	free(t->places);
	buf_release(&t->log);
	err_release(&t->failure);
	*t = (struct transfer){ 0 };
}

/* ---- while bytes arrive ---- */

long transfer_status(const struct transfer *t)
{
	long status = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static const char *header_of(const struct transfer *t, const char *name)
{
	struct curl_header *h = NULL;

	if (libcurl.easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return h->value;
}

/* "bytes 1000-1999/2000" (RFC 9110, section 14.4): is it what we asked for? */
static bool rest_fits(const struct transfer *t)
{
	const char *range = header_of(t, "Content-Range");
	struct str text = str_of(range), start;
	uint64_t first;

	if (!range || !str_has_prefix(text, STR("bytes ")))
		return false;
	text = (struct str){ text.ptr + 6, text.len - 6 };
	return str_split(&text, '-', &start) && str_parse_u64(str_trim(start), &first) &&
	       first == t->got;
}

static void remember_validator(struct transfer *t)
{
	const char *etag = header_of(t, "ETag");

	free(TAKE_PTR(t->etag));
	if (etag && etag[0] == '"') /* a weak one, W/"...", proves nothing about bytes */
		t->etag = mem_strdup(etag);
}

static int open_draft(struct transfer *t)
{
	if (stage_draft_open(t->stage, &t->draft, &t->failure) < 0)
		return -1;
	if (!t->item->has_digest)
		return 0;
	return stage_draft_reserve(t->draft, t->item->size, &t->failure);
}

/* What the server announces must be what is expected, before it is taken. */
static int judge_length(struct transfer *t)
{
	const struct fetch_item *item = t->item;
	curl_off_t announced = -1;
	uint64_t all;

	libcurl.easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	if (announced < 0)
		return 0;
	all = t->got + (uint64_t)announced;
	if (all > item->size)
		t->wrong = mem_printf("offers %llu bytes, more than %llu",
				      (unsigned long long)all, (unsigned long long)item->size);
	else if (item->has_digest && all < item->size)
		t->wrong = mem_printf("offers %llu of %llu bytes", (unsigned long long)all,
				      (unsigned long long)item->size);
	return t->wrong ? -1 : 0;
}

int transfer_judge_head(struct transfer *t)
{
	long status = transfer_status(t);

	t->judged = true;
	if (status == 206 && t->resumes) {
		t->takes_body = rest_fits(t);
		t->start_over = !t->takes_body;
		return t->start_over ? -1 : judge_length(t);
	}
	t->takes_body = status == 200 || (status == 0 && url_scheme(t->url) == URL_FILE);
	if (!t->takes_body)
		return 0;
	transfer_drop_draft(t); /* a server that ignores Range sends all of it again */
	remember_validator(t);
	return judge_length(t) < 0 ? -1 : open_draft(t);
}

static size_t on_body(char *data, size_t one, size_t n, void *context)
{
	struct transfer *t = context;
	struct bytes piece = { (const uint8_t *)data, one * n };

	if (!t->judged && transfer_judge_head(t) < 0)
		return 0;
	if (!t->takes_body) {
		t->skipped += piece.len;
		return t->skipped > SKIPPED_MAX ? 0 : piece.len;
	}
	if (piece.len > t->item->size - t->got) {
		t->wrong = mem_printf("sent more than %llu bytes",
				      (unsigned long long)t->item->size);
		return 0;
	}
	if (sink_write(stage_draft_sink(t->draft), piece, &t->failure) < 0)
		return 0;
	t->got += piece.len;
	return piece.len;
}

/* ---- requests ---- */

static void set_limits(struct transfer *t)
{
	unsigned stall = t->options->stall_seconds ? t->options->stall_seconds : DEFAULT_STALL;
	uint64_t most = t->item->size;

	/* a redirect's or an error's page may be larger than a small file */
	if (most < SKIPPED_MAX)
		most = SKIPPED_MAX;
	libcurl.easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most);
	libcurl.easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, SLOWEST);
	libcurl.easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)stall);
	libcurl.easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT,
			 (long)(stall < CONNECT_SECONDS ? stall : CONNECT_SECONDS));
}

static void set_range(struct transfer *t)
{
	CLEANUP_FREE char *range = NULL, *condition = NULL;

	t->resumes = t->got > 0;
	if (!t->resumes)
		return;
	range = mem_printf("%llu-", (unsigned long long)t->got);
	libcurl.easy_setopt(t->easy, CURLOPT_RANGE, range);
	if (!t->etag)
		return; /* the digest decides in the end */
	condition = mem_printf("If-Range: %s", t->etag);
	t->headers = libcurl.slist_append(NULL, condition);
	libcurl.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

void transfer_prepare(struct transfer *t)
{
	CURL *e = t->easy;

	t->state = TRANSFER_RUNNING;
	t->resumes = t->judged = t->takes_body = t->start_over = false;
	t->skipped = 0;
	t->said[0] = 0;
	libcurl.slist_free_all(TAKE_PTR(t->headers));
	libcurl.easy_reset(e); /* keeps connections */
	libcurl.easy_setopt(e, CURLOPT_URL, t->url);
	libcurl.easy_setopt(e, CURLOPT_PRIVATE, t);
	libcurl.easy_setopt(e, CURLOPT_ERRORBUFFER, t->said);
	libcurl.easy_setopt(e, CURLOPT_NOSIGNAL, 1l);
	libcurl.easy_setopt(e, CURLOPT_NOPROGRESS, 1l);
	libcurl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https,file");
	/* redirects are followed by transfer_finish(), which judges each */
	libcurl.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0l);
	libcurl.easy_setopt(e, CURLOPT_FAILONERROR, 1l);
	libcurl.easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	libcurl.easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1l);
	libcurl.easy_setopt(e, CURLOPT_USERAGENT,
			 t->options->user_agent ? t->options->user_agent : "ingot");
	libcurl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	libcurl.easy_setopt(e, CURLOPT_WRITEDATA, t);
	set_limits(t);
	set_range(t);
}

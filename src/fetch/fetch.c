/*
 * All items, several at once. A few slots hold a transfer each; one libcurl
 * multi handle runs their requests and keeps connections open between them.
 */
#define _GNU_SOURCE
#include "fetch/fetch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "fetch/transfer.h"
#include "io/clock.h"
#include "io/interrupt.h"

#define DEFAULT_PARALLEL   8u
#define PARALLEL_MAX       64u
#define POLL_MS            200     /* so often Ctrl-C is looked at */
#define PROGRESS_INTERVAL  50000000u /* nanoseconds */
#define MORE_FAILURES_MAX  10u     /* named in one message */

enum job_state { JOB_WAITING, JOB_IN_SLOT, JOB_DONE, JOB_SAME, JOB_FAILED };

/* One item and what became of it. */
struct job {
	struct fetch_item *item;
	enum job_state state;
	struct job *same; /* JOB_SAME: an earlier item of this digest */
	bool all_gone, any_wrong;
	char *log;
};

struct fetching {
	struct stage *stage;
	const struct fetch_options *options;
	struct job *jobs;
	size_t n, next;      /* jobs before @next were looked at */
	struct transfer *slots;
	struct job **slot_jobs; /* NULL: the slot is free */
	unsigned n_slots;
	struct strtab hosts; /* those that fail */
	CURLM *multi;
	bool stop;           /* a place can't be reached: start nothing new */
	size_t n_items, n_done;
	uint64_t bytes_total, bytes_done;
	uint64_t last_update;
};

/* ---- what is to be done ---- */

static bool is_there(struct stage *s, const struct fetch_item *item)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	uint64_t size = 0;

	if (!item->has_digest || stage_size(s, &item->digest, &size, &ignored) != 0)
		return false;
	if (size == item->size)
		return true;
	stage_quarantine(s, &item->digest); /* torn by a power failure */
	return false;
}

static void set_delivered(struct fetch_item *item)
{
	item->ret_digest = item->digest;
	item->ret_size = item->size;
	item->ret_url = 0;
}

static void plan(struct fetching *f, struct fetch_item *items)
{
	CLEANUP_STRTAB struct strtab seen = STRTAB_INIT;

	f->jobs = mem_array(f->n ? f->n : 1, sizeof(*f->jobs));
	for (size_t i = 0; i < f->n; i++) {
		struct job *job = &f->jobs[i];
		struct str name = { (const char *)items[i].digest.bytes, DIGEST_SIZE };
		uint32_t first = 0;

		job->item = &items[i];
		items[i].absent = false;
		if (items[i].has_digest && strtab_find(&seen, name, &first)) {
			job->state = JOB_SAME;
			job->same = &f->jobs[first];
		} else if (is_there(f->stage, &items[i])) {
			set_delivered(&items[i]);
			job->state = JOB_DONE;
		} else {
			f->n_items++;
			f->bytes_total += items[i].has_digest ? items[i].size : 0;
		}
		if (items[i].has_digest && job->state != JOB_SAME)
			strtab_put(&seen, name, (uint32_t)i);
	}
}

/* Two items of one digest were one download. */
static void settle_same(struct fetching *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct job *job = &f->jobs[i];

		if (job->state != JOB_SAME)
			continue;
		job->item->absent = job->same->item->absent;
		if (!job->item->absent)
			set_delivered(job->item);
	}
}

/* ---- progress ---- */

static void update(struct fetching *f, bool now)
{
	uint64_t time = clock_nanoseconds(), bytes = f->bytes_done;

	if (!f->options->progress.update || (!now && time - f->last_update < PROGRESS_INTERVAL))
		return;
	f->last_update = time;
	for (unsigned i = 0; i < f->n_slots; i++)
		if (f->slot_jobs[i])
			bytes += f->slots[i].got;
	f->options->progress.update(f->options->progress.context, f->n_done, f->n_items, bytes,
				    f->bytes_total > bytes ? f->bytes_total : bytes);
}

/* ---- slots ---- */

static void fill_slots(struct fetching *f)
{
	for (unsigned i = 0; i < f->n_slots && !f->stop; i++) {
		if (f->slot_jobs[i])
			continue;
		while (f->next < f->n && f->jobs[f->next].state != JOB_WAITING)
			f->next++;
		if (f->next == f->n)
			return;
		f->slot_jobs[i] = &f->jobs[f->next++];
		f->slot_jobs[i]->state = JOB_IN_SLOT;
		transfer_init(&f->slots[i], f->stage, f->slot_jobs[i]->item, f->options,
			      &f->hosts);
	}
}

static void empty_slot(struct fetching *f, unsigned i)
{
	if (!f->slot_jobs[i])
		return;
	if (f->slots[i].state == TRANSFER_RUNNING)
		libcurl.multi_remove_handle(f->multi, f->slots[i].easy);
	transfer_release(&f->slots[i]);
	f->slot_jobs[i] = NULL;
}

static void leave_slot(struct fetching *f, unsigned i)
{
	struct transfer *t = &f->slots[i];
	struct job *job = f->slot_jobs[i];

	job->state = t->state == TRANSFER_DONE ? JOB_DONE : JOB_FAILED;
	if (job->state == JOB_FAILED) {
		job->all_gone = t->all_gone;
		job->any_wrong = t->any_wrong;
		job->log = buf_take(&t->log);
		/* what is gone or wrong says nothing about the rest; silence does */
		f->stop |= !job->all_gone && !job->any_wrong;
	} else {
		f->n_done++;
		if (!job->item->absent)
			f->bytes_done += job->item->ret_size;
	}
	empty_slot(f, i);
	update(f, true);
}

/* Starts what may start. 0, or -1 for a failure of this machine. */
static int advance(struct fetching *f, struct error *err)
{
	uint64_t now = clock_nanoseconds();

	for (unsigned i = 0; i < f->n_slots; i++) {
		struct transfer *t = &f->slots[i];

		if (!f->slot_jobs[i])
			continue;
		if (t->state == TRANSFER_BROKEN) {
			err_move(err, &t->failure);
			return err_while(err, "fetching %s", t->item->what);
		}
		if (t->state == TRANSFER_DONE || t->state == TRANSFER_FAILED) {
			leave_slot(f, i);
			continue;
		}
		if (t->state == TRANSFER_RUNNING ||
		    (t->state == TRANSFER_PAUSED && now < t->not_before))
			continue;
		transfer_prepare(t);
		if (libcurl.multi_add_handle(f->multi, t->easy) != CURLM_OK)
			abort(); /* only for lack of memory */
	}
	return 0;
}

static void take_finished(struct fetching *f)
{
	int left;

	for (CURLMsg *m; (m = libcurl.multi_info_read(f->multi, &left));) {
		CURLcode code = m->data.result;
		CURL *easy = m->easy_handle;
		struct transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		libcurl.easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
		libcurl.multi_remove_handle(f->multi, easy); /* @m is gone after this */
		transfer_finish(t, code);
	}
}

static bool is_idle(const struct fetching *f)
{
	for (unsigned i = 0; i < f->n_slots; i++)
		if (f->slot_jobs[i])
			return false;
	return true;
}

/* Until a socket moves, a pause ends, or it is time to look around. */
static int wait_ms(const struct fetching *f)
{
	uint64_t now = clock_nanoseconds(), wait = POLL_MS;

	for (unsigned i = 0; i < f->n_slots; i++) {
		const struct transfer *t = &f->slots[i];

		if (!f->slot_jobs[i] || t->state == TRANSFER_RUNNING)
			continue;
		if (t->state != TRANSFER_PAUSED || t->not_before <= now)
			return 0;
		if ((t->not_before - now) / 1000000u < wait)
			wait = (t->not_before - now) / 1000000u + 1;
	}
	return (int)wait;
}

static int run(struct fetching *f, struct error *err)
{
	for (;;) {
		int n_running;

		fill_slots(f);
		if (advance(f, err) < 0)
			return -1;
		fill_slots(f);
		if (is_idle(f))
			return 0;
		if (libcurl.multi_perform(f->multi, &n_running) != CURLM_OK)
			abort();
		take_finished(f);
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted while fetching");
		update(f, false);
		if (libcurl.multi_poll(f->multi, NULL, 0, wait_ms(f), NULL) != CURLM_OK)
			abort();
	}
}

/* ---- failures ---- */

/* "and 3 more: a, b, c" */
static void add_more(const struct fetching *f, const struct job *first, struct buf *to)
{
	unsigned n = 0, n_named = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->jobs[i].state == JOB_FAILED && &f->jobs[i] != first;
	if (n == 0)
		return;
	buf_printf(to, "and %u more: ", n);
	for (size_t i = 0; i < f->n && n_named < MORE_FAILURES_MAX; i++)
		if (f->jobs[i].state == JOB_FAILED && &f->jobs[i] != first)
			buf_printf(to, "%s%s", n_named++ ? ", " : "", f->jobs[i].item->what);
	buf_printf(to, "%s\n", n > n_named ? ", ..." : "");
}

static int report(const struct fetching *f, struct error *err)
{
	CLEANUP_BUF struct buf detail = BUF_INIT(1u << 20);
	const struct job *job = NULL;

	for (size_t i = 0; i < f->n && !job; i++)
		if (f->jobs[i].state == JOB_FAILED)
			job = &f->jobs[i];
	if (!job)
		return 0;
	if (job->any_wrong) {
		err_set(err, ERR_DIGEST, "no place delivers '%s' as its digest says",
			job->item->what);
		err_hint(err, "a mirror in the middle of an update, or somebody on the way: try "
			      "again later, or use another mirror");
	} else if (job->all_gone) {
		err_set(err, ERR_FETCH_GONE, "no place has '%s' any more", job->item->what);
		err_hint(err, "update the lock, use a bundle, or name a snapshot service in "
			      "config.yaml ('snapshot:')");
	} else {
		err_set(err, ERR_FETCH, "cannot fetch '%s'", job->item->what);
		err_hint(err, "check the network and the mirrors ('ingot explain E0603')");
	}
	buf_add_cstr(&detail, job->log);
	add_more(f, job, &detail);
	return err_detail(err, "%s", buf_cstr(&detail));
}

static int refuse_offline(const struct fetching *f, struct error *err)
{
	CLEANUP_BUF struct buf detail = BUF_INIT(1u << 20);
	const struct job *first = NULL;

	for (size_t i = 0; i < f->n; i++) {
		if (f->jobs[i].state != JOB_WAITING)
			continue;
		if (!first)
			first = &f->jobs[i];
		f->jobs[i].state = JOB_FAILED;
	}
	err_set(err, ERR_OFFLINE, "'%s' is not in the stage, and the network is not to be used",
		first->item->what);
	add_more(f, first, &detail);
	if (detail.len)
		err_detail(err, "%s", buf_cstr(&detail));
	return err_hint(err, "run it once without --offline, or 'ingot fetch' before");
}

/* ---- all of it ---- */

static int check_items(const struct fetching *f, struct error *err)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->jobs[i].state == JOB_WAITING && f->jobs[i].item->n_urls == 0)
			return err_set(err, ERR_FETCH, "no place is known for '%s'",
				       f->jobs[i].item->what);
	return 0;
}

static int fetch_missing(struct fetching *f, struct error *err)
{
	int r;

	if (f->options->offline)
		return refuse_offline(f, err);
	if (check_items(f, err) < 0 || libcurl_load(err) < 0)
		return -1;
	f->n_slots = f->options->n_parallel ? f->options->n_parallel : DEFAULT_PARALLEL;
	if (f->n_slots > PARALLEL_MAX)
		f->n_slots = PARALLEL_MAX;
	if (f->n_slots > f->n_items)
		f->n_slots = (unsigned)f->n_items;
	f->slots = mem_array(f->n_slots, sizeof(*f->slots));
	f->slot_jobs = mem_array(f->n_slots, sizeof(struct job *));
	f->multi = libcurl.multi_init();
	if (!f->multi)
		abort();
	libcurl.multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)f->n_slots);
	update(f, true);
	r = run(f, err);
	for (unsigned i = 0; i < f->n_slots; i++)
		empty_slot(f, i);
	libcurl.multi_cleanup(f->multi);
	free(f->slots);
	free(f->slot_jobs);
	strtab_release(&f->hosts);
	return r < 0 ? -1 : report(f, err);
}

int fetch_all(struct stage *stage, struct fetch_item *items, size_t n,
	      const struct fetch_options *options, struct error *err)
{
	struct fetching f = { .stage = stage, .options = options, .n = n };
	int r = 0;

	assert(n < UINT32_MAX);
	plan(&f, items);
	if (f.n_items)
		r = fetch_missing(&f, err);
	if (r == 0)
		settle_same(&f);
	for (size_t i = 0; i < n; i++)
		free(f.jobs[i].log);
	free(f.jobs);
	return r;
}

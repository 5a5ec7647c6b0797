#define _GNU_SOURCE
#include "io/sink_thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/interrupt.h"

#define PIECES 8u
#define PIECE_SIZE (512u * 1024) /* bytes */
#define HOLE_STEP (64u << 20)	 /* bytes; zeros are hashed in steps that can be interrupted */
#define SMALL_HOLE 4096u	 /* bytes; shorter ones are written out as zeros */

/* Bytes, then a hole. */
struct piece {
	size_t n;
	uint64_t hole;
	uint8_t *data; /* PIECE_SIZE */
};

struct thread_sink {
	struct sink sink;
	struct sink *next;
	pthread_t thread;
	bool alone;	       /* the system gives no thread: everything is done at once */
	pthread_mutex_t mutex; /* guards what follows, up to pieces */
	pthread_cond_t changed;
	size_t n_full; /* pieces that the thread has to write */
	bool ended;    /* no more will come */
	bool has_failed;
	struct error failure;
	struct piece pieces[PIECES]; /* a ring; the writer's own is `at` */
	size_t at;
	uint8_t *memory;
};

static int pass_on(struct thread_sink *s, const struct piece *p, struct error *err)
{
	if (sink_write(s->next, (struct bytes){ p->data, p->n }, err) < 0)
		return -1;
	for (uint64_t left = p->hole; left;) {
		uint64_t n = left < HOLE_STEP ? left : HOLE_STEP;

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (sink_hole(s->next, n, err) < 0)
			return -1;
		left -= n;
	}
	return 0;
}

/* After a failure pieces are only emptied: nobody may wait for ever. */
static void *run(void *arg)
{
	struct thread_sink *s = arg;
	bool failed = false;

	for (size_t i = 0;; i = (i + 1) % PIECES) {
		struct error err = ERR_INIT;

		pthread_mutex_lock(&s->mutex);
		while (!s->n_full && !s->ended)
			pthread_cond_wait(&s->changed, &s->mutex);
		if (!s->n_full) {
			pthread_mutex_unlock(&s->mutex);
			return NULL;
		}
		pthread_mutex_unlock(&s->mutex);
		if (!failed)
			failed = pass_on(s, &s->pieces[i], &err) < 0;
		s->pieces[i].n = 0;
		s->pieces[i].hole = 0;
		pthread_mutex_lock(&s->mutex);
		if (failed && !s->has_failed) {
			s->has_failed = true;
			(void)err_move(&s->failure, &err);
		}
		s->n_full--;
		pthread_cond_broadcast(&s->changed);
		pthread_mutex_unlock(&s->mutex);
	}
}

static int pass_alone(struct thread_sink *s, struct error *err)
{
	int r = pass_on(s, &s->pieces[s->at], err);

	s->pieces[s->at].n = 0;
	s->pieces[s->at].hole = 0;
	return r;
}

/* The writer's piece is full: goes on with the next one when it is empty. */
static int submit(struct thread_sink *s, struct error *err)
{
	int r = 0;

	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (s->alone)
		return pass_alone(s, err);
	pthread_mutex_lock(&s->mutex);
	s->n_full++;
	pthread_cond_broadcast(&s->changed);
	while (s->n_full == PIECES)
		pthread_cond_wait(&s->changed, &s->mutex);
	if (s->has_failed)
		r = err_move(err, &s->failure);
	pthread_mutex_unlock(&s->mutex);
	s->at = (s->at + 1) % PIECES;
	return r;
}

static int thread_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct thread_sink *s = (struct thread_sink *)sink;

	while (data.len) {
		struct piece *p = &s->pieces[s->at];
		size_t n = PIECE_SIZE - p->n;

		if (n == 0 || p->hole) {
			if (submit(s, err) < 0)
				return -1;
			continue;
		}
		if (n > data.len)
			n = data.len;
		memcpy(p->data + p->n, data.ptr, n);
		p->n += n;
		data.ptr += n;
		data.len -= n;
	}
	return 0;
}

static int thread_hole(struct sink *sink, uint64_t len, struct error *err)
{
	static const uint8_t zeros[SMALL_HOLE];
	struct thread_sink *s = (struct thread_sink *)sink;

	if (len < SMALL_HOLE && !s->pieces[s->at].hole)
		return thread_write(sink, (struct bytes){ zeros, (size_t)len }, err);
	s->pieces[s->at].hole += len;
	return 0;
}

static void release(struct thread_sink *s)
{
	err_release(&s->failure);
	pthread_mutex_destroy(&s->mutex);
	pthread_cond_destroy(&s->changed);
	free(s->memory);
	free(s);
}

static int thread_close(struct sink *sink, struct error *err)
{
	struct thread_sink *s = (struct thread_sink *)sink;
	int r = 0;

	if (s->alone) {
		if (!sink->failed)
			r = pass_alone(s, err);
		release(s);
		return r;
	}
	pthread_mutex_lock(&s->mutex);
	if (!sink->failed && (s->pieces[s->at].n || s->pieces[s->at].hole))
		s->n_full++;
	s->ended = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	if (s->has_failed && !sink->failed)
		r = err_move(err, &s->failure);
	release(s);
	return r;
}

/* Signals are for the thread that waits for them. */
static void start(struct thread_sink *s)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->alone = pthread_create(&s->thread, NULL, run, s) != 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct sink *sink_in_thread(struct sink *next)
{
	static const struct sink_ops ops = { .write = thread_write,
					     .hole = thread_hole,
					     .close = thread_close };
	struct thread_sink *s = mem_alloc(sizeof(*s));

	s->sink.ops = &ops;
	s->next = next;
	s->memory = mem_resize(NULL, PIECES, PIECE_SIZE);
	for (size_t i = 0; i < PIECES; i++)
		s->pieces[i].data = s->memory + i * PIECE_SIZE;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->changed, NULL);
	start(s);
	return &s->sink;
}

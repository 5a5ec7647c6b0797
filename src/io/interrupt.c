#include "io/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Whoever signals a group and its leader, as timeout(1) does, means one signal. */
#define SAME_NS 300000000

/* A handler runs in any thread, and all threads look: sig_atomic_t is for one thread alone. */
static _Atomic int caught;
static _Atomic int64_t caught_at; /* ns; written before `caught` is set, by handlers alone */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
	       "a handler may use only what needs no lock");

static void on_signal(int signal_number)
{
	int saved = errno;
	struct timespec time = { 0 };
	int64_t now;

	(void)!clock_gettime(CLOCK_MONOTONIC, &time);
	now = time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
	if (!caught) {
		caught_at = now;
		caught = signal_number;
	} else if (now - caught_at > SAME_NS) {
		signal(signal_number, SIG_DFL);
		raise(signal_number);
	}
	errno = saved;
}

void interrupt_install(void)
{
	/* No SA_RESTART: waiting calls shall end. One handler at a time. */
	struct sigaction action = { .sa_handler = on_signal };

	sigfillset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static void on_pipe(int signal_number)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&caught, &none, signal_number);
}

void interrupt_on_pipe(void)
{
	/* Not once only: each write to it is one more signal, and there is still to clean up. */
	struct sigaction action = { .sa_handler = on_pipe };

	sigemptyset(&action.sa_mask);
	sigaction(SIGPIPE, &action, NULL);
}

bool interrupted(void)
{
	return caught != 0;
}

int interrupted_by(void)
{
	return caught;
}

void interrupt_set(int signal_number)
{
	caught = signal_number;
}

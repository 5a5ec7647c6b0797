#include "io/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

/* Whoever signals a group and its leader, as timeout(1) does, means one signal. */
#define SAME_NS 300000000

static volatile sig_atomic_t caught;
static struct timespec caught_at; /* written before `caught` is set, by handlers alone */

static bool is_again(const struct timespec *now)
{
	return (now->tv_sec - caught_at.tv_sec) * 1000000000LL + now->tv_nsec - caught_at.tv_nsec >
	       SAME_NS;
}

static void on_signal(int signal_number)
{
	struct timespec now = { 0 };

	(void)!clock_gettime(CLOCK_MONOTONIC, &now);
	if (!caught) {
		caught_at = now;
		caught = signal_number;
	} else if (is_again(&now)) {
		signal(signal_number, SIG_DFL);
		raise(signal_number);
	}
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
	if (!caught)
		caught = signal_number;
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

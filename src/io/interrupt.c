#include "io/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void on_signal(int signal_number)
{
	caught = signal_number;
}

void interrupt_install(void)
{
	/* SA_RESETHAND: who presses Ctrl-C twice means it. No SA_RESTART: waiting
	   calls shall end. */
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
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

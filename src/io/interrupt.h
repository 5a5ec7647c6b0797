#pragma once

/*
 * io/interrupt.h - the user asked to stop.
 *
 * SIGINT, SIGTERM and SIGHUP set a flag; long loops look at it and end with
 * ERR_INTERRUPTED, so that temporary files go and what is published stays
 * whole. A second signal, after a moment, ends the process at once.
 */

#include <stdbool.h>

/* Installs the handlers. System calls that wait end with EINTR. */
void interrupt_install(void);
/* A reader that has gone (SIGPIPE) is an interruption, too: who has a folder to remove. */
void interrupt_on_pipe(void);

/* Whether a signal came. May be called from any thread. */
bool interrupted(void);

/* Its number, for the exit status (128 + number); 0 if none came. */
int interrupted_by(void);

/* For tests, and for a caller that stops its own work. 0 clears. */
void interrupt_set(int signal_number);

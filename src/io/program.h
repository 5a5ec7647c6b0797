#pragma once

/*
 * io/program.h - a program of the host, started without a shell.
 *
 * Only `ingot run` starts programs: nothing that is built depends on one.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

/* Its path by @search ("/usr/bin:/bin"). NULL if it is not there. Owned. */
char *program_find(const char *name, const char *search);

/*
 * Runs argv[0] (a path) with our standard streams and environment, and waits. An interrupt
 * (io/interrupt.h) is passed on as SIGTERM. *ret_status is as in a shell: 128 + number if a
 * signal ended it. ERR_IO if it can't be started.
 */
int program_run(const char *const *argv, int *ret_status, struct error *err) MUST_CHECK;

/*
 * The same, but every line of its standard error is shown to @ends first: the first one for
 * which it says true ends the program (SIGTERM), and nothing is printed from there on;
 * *ret_ended then is true. All else goes to our standard error.
 */
int program_run_watched(const char *const *argv, bool (*ends)(struct str line), int *ret_status,
			bool *ret_ended, struct error *err) MUST_CHECK;

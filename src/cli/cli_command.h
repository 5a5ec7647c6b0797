#pragma once

/*
 * cli/cli_command.h - the table of commands.
 *
 * One row per command, and the only place where a command is listed: dispatch,
 * `ingot help`, shell completion and the test that every command has a manual
 * page all read it.
 */

#include "base/error.h"

struct app;

struct cli_option {
	const char *name;  /* "arch", without the dashes */
	char letter;	   /* or 0 */
	const char *value; /* "ARCH" if it takes one, "[=PKG]" if it may, else NULL */
	const char *help;  /* one line, no full stop */
};

struct command {
	const char *name;
	const char *args; /* "RECIPE", shown after the name in usage */
	const char *help; /* one line, shown by `ingot help` */
	unsigned min_args, max_args;
	const struct cli_option *options; /* ended by a row without a name */
	int (*run)(struct app *app, int argc, char **argv, struct error *err);
	const char *more; /* paragraphs for `ingot help COMMAND`, or NULL */
};

extern const struct command commands[]; /* ended by a row without a name */

/* Options that every command takes; ended by a row without a name. */
extern const struct cli_option global_options[];

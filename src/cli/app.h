#pragma once

/*
 * cli/app.h - one invocation: parsed options, streams, the pipeline's context.
 *
 * stdout is data, stderr is talk.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli_command.h"
#include "format/json/json.h"
#include "pipeline/context.h"
#include "recipe/recipe.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_TTY, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

struct progress;

struct app {
	const struct command *command;
	/* Every option given, in order; global ones too. */
	struct app_option {
		const struct cli_option *option;
		const char *value; /* NULL for a flag */
	} * given;
	size_t n_given;
	bool json, quiet, verbose;
	struct progress *progress;
	struct context context;
	bool has_context;
	uint64_t n_set_aside; /* damaged objects of the stage, so far */
	struct arena arena;   /* for what a command prints */
	struct json *document; /* in it: to be printed at the end */
	bool has_document;     /* it was printed */
};

/*
 * Parses the command line. *ret_argc, *ret_argv are what is left for the
 * command. ERR_USAGE with a suggestion.
 */
int app_parse(struct app *app, int argc, char **argv, int *ret_argc, char ***ret_argv,
	      struct error *err) MUST_CHECK;

/* The command of that name; ERR_USAGE with a suggestion. */
int cli_find_command(const char *name, const struct command **ret, struct error *err) MUST_CHECK;

bool app_flag(const struct app *app, const char *name);
const char *app_value(const struct app *app, const char *name); /* the last one, or NULL */
/* All values of an option that may be repeated or hold a comma list. In the arena. */
const char *const *app_values(struct app *app, const char *name, size_t *ret_n);
/* The same of one that names files: a comma is part of a name. */
const char *const *app_files(struct app *app, const char *name, size_t *ret_n);

/* getenv(3), in the form in which lower rooms are given it. */
const char *app_environment(const char *name);

/* Opens the workspace and machine configuration once. */
int app_context(struct app *app, struct context **ret, struct error *err) MUST_CHECK;
int app_stage_context(struct app *app, struct context **ret, struct error *err) MUST_CHECK;
/* For files that lie anywhere, whose layers are read: with a stage, if need be for this run. */
int app_file_context(struct app *app, struct context **ret, struct error *err) MUST_CHECK;
/* Only the machine's configuration: for files that lie anywhere. */
int app_machine_context(struct app *app, struct context **ret, struct error *err) MUST_CHECK;

/* The recipe that argument @name (may be NULL) means. *ret owned, recipe_free(). */
int app_recipe(struct app *app, const char *name, struct recipe **ret,
	       struct error *err) MUST_CHECK;

/*
 * Whether @err is over an object of the stage that was damaged and has been set
 * aside since: then the same work, done again, gets it afresh. Clears @err.
 */
bool app_may_retry(struct app *app, struct error *err);

/*
 * The one JSON document of this invocation, with its "schema": "ingot/NAME/1". With --json it is
 * printed on stdout when the command has ended, and if that was with an error, this is its member
 * "error"; an error without a document is one by itself.
 */
void app_print_json(struct app *app, const char *name, struct json *object);
/* The same at once, for what goes on for long: an error later is on stderr and in the status. */
void app_print_json_now(struct app *app, const char *name, struct json *object);

/* Prints untrusted text on stdout, safely. */
void app_print_str(struct str text);
void app_print_lines(struct str text); /* the same, line by line */

void app_release(struct app *app);

/* The whole program. Returns the exit status. */
int cli_main(int argc, char **argv);

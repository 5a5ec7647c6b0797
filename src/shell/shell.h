#pragma once

/*
 * shell/shell.h - a POSIX shell's reader and evaluator over a world.
 *
 * Spec: POSIX.1-2017 XCU 2; Debian Policy 10.4 (local, echo -n, test -a/-o);
 * docs/shell.md says which of bash's constructs are there and where it ends.
 * What is not modelled is refused through the host, never guessed.
 */

#include "shell/converse.h"

struct shell_variable {
	struct str name, value;
};

struct shell_script {
	struct str name;              /* $0 and place of messages: "postinst" */
	struct str text;              /* with its "#!" line, which decides -e and bash */
	const struct str *arguments;  /* $1 ... */
	size_t n_arguments;
	const struct shell_variable *environment; /* exported, beside PATH, HOME, LC_ALL ... */
	size_t n_environment;
	shell_answer *answer; /* NULL: nobody listens; else converse.h */
};

/*
 * Evaluates @script in a new process image: no variables or functions of others.
 *
 * Return: 0 with *ret_status; -1: the host stopped it, or ERR_LIMIT, ERR_IO ...
 * A script that can't be parsed, that exceeds a limit or ends with a status other
 * than 0 has been reported to host->refuse().
 */
int shell_run(struct world *w, const struct shell_script *script, int *ret_status,
	      struct error *err) MUST_CHECK;

/* The same; what it wrote to its standard output and error is appended. NULL: dropped. */
int shell_run_printing(struct world *w, const struct shell_script *script, struct buf *ret_out,
		       struct buf *ret_err, int *ret_status, struct error *err) MUST_CHECK;

/*
 * For checks of a script without a tree: parses only. 0, or 1 with *ret_line and
 * *ret_reason (static text) where it can't be parsed.
 */
int shell_parse_check(struct str text, unsigned *ret_line, const char **ret_reason);

/* Whether the text's "#!" line names a shell that this room evaluates. */
bool shell_is_script(struct str text);

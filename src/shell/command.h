#pragma once

/*
 * shell/command.h - what a modelled command is, and what it may use.
 *
 * A command is a small function over the world. It behaves as the real program
 * does for the options that it knows, including its exit status and what it
 * prints where scripts can see that; anything else it refuses.
 */

#include "shell/world.h"

/* Standard input of a command; shared by all that read from it, which move @at. */
struct shell_input {
	struct str data;
	size_t at;
};

struct shell_call {
	struct shell *shell; /* NULL: no script calls it; what it refuses is then an error */
	struct world *world;
	const struct str *argv; /* argv[0]: as it was called */
	size_t argc;
	struct shell_input *in; /* never NULL */
	struct buf *out, *err;  /* standard output and standard error: append */
	cause_id cause;         /* for every change that this command makes */
	unsigned line;          /* of the maintainer script */
};

/* Return: exit status 0 to 255; -1: evaluation must stop (err says why). */
typedef int shell_command_run(struct shell_call *c, struct error *err);

enum shell_command_flags {
	SHELL_COMMAND_VIRTUAL = 1, /* is there without a file on PATH (db_get) */
};

struct shell_command {
	const char *name;
	shell_command_run *run;
	unsigned flags;
};

/* Tables end with a row whose name is NULL. Rows are sorted by name. */
extern const struct shell_command shell_text_commands[]; /* sed, grep, sort ... */
extern const struct shell_command shell_file_commands[]; /* cp, chmod, find ... */

/*
 * "This use is not modelled": asks the host and returns the status to go on with,
 * or -1. Use: return shell_refuse(c, err, "option %s", ...);
 */
int shell_refuse(struct shell_call *c, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* A message on standard error as the program prints it, then @status. */
int shell_fail(struct shell_call *c, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Runs another command as a child (xargs, find -exec, env, su -c, run-parts): by
 * PATH or by path, modelled or a shell script of the tree. NULL streams: the
 * caller's own. Return: its status, 127 if there is none, -1.
 */
int shell_spawn(struct shell_call *c, const struct str *argv, size_t argc,
		struct shell_input *in, struct buf *out, struct buf *err_out,
		struct error *err) MUST_CHECK;

/* Evaluates @text as `sh -c TEXT NAME ARGS` would. */
int shell_spawn_text(struct shell_call *c, struct str text, const struct str *arguments,
		     size_t n, struct error *err) MUST_CHECK;

/* The rest of standard input; moves it to its end. */
struct str shell_input_all(struct shell_input *in);
/* One line without its newline; false at the end. *ret_newline: whether it had one. */
bool shell_input_line(struct shell_input *in, struct str *ret, bool *ret_newline);

/* Variables of the calling shell. Values are copied. */
bool shell_variable(const struct shell *sh, struct str name, struct str *ret);
/* The same for what a program sees: only what is exported. */
bool shell_exported(const struct shell *sh, struct str name, struct str *ret);
void shell_export_variable(struct shell *sh, struct str name, struct str value);
/* What a child's environment has, by name in byte order. In the arena. */
struct shell_variable;
size_t shell_environment(struct shell *sh, struct shell_variable **ret);
struct str shell_name(const struct shell *sh); /* $0 */
bool shell_is_child(const struct shell *sh);   /* a script that the maintainer script runs */

struct world *shell_world(const struct shell *sh);
/*
 * Work that grows with data counts as steps, so that no script runs for long: bytes
 * that are copied or looked at. What is over the limit ends with the next command;
 * true: this one may end at once, its result doesn't matter.
 */
bool shell_charge(struct shell *sh, uint64_t bytes);
uint16_t shell_umask(const struct shell *sh);
struct str shell_folder(const struct shell *sh); /* working folder, absolute */
cause_id shell_cause(const struct shell *sh);    /* of what runs now: shell_call.cause */

/* The file that @name means as a command (PATH, or as a path), or NULL. */
struct node *shell_which(const struct shell *sh, struct str name, struct str *ret_path);

/* Shell patterns (XCU 2.13): the whole of @text against @pattern. */
enum pattern_flags {
	PATTERN_PATH = 1,   /* '/' is matched by '/' only */
	PATTERN_PERIOD = 2, /* a leading '.' (with PATTERN_PATH: of each part) by '.' only */
	PATTERN_CARET = 4,  /* "[^" is "[!": bash and fnmatch(3); to dash '^' is itself */
};
bool pattern_match(struct str pattern, struct str text, unsigned flags);
/* The same; adds to *cost how many bytes it looked at. */
bool pattern_match_costs(struct str pattern, struct str text, unsigned flags, uint64_t *cost);

/*
 * Options as getopt_long(3) with permutation takes them apart ("+" first: stops at
 * the first operand). One table a command; the order of options is kept.
 */
struct shell_option {
	char letter;         /* 0: none */
	const char *name;    /* NULL: none; abbreviations that are unique are taken */
	enum { OPTION_NO_VALUE, OPTION_VALUE, OPTION_MAYBE_VALUE } value;
	int id;              /* what shell_options() reports */
};
struct shell_taken {
	int id;
	struct str value; /* ptr NULL: none */
};
struct shell_arguments {
	struct shell_taken *options;
	size_t n_options;
	const struct str *operands;
	size_t n_operands;
};
/*
 * Return: 0; 1 with *ret_status when an option is not in the table (refused through
 * the host: return *ret_status); -1. @table ends with an all-zero row whose id is 0.
 * @stop_early: as a leading '+'.
 */
int shell_options(struct shell_call *c, const struct shell_option *table, bool stop_early,
		  struct shell_arguments *ret, int *ret_status, struct error *err) MUST_CHECK;

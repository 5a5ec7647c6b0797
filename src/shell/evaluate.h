#pragma once

/*
 * shell/evaluate.h - what the parts of the evaluator give each other.
 *
 * Return values: a status from 0 to 255, or 0/STOPPED for steps that have none;
 * -1: the host stops everything, err says why. After each of them sh->unwind tells
 * whether the construct goes on.
 */

#include "shell/shell_private.h"

#define STOPPED 1 /* sh->unwind is set */

/* ---- variables.c ---- */
extern const struct str variable_path, variable_ifs, variable_home, variable_pwd;
struct variable *variable_find(const struct shell *sh, struct str name); /* set or not, or NULL */
struct variable *variable_make(struct shell *sh, struct str name);
bool variable_get(const struct shell *sh, struct str name, struct str *ret);
void variable_set(struct shell *sh, struct str name, struct str value);
/* 0, or STOPPED with a message if it is read-only (which ends a script). */
int variable_assign(struct shell *sh, struct str name, struct str value, unsigned flags);
int variable_unset(struct shell *sh, struct str name);
void variable_flags(struct shell *sh, struct variable *v, unsigned add, unsigned remove);
struct value *variable_change(struct shell *sh, struct variable *v); /* journals it */
void value_text(struct shell *sh, struct value *v, struct str text);
void variable_local(struct shell *sh, struct variable *v);
void variable_locals_end(struct shell *sh, size_t mark);
void array_put(struct shell *sh, struct variable *v, int64_t index, struct str text);
bool array_get(const struct variable *v, int64_t index, struct str *ret);
void array_clear(struct shell *sh, struct variable *v);
void array_remove(struct shell *sh, struct variable *v, int64_t index);
struct function *function_find(const struct shell *sh, struct str name);
void function_define(struct shell *sh, struct str name, const struct ast *body);
void variables_release(struct shell *sh);
/* Names in byte order of all that are set and have all of @flags; in scratch. */
size_t variables_sorted(struct shell *sh, unsigned flags, struct variable ***ret);

struct subshell {
	struct shell_state state;
	size_t journal, locals;
	bool bash;
};
void subshell_begin(struct shell *sh, struct subshell *ret);
void subshell_end(struct shell *sh, struct subshell *saved);

/* ---- streams.c ---- */
struct stream *stream_new(struct session *session, enum stream_kind kind);
void streams_release(struct session *session);
struct stream *stream_hold(struct stream *s);
int stream_drop(struct shell *sh, struct stream *s, struct error *err) MUST_CHECK;
int streams_flush(struct session *s, struct shell *sh, struct error *err) MUST_CHECK;
/* Where to append what is written to @fd. */
struct buf *stream_buffer(struct shell *sh, unsigned fd);
/* After a command: keeps, drops or marks what was written. */
int stream_written(struct shell *sh, unsigned fd, struct error *err) MUST_CHECK;
int stream_input(struct shell *sh, unsigned fd, struct shell_input **ret,
		 struct error *err) MUST_CHECK;

/* ---- redirect.c ---- */
struct saved_fds {
	struct stream *fd[SHELL_FDS];
};
/* 0, 1: it failed, a message was written, nothing is changed; STOPPED is told by unwind; -1. */
int redirect_begin(struct shell *sh, const struct redirect *r, struct saved_fds *ret,
		   struct error *err) MUST_CHECK;
int redirect_end(struct shell *sh, struct saved_fds *saved, struct error *err) MUST_CHECK;
int redirect_keep(struct shell *sh, struct saved_fds *saved, struct error *err) MUST_CHECK;

/* ---- expand*.c ---- */
int expand_words(struct shell *sh, struct word *const *words, size_t n, struct str **ret,
		 size_t *ret_n, struct error *err) MUST_CHECK;
int expand_text(struct shell *sh, const struct word *w, struct str *ret,
		struct error *err) MUST_CHECK;    /* no splitting, no pathnames; in scratch */
int expand_pattern(struct shell *sh, const struct word *w, struct str *ret,
		   struct error *err) MUST_CHECK; /* quoted characters are escaped */
int expand_regex(struct shell *sh, const struct word *w, struct str *ret,
		 struct error *err) MUST_CHECK;
int expand_files(struct shell *sh, struct str pattern, struct str **ret, size_t *ret_n,
		 struct error *err) MUST_CHECK;
/*
 * @pattern against the whole of @text as this shell does it: 0 with *ret, STOPPED where
 * bash's characters beyond ASCII or its extended patterns would decide. @flags: PATTERN_*,
 * or MATCH_EXTENDED where extended patterns always count.
 */
#define MATCH_EXTENDED 256u
int shell_match(struct shell *sh, struct str pattern, struct str text, unsigned flags, bool *ret,
		struct error *err) MUST_CHECK;
int arithmetic_evaluate(struct shell *sh, struct str text, int64_t *ret,
			struct error *err) MUST_CHECK;
/* bash: {a,b} and {1..3}: the words that @w stands for, in scratch. SIZE_MAX: unknown. */
size_t expand_braces(struct shell *sh, const struct word *w, const struct word *const **ret);

/* ---- evaluate.c, command.c ---- */
int evaluate(struct shell *sh, const struct ast *a, bool tested, struct error *err) MUST_CHECK;
int evaluate_simple(struct shell *sh, const struct ast *a, bool tested,
		    struct error *err) MUST_CHECK;
int evaluate_function(struct shell *sh, const struct function *f, const struct str *args,
		      size_t n, bool tested, struct error *err) MUST_CHECK;
int evaluate_cond(struct shell *sh, const struct cond *c, struct error *err) MUST_CHECK;
/* Evaluates @text at the line that runs (eval, traps). */
int evaluate_text(struct shell *sh, struct str text, bool tested, struct error *err) MUST_CHECK;
int evaluate_source(struct shell *sh, const struct script_text *source, bool tested,
		    struct error *err) MUST_CHECK;
/* Its output, without newlines at the end, in scratch. */
int evaluate_substitution(struct shell *sh, const struct ast *a, struct str *ret,
			  struct error *err) MUST_CHECK;
int evaluate_exit_trap(struct shell *sh, struct error *err) MUST_CHECK;
int errexit_check(struct shell *sh, int status, bool tested); /* set -e; returns @status */
int shell_step(struct shell *sh, struct error *err) MUST_CHECK; /* 0, STOPPED, -1 */

/* ---- call.c ---- */
enum command_place { COMMAND_NONE, COMMAND_FUNCTION, COMMAND_BUILTIN, COMMAND_MODEL,
		     COMMAND_SCRIPT, COMMAND_UNKNOWN, COMMAND_NOT_EXECUTABLE };
struct found_command {
	enum command_place place;
	const struct function *function;
	const struct builtin *builtin;
	const struct shell_command *model;
	struct node *node;
	struct str path; /* of the file; "" if there is none */
};
enum found_flags { FIND_NO_FUNCTIONS = 1, FIND_NO_BUILTINS = 2, FIND_STANDARD_PATH = 4 };
int command_find(struct shell *sh, struct str name, unsigned flags, struct found_command *ret,
		 struct error *err) MUST_CHECK;
int command_run(struct shell *sh, const struct found_command *f, const struct str *argv,
		size_t argc, bool tested, struct error *err) MUST_CHECK;
/* The maintainer script once more, in a new process. */
int run_itself(struct shell *sh, const struct str *argv, size_t argc,
	       struct error *err) MUST_CHECK;
int run_script_file(struct shell *sh, struct str path, struct node *node,
		    const struct str *argv, size_t argc, struct error *err) MUST_CHECK;

/* ---- builtins ---- */
enum builtin_flags {
	BUILTIN_SPECIAL = 1, /* its errors end a script; assignments before it stay */
	BUILTIN_BASH = 2,    /* bash only */
	BUILTIN_PROGRAM = 4, /* there is a program by that name that does the same */
};
struct builtin {
	const char *name;
	shell_command_run *run;
	unsigned flags;
};
extern const struct builtin builtins[];
const struct builtin *builtin_find(const struct shell *sh, struct str name);
/* "name: text" on standard error; the builtin failed: status 2 (bash: 1 or 2). */
int builtin_error(struct shell_call *c, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
int test_evaluate(struct shell_call *c, const struct str *args, size_t n, struct error *err);
int test_unary(struct shell_call *c, char op, struct str operand, struct error *err);
int test_binary_files(struct shell_call *c, struct str op, struct str a, struct str b);
shell_command_run builtin_alias, builtin_break, builtin_colon, builtin_continue, builtin_dot,
	builtin_eval, builtin_exec, builtin_exit, builtin_export, builtin_readonly, builtin_return,
	builtin_set, builtin_shift, builtin_times, builtin_trap, builtin_unset, builtin_cd,
	builtin_command, builtin_echo, builtin_false, builtin_getopts, builtin_hash, builtin_kill,
	builtin_local, builtin_printf, builtin_pwd, builtin_read, builtin_test, builtin_true,
	builtin_type, builtin_ulimit, builtin_umask, builtin_wait, builtin_declare, builtin_shopt,
	builtin_let, builtin_mapfile, builtin_refused, builtin_jobs;
bool is_standard_flag(char letter, unsigned *ret);

/* ---- refuse.c ---- */
/* Ends the script: CONSTRUCT, LIMIT. Returns STOPPED or -1. */
int shell_abandon(struct shell *sh, enum refusal_kind kind, struct error *err, const char *fmt,
		  ...) PRINTF_LIKE(4, 5) MUST_CHECK;
int shell_refuse_kind(struct shell *sh, enum refusal_kind kind, int *ret_status,
		      struct error *err, struct str reason) MUST_CHECK;
/* "NAME: LINE: text" on standard error. */
void shell_message(struct shell *sh, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same, and the process ends with @status. Returns STOPPED. */
int shell_die(struct shell *sh, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
void shell_free(struct shell *sh);
struct shell *shell_new(struct session *s, struct str name, bool bash);

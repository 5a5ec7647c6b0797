#pragma once

/*
 * shell/shell_private.h - the state of a shell. Private to shell/; commands use
 * command.h only.
 *
 * A session is one shell_run(): the maintainer script, what it sources, and the
 * scripts of the tree that it calls. A shell is one process image of it. A
 * subshell is the same struct shell: variables and functions are journaled,
 * the rest (struct shell_state) is copied and put back.
 */

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "shell/ast.h"
#include "shell/command.h"
#include "shell/shell.h"

#define SHELL_FDS 10u
#define SHELL_SIGNALS 65u

/* ---- memory that is given back in the order of taking ---- */

struct scratch_block;
struct scratch {
	struct scratch_block *top;
	size_t used; /* bytes in all blocks below the top and in it */
};
struct scratch_mark {
	struct scratch_block *block;
	size_t at, used;
};
void *scratch_alloc(struct scratch *s, size_t size); /* 16-aligned, not zeroed */
struct str scratch_str(struct scratch *s, struct str text); /* a NUL follows */
struct scratch_mark scratch_mark(const struct scratch *s);
void scratch_back(struct scratch *s, struct scratch_mark mark);
void scratch_release(struct scratch *s);

/* ---- streams ---- */

enum stream_kind { STREAM_INPUT, STREAM_BUFFER, STREAM_NULL, STREAM_FILE };

/* An open file description: descriptors that were duplicated share it. */
struct stream {
	unsigned refs;
	enum stream_kind kind;
	bool readable, writable, append;
	bool dirty;             /* FILE: @pending is to be written */
	struct shell_input in;  /* INPUT, FILE: what is read, and the position (also of writing) */
	struct buf *target;     /* BUFFER: borrowed */
	struct buf pending;     /* FILE, NULL: what was written */
	struct node *node;      /* FILE */
	struct content seen;    /* FILE: what in.data was loaded from */
	bool loaded;
	char *owned;            /* INPUT: memory of in.data, or NULL */
	struct stream *next_dirty;
	struct conversation *talk; /* INPUT: answers to what the script prints, or NULL */
	struct stream *older, *newer; /* of the session: freed with it, whoever stopped */
};

/* ---- variables ---- */

enum variable_flags {
	VARIABLE_SET = 1,
	VARIABLE_EXPORT = 2,
	VARIABLE_READONLY = 4,
	VARIABLE_ARRAY = 8,   /* bash */
	VARIABLE_INTEGER = 16, /* bash: declare -i */
	VARIABLE_LOWER = 32, VARIABLE_UPPER = 64, /* bash: declare -l, -u */
};

struct element {
	int64_t index;
	char *text;
	size_t len;
};

struct value {
	char *text; /* owned; NUL-terminated; NULL: "" */
	size_t len;
	struct element *items; /* VARIABLE_ARRAY: sorted by index */
	size_t n_items, capacity;
	unsigned flags;
};

struct variable {
	struct str name;
	struct value value;
	unsigned saved_level; /* subshell level whose journal has the former value */
};

struct function {
	struct str name;
	const struct ast *body; /* NULL: undefined */
	const struct script_text *source;
};

struct journal_entry {
	bool is_function;
	uint32_t index;
	struct value value;
	unsigned saved_level;
	struct function function;
};

/* A text that is evaluated: lines count in it. */
struct script_text {
	struct str name, text;
	bool outer;        /* the maintainer script itself */
	const struct digest *digest; /* of a file of the tree, which others may run, too; or NULL */
	bool bash;
};

enum shell_flags {
	FLAG_ERREXIT = 1,
	FLAG_NOUNSET = 2,
	FLAG_NOGLOB = 4,
	FLAG_NOCLOBBER = 8,
	FLAG_ALLEXPORT = 16,
	FLAG_NOEXEC = 32,
	FLAG_XTRACE = 64,
	FLAG_VERBOSE = 128,
	FLAG_PIPEFAIL = 256,
	FLAG_NULLGLOB = 512,   /* shopt */
	FLAG_EXTGLOB = 1024,
	FLAG_DOTGLOB = 2048,
	FLAG_OTHERS = 4096, /* those that change nothing here */
};

/* What a subshell gets a copy of. */
struct shell_state {
	struct str folder; /* absolute; in the session's arena */
	uint16_t umask;
	unsigned flags;
	struct str *args; /* $1 ... */
	size_t n_args;
	struct stream *fd[SHELL_FDS];
	struct str *traps; /* SHELL_SIGNALS, ptr NULL: none; or NULL */
	unsigned loops, functions, sourced;
	unsigned level; /* of subshells */
	size_t option_at; /* getopts: inside an argument */
	int option_index;
};

/* Why evaluation leaves a construct early. */
enum unwind {
	UNWIND_NONE,
	UNWIND_BREAK,
	UNWIND_CONTINUE,
	UNWIND_RETURN,
	UNWIND_EXIT,    /* this process: a subshell, or all of it */
	UNWIND_ABANDON, /* the maintainer script: a refusal ends it */
};

struct session {
	struct world *world;
	const struct script_text *script; /* the maintainer script */
	struct conversation *conversations;
	struct arena arena;
	struct scratch scratch;
	struct stream *dirty, *streams;
	unsigned depth;
	unsigned outer_line;
	unsigned cause_line;
	cause_id cause;
	size_t held;         /* bytes of variables */
	size_t arena_before; /* bytes of the world's arena when it began */
	uint64_t charged;    /* bytes of work that are not a step yet */
	bool abandoned;
	int abandon_status;
	struct buf messages; /* standard error of the maintainer script, its end */
	struct buf printed;  /* standard output, dropped in a real run */
	struct buf closed;   /* what is written to a closed descriptor: must stay empty */
};

struct shell {
	struct session *session;
	struct world *world;
	struct shell *parent; /* that called this script, or NULL */
	const struct script_text *source;
	unsigned line;
	bool bash;
	bool tested;         /* the running builtin stands in a test: set -e is off */
	bool builtin_failed; /* an error that ends a script if the builtin is a special one */
	bool failed_special; /* what ends the script is the failure of a special builtin */
	bool kept_redirections; /* exec without a command */
	struct str name;     /* $0 */
	struct strtab variable_names, function_names;
	struct variable *variables;
	size_t n_variables, variables_capacity;
	struct function *functions;
	size_t n_functions, functions_capacity;
	struct journal_entry *journal;
	size_t n_journal, journal_capacity;
	struct journal_entry *locals; /* former values, given back when a function ends */
	size_t n_locals, locals_capacity;
	size_t function_locals; /* where those of the running function begin */
	struct shell_state state;
	enum unwind unwind;
	unsigned unwind_count; /* BREAK, CONTINUE: loops left */
	int status;            /* $? */
	int substituted;       /* status of the last command substitution, or -1 */
	struct str last_argument; /* $_ */
	const struct ast *running; /* for messages */
	struct str command_text;   /* expanded words of the running command */
	bool background;           /* $! has a value */
	unsigned subshells;        /* levels ever made: numbers of levels are never reused */
};

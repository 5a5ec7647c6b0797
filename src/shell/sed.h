#pragma once

/* shell/sed.h - what the files of sed share. Private to shell/. */

#include "shell/regex.h"
#include "shell/text_tool.h"

#define SED_STEPS_MAX 20000000u /* commands of one run: endless loops end */
#define SED_DEPTH_MAX 50u

enum sed_address_kind {
	SED_NO_ADDRESS,
	SED_LINE,     /* N */
	SED_STEP,     /* FIRST~STEP */
	SED_LAST,     /* $ */
	SED_REGEX,    /* /re/; regex NULL: the last one used */
	SED_ZERO,     /* 0, of 0,/re/ */
	SED_PLUS,     /* ,+N */
	SED_MULTIPLE, /* ,~N */
};

struct sed_address {
	enum sed_address_kind kind;
	uint64_t n, step;
	struct regex *regex;
};

enum sed_case { SED_CASE_NONE, SED_CASE_UPPER, SED_CASE_LOWER };

/* A piece of a replacement: text, then a group (-1: none), then a change of case. */
struct sed_piece {
	struct str text;
	int group;
	bool sets_case, sets_once;
	enum sed_case cases, once; /* \U \L \E; \u \l */
};

struct sed_output {
	struct str path; /* "": standard output */
	struct buf *out;
	bool missing_newline;
	bool failed;
};

struct sed_command {
	struct sed_address a1, a2;
	bool negated, active;
	uint64_t range_end;
	char name;
	size_t jump;		/* b t T { : index to go on at */
	struct str label, text; /* text of a i c; name of a file */
	uint64_t number;	/* exit status, width of l */
	struct regex *regex;	/* of s; NULL: the last one used */
	struct sed_piece *pieces;
	size_t n_pieces;
	uint64_t nth;
	bool global, print;
	struct sed_output *output; /* of w and s///w */
	unsigned char map[256];	   /* of y */
};

struct sed_script {
	struct arena *arena;
	unsigned regex_flags;
	struct sed_command *commands;
	size_t n, capacity;
	struct sed_output *outputs[32];
	size_t n_outputs;
	bool quiet;	    /* -n or "#n" */
	const char *reason; /* why it can't be parsed */
};

/* False with script->reason. */
bool sed_parse(struct sed_script *script, struct str text, bool may_be_quiet);

/* One replacement or the rest of a delimited part: exported for sed_parse.c's halves. */
struct sed_reader {
	struct sed_script *script;
	struct str text;
	size_t at;
};
bool sed_part(struct sed_reader *r, char delimiter, bool is_regex, struct str *ret);
bool sed_replacement(struct sed_script *script, struct str text, struct sed_command *command);
bool sed_fail(struct sed_script *script, const char *reason);

struct sed_input {
	struct str text; /* what is left of this stream */
	struct str name;
};

struct sed_run {
	struct shell_call *c;
	struct sed_script *script;
	struct arena *arena;
	char end; /* '\n', or NUL with -z */
	struct sed_input *inputs;
	size_t n_inputs, input;
	struct buf pattern, hold, work;
	bool chomped; /* the line in @pattern had its end */
	uint64_t line, steps;
	struct sed_output *main; /* standard output, or the file of -i */
	struct regex *last_regex;
	struct str *appends; /* text to append, "r" file or "R" line */
	bool *append_is_file;
	size_t n_appends, append_capacity;
	bool replaced, quit;
	int status;
	const char *refusal;
};

/* Runs over run->inputs. 0, or -1; run->refusal: can't be said. */
int sed_execute(struct sed_run *run, struct error *err) MUST_CHECK;
/* A substitution in the pattern space. 1: replaced, 0, -1. */
int sed_substitute(struct sed_run *run, struct sed_command *command, struct error *err);
struct regex *sed_regex(struct sed_run *run, struct regex *regex);
int sed_put(struct sed_run *run, struct sed_output *o, struct str text, bool ended,
	    struct error *err) MUST_CHECK;

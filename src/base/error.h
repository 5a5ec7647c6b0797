#pragma once

/*
 * base/error.h - what went wrong, where, and while doing what.
 *
 * Every function that can fail returns int and takes a `struct error *err` as
 * its last parameter: 0 is success, -1 is failure with *err filled in. err is
 * never NULL. A failure always travels up to cli/, which prints it once; no
 * other room writes to stderr.
 *
 * An outcome that the caller is expected to handle (absent, end of stream) is
 * not an error: it is a positive return value documented by that one function.
 *
 * Running out of memory is not reported here: base/mem.h aborts. Sizes that
 * come from outside are checked against base/limits.h first (ERR_LIMIT).
 */

#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"

/* A place in a text that the user wrote. Both count from 1; 0: unknown. */
struct src_pos {
	const char *file; /* borrowed; lives as long as the document's arena. Errors copy it */
	uint32_t line;
	uint32_t column;
};

/* ERR_NAME = number; number / 100 is the exit status. See errcodes.def. */
enum err_code {
	ERR_NONE = 0,
#define ERR_CODE(number, name, title, text) ERR_##name = (number),
#include "base/errcodes.def"
#undef ERR_CODE
};

#define ERR_CONTEXT_MAX 8

struct error {
	enum err_code code;
	int sys; /* errno value, or 0 */
	struct src_pos pos;
	char *file;                     /* what pos.file points to: the document may be gone */
	char *message;                  /* the root cause, one line */
	char *detail;                   /* further lines (a chain, a list), or NULL */
	char *body;                     /* a report with a layout of its own, or NULL */
	char *context[ERR_CONTEXT_MAX]; /* "while ...", innermost first */
	unsigned n_context;
	char *hint; /* what the user may do about it, or NULL */
};

#define ERR_INIT { .code = ERR_NONE }

/* Frees what *err holds and resets it to ERR_INIT. */
void err_release(struct error *err);
#define CLEANUP_ERR CLEANUP(err_release)

/* Moves *from into *to, which must be empty; *from is reset. Returns -1. */
int err_move(struct error *to, struct error *from);

/* All return -1, so that a failing function ends in one line. */
int err_set(struct error *err, enum err_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
int err_at(struct error *err, enum err_code code, struct src_pos pos,
	   const char *fmt, ...) PRINTF_LIKE(4, 5);
/* ERR_IO; ERR_INTERRUPTED if @sys, an errno, is EINTR. */
int err_sys(struct error *err, int sys, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_while(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Where it went wrong, for an error from below that could not know. The first stands. */
int err_place(struct error *err, struct src_pos pos);

/* The first hint stands: the innermost function knows best. Both return -1. */
int err_hint(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
int err_detail(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Lines that are printed below the message as they are. Returns -1. */
int err_body(struct error *err, const char *text);

/* Exit status of the command that failed with @err (design.md, section 11). */
int err_exit_status(const struct error *err);

/* One row of errcodes.def. */
struct err_info {
	enum err_code code;
	const char *name;
	const char *title;
	const char *text;
};

/* All rows, in order of number; ended by a row with code ERR_NONE. */
extern const struct err_info err_table[];

/* NULL if there is no such code. */
const struct err_info *err_info_find(unsigned number);

/* The text as cli/ prints it: message, place, contexts, hint. */
void err_print(const struct error *err, FILE *out);

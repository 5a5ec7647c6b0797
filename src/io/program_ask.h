#pragma once

/*
 * io/program_ask.h - a program of the host that is asked one question.
 *
 * The question goes to its standard input, its standard output is the answer, its standard
 * error is ours. It keeps the terminal, so that it may ask for a PIN there.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

struct program_question {
	const char *const *argv; /* argv[0] is a path */
	struct bytes input;
	unsigned timeout;      /* seconds; 0: none */
	size_t answer_max;     /* bytes */
	enum err_code failure; /* what it is if the program misbehaves */
};

/*
 * @to gets all that it says. A program that reads only a part of its input is fine. Call it
 * while no other thread runs.
 *
 * Errors: q->failure it can't be started, ends with another status than 0, takes too long
 * (it is ended then) or says too much; ERR_INTERRUPTED; ERR_IO.
 */
int program_ask(const struct program_question *q, struct buf *to, struct error *err) MUST_CHECK;

#pragma once

/*
 * io/child.h - a task in a process of its own, and its answer.
 *
 * For what must not share our memory: a parser that may be made to crash, a private key.
 * The child is a fork, without an exec: call it while no other thread runs. It inherits
 * what is open, but not standard input, output and error, and leaves no core file.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

/* Runs in the child: fills @to, or *err. */
typedef int child_task(const void *what, struct buf *to, struct error *err);

struct child_options {
	const char *name;      /* of the task, for messages: "the OpenPGP reader" */
	enum err_code failure; /* what it is if the child dies */
	const char *hint;      /* then; or NULL */
	size_t answer_max;     /* bytes */
	bool secret;	       /* what passes through our memory is wiped, but for @to */
};

/*
 * The same in two steps: meanwhile the caller may start threads. Each child must be finished
 * (waits for its answer) or dropped (killed). @what lives until then.
 */
struct child;
int child_start(child_task *task, const void *what, const struct child_options *options,
		struct child **ret, struct error *err) MUST_CHECK;
int child_finish(struct child *c, struct buf *to, struct error *err) MUST_CHECK;
void child_drop(struct child *c); /* NULL is allowed */

/*
 * @to gets what @task put into its own. Errors: the task's (code, message, detail, hint);
 * options->failure if the child dies or says too much; ERR_IO.
 */
int child_run(child_task *task, const void *what, const struct child_options *options,
	      struct buf *to, struct error *err) MUST_CHECK;

#pragma once

/*
 * crypto/key_child.h - a private key is opened by a child process, and by nothing else.
 *
 * Spec: design.md, section 10; formats B4. The child reads the key's file, does one thing
 * with it and goes; its memory is in no core file, and the key's bytes are wiped before it
 * ends. What comes home is a signature or an error. A file that others can get at (mode), a
 * symbolic link and what is no regular file are refused; the passphrase's may be a pipe.
 */

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

struct key_source {
	const char *path;	     /* PEM; relative to the current folder */
	const char *passphrase;	     /* or NULL */
	const char *passphrase_path; /* its first line counts; or NULL. Opened by the child, too */
};

/* In the child. @key: the whole file; @passphrase may be NULL. */
typedef int key_task(struct bytes key, const char *passphrase, const void *what, struct buf *to,
		     struct error *err);

/*
 * @to gets what @task put into its own, at most KEY_ANSWER_MAX bytes. Call it while no other
 * thread runs. Errors: the task's; ERR_KEY no such file, too large, others can read
 * it, the child dies.
 */
#define KEY_ANSWER_MAX (1u << 20)
int key_child_run(const struct key_source *source, key_task *task, const void *what,
		  struct buf *to, struct error *err) MUST_CHECK;

/*
 * The first line of a file that nobody else may read, or of a pipe. *ret owned; wipe it.
 * ERR_KEY.
 */
int key_passphrase_load(const char *path, char **ret, struct error *err) MUST_CHECK;

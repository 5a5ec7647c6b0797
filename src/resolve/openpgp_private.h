#pragma once

/*
 * resolve/openpgp_private.h - the two halves of resolve/archive.h's OpenPGP part.
 *
 * librnp reads what a mirror sends, in C++, and prints on stderr what it thinks of it. It
 * runs in a child process that has nothing but the bytes: it can open no file and
 * no socket and print nothing; if it crashes, that is a bad signature.
 */

#include "base/buf.h"
#include "resolve/archive.h"

/* Called when librnp is set up and has seen nothing yet: gives up rights. */
typedef int openpgp_seal(struct error *err);

/*
 * What openpgp_verify_inline() and openpgp_fingerprints() do, in this process.
 * @seal may be NULL (tests).
 */
int openpgp_verify_here(struct bytes message, struct bytes keyring, int64_t now,
			openpgp_seal *seal, struct arena *arena, struct openpgp_verdict *ret,
			struct error *err) MUST_CHECK;
int openpgp_fingerprints_here(struct bytes keyring, openpgp_seal *seal, struct arena *arena,
			      struct str **ret, size_t *ret_n, struct error *err) MUST_CHECK;

typedef int openpgp_task(const void *what, openpgp_seal *seal, struct arena *arena,
			 struct openpgp_verdict *ret, struct error *err);

/*
 * Runs @task in a child and brings home its verdict or its error. *ret lies in
 * @arena. Errors: the task's, ERR_SIGNATURE if the child dies, ERR_IO.
 */
int openpgp_in_child(openpgp_task *task, const void *what, struct arena *arena,
		     struct openpgp_verdict *ret, struct error *err) MUST_CHECK;

#pragma once

/* pipeline/verify_log.h - whether a signature that counts is in a transparency log. */

#include "pipeline/verify.h"

struct verify_log_options {
	const char *proof;  /* --proof: a .tlog-proof */
	const char *key;    /* --log-key: the log's public key, or verifier key */
	const char *origin; /* --log-origin: the log that it must be, or NULL */
};

/*
 * Adds the check "log" to @r, which verify_run() has made for @path with @o and which has
 * signers: one of their files is what the proof is of. No socket is opened. On failure
 * nobody vouches any more.
 *
 * Errors: ERR_SIGNATURE, ERR_FORMAT, ERR_KEY, ERR_IO.
 */
int verify_log(const char *path, const struct verify_options *o,
	       const struct verify_log_options *log, struct verify_result *r,
	       struct error *err) MUST_CHECK;

#pragma once

/*
 * pipeline/build_sign.h - `build --sign-key`: all outputs and statements of a run. Private.
 *
 * Spec: design.md, sections 7 and 10; docs/signing.md.
 */

#include "pipeline/build_private.h"

/* Before anything is built: ERR_POLICY if one of the wanted targets can't be signed. */
int build_may_sign(const struct building *b, struct error *err) MUST_CHECK;

/* Removes signatures of files that were where the new ones of @outs are now. */
int build_drop_signatures(struct building *b, const struct build_output *outs, size_t n,
			  struct error *err) MUST_CHECK;

/*
 * Signs all outputs of b->result and the statements beside them. Those that were up to date
 * are read again first: ERR_DIGEST if one is not what the stage remembers.
 */
int build_sign(struct building *b, struct error *err) MUST_CHECK;

#pragma once

/*
 * pipeline/output_record.h - what the stage remembers of a finished output.
 *
 * A keyed result "output": digests and the file's stat data when it was
 * published. While those are unchanged the file is taken for what it was, as
 * make(1) and git(1) do; `verify` reads every byte.
 */

#include "pipeline/build.h"
#include "stage/stage.h"

/* Digest of all that decides the output that @out names. @lock: of the lock's text. */
struct digest output_record_key(const struct recipe *r, const struct digest *lock,
				const struct recipe_target *t, const struct build_output *out);

/* Fills in @out, stamp too, and sets up_to_date if the file is still the one of @key. */
int output_record_get(struct stage *s, const struct digest *key, int outputs,
		      struct build_output *out, struct error *err) MUST_CHECK;

/* Of the file that lies there: it must be ours. Fills in out->stamp. */
int output_record_put(struct stage *s, const struct digest *key, int outputs,
		      struct build_output *out, struct str inputs,
		      struct error *err) MUST_CHECK;

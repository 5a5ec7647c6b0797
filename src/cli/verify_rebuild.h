#pragma once

/* cli/verify_rebuild.h - `ingot verify --rebuild` and `--threshold`. */

#include "cli/app.h"
#include "pipeline/verify.h"

/* Builds the file again from --bundle, judges it, and signs the verdict with --sign-key. */
int verify_by_rebuild(struct app *app, const char *path, const struct verify_options *o,
		      struct error *err) MUST_CHECK;

/* Counts the rebuilders whose verdicts agree with the file at @path. */
int verify_by_threshold(struct app *app, const char *path, const struct verify_options *o,
			struct error *err) MUST_CHECK;

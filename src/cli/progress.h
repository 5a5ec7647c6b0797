#pragma once

/*
 * cli/progress.h - what a person sees while ingot works, on stderr.
 *
 * tty: one live line for the running phase, replaced by a summary when it ends.
 * plain: the summaries, and a line now and then in long phases. json: a line of
 * JSON an event. none: nothing.
 */

#include "cli/app.h"
#include "pipeline/context.h"

/* Owned, progress_free(). @colour: escape sequences for colour are welcome. */
struct progress *progress_new(enum progress_mode mode, bool notes, bool details, bool colour);
void progress_free(struct progress *p);

/* What the pipeline reports to. Borrowed from @p. */
struct observer progress_observer(struct progress *p);

/* Ends the live line, so that something else may be printed. */
void progress_pause(struct progress *p);

#pragma once

/*
 * pipeline/outputs_lock.h - one at a time changes what lies in a folder of outputs.
 *
 * Outputs, statements and signatures belong together: who replaces one of them, or writes
 * again what he has read, holds the lock of their folder, flock(2) on the folder itself: it
 * ends with the process, and leaves no file. Who only reads takes none.
 */

#include "pipeline/context.h"

/*
 * Waits for others, in steps, so that Ctrl-C works; after a second @observer (or NULL) hears
 * of it. A second time for the same descriptor does nothing. Where a folder can't be locked
 * nobody waits. Errors: ERR_INTERRUPTED.
 */
int outputs_lock(int folder, const struct observer *observer, struct error *err) MUST_CHECK;
void outputs_unlock(int folder);

#pragma once

/*
 * io/sink_thread.h - a sink whose bytes go on in another thread.
 *
 * For long outputs where making the bytes and what happens to them (hashing, writing)
 * both take time. Order stays; the bytes are the same as without it.
 */

#include "io/sink.h"

/*
 * What is written goes to @next (borrowed; closing this one does not close it) by a thread
 * of its own, at most 4 MiB behind. A failure there is reported by a later call or at close.
 * An interrupt (io/interrupt.h) is ERR_INTERRUPTED. Owned.
 */
struct sink *sink_in_thread(struct sink *next);

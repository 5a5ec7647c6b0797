#pragma once

/*
 * io/clock.h - the one place that reads a clock.
 *
 * Nothing that build writes may depend on it (design.md, section 9): only
 * `lock` asks for the date, to judge whether a Release is valid now, and
 * progress and timings ask how long something took.
 */

#include <stdint.h>

int64_t clock_now(void);        /* seconds since the epoch, UTC */
uint64_t clock_nanoseconds(void); /* monotonic, from an arbitrary start */

#pragma once

/* cli/timings.h - how long each step took, for --timings and --json. */

#include "base/arena.h"
#include "base/stopwatch.h"
#include "format/json/json.h"

struct timing {
	const char *name; /* "fetch, decode" for people */
	const char *key;  /* "fetch_and_decode" in JSON */
	uint64_t nanoseconds;
};

#define TIMINGS_LAPS (LAP_COUNT - 1)
/* One for each lap but LAP_OTHER. */
void timings_of_laps(const uint64_t nanoseconds[LAP_COUNT], struct timing to[TIMINGS_LAPS]);

void timings_print(const struct timing *list, size_t n);            /* to stderr */
struct json *timings_json(struct arena *a, const struct timing *list, size_t n); /* in us */

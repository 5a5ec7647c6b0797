#pragma once

/*
 * shell/timestamp.h - dates as date(1) and touch(1) take and print them. In UTC, as the
 * C locale spells them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct timestamp {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
	int weekday, yearday;		      /* Sunday and January 1st are 0 */
};

struct timestamp timestamp_of(int64_t time);
int64_t timestamp_time(int64_t year, int month, int day, int hour, int minute, int second);

/*
 * "@N", "now", "today"; "YYYY-MM-DD[{ |T}HH:MM[:SS]][ UTC|Z]"; "YYYYMMDD"; what date(1)
 * prints without a format. False: another form, of which nothing is known.
 */
bool timestamp_parse(struct str text, int64_t now, int64_t *ret);

/* [[CC]YY]MMDDhhmm[.ss]: with a year only, as no clock says which. */
bool timestamp_parse_touch(struct str text, int64_t *ret);

/* strftime(3) with GNU's %s %N and flags '-', '_', '0', '^'. False: not modelled. */
bool timestamp_format(struct str format, int64_t time, struct buf *out);

#pragma once

/*
 * base/stopwatch.h - where the time goes, told by rooms that have no clock.
 *
 * Who composes says which lap begins; the clock is injected by who wants to know, and
 * nothing but figures for people comes of it. One thread.
 */

#include <stddef.h>
#include <stdint.h>

enum lap {
	LAP_OTHER = 0,
	LAP_UNPACK,     /* packages' files into the tree */
	LAP_EVALUATE,   /* maintainer scripts, their journal, the effects object */
	LAP_APPLY,      /* the effects object, read and applied */
	LAP_CHECK,      /* whether both give the same tree */
	LAP_DATABASES,  /* dpkg's and apt's */
	LAP_GENERATORS, /* what sees the whole tree: ld.so.cache, certificates ... */
	LAP_COUNT,
};

struct stopwatch {
	uint64_t (*clock)(void); /* nanoseconds from any start; NULL: nothing is measured */
	uint64_t nanoseconds[LAP_COUNT];
	uint64_t since; /* when @current began, if it is not LAP_OTHER */
	enum lap current;
};

/* Ends the current lap; returns it, so that it can go on afterwards. @w may be NULL. */
static inline enum lap stopwatch_begin(struct stopwatch *w, enum lap lap)
{
	enum lap before = w ? w->current : LAP_OTHER;
	uint64_t now;

	if (!w || !w->clock)
		return before;
	now = w->clock();
	if (before != LAP_OTHER)
		w->nanoseconds[before] += now - w->since;
	w->since = now;
	w->current = lap;
	return before;
}

#pragma once

/*
 * resolve/mention.h - in which order an archive first mentions its names.
 *
 * apt numbers packages as it meets their names while it reads the indexes, and
 * where nothing else tells two providers of a name apart, it takes the one with
 * the higher number. It is an accident, but people's systems are made so.
 */

#include "base/strtab.h"
#include "resolve/universe.h"

struct mention {
	bool ready;
	struct strtab table; /* name to number: numbers are given in order */
};

/* Reads all relations of all packages: 0.1 s for Debian, so only where needed. */
void mention_init(struct mention *m, const struct universe *u);
void mention_release(struct mention *m);

/* The number of a package's name. */
uint32_t mention_rank(const struct mention *m, struct str name);

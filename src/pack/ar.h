#pragma once

/*
 * pack/ar.h - ar archives, as far as a .deb needs them.
 *
 * Spec:   deb(5); the common ar header: "!<arch>\n", then for each member 60
 *         bytes of text, its bytes, and "\n" if their number is odd.
 * Strict: no GNU or BSD tables of long names; numbers are decimal digits and
 *         blanks.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/source.h"

#define AR_NAME_MAX 17 /* 16 bytes and a NUL */

struct ar_reader {
	struct source *in;    /* borrowed */
	const char *what;     /* borrowed; for messages */
	uint64_t left;        /* bytes of the member not read yet */
	bool padded;          /* a padding byte follows them */
	char name[AR_NAME_MAX];
};

int ar_begin(struct ar_reader *ar, struct source *in, const char *what,
	     struct error *err) MUST_CHECK;

/* The next member, after skipping the rest of this one: 1, 0 at the end, -1. */
int ar_next(struct ar_reader *ar, uint64_t *ret_size, struct error *err) MUST_CHECK;

/* The bytes of the current member. Owned; ends before the next ar_next(). */
struct source *ar_content(struct ar_reader *ar);

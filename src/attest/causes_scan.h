#pragma once

/*
 * attest/causes_scan.h - the texts and numbers of a file of causes. Private.
 *
 * The file is read in the form in which it is written and in no other: blanks, order of
 * members and escapes are what causes_write() makes. So nothing needs to be kept that is not
 * part of the result.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

struct causes_scan {
	const char *at, *end, *start;
	const char *name;
	struct arena *arena;
	struct buf text; /* the last one that had escapes */
	struct error *err;
};

/* ERR_FORMAT at the line; returns -1. */
int scan_wrong(struct causes_scan *s, const char *what);

/* Takes @literal if it is next. */
bool scan_take(struct causes_scan *s, const char *literal);
int scan_expect(struct causes_scan *s, const char *literal) MUST_CHECK;

/* Without a sign. */
int scan_number(struct causes_scan *s, uint32_t *ret) MUST_CHECK;

/* A view, until the next text. */
int scan_text(struct causes_scan *s, struct str *ret) MUST_CHECK;

/* @literal, then a text, which lies in the arena afterwards. */
int scan_member(struct causes_scan *s, const char *literal, struct str *ret) MUST_CHECK;

/* A text whose bytes are spelled "\\" and "\xHH" where they must; a view as well. */
int scan_bytes(struct causes_scan *s, struct str *ret) MUST_CHECK;

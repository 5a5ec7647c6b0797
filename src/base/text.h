#pragma once

/* base/text.h - text for people: safe printing, suggestions, sizes, dates. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"

/*
 * Text from outside, printed so that it can't drive a terminal: control
 * characters, bidirectional overrides and invalid UTF-8 come out as \xNN.
 */
void text_print_safe(FILE *out, const char *text, size_t len);
void text_add_safe(struct buf *out, struct str text);

bool text_is_utf8(struct str text); /* well-formed, RFC 3629 */

/*
 * @text itself if it is well-formed and has no NUL; else a copy in @arena with U+FFFD for
 * each wrong byte.
 */
struct arena;
struct str text_utf8(struct str text, struct arena *arena);

/* Edit distance (insert, delete, replace, swap of neighbours), at most @limit. */
unsigned text_distance(struct str a, struct str b, unsigned limit);

/*
 * The word of @words nearest to @word, if near enough to be a typo of it, else
 * NULL. Ties go to the first.
 */
const char *text_suggest(struct str word, const char *const *words, size_t n);

#define TEXT_SIZE_MAX 16
/* "17 B", "3.4 KiB", "28.1 MiB": three digits at most. Returns @text. */
char *text_size(uint64_t size, char text[static TEXT_SIZE_MAX]);

#define TEXT_TIME_MAX 32
/* RFC 3339 in UTC, "2026-09-01T00:00:00Z". @time: seconds since the epoch, >= 0. */
char *text_time(int64_t time, char ret[static TEXT_TIME_MAX]);

/* "Tue, 01 Sep 2026 00:00:00 UTC" (RFC 1123, as in Release) to seconds. */
bool text_parse_rfc1123(struct str text, int64_t *ret);

/* "20260901T000000Z" or RFC 3339 in UTC to seconds. */
bool text_parse_time(struct str text, int64_t *ret);

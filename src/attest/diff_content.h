#pragma once

/* attest/diff_content.h - the contents of two files, looked into. Pure. */

#include "attest/content_diff.h"
#include "tree/reader.h"

#define DIFF_CONTENT_MAX (64u << 20) /* bytes: what is larger is compared as it is read */

/* *ret in @arena. Larger ones are told by byte range. Errors: those of the readers. */
int diff_content(const struct content_reader *reader_a, const struct content *a,
		 const struct content_reader *reader_b, const struct content *b,
		 struct arena *arena, struct content_diff *ret, struct error *err) MUST_CHECK;

/* Two streams to their ends, by byte range. Both are taken. */
int diff_sources(struct source *a, struct source *b, struct arena *arena, struct content_diff *ret,
		 struct error *err) MUST_CHECK;

#pragma once

/*
 * tree/reader.h - the injected way to the bytes behind content handles.
 *
 * Compose and evaluation stay pure: they get a reader from their caller.
 */

#include "base/buf.h"
#include "io/source.h"
#include "tree/tree.h"

struct content_reader {
	/* *ret is owned (source_close); it verifies size and digest at its end. */
	int (*open)(const struct content_reader *reader, const struct content *content,
		    struct source **ret, struct error *err);
};

/* Opens content in memory itself, anything else by @reader (may be NULL then). */
int content_open(const struct content_reader *reader, const struct content *content,
		 struct source **ret, struct error *err) MUST_CHECK;

/* The whole content; ERR_LIMIT above to->max. */
int content_load(const struct content_reader *reader, const struct content *content,
		 struct buf *to, struct error *err) MUST_CHECK;

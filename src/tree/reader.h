#pragma once

/*
 * tree/reader.h - the injected way to the bytes behind content handles.
 *
 * Compose and evaluation stay pure: they get a reader from their caller.
 */

#include "base/buf.h"
#include "io/source.h"
#include "tree/tree.h"

#define CONTENT_UNKNOWN 1 /* expected outcome of recall(): nothing is remembered */

struct content_reader {
	/* *ret is owned (source_close); it verifies size and digest at its end. */
	int (*open)(const struct content_reader *reader, const struct content *content,
		    struct source **ret, struct error *err);
	/*
	 * What was learnt from contents once, so that they need not be read again:
	 * a function of the contents that @key names, and of nothing else. Both may
	 * be NULL: then nothing is remembered, and nothing but speed is lost.
	 * @kind: [a-z]+. @inputs: what it was learnt from, for people.
	 */
	int (*recall)(const struct content_reader *reader, const char *kind,
		      const struct digest *key, struct buf *ret, struct error *err);
	int (*remember)(const struct content_reader *reader, const char *kind,
			const struct digest *key, struct bytes value, struct str inputs,
			struct error *err);
};

/* Opens content in memory itself, anything else by @reader (may be NULL then). */
int content_open(const struct content_reader *reader, const struct content *content,
		 struct source **ret, struct error *err) MUST_CHECK;

/* The whole content; ERR_LIMIT above to->max. */
int content_load(const struct content_reader *reader, const struct content *content,
		 struct buf *to, struct error *err) MUST_CHECK;

/*
 * Exactly content->size bytes into @out, whatever the reader gives: ERR_DIGEST if it
 * gives more or less. For formats where the size has said where the next thing lies.
 */
int content_copy(const struct content_reader *reader, const struct content *content,
		 struct sink *out, struct error *err) MUST_CHECK;

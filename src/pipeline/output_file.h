#pragma once

/*
 * pipeline/output_file.h - a large file under outputs/, hashed while it is written.
 *
 * Hashing and writing go on in threads beside who makes the bytes. Holes stay holes.
 */

#include "io/file.h"
#include "io/sink.h"
#include "pipeline/context.h"

struct output_file {
	struct file_draft draft;
	struct sink *out; /* what is to be written to; NULL: not open, or ended */
	struct sink *hashed, *written, *file;
	struct digest digest; /* after output_file_end() */
	uint64_t size;
};

#define OUTPUT_FILE_INIT                                                                           \
	{                                                                                          \
		.draft = FILE_DRAFT_INIT                                                           \
	}

/*
 * @expected: bytes that will be written, holes not counted: for the progress that the user
 * sees. @outputs is borrowed until output_file_release().
 */
int output_file_open(struct output_file *f, struct context *c, int outputs, struct str name,
		     uint64_t expected, struct error *err) MUST_CHECK;

/* The same, but hashed only: nothing is kept, and draft.fd stays -1. */
void output_file_discard(struct output_file *f, struct context *c, uint64_t expected);

/*
 * All has been written, or (with @failed) no more will be: then *err stands. Afterwards the
 * bytes can be read from draft.fd, and file_draft_publish() gives the file its name.
 */
int output_file_end(struct output_file *f, bool failed, struct error *err) MUST_CHECK;

/* What was not published goes. */
void output_file_release(struct output_file *f);
#define CLEANUP_OUTPUT_FILE CLEANUP(output_file_release)

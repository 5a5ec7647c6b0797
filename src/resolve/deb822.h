#pragma once

/*
 * resolve/deb822.h - reading deb822 text field by field.
 *
 * Spec: Debian Policy 5.1. Values are views into the text; continuation lines
 * stay in them as written, with their newlines.
 */

#include "resolve/archive.h"

struct deb822_reader {
	struct str rest;
	const char *name; /* for messages, borrowed */
	uint32_t line;    /* of the field that was read last */
	uint32_t next;    /* number of the line that is read next */
};

enum deb822_item { DEB822_END = 0, DEB822_FIELD = 1, DEB822_STANZA_END = 2 };

/* Fails with ERR_FORMAT if @text holds a NUL. */
int deb822_open(struct deb822_reader *r, struct bytes text, const char *name,
		struct error *err) MUST_CHECK;

/*
 * Return: DEB822_FIELD with *ret set; DEB822_STANZA_END once after each stanza;
 * DEB822_END; or -1 with ERR_FORMAT and the line.
 */
int deb822_next(struct deb822_reader *r, struct stanza_field *ret,
		struct error *err) MUST_CHECK;

/* A message about the field that was read last. Returns -1. */
int deb822_fail(const struct deb822_reader *r, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Field names compare without regard to case (Policy 5.1). */
bool deb822_is(struct str name, struct str expected);

/*
 * Whether @path is relative, without empty, "." and ".." components, printable
 * ASCII and not too long: it becomes part of a URL and of the lock.
 */
bool is_archive_path(struct str path);

/* Only the characters that Policy 5.6.1, 5.6.8 and 5.6.12 allow; never empty. */
bool package_name_ok(struct str name);
bool package_version_ok(struct str version);
bool package_architecture_ok(struct str architecture);

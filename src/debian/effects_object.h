#pragma once

/*
 * debian/effects_object.h - what all scripts of an image do to its tree, as a value.
 *
 * Spec: docs/formats/effects.md. One text: a line a step or operation, in order, then
 * the new contents that no package has. Equal effects are equal bytes. It is an
 * input of `build` (it may come from a bundle): reading it is strict.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/strtab.h"
#include "tree/tree.h"

#define EFFECTS_FORMAT    1
#define EFFECTS_MAX       ((size_t)1 << 30) /* bytes of one object */
#define EFFECTS_WORDS_MAX 48u               /* words of one line */
#define EFFECTS_NOW       "now"             /* as MTIME: the epoch of the image */

enum effects_kind {
	EFFECTS_EXTRACT = 1, /* PACKAGE: its data.tar is laid out before any script */
	EFFECTS_UNPACK,      /* PACKAGE */
	EFFECTS_SCRIPT,      /* PACKAGE SCRIPT ARGUMENT...: what follows is its effect */
	EFFECTS_FOLDER,      /* PATH MODE UID GID MTIME CAUSES */
	EFFECTS_FILE,        /* PATH MODE UID GID MTIME SIZE DIGEST CAUSES */
	EFFECTS_LINK,        /* PATH TARGET UID GID MTIME CAUSES */
	EFFECTS_HARD_LINK,   /* PATH OTHER CAUSE */
	EFFECTS_SPECIAL,     /* PATH fifo|char|block MAJOR MINOR MODE UID GID MTIME CAUSES */
	EFFECTS_REMOVE,      /* PATH CAUSE */
	EFFECTS_MODE,        /* PATH MODE CAUSE */
	EFFECTS_OWNER,       /* PATH UID GID CAUSE */
	EFFECTS_CONTENT,     /* PATH SIZE DIGEST CAUSE */
	EFFECTS_MTIME,       /* PATH MTIME */
	EFFECTS_XATTR,       /* PATH NAME HEX|"" CAUSE */
	EFFECTS_WANT,        /* GENERATOR ARGUMENT CAUSE */
	EFFECTS_FIRST_BOOT,  /* WHAT CAUSE */
	EFFECTS_LEFT,        /* PACKAGE: stays unpacked, its postinst runs on the machine */
};

/* One line; strings lie in the reader's arena or view into the object. */
struct effects_line {
	enum effects_kind kind;
	struct str text;  /* as it stands in the object */
	struct str word[EFFECTS_WORDS_MAX]; /* decoded, without the name of the kind */
	size_t n;
	unsigned number;  /* of the line, from 1 */
};

struct effects_reader {
	struct arena *arena;
	struct str rest;
	unsigned number;
	uint32_t evaluator;
	struct str package, script; /* of the last `script` line, "" before it */
	struct content *contents;   /* sorted by digest */
	size_t n_contents;
};

/*
 * Checks the whole frame and the contents' digests; lines are checked by
 * effects_next(). @object stays borrowed. ERR_FORMAT names the place.
 */
int effects_open(struct bytes object, struct arena *arena, struct effects_reader *ret,
		 struct error *err) MUST_CHECK;
#define EFFECTS_END 1
int effects_next(struct effects_reader *r, struct effects_line *ret,
		 struct error *err) MUST_CHECK; /* or EFFECTS_END */

/* "effects, line 12": for who finds that a line can't be applied. Returns -1. */
int effects_bad(const struct effects_line *l, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* NULL if the object has no such content. */
const struct content *effects_content(const struct effects_reader *r,
				      const struct digest *digest);

/* The name of a kind as lines begin with it. */
const char *effects_kind_name(enum effects_kind kind);

/* ---- writing ---- */

struct effects_writer {
	struct arena *arena;
	struct buf text;
	struct strtab known;      /* digests of @contents */
	struct content *contents; /* what no package has */
	size_t n_contents, capacity;
};
void effects_writer_init(struct effects_writer *w, struct arena *arena);
void effects_writer_release(struct effects_writer *w);

void effects_begin(struct effects_writer *w, enum effects_kind kind);
void effects_word(struct effects_writer *w, struct str word); /* encoded; after a blank */
void effects_number(struct effects_writer *w, int64_t number);
void effects_octal(struct effects_writer *w, uint32_t number);
void effects_digest(struct effects_writer *w, const struct digest *digest);
void effects_end(struct effects_writer *w);
/* A content that the object must carry. */
void effects_add_content(struct effects_writer *w, const struct content *content);

struct content_reader;
/* The whole object. In the arena. */
int effects_finish(struct effects_writer *w, const struct content_reader *reader,
		   struct bytes *ret, struct error *err) MUST_CHECK;

/* A cause as a word, seen from a script of @package: "postinst:14" is its own. */
void effects_cause_format(const struct cause *cause, struct str package, struct buf *to);
/* False if @word is none. Strings lie in @arena. */
bool effects_cause_parse(struct str word, struct str package, struct arena *arena,
			 struct cause *ret);

/* Digest over what one package's scripts do: the reading aid of the lock. */
struct effects_package {
	struct str package;
	struct digest digest;
	size_t n_operations;
};
/* Packages that have effects, by name. */
int effects_packages(struct bytes object, struct arena *arena, struct effects_package **ret,
		     size_t *ret_n, struct error *err) MUST_CHECK;

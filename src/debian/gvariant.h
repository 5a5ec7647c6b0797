#pragma once

/*
 * debian/gvariant.h - values of GVariant: read from text, laid out as bytes.
 *
 * Spec: GVariant specification 1.0 (serialised form, little-endian), "GVariant text
 * format" of GLib. The type is always known beforehand; inside '<...>' it is taken from
 * an annotation or from plain strings, numbers and booleans. Values of the types o, g, h
 * and byte strings are not read. Pure; everything lies in the arena.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

#define GVARIANT_DEPTH_MAX 32u
#define GVARIANT_TYPE_MAX  500u /* bytes of a type that a text names */

struct gvariant {
	struct str type;	/* one complete type */
	uint64_t bits;		/* b y n q i u x t d: as it is laid out; m: 1 if there is one */
	struct str text;	/* s */
	struct gvariant *items; /* a m ( { v */
	size_t n;
};

/* Length of the first complete type in @s, 0 if there is none. */
size_t gvariant_type_length(struct str s);
/* @s is one complete type and nothing else, and not longer than GVARIANT_TYPE_MAX. */
bool gvariant_type_valid(struct str s);

/* NULL, or why @text can't be read as a value of @type. */
const char *gvariant_parse(struct arena *arena, struct str type, struct str text,
			   struct gvariant *ret);

/* Appends the serialised form; @to->len is a multiple of 8 where @value begins. */
void gvariant_serialise(const struct gvariant *value, struct buf *to);

/* <0, 0, >0 of two numbers of one type (not of anything else). */
int gvariant_compare(const struct gvariant *a, const struct gvariant *b);

struct gvariant gvariant_string(struct str text);
/* "(" types of @items ")"; @items stay the caller's. */
struct gvariant gvariant_tuple(struct arena *arena, struct gvariant *items, size_t n);

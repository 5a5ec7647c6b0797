#pragma once

/*
 * debian/xml_reader.h - a small strict reader of XML, an event at a time.
 *
 * Spec: XML 1.0, the part that GMarkup of GLib reads: elements, attributes, text, CDATA,
 * comments, processing instructions, the five entities and character references. A
 * document type, another entity, anything that is not well-formed ends it with a reason.
 * Bounded: XML_DEPTH_MAX elements deep, XML_ATTRIBUTES_MAX a tag. Pure.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"

#define XML_DEPTH_MAX 32u
#define XML_ATTRIBUTES_MAX 16u

enum xml_kind { XML_START, XML_END, XML_TEXT, XML_EOF };

struct xml_attribute {
	struct str name, value;
};

struct xml_event {
	enum xml_kind kind;
	struct str name; /* START, END */
	struct str text; /* TEXT: decoded */
	const struct xml_attribute *attributes;
	size_t n_attributes;
};

struct xml_reader {
	struct str text; /* all of it, UTF-8 */
	size_t at;
	struct arena *arena; /* for decoded text and attributes */
	struct str open[XML_DEPTH_MAX];
	size_t depth;
	bool seen_root, pending_end; /* <a/> is a START and an END */
	const char *reason;
	struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
};

void xml_init(struct xml_reader *r, struct str text, struct arena *arena);

/* 0 with *ret (valid until the next call), or 1: it is malformed, @r->reason says how. */
int xml_next(struct xml_reader *r, struct xml_event *ret) MUST_CHECK;

/* The line that the reader has come to, from 1. */
unsigned xml_line(const struct xml_reader *r);

#pragma once

/*
 * attest/content_diff.h - where the bytes of two files differ, told so that it helps. Pure.
 *
 * Text as a unified diff; ELF by section and symbol (libelf); anything else by byte range.
 * ELF files are read in a child (io/child.h): call it while no other thread runs.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define CONTENT_DIFF_RANGES 8 /* that are told one by one */

enum content_diff_kind { CONTENT_DIFF_BYTES = 1, CONTENT_DIFF_TEXT, CONTENT_DIFF_ELF };

struct content_diff_range {
	uint64_t start, end; /* bytes [start, end); in A */
	struct str what;     /* ELF: "section .text, function main+0x12"; else "" */
};

struct content_diff {
	enum content_diff_kind kind;
	uint64_t size_a, size_b;   /* bytes */
	uint64_t n_differing;      /* bytes that differ, up to the shorter one */
	/*
	 * The first ones; near ones are joined. Of ELF a section is compared with the one of
	 * that name, wherever it lies; one that has another size is one range.
	 */
	struct content_diff_range *ranges;
	size_t n_ranges, n_ranges_all;
	/*
	 * Safe for a terminal, bounded, lines. TEXT: the unified diff, from the first "@@" on.
	 * ELF: a line for each section that differs ("section .text: 120 -> 136 bytes"), below
	 * it the symbols ("  function main: 24 -> 40 bytes").
	 */
	struct str text;
	bool text_is_cut;
	size_t n_lines_added, n_lines_removed;
};

/* *ret in @arena. Errors: ERR_LIMIT only of the machine; odd ELF files are told as bytes. */
int content_diff(struct bytes a, struct bytes b, struct arena *arena, struct content_diff *ret,
		 struct error *err) MUST_CHECK;

/*
 * What a Debian changelog (uncompressed) says of the versions above @old up to @new, newest
 * first, or of the other way round if @new is older; "" if it has neither. View into
 * @changelog.
 */
struct str changelog_between(struct str changelog, struct str old, struct str new);

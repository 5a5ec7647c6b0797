#pragma once

/* tests/unit/format/pe_fixture.h - stubs made for tests: headers as real ones have them. */

#include "base/buf.h"
#include "format/pe/pe.h"

struct stub_shape {
	uint32_t section_alignment, headers_size, pe_at;
	unsigned n_sections;  /* at most 8: .text, .data, .sbat, .sdmagic, .a ... */
	size_t tail;	      /* bytes behind the last section */
	unsigned directories; /* 16 */
	unsigned version;     /* of systemd-stub, in .data */
};

/* Debian 12's and 13's. */
extern const struct stub_shape shape_12, shape_13;

/* FileAlignment is 0x200; each section has 0x1f0 bytes in memory and 0x200 in the file. */
void stub_make(const struct stub_shape *shape, struct buf *to);

#pragma once

/*
 * attest/html.h - HTML in which nothing from outside is markup. Pure.
 *
 * Spec: WHATWG HTML, 13.1 (writing documents). Literals of ours go in by buf_add_cstr(), any
 * other text only by html_text(): it is safe between tags and in quoted attributes.
 */

#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"

/* Escaped; controls, bidirectional overrides and invalid UTF-8 as \xNN (base/text.h). */
void html_text(struct buf *to, struct str text);

/* <td class="@class">text</td>; @class NULL: none. */
void html_cell(struct buf *to, const char *class, struct str text);
void html_cell_size(struct buf *to, uint64_t size);     /* "28.1 MiB" */
void html_cell_number(struct buf *to, uint64_t number);
void html_cell_digest(struct buf *to, const struct digest *d); /* may be broken anywhere */

/* "28.1 MiB". */
void html_size(struct buf *to, uint64_t size);

/*
 * <table> and its head in a box that scrolls by itself on narrow screens. @headings ends with
 * NULL; one that starts with '#' is of a column of numbers. Then rows, then html_table_end().
 */
void html_table(struct buf *to, const char *name, const char *const *headings);
void html_table_end(struct buf *to);

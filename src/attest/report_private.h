#pragma once

/* attest/report_private.h - the parts of report_write(). */

#include "attest/html.h"
#include "attest/report_find.h"

extern const char report_style[]; /* the style sheet */

/* Each one <section> of the page, or nothing if there is nothing to tell. */
void report_put_header(const struct report *r, const struct report_findings *f, struct buf *to);
void report_put_checks(const struct report *r, struct buf *to);
void report_put_sizes(const struct report_findings *f, struct buf *to);
void report_put_packages(const struct report *r, const struct report_findings *f, struct buf *to);
void report_put_layers(const struct report *r, struct buf *to);
void report_put_partitions(const struct report *r, struct buf *to);
void report_put_config(const struct report *r, struct buf *to);
void report_put_users(const struct report_findings *f, struct buf *to);
void report_put_privileges(const struct report_findings *f, struct buf *to);
void report_put_services(const struct report_findings *f, struct buf *to);
void report_put_certificates(const struct report *r, const struct report_findings *f,
			     struct buf *to);
void report_put_beside(const struct report *r, struct buf *to);
void report_put_recipe(const struct report *r, struct buf *to);

/* <section id="@id"><h2>@title</h2>. */
void report_section(struct buf *to, const char *id, const char *title);
void report_section_end(struct buf *to);

/* <p>; the one for "nothing of that" is quieter. */
void report_note(struct buf *to, const char *text);

/* <details> around a long table; "@n packages". Shown open up to @open_max rows. */
void report_fold(struct buf *to, size_t n, const char *what, size_t open_max);
void report_fold_end(struct buf *to);

/* "and 12 more". */
void report_more(struct buf *to, size_t n_all, size_t n);

/* <dt>name</dt><dd>value</dd>; nothing without a value. */
void report_term(struct buf *to, const char *name, struct str value, bool mono);

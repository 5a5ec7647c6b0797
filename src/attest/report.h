#pragma once

/*
 * attest/report.h - one page about an output: what is inside, and how it was verified. Pure.
 *
 * HTML without scripts and without anything from elsewhere; the same input gives the same
 * bytes. Whatever comes from the output or from files beside it goes through html_text().
 */

#include "attest/causes.h"
#include "attest/tree_diff.h"
#include "format/json/json.h"
#include "image/disk_read.h"
#include "image/oci_read.h"

enum report_state { REPORT_OK = 1, REPORT_FAILED, REPORT_NOTE, REPORT_NONE };

struct report_check {
	struct str name, text;
	enum report_state state;
};

struct report_fact {
	struct str name, value;
};

struct report_beside { /* a file beside the output */
	struct str file, what; /* "web-1.4.0-container-amd64.spdx.json", "SPDX 2.3" */
	uint64_t size;
	struct digest digest;
};

struct report {
	struct str name, version; /* "web", "1.4.0"; the version may be "" */
	struct str file, kind, architecture; /* "container image", "disk" */
	uint64_t size;
	struct report_fact *digests; /* that identify it */
	size_t n_digests;
	bool vouched, developers; /* developers: nobody else has signed it */
	struct str *signers; /* for people: key and role */
	size_t n_signers;
	struct report_check *checks;
	size_t n_checks;
	struct tree_diff_side side; /* its tree */
	const struct oci_image *image; /* of the two one */
	const struct disk_image *disk;
	const struct causes *causes;  /* or NULL */
	const struct json *spdx;      /* its SPDX document, or NULL */
	struct report_beside *beside; /* in order of names */
	size_t n_beside;
};

/* Errors: those of the reader; ERR_FORMAT, ERR_LIMIT dpkg's database can't be read. */
int report_write(const struct report *r, struct buf *to, struct error *err) MUST_CHECK;

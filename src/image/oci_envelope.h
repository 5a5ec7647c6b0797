#pragma once

/*
 * image/oci_envelope.h - the tar around an OCI layout: where its files lie. Private.
 *
 * Any tool may have written it (GNU, pax, base-256 sizes), but it needs no more
 * than names and sizes of regular files. Names are normalised: no leading "./".
 */

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/strtab.h"

struct oci_file {
	uint64_t offset, size; /* of the content in the tar */
};

struct oci_envelope {
	struct strtab names;    /* to an index of @files */
	struct oci_file *files; /* heap */
	size_t n, capacity;
	uint64_t size;          /* of the whole tar */
};

/* Reads headers only. *e is zero-initialised, and released whatever happens. */
int oci_envelope_scan(int fd, const char *name, struct oci_envelope *e,
		      struct error *err) MUST_CHECK;
void oci_envelope_release(struct oci_envelope *e);
#define CLEANUP_ENVELOPE CLEANUP(oci_envelope_release)

/* NULL if there is no such file. */
const struct oci_file *oci_envelope_find(const struct oci_envelope *e, const char *name);

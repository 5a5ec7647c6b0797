#pragma once

/*
 * image/oci_artifact.h - files in an OCI layout tar that is no image: an artifact.
 *
 * Spec: OCI image-spec 1.1: image-layout.md; manifest.md, "Guidelines for Artifact Usage".
 * One manifest with an artifactType, the empty config and a layer for each file, whose title
 * annotation is its name. docs/formats/bundle.md has what we put in.
 *
 * The same files give the same bytes: names are sorted, documents are canonical JSON, the
 * tar is docs/formats/oci.md's without Docker's manifest.json.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "io/sink.h"
#include "stage/stage.h"

#define OCI_ARTIFACT_VERSION 1
#define OCI_ARTIFACT_FILES_MAX 20000u /* 5,000 packages and their sources */

struct oci_artifact_file {
	struct str name; /* unique; UTF-8 */
	struct str media_type;
	struct digest digest;
	uint64_t size;	/* bytes */
	bool in_memory; /* else an object of the stage */
	struct bytes data;
	uint64_t offset; /* set by oci_artifact_read(): in the tar */
};

struct oci_artifact_note { /* an annotation of the manifest */
	struct str key, value;
};

struct oci_artifact {
	struct str type; /* artifactType */
	struct str tag;	 /* org.opencontainers.image.ref.name */
	struct oci_artifact_note *notes;
	size_t n_notes;
	struct oci_artifact_file *files; /* sorted by name */
	size_t n_files;
	/* set by reading and writing */
	struct digest manifest;
	bool is_foreign; /* the tar around it is another tool's; what is inside is the same */
};

/*
 * Sorts the files and writes the tar, each object verified while it is read. Errors: those
 * of stage and @out; ERR_LIMIT too many files; ERR_IO an object has gone.
 */
int oci_artifact_write(struct stage *stage, struct oci_artifact *a, struct sink *out,
		       struct error *err) MUST_CHECK;

/*
 * oci_artifact_read() - what a tar of @type holds
 * @fd:  a regular file, borrowed
 * @ret: lies in @arena
 *
 * Documents are verified; files only by their size: whoever reads one checks its digest.
 * Every file of the tar must be named by the manifest, and the manifest must be written as
 * oci_artifact_write() writes it.
 *
 * Errors: ERR_FORMAT no such artifact, something missing, superfluous, out of order or
 * malformed; ERR_DIGEST; ERR_LIMIT.
 */
int oci_artifact_read(int fd, const char *name, struct str type, struct arena *arena,
		      struct oci_artifact *ret, struct error *err) MUST_CHECK;

/* Whether the tar at @fd may be an artifact of @type: a quick look, nothing is verified. */
bool oci_artifact_is_one(int fd, struct str type);

/* NULL if there is none of that name. */
const struct oci_artifact_file *oci_artifact_find(const struct oci_artifact *a, struct str name);

#pragma once

/*
 * pipeline/statements.h - what lies beside the outputs of one target and architecture.
 *
 * Spec: design.md, sections 7 and 9; docs/statements.md. STEM.spdx.json, STEM.cdx.json,
 * STEM.causes.json, STEM.inputs.json, and STEM.intoto.jsonl: a DSSE envelope a line for the
 * provenance, the SPDX and the CycloneDX document. STEM is "web-1.4.0-container-amd64".
 */

#include "image/oci.h"
#include "pipeline/build_private.h"

enum statement_file {
	STATEMENT_SPDX,
	STATEMENT_CYCLONEDX,
	STATEMENT_CAUSES,
	STATEMENT_INPUTS,
	STATEMENT_INTOTO, /* the last to be written */
};
#define STATEMENT_FILES 5
extern const char *const statement_endings[STATEMENT_FILES]; /* ".spdx.json", ... */

/* "web-1.4.0-container-amd64" of an output's name; a view. */
struct str statement_stem(struct str output_file);
/* Of an output at @path the file beside it: "outputs/STEM.spdx.json". Owned. */
char *statement_beside(const char *path, enum statement_file which);

/* What only the composed tree knows, in memory until the outputs are written. */
struct statement_texts {
	struct arena arena;
	bool made;
	struct str distribution; /* "debian-13" */
	struct buf spdx, cyclonedx, causes;
};
#define STATEMENT_TEXTS_INIT                                                                       \
	{                                                                                          \
		.spdx = BUF_INIT(SIZE_MAX / 2), .cyclonedx = BUF_INIT(SIZE_MAX / 2),               \
		.causes = BUF_INIT(SIZE_MAX / 2)                                                   \
	}
void statement_texts_release(struct statement_texts *s);
#define CLEANUP_STATEMENT_TEXTS CLEANUP(statement_texts_release)

/*
 * Fills in @to; the tree of @a is frozen. May run beside what writes the outputs. @layers:
 * bottom first; none of a disk.
 */
int statement_texts_make(const struct building *b, const struct recipe_target *t,
			 const struct package_set *set, const struct assembly *a,
			 const struct oci_layer_input *layers, size_t n_layers,
			 struct statement_texts *to, struct error *err) MUST_CHECK;

/*
 * Whether the files beside @outs (which are known) are what statements_write() would leave
 * there, as output_record_get() judges. Of the envelopes only what they say counts: who has
 * signed them is nobody's business here.
 */
int statements_are_there(struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, size_t n, bool *ret,
			 struct error *err) MUST_CHECK;

/*
 * Writes the five files, the envelopes last; @from is made. A signature stays with an
 * envelope whose payload stays the same, and goes with any other.
 */
int statements_write(struct building *b, const struct recipe_target *t,
		     const struct build_output *outs, size_t n, const struct statement_texts *from,
		     struct error *err) MUST_CHECK;

#pragma once

/*
 * pipeline/sbom_find.h - the document of an output, found beside it or made from its tree.
 *
 * Spec: docs/sbom.md, "ingot sbom".
 */

#include "attest/sbom.h"
#include "pipeline/identify.h"

enum sbom_format { SBOM_SPDX = 1, SBOM_CYCLONEDX };

enum sbom_found {
	SBOM_NONE = 0, /* there are no statements, or none of that kind */
	SBOM_BESIDE,
	SBOM_OF_ANOTHER, /* the statements beside it are about another file */
};

/*
 * Looks into STEM.intoto.jsonl beside @path for a statement about @id: the document in it is
 * appended to @to as the build wrote it. *ret_name: of the file looked into, in @arena.
 *
 * Errors: ERR_FORMAT, ERR_LIMIT the statements can't be read; ERR_IO.
 */
int sbom_find(const char *path, const struct identity *id, enum sbom_format format,
	      struct arena *arena, const char **ret_name, enum sbom_found *ret, struct buf *to,
	      struct error *err) MUST_CHECK;

/*
 * Of the tree alone: @i is an image or a raw disk, @tree is its. In @arena. Errors: as
 * sbom_of_tree().
 */
int sbom_of_identified(const struct identified *i, const struct tree *tree,
		       const struct content_reader *reader, struct arena *arena, struct sbom *ret,
		       struct error *err) MUST_CHECK;

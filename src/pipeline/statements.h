#pragma once

/*
 * pipeline/statements.h - what lies beside the outputs of one target and architecture.
 *
 * Spec: design.md, sections 7 and 9; docs/statements.md. STEM.spdx.json, STEM.cdx.json,
 * STEM.causes.json, STEM.inputs.json, and STEM.intoto.jsonl: a DSSE envelope a line for the
 * provenance, the SPDX and the CycloneDX document. STEM is "web-1.4.0-container-amd64".
 */

#include "pipeline/build_private.h"

#define STATEMENT_FILES 5
extern const char *const statement_endings[STATEMENT_FILES]; /* ".spdx.json", ... */

/* "web-1.4.0-container-amd64" of an output's name; a view. */
struct str statement_stem(struct str output_file);

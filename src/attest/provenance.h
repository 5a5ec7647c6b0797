#pragma once

/*
 * attest/provenance.h - SLSA provenance v1: from what, by whom. Pure.
 *
 * Spec: SLSA build provenance v1; formats B2; docs/statements.md. No timestamps. The
 * buildDefinition is the same wherever the same lock is built: it is NAME...inputs.json.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "format/json/json.h"

#define PROVENANCE_BUILD_TYPE "urn:ingot:build:image:v1"
#define PROVENANCE_BUILDER_UNNAMED "urn:ingot:builder:unnamed"

struct provenance_input {
	struct str uri;       /* purl of a package, "recipes/files/site.conf", ...; "" none */
	struct str name;      /* "" none */
	struct digest sha256;
	struct str kind;      /* "package", "evidence", "file", "effects", ...; "" none */
};

struct provenance_version { /* "ext4 writer" 1 */
	struct str name;
	uint32_t version;
};

struct provenance {
	struct str recipe, target, architecture;
	struct digest recipe_digest, lock_digest;
	int64_t epoch;
	uint32_t output_format, evaluator;
	struct provenance_version *formats; /* whose writers made the output; sorted by name */
	size_t n_formats;
	struct str compressors; /* "": nothing is compressed by a library */
	struct provenance_input *inputs; /* in the order in which they are written */
	size_t n_inputs;
	struct str builder_id;  /* or "" */
	struct str version;     /* of this ingot */
	struct provenance_input *byproducts;
	size_t n_byproducts;
};

/* Its five externalParameters are all that there may be; docs/statements.md. */
struct json *provenance_build_definition(const struct provenance *p, struct arena *arena);
struct json *provenance_predicate(const struct provenance *p, struct arena *arena);

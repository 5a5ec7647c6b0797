#pragma once

/* image/oci_artifact_private.h - the documents of an artifact, for its writer and reader. */

#include "image/oci_artifact.h"

#define TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_EMPTY "application/vnd.oci.empty.v1+json"
#define EMPTY_JSON "{}" /* image-spec 1.1, manifest.md, "Guidance for an Empty Descriptor" */
#define NOTE_TITLE "org.opencontainers.image.title"
#define NOTE_REF_NAME "org.opencontainers.image.ref.name"
#define LAYOUT_JSON "{\"imageLayoutVersion\":\"1.0.0\"}"

void artifact_manifest_json(const struct oci_artifact *a, struct buf *to);
/* @size: of the manifest. */
void artifact_index_json(const struct oci_artifact *a, uint64_t size, struct buf *to);

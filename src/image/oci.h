#pragma once

/*
 * image/oci.h - a sliced tree becomes one OCI image tar.
 *
 * Spec: OCI image-spec 1.1 (layout, manifest, config, layer); formats A1: one
 * hybrid tar that docker, podman, containerd and skopeo read. The image id is
 * the digest of the config; it covers the uncompressed layers only.
 */

#include "base/digest.h"
#include "base/error.h"
#include "io/sink.h"
#include "recipe/recipe.h"
#include "stage/stage.h"
#include "tree/tree.h"

#define OCI_WRITER_VERSION 1 /* of the documents and of the tar around them */

struct oci_layer_input {
	struct str name;          /* of the slice: for history, "packages: glibc, zlib" */
	uint32_t slice;           /* number of the slice in @slice_of */
};

struct oci_input {
	const struct tree *tree;
	const uint32_t *slice_of; /* by node->serial; UINT32_MAX: in no layer of its own */
	const struct oci_layer_input *layers; /* bottom first */
	size_t n_layers;
	const struct recipe *recipe;
	const struct recipe_target *target;
	struct str architecture;  /* Debian name; mapped to the OCI one (and variant) */
	int64_t epoch;
	struct str reference;     /* "web:1.4.0"; gets "localhost/" if it names no registry */
};

struct oci_layer {
	struct digest blob, diff_id;
	uint64_t size, diff_size; /* bytes, compressed and not */
	bool was_hit;             /* taken from the stage */
};

struct oci_output {
	struct digest image_id;   /* of the config */
	struct digest manifest, index;
	struct oci_layer *layers; /* in the arena */
	size_t n_layers;
	uint64_t size;            /* of the tar */
	struct digest digest;     /* of the tar */
};

/*
 * Layers are made in parallel on @n_threads, each once: blobs are stage objects,
 * and the keyed result "layer" maps the digest of a layer's description (all
 * members, attributes, content digests, compression, versions) to its blob.
 *
 * Writes the tar to @out. Errors: those of stage and @out; ERR_LAYER_BUDGET
 * above LIMIT_LAYERS.
 */
int oci_build(struct stage *stage, const struct oci_input *in, unsigned n_threads,
	      struct arena *arena, struct sink *out, struct oci_output *ret,
	      struct error *err) MUST_CHECK;

/* "amd64" -> "amd64", "" ; "armhf" -> "arm", "v7" ; false if unknown. */
bool oci_architecture(struct str debian, struct str *ret_architecture, struct str *ret_variant);
/* The other way round, exactly: "arm", "v7" -> "armhf". */
bool oci_architecture_debian(struct str architecture, struct str variant, struct str *ret);

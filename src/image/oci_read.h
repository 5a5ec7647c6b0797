#pragma once

/*
 * image/oci_read.h - an OCI image tar, read back and verified.
 *
 * Spec: OCI image-spec 1.1; formats A1, D1. Reads what ingot writes and what
 * peers write (skopeo, podman save --format oci-archive, buildah, docker save
 * of 25.0 and later). Everything is verified from the outside in: index,
 * manifest, config, each layer's blob, each diff id. Nothing is extracted.
 *
 * This header is the contract that `ingot show`, `ls` and `export` use.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "format/json/json.h"
#include "stage/stage.h"
#include "tree/tree.h"

struct oci_read_layer {
	struct digest blob, diff_id;
	uint64_t size, diff_size;  /* bytes, as stored and uncompressed */
	struct str media_type;
	struct str history;        /* created_by, or "" */
};

/* All strings lie in the arena given to oci_read(). */
struct oci_image {
	struct digest index, manifest, image_id;
	struct str reference;      /* ref.name or containerd's name, or "" */
	struct str architecture, variant, os;
	struct json *config; /* the whole config document */
	const struct json *annotations; /* of the manifest; may be NULL */
	struct oci_read_layer *layers; /* bottom first */
	size_t n_layers;
	uint64_t size;             /* of the tar */
};

/*
 * Reads and verifies the documents of the tar behind @fd (borrowed; a regular
 * file), and that each layer blob has its digest and size. @name is for
 * messages. With @deep every layer is also decompressed and its diff id
 * checked; diff_size is 0 otherwise.
 *
 * Errors: ERR_FORMAT it is no OCI image tar, or malformed; ERR_DIGEST; ERR_LIMIT;
 *         ERR_UNSUPPORTED (foreign layers, several images in one tar, ...).
 */
int oci_read(int fd, const char *name, bool deep, struct arena *arena, struct oci_image *ret,
	     struct error *err) MUST_CHECK;

/*
 * The image's file tree: layers applied in order, whiteouts obeyed. Contents
 * are handles into the stage, where every layer becomes a pack. The nodes'
 * causes say the layer ("rule layer:3").
 *
 * *ret is owned, tree_free(); @arena must outlive it.
 */
int oci_read_tree(struct stage *stage, int fd, const struct oci_image *image,
		  const char *name, struct arena *arena, struct tree **ret,
		  struct error *err) MUST_CHECK;

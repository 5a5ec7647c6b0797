#pragma once

/* image/oci_private.h - what the files of the OCI writer share. Private. */

#include "base/buf.h"
#include "image/oci.h"

/* One blob of the layout: in memory, or else an object of the stage. */
struct oci_blob {
	struct digest digest;
	uint64_t size;
	bool in_memory;
	bool verify;          /* the object was not hashed in this run */
	struct bytes data;
};

/*
 * Makes layer number @index, or takes it from the stage. Thread-safe.
 */
int oci_layer_make(struct stage *stage, const struct oci_input *in, size_t index,
		   struct oci_layer *ret, struct error *err) MUST_CHECK;

/*
 * The JSON documents of an image, each a canonical text.
 */
void oci_config_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		     struct buf *to);
void oci_manifest_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		       const struct oci_blob *config, struct buf *to);
void oci_index_json(const struct oci_input *in, const struct oci_blob *manifest,
		    struct buf *to);
void oci_docker_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		     const struct oci_blob *config, struct buf *to);

/*
 * The hybrid tar: @blobs in any order, a blob may stand there twice. @docker: ptr NULL for
 * what is no image.
 */
int oci_tar_write(struct stage *stage, struct oci_blob *blobs, size_t n, struct bytes index,
		  struct bytes docker, struct sink *out, struct error *err) MUST_CHECK;

#pragma once

/*
 * image/oci_read.h - an OCI image tar, read back.
 *
 * Spec: OCI image-spec 1.1; formats A1 (what other tools put into such tars) and
 * D1 (hostile input). Images of other tools are read too, as long as they
 * hold one image.
 *
 * Everything is verified from the outside in: index, manifest, config, layers
 * by digest and exact size before they are looked at, decompressed layers by
 * their diff ids. Of an image that fails nothing is returned.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/error.h"
#include "compress/compress.h"
#include "format/json/json.h"
#include "stage/stage.h"
#include "tree/tree.h"

struct oci_image_layer {
	struct digest blob, diff_id;
	uint64_t size, diff_size; /* bytes, compressed and not */
	struct str media_type;
	enum compress_format format;
	struct str created_by;    /* of its history entry, or "" */
	uint64_t offset;          /* of the blob in the tar */
};

struct oci_image {
	struct arena arena;        /* all below lies here */
	struct digest index;       /* of index.json */
	struct digest manifest;
	struct digest image_id;    /* of the config */
	uint64_t manifest_size, config_size; /* bytes */
	struct str architecture, variant, os; /* of the config; variant may be "" */
	struct str created;        /* RFC 3339, or "" */
	struct str tag;            /* org.opencontainers.image.ref.name, or "" */
	struct str reference;      /* io.containerd.image.name, or "" */
	const struct json *config;      /* the whole config; an object */
	const struct json *annotations; /* of the manifest: an object, or NULL */
	const struct json *index_document, *manifest_document; /* objects */
	struct oci_image_layer *layers; /* bottom first */
	size_t n_layers;
	uint64_t size;             /* bytes of the tar */
};

/**
 * oci_read() - read and verify an image tar
 * @fd:         of the tar: a regular file; borrowed
 * @name:       for messages
 * @n_threads:  layers are verified in parallel
 * @ret:        owned, oci_image_free(); untouched on failure
 *
 * Errors: ERR_DIGEST      a digest, a size or a diff id is wrong
 *         ERR_FORMAT      not an OCI image tar, or malformed
 *         ERR_LIMIT       a document, a layer or a count is above its limit
 *         ERR_UNSUPPORTED several images, foreign layers, unknown media types
 */
int oci_read(int fd, const char *name, unsigned n_threads, struct oci_image **ret,
	     struct error *err) MUST_CHECK;

/* The two halves of oci_read(), for who tells how far it came. */
enum oci_part {
	OCI_PART_TAR,
	OCI_PART_LAYOUT,
	OCI_PART_INDEX,
	OCI_PART_MANIFEST,
	OCI_PART_CONFIG,
};

/* All but the layers. *ret_part (may be NULL): the last one that was looked at. */
int oci_read_documents(int fd, const char *name, struct oci_image **ret, enum oci_part *ret_part,
		       struct error *err) MUST_CHECK;
/*
 * Blobs and diff ids; fills in diff_size. OCI_OUR_TAR: what is in a blob must be a tar as
 * docs/formats/tar.md says, too: ERR_UNACCOUNTED if it is not, and its digests are right.
 * OCI_OUR_TAR_ONLY: the same, but the digest of a blob is computed only if something else is
 * wrong. For who calls oci_check_blobs() (oci_digests.h) as well.
 */
enum oci_layer_form { OCI_ANY_TAR, OCI_OUR_TAR, OCI_OUR_TAR_ONLY };
int oci_read_layers(int fd, const char *name, unsigned n_threads, enum oci_layer_form form,
		    struct oci_image *image, struct error *err) MUST_CHECK;

void oci_image_free(struct oci_image *image); /* NULL is allowed */
static inline void cleanup_oci_image(struct oci_image **image)
{
	oci_image_free(*image);
}
#define CLEANUP_OCI_IMAGE CLEANUP(cleanup_oci_image)

/*
 * The flattened tree of an image: layers applied bottom to top, whiteouts and
 * opaque folders as layer.md says. Contents stay in the stage (layers are put
 * there and decoded once) and are read through stage_reader().
 */
struct oci_tree;

/**
 * oci_read_tree() - flatten a verified image
 * @stage: gets the layers; must outlive *ret
 * @fd:    the same tar as @image was read from
 * @ret:   owned, oci_tree_free()
 *
 * Errors: ERR_FORMAT      a path twice in one layer, a hard link to nothing, a
 *                         path through something that is no folder
 *         those of pack_open()
 */
int oci_read_tree(struct stage *stage, int fd, const struct oci_image *image,
		  struct oci_tree **ret, struct error *err) MUST_CHECK;
const struct tree *oci_tree(const struct oci_tree *t); /* borrowed */
/* What layer @i brought, counted from 0; NULL if there are not so many. Borrowed. */
struct pack;
const struct pack *oci_tree_layer(const struct oci_tree *t, size_t i);
void oci_tree_free(struct oci_tree *t); /* NULL is allowed */
static inline void cleanup_oci_tree(struct oci_tree **t)
{
	oci_tree_free(*t);
}
#define CLEANUP_OCI_TREE CLEANUP(cleanup_oci_tree)

#pragma once

/*
 * format/verity/verity.h - the hash tree by which dm-verity checks a read-only device.
 *
 * Spec:    Linux Documentation/admin-guide/device-mapper/verity.rst; cryptsetup's
 *          on-disk superblock, version 1 (formats A6; docs/formats/verity.md).
 * Units:   bytes; data and hash blocks are 4096 bytes, hash type 1, SHA-256.
 * Bytes:   the superblock is little-endian.
 * Depends: base/, crypto/hash.h, io/. No files, no clock.
 */

#include "base/attr.h"
#include "base/digest.h"
#include "base/error.h"
#include "io/sink.h"
#include "io/window.h"

#define VERITY_WRITER_VERSION 1
#define VERITY_BLOCK_SIZE     4096u

struct verity_options {
	uint8_t uuid[16];
	struct bytes salt; /* at most 256 bytes; may be empty; copied */
};

/* Bytes of superblock and tree for @data_size bytes (a multiple of the block size). */
uint64_t verity_size(uint64_t data_size);

struct verity;
struct verity *verity_new(const struct verity_options *o); /* owned, verity_free() */
void verity_free(struct verity *v);                        /* NULL is allowed */
static inline void cleanup_verity(struct verity **v)
{
	verity_free(*v);
}
#define CLEANUP_VERITY CLEANUP(cleanup_verity)

/*
 * A sink that takes the data device from its start to its end; what passes goes on to
 * @next (borrowed, or NULL). Closing it completes the tree: ERR_LIMIT if the bytes are no
 * multiple of the block size, or none. Owned.
 */
struct sink *verity_sink(struct verity *v, struct sink *next);

/* After the sink was closed. */
struct digest verity_root(const struct verity *v);

/* Superblock and tree: verity_size() bytes. */
int verity_write(const struct verity *v, struct sink *out, struct error *err) MUST_CHECK;

/*
 * Checks a data device against its hash device and the root hash, block by block: written
 * by itself from the specification. ERR_DIGEST with the first wrong block; ERR_FORMAT.
 */
int verity_check(const struct window *data, const struct window *hash, const struct digest *root,
		 struct error *err) MUST_CHECK;

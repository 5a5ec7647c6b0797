#pragma once

/*
 * compress/compress.h - zstd, gzip and xz. The door to zstd, zlib and liblzma.
 *
 * Writing: every parameter is explicit and the libraries are linked statically,
 * so that one binary always writes the same bytes (formats 0.1, A3). They are
 * never part of an identity: another version gives other bytes of the same
 * content. COMPRESS_VERSION goes up when parameters change.
 *
 * Reading: bounded. The caller gives a cap for what comes out.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "io/source.h"

#define COMPRESS_VERSION 1

/*
 * A sink that compresses into @next (borrowed: it is not closed). @size_hint:
 * exact size of what will be written, or UINT64_MAX. Owned.
 */
struct sink *compress_zstd(struct sink *next, uint64_t size_hint);
struct sink *compress_gzip(struct sink *next);

/*
 * One block as a zlib stream of its own (RFC 1950), appended to @to. Thread-safe. For
 * formats whose blocks are read one by one.
 */
void compress_zlib(struct bytes data, struct buf *to);

enum compress_format {
	COMPRESS_AUTO = 0,
	COMPRESS_PLAIN,
	COMPRESS_GZIP,
	COMPRESS_XZ,
	COMPRESS_ZSTD,
};

/*
 * A source that decompresses @next (taken). COMPRESS_AUTO goes by the magic
 * bytes. More than @max_out bytes, or a zstd window above LIMIT_ZSTD_WINDOW_LOG,
 * is ERR_LIMIT; a broken stream or one that ends early is ERR_FORMAT; bytes after
 * the end too (several concatenated gzip members or xz/zstd frames are one
 * stream). @what is for messages, copied. Owned.
 */
struct source *decompress(struct source *next, enum compress_format format,
			  uint64_t max_out, const char *what);

/*
 * The same of what must be one zstd frame, or one gzip member whose header has nothing but its
 * ten bytes: what a decompressor passes over (skippable frames, names, comments, empty frames)
 * is ERR_UNACCOUNTED, and so is what stands behind the end. Not for COMPRESS_AUTO.
 */
struct source *decompress_one(struct source *next, enum compress_format format,
			      uint64_t max_out, const char *what);

/* "zstd 1.5.4, zlib 1.2.13": what the lock records. Static. */
const char *compress_versions(void);

#pragma once

/*
 * format/tar/tar_encode.h - header blocks of one member. Private.
 *
 * Spec:    tar.h, docs/formats/tar.md.
 * Units:   bytes.
 * Bytes:   whole blocks of 512.
 * Depends: base/.
 */

#include "base/buf.h"
#include "format/tar/tar.h"

/* Most bytes that the headers of one member can take. */
#define TAR_HEADER_MAX ((1u << 20) + 8 * 4096)

/* Appends the blocks of @m to @to. Errors: those of tar_write_header(). */
int tar_encode_header(const struct tar_member *m, struct buf *to, struct error *err) MUST_CHECK;

#pragma once

/*
 * pack/tar_guard.h - what libarchive forgives and a pack does not.
 *
 * libarchive reads any tar that was ever written, and some of it differs
 * between its versions. The guard looks at the raw header blocks of one member
 * (extension headers, then the member's own) and refuses unknown types, sparse
 * files, NUL inside names, global headers that change members, and headers
 * whose extent it sees otherwise than libarchive.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

#define TAR_BLOCK 512u

/*
 * @headers: all blocks of one member before its content. @what and @name (of
 * the member) are for messages. @raw_names: pax names may be any bytes, if
 * the header says so (hdrcharset=BINARY).
 *
 * Errors: ERR_FORMAT, ERR_LIMIT, ERR_UNSUPPORTED.
 */
int tar_guard(struct bytes headers, bool raw_names, const char *what, const char *name,
	      struct error *err) MUST_CHECK;

/*
 * Where libarchive has failed: 0, or the reason that the extended headers at
 * the start of @headers give (whatever follows them).
 */
int tar_guard_reason(struct bytes headers, bool raw_names, const char *what,
		     struct error *err) MUST_CHECK;


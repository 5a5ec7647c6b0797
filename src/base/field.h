#pragma once

/*
 * base/field.h - bytes with their length before them: 32 bits, little-endian.
 *
 * What processes of ours say to each other (io/child.h); never on disk.
 */

#include "base/attr.h"
#include "base/buf.h"

/* @value: less than 4 GiB. */
void field_put(struct buf *to, struct bytes value);

/* Takes the first field off *rest; *ret is a view. False: it is cut short. */
bool field_take(struct bytes *rest, struct bytes *ret) MUST_CHECK;

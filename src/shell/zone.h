#pragma once

/* shell/zone.h - what a time zone's file says of a moment. */

#include "base/bytes.h"

#include <stdint.h>

/*
 * @file: TZif, version 2 or later (RFC 8536). *ret_offset: seconds east of UTC; *ret_name
 * ("CEST") is a view of @file. False: malformed, or a moment that only its last rule tells.
 */
bool zone_at(struct str file, int64_t time, int32_t *ret_offset, struct str *ret_name);

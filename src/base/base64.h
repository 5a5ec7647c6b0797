#pragma once

/* base/base64.h - RFC 4648 base64, section 4 (standard alphabet, with padding). */

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

void base64_encode(struct bytes data, struct buf *to);

/*
 * Strict: complete padding, no blanks, unused bits zero, so that each value has one text.
 * With @url_safe '-' and '_' are taken too, and padding may be absent (DSSE readers must
 * accept both). False, and @to unchanged, if @text is not base64.
 */
bool base64_decode(struct str text, bool url_safe, struct buf *to) MUST_CHECK;

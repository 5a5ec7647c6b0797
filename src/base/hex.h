#pragma once

/* base/hex.h - lower-case hexadecimal text (RFC 4648, section 8, lower case). */

#include <stdbool.h>

#include "base/bytes.h"

/* @text gets 2 * data.len digits and a NUL. Returns @text. */
char *hex_format(struct bytes data, char *text);

/* Upper-case digits are refused. @text must hold exactly 2 * @len digits. */
bool hex_parse(struct str text, uint8_t *ret, size_t len);

#pragma once

/* base/decimal.h - a decimal number as the bits of an IEEE 754 double, rounded to nearest. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define DECIMAL_TEXT_MAX 63u

/* [+-]DIGITS[.DIGITS][e[+-]DIGITS] and nothing else, of at most DECIMAL_TEXT_MAX bytes. */
bool decimal_double_bits(struct str text, uint64_t *ret);

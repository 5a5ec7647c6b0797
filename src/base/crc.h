#pragma once

/*
 * base/crc.h - the cyclic redundancy checks that formats ask for.
 *
 * Both are reflected, as their users print them: a check of "123456789" gives
 * the value named. To go on with more data, hand in the result so far.
 */

#include <stdint.h>

#include "base/bytes.h"

/* CRC-32 (IEEE 802.3): GPT, gzip. crc32_add(0, "123456789") is 0xcbf43926. */
uint32_t crc32_add(uint32_t so_far, struct bytes data);

/*
 * CRC-32C (Castagnoli), without inversion before or after, as ext4 and EROFS chain
 * it: they start with ~0. ~crc32c_raw(~0, "123456789") is 0xe3069283.
 */
uint32_t crc32c_raw(uint32_t so_far, struct bytes data);

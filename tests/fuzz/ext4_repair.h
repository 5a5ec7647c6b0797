#pragma once

/*
 * tests/fuzz/ext4_repair.h - checksums of an ext4 file system put right, as far as they are
 * where they should be: else few inputs would get past the superblock.
 */

#include <stddef.h>
#include <stdint.h>

void ext4_repair(uint8_t *data, size_t size);

#pragma once

/* tests/fuzz/tar_repair.h - headers get the right checksum: else few inputs would get far. */

#include <stddef.h>
#include <stdint.h>

void tar_repair(uint8_t *data, size_t size);

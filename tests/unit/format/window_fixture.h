#pragma once

/* unit/format/window_fixture.h - bytes as a file in memory, for readers that have addresses. */

#include "base/bytes.h"
#include "io/window.h"

/* A file of @data; its descriptor is the caller's to close. */
struct window window_of(struct bytes data);
/* One byte of the file. */
void window_set(const struct window *w, uint64_t offset, uint8_t value);

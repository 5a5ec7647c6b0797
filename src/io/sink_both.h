#pragma once

/* io/sink_both.h - a sink whose bytes go to two others. */

#include "io/sink.h"

/* @a and @b are borrowed: closing this one closes neither. Owned. */
struct sink *sink_to_both(struct sink *a, struct sink *b);

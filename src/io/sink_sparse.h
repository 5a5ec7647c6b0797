#pragma once

/*
 * io/sink_sparse.h - bytes on their way to an image; blocks of nothing but zeros become
 * holes.
 */

#include "io/sink.h"

#define SPARSE_BLOCK_SIZE 4096u

/*
 * What is written goes on to @next (borrowed), runs of whole zero blocks by sink_hole().
 * Blocks count from where this sink begins; a shorter one at the end goes on at close.
 * Owned.
 */
struct sink *sparse_sink(struct sink *next);

#pragma once

/*
 * pack/tar_holds.h - what a tar is there for: an image, or the tree of a system.
 *
 * Both are tars of any tool. The root of an image (OCI layout, docker save) holds nothing but
 * what those formats name; a tree has a folder of another name there.
 */

#include <stdbool.h>

#include "io/window.h"

enum tar_holds {
	TAR_HOLDS_NOTHING, /* it does not begin with a tar header */
	TAR_HOLDS_IMAGE, /* or a bundle: at least one file that a layout has, and no other folder */
	TAR_HOLDS_TREE,
};

/* An OVA is a tar, too: its description must come first (OVF 2.1). */
bool tar_is_ova(const struct window *w);

/* Headers are looked at until it is decided. What is cut off or broken counts as far as it goes. */
enum tar_holds tar_holds(const struct window *w);

/*
 * Whether it is gzip, xz or zstd, and what is inside begins with a tar header (but not with
 * disk.raw, as a disk for Google's cloud does).
 */
bool tar_is_compressed(const struct window *w);

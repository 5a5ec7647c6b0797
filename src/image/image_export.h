#pragma once

/*
 * image/image_export.h - the tree of an image, whatever holds it, as one tar.
 *
 * The same tree gives the same bytes, whether a container image or a disk held it.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "tree/reader.h"
#include "tree/tree.h"

/*
 * `ingot export`: the whole tree as one tar of ours. Times stay what the image says, but
 * for folders (see tar.h): the image clamped them already.
 */
int image_export(const struct tree *t, const struct content_reader *reader, struct sink *out,
		 struct error *err) MUST_CHECK;

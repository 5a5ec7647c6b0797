#pragma once

/* pipeline/run_extract.h - a tree as files of the host, for a container. */

#include "tree/reader.h"

/*
 * Into the empty folder @dirfd, which nobody else can write to. @owners: owners, devices and
 * extended attributes too, which needs root; else all is this user's.
 */
int run_extract(const struct tree *t, const struct content_reader *reader, int dirfd, bool owners,
		struct error *err) MUST_CHECK;

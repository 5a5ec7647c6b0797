#pragma once

/* tests/tools/small_disk.h - disks that nothing could start, of a few files. */

#include "io/sink.h"
#include "recipe/recipe.h"
#include "tree/tree.h"

#define SMALL_DISK_EPOCH 1700000000

/* What /boot/vmlinuz-6.12.1-test and /etc/os-release hold, if the tree has them. */
#define SMALL_DISK_KERNEL "a kernel of this very root"
#define SMALL_DISK_OS_RELEASE "ID=test\n"

/*
 * Writes the disk with root @tree (frozen) as the target's root says, and closes @out.
 */
int small_disk_write(const struct tree *tree, const struct recipe_target *shape, struct sink *out,
		     struct error *err) MUST_CHECK;

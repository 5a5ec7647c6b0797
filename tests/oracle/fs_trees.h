#pragma once

/*
 * tests/oracle/fs_trees.h - trees for the writers of file systems.
 *
 * By name: a folder of this machine; text:FILE (tools/tree_text.h); or a made one:
 *   case:empty        nothing but the root
 *   case:entries=N    a folder /many with N empty files, and one name in it that is a folder
 *   case:folders=N    a folder /many with N folders
 *   case:inodes=N     N files of a few bytes in folders of 500
 *   case:sparse=N     /sparse of N bytes: zeros, but for 4096 bytes at each 64 MiB, the last
 *                     byte, and 300 KiB from 1 MiB on
 *   case:bytes=N      /bytes of N bytes, none of its blocks all zeros
 *   case:links=N      /file with N names
 *   case:random=SEED  tools/tree_text.h, tree_random() with 2000 names
 */

#include "base/error.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct fs_tree {
	struct tree *tree;
	struct content_reader reader; /* of contents that don't lie in memory */
};

/* Ends the program with status 2 and a message if it can't. Nothing is ever freed. */
struct fs_tree fs_tree_make(const char *name);

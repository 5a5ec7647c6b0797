#pragma once

/*
 * shell/file_copy.h - copying as cp(1) of coreutils 9 does it.
 */

#include "shell/file_tool.h"

enum copy_follow { COPY_FOLLOW_UNSAID, COPY_FOLLOW_NEVER, COPY_FOLLOW_COMMAND, COPY_FOLLOW_ALWAYS };

struct copy {
	struct shell_call *call;
	bool recursive, keep_mode, keep_owner, keep_time, keep_links, keep_xattrs;
	bool plain_mode; /* --no-preserve=mode */
	bool remove_first, no_clobber, update, hard_link, soft_link, verbose;
	enum copy_follow follow;
	struct file_backup backup;

	/* What was copied in this run: for hard links, and against overwriting it. */
	struct copy_made {
		const struct inode *from;
		struct node *to;
		bool named; /* by the command line */
	} * made;
	size_t n_made, made_capacity;
};

/* One operand. Return: exit status, or -1. */
int file_copy(struct copy *copy, struct str from, struct str to, struct error *err);

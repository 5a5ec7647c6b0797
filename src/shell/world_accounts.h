#pragma once

/*
 * shell/world_accounts.h - lines of the tree's account files, as getent(1) prints them.
 */

#include "shell/world.h"

/*
 * The first line of @file (an absolute path) whose field @field (from 0, between colons)
 * is @value; without its newline. False if there is none, or no such file.
 */
bool world_account_line(struct shell *sh, const char *file, unsigned field, struct str value,
			struct str *ret);

/* A field of a line; "" beyond the last. */
struct str world_account_field(struct str line, unsigned field);

/* "NAME" or a number that is not a name, as chown(1) and chgrp(1) take them. */
bool world_user_or_id(struct shell *sh, struct str text, uint32_t *ret_uid, uint32_t *ret_gid);
bool world_group_or_id(struct shell *sh, struct str text, uint32_t *ret_gid);

/* Groups that list @name as a member, and @gid first; in the order of the file. */
size_t world_groups(struct shell *sh, struct str name, uint32_t gid, uint32_t **ret);

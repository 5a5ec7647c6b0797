#pragma once

/*
 * debian/accounts.h - passwd, group, shadow and gshadow of a tree, as records.
 *
 * Spec: passwd(5), group(5), shadow(5), gshadow(5); debian.md 5.3, debian-13.md 3.3.
 * Loaded from the tree, changed as values, stored back. Order of records is
 * kept; new ones are appended. A line that has not the file's number of fields
 * is kept as it is and never matches a name.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "resolve/lock.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct accounts;

/* @day: days since the epoch for shadow's "last change". Lies in @arena. */
int accounts_load(const struct tree *t, const struct content_reader *reader, int64_t day,
		  struct arena *arena, struct accounts **ret, struct error *err) MUST_CHECK;

/*
 * Writes the files that the tree has, or (passwd, group) must have. A file whose
 * text has not changed keeps its node and its causes.
 */
int accounts_store(const struct accounts *a, struct tree *t, cause_id cause,
		   struct error *err) MUST_CHECK;

/*
 * Ids that names have (the lock's table) and that nobody else may get. May be
 * called more than once: the first id given for a name stands. Borrowed.
 */
void accounts_set_ids(struct accounts *a, const struct lock_id *ids, size_t n);

/*
 * Moves passwords to shadow and gshadow, as `shadowconfig on` does: a group or
 * user that has no line there gets one, and "x" in its place.
 */
void accounts_shadow(struct accounts *a);

bool accounts_find_user(const struct accounts *a, struct str name, uint32_t *ret_uid,
			uint32_t *ret_gid);
bool accounts_find_group(const struct accounts *a, struct str name, uint32_t *ret_gid);

struct account_request {
	struct str name;
	uint32_t id;          /* or UINT32_MAX: by rule */
	bool downwards;       /* systemd-sysusers: highest free <= 999; else lowest free >= first */
	uint32_t first, last; /* range by rule: 100-999 or 1000-59999 */
};

/* Existing names keep their id (and *ret is it). ERR_RECIPE_CONFLICT if @id is taken. */
int accounts_add_group(struct accounts *a, const struct account_request *r, uint32_t *ret_gid,
		       struct error *err) MUST_CHECK;

struct account_user {
	struct account_request request;
	uint32_t gid;
	struct str gecos, home, shell;
	struct str shadow; /* password field: "!", "!*", "*" */
	bool expired;      /* field 8 = 1 (sysusers u!) */
	bool human;        /* shadow ageing fields 0:99999:7 as useradd writes them */
};
int accounts_add_user(struct accounts *a, const struct account_user *u, uint32_t *ret_uid,
		      struct error *err) MUST_CHECK;

/* Adds @user to the group's members, once. ERR_RECIPE_VALUE if there is no such group. */
int accounts_add_member(struct accounts *a, struct str group, struct str user,
			struct error *err) MUST_CHECK;

/* The home of a user as passwd has it, or "". */
struct str accounts_home(const struct accounts *a, struct str name);

/* Changes the fields of an existing user that are not "". */
void accounts_change_user(struct accounts *a, struct str name, struct str gecos,
			  struct str home, struct str shell);

/* Whether no name has number @id and accounts_set_ids() keeps it for none. */
bool accounts_is_free(const struct accounts *a, enum lock_id_kind kind, uint32_t id);

/* All ids >= 100 but 65534, users then groups, sorted by name: for the lock. */
void accounts_ids(const struct accounts *a, struct arena *arena, struct lock_id **ret,
		  size_t *ret_n);

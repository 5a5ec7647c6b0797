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
void accounts_shadow_users(struct accounts *a);  /* pwconv */
void accounts_shadow_groups(struct accounts *a); /* grpconv */

/* shadow (@users) or gshadow will be there, for records that are added from now on. */
void accounts_begin_shadow(struct accounts *a, bool users);

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

/* ---- accounts that exist (accounts_change.c) ---- */

struct account_view {
	uint32_t uid, gid;
	struct str gecos, home, shell;
};
bool accounts_user(const struct accounts *a, struct str name, struct account_view *ret);
bool accounts_user_name(const struct accounts *a, uint32_t uid, struct str *ret);
bool accounts_group_name(const struct accounts *a, uint32_t gid, struct str *ret);
/* The i-th user or group, by the order of the lines; false at the end. */
bool accounts_user_at(const struct accounts *a, size_t i, struct str *ret);
bool accounts_group_at(const struct accounts *a, size_t i, struct str *ret);

/* Fields of passwd(5), counted from 0. */
enum account_field { ACCOUNT_NAME = 0, ACCOUNT_UID = 2, ACCOUNT_GID = 3, ACCOUNT_GECOS = 4,
		     ACCOUNT_HOME = 5, ACCOUNT_SHELL = 6 };
void accounts_set_user(struct accounts *a, struct str name, enum account_field field,
		       struct str value);
struct str accounts_password(const struct accounts *a, struct str name);
void accounts_set_password(struct accounts *a, struct str name, struct str password, bool dated);

/* @at_end: the line moves to the end of its file. */
void accounts_rename_group(struct accounts *a, struct str name, struct str to, bool at_end);
struct str accounts_members(const struct accounts *a, struct str group); /* "a,b" */
bool accounts_is_member(const struct accounts *a, struct str group, struct str user);
void accounts_set_members(struct accounts *a, struct str group, struct str members);
void accounts_remove_member(struct accounts *a, struct str group, struct str user);
void accounts_remove_group(struct accounts *a, struct str name);

/* The number that the lock or the recipe has for a name. */
bool accounts_fixed_id(const struct accounts *a, enum lock_id_kind kind, struct str name,
		       uint32_t *ret);
/* The number that useradd and groupadd would take; false if there is none. */
bool accounts_choose_system(const struct accounts *a, enum lock_id_kind kind, uint32_t first,
			    uint32_t last, uint32_t *ret);
bool accounts_choose_human(const struct accounts *a, enum lock_id_kind kind, uint32_t first,
			   uint32_t last, uint32_t *ret);

/* Changes the fields of an existing user that are not "". */
void accounts_change_user(struct accounts *a, struct str name, struct str gecos,
			  struct str home, struct str shell);

/* Whether no name has number @id and accounts_set_ids() keeps it for none. */
bool accounts_is_free(const struct accounts *a, enum lock_id_kind kind, uint32_t id);

/* All ids >= 100 but 65534, users then groups, sorted by name: for the lock. */
void accounts_ids(const struct accounts *a, struct arena *arena, struct lock_id **ret,
		  size_t *ret_n);

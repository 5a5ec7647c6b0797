#pragma once

/*
 * debian/account_tools.h - what adduser and shadow's programs share: configuration,
 * numbers, homes. Private to debian/.
 */

#include "debian/command_list.h"

/* A file of settings, as it is in the tree now. */
struct settings {
	struct str text;
	char separator; /* '=' (adduser.conf), or ' ': blanks (login.defs) */
};
int settings_load(struct debian *d, struct str path, char separator, struct settings *ret,
		  struct error *err) MUST_CHECK;
bool settings_find(const struct settings *s, const char *key, struct str *ret);
/* @otherwise where the key is not set; false if it is no number. */
bool settings_number(const struct settings *s, const char *key, uint32_t otherwise, uint32_t *ret);

/* What a new account is made of. UINT32_MAX: by the program's rule. */
struct new_group {
	struct str name;
	uint32_t gid;
	bool system;
};
struct new_user {
	struct str name, gecos, home, shell;
	uint32_t uid, gid;
	bool system;
};

/* accounts_add_*() with what the real programs put into each field. */
int account_new_group(struct accounts *a, const struct new_group *g, struct error *err) MUST_CHECK;
int account_new_user(struct accounts *a, const struct new_user *u, struct error *err) MUST_CHECK;

/* The number of @name: the lock's, else the lowest from @first that is free; false: none. */
bool account_lowest(const struct accounts *a, enum lock_id_kind kind, struct str name,
		    uint32_t first, uint32_t last, uint32_t *ret);

/* A line of /etc/subuid and subgid for a person, where these files are. */
int account_subordinate(struct debian *d, struct str name, cause_id cause,
			struct error *err) MUST_CHECK;

/* The folder with its missing parents (0755 root:root), then its own owner and mode. */
int account_home(struct debian *d, struct str path, uint32_t uid, uint32_t gid, uint16_t mode,
		 cause_id cause, struct node **ret, struct error *err) MUST_CHECK;
/* Everything below /etc/skel, owned by the user. */
void account_skeleton(struct debian *d, struct node *home, uint32_t uid, uint32_t gid,
		      cause_id cause);

bool account_number(struct str text, uint32_t *ret);

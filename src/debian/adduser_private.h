#pragma once

/*
 * debian/adduser_private.h - one call of adduser or addgroup, and what their files
 * share. Private to debian/.
 */

#include "debian/account_tools.h"

struct add {
	struct shell_call *c;
	struct debian *d;
	struct accounts *a;
	bool modern; /* 3.152 */
	bool group_program, system, group_too, no_create_home, no_password, no_login, quiet;
	unsigned name_level;
	struct str home, shell, comment, ingroup;		     /* ptr NULL: not given */
	uint32_t uid, gid, first_uid, last_uid, first_gid, last_gid; /* UINT32_MAX: not given */
	struct settings config;
	struct str name;
};

enum status_of {
	OBJECT_EXISTS,
	NO_OBJECT,
	WRONG_OBJECT,
	ID_IN_USE,
	NO_ID,
	BAD_NAME_STATUS,
	BAD_HOME,
	BAD_CALL,
	EXCLUSIVE,
	STATUS_COUNT
};

/* ---- rules of the two versions, of the configuration and of names ---- */

int adduser_status(const struct add *x, enum status_of which);
const char *adduser_program(const struct add *x);
/* 3.152 prints what goes well to the log only. */
void adduser_say(const struct add *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

int adduser_check_config(const struct add *x, struct error *err) MUST_CHECK;
/* @given, else what the configuration says, else @otherwise. */
uint32_t adduser_configured(const struct add *x, uint32_t given, const char *key,
			    uint32_t otherwise);
bool adduser_is_system_id(const struct add *x, uint32_t id, bool group);
uint16_t adduser_folder_mode(const struct add *x);
int adduser_check_name(const struct add *x, struct error *err) MUST_CHECK;

/* ---- groups, members and users: -1, or the status that the program ends with ---- */

int adduser_add_group(struct add *x, struct error *err) MUST_CHECK;
int adduser_add_member(struct add *x, struct str user, struct str group,
		       struct error *err) MUST_CHECK;
int adduser_add_system_user(struct add *x, struct error *err) MUST_CHECK;
int adduser_add_human(struct add *x, struct error *err) MUST_CHECK;

#pragma once

/* debian/accounts_private.h - the records behind debian/accounts.h. */

#include "debian/accounts.h"

#define ACCOUNT_FIELDS 9u
#define ACCOUNT_DAY_MAX 24u /* bytes of a 64 bit number in decimal */

enum file_of { PASSWD, GROUP, SHADOW, GSHADOW, FILE_COUNT };

struct record {
	struct str field[ACCOUNT_FIELDS];
	unsigned n; /* 0: field[0] is a whole line that is kept as it is */
};

struct table {
	bool present; /* the file is in the tree, or must be */
	struct record *records;
	size_t n, capacity;
};

struct id_list {
	const struct lock_id *ids;
	size_t n;
	struct id_list *next;
};

struct accounts {
	struct arena *arena;
	char day[ACCOUNT_DAY_MAX];
	struct table table[FILE_COUNT];
	struct id_list *fixed; /* in the order of the calls */
};

/* Field numbers: passwd(5), group(5), shadow(5). */
enum { NAME = 0, PASSWORD = 1, ID = 2, USER_GID = 3, MEMBERS = 3 };

/* The first record of that name, or NULL. */
struct record *accounts_record(const struct accounts *a, enum file_of f, struct str name);
/* An empty record at the end of the file. */
struct record *accounts_append(struct accounts *a, enum file_of f);
bool accounts_parse_id(struct str text, uint32_t *ret);

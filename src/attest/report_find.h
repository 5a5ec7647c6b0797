#pragma once

/* attest/report_find.h - what is worth a word in a tree. Private to report_write(). Pure. */

#include "attest/report.h"

#define REPORT_ROWS_MAX 500u /* of each list that is told; all are counted */

enum report_class { /* of what takes space; order of the legend */
	REPORT_ASKED,     /* packages that the recipe asks for */
	REPORT_PACKAGE,   /* other packages */
	REPORT_RECIPE,    /* files of the recipe */
	REPORT_GENERATED, /* databases, caches, what scripts and triggers made */
	REPORT_BOOT,      /* what boots a disk */
	REPORT_CLASSES,
};

struct report_group { /* a package, or files of one folder that no package has */
	struct str name;
	enum report_class class;
	uint64_t size; /* bytes of its files' content, each inode once */
	uint32_t files;
};

struct report_package {
	struct str name, version, architecture, source;
	struct str licence, why, at; /* or "" */
	uint64_t size;
	uint32_t files;
};

struct report_path {
	struct str path; /* without leading slash */
	struct str package;
	struct str what; /* "setuid", "cap_net_raw=ep", ... */
	const struct inode *inode;
};

struct report_paths {
	struct report_path *list;
	size_t n, n_all, capacity;
};

enum report_password { PASSWORD_LOCKED = 1, PASSWORD_SET, PASSWORD_EMPTY };

struct report_user {
	struct str name, home, shell;
	struct str uid, gid;
	enum report_password password;
	size_t n_keys;  /* of ssh */
	bool may_login; /* has a shell, and a password or a key */
};

struct report_service {
	struct str unit, wanted_by, port, check; /* port and check may be "" */
	bool first_boot;                         /* one of ingot's own */
};

struct report_findings {
	struct arena *arena;
	struct report_group *groups; /* falling by size */
	size_t n_groups;
	uint64_t total;  /* bytes of all groups */
	uint32_t n_files, n_links, n_folders;
	struct report_package *packages; /* by name */
	size_t n_packages;
	struct report_path *largest; /* files, falling by size */
	size_t n_largest;
	struct report_paths privileged, writable, certificates;
	struct report_user *users;
	size_t n_users, n_logins;
	struct report_fact *groups_of_users; /* name and gid, members */
	size_t n_groups_of_users;
	struct report_service *services;
	size_t n_services;
	struct report_fact *first_boot; /* what each machine makes by itself */
	size_t n_first_boot;
	/* Meanwhile. */
	struct str *owners; /* package of a node, by its serial */
};

int report_find(const struct report *r, struct arena *arena, struct report_findings *ret,
		struct error *err) MUST_CHECK;

/* Parts of it, each in a file of its own. */
int report_find_packages(const struct report *r, struct report_findings *f,
			 struct error *err) MUST_CHECK;
int report_find_accounts(const struct report *r, struct report_findings *f,
			 struct error *err) MUST_CHECK;
int report_find_services(const struct report *r, struct report_findings *f,
			 struct error *err) MUST_CHECK;
void report_find_sizes(const struct report *r, struct report_findings *f);

/* The whole text of a file of the tree, in the arena; "" if there is none. */
int report_load(const struct report *r, struct report_findings *f, const char *path,
		struct str *ret, struct error *err) MUST_CHECK;

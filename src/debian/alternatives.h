#pragma once

/*
 * debian/alternatives.h - the groups of links that update-alternatives keeps.
 *
 * Spec: update-alternatives(1) of dpkg 1.21 and 1.22; docs/formats/dpkg.md,
 * "Alternatives". A group's state is its file below /var/lib/dpkg/alternatives and its
 * links: loaded, changed and stored by each command. Private to debian/.
 */

#include "debian/debian_state.h"

/* Exit status of the program when something is wrong. */
#define ALTERNATIVES_FAILED 2

/* A slave's name with its link and, in a choice, its file ("": none). */
struct alternative_slave {
	struct str name, link, file;
};

struct alternative_choice {
	struct str path;
	int32_t priority;
	struct alternative_slave *slaves; /* name and file */
	size_t n_slaves, slaves_capacity;
};

struct alternative_link {
	struct str name, link;
	bool updated;
};

enum alternative_mode { ALTERNATIVE_UNKNOWN, ALTERNATIVE_AUTO, ALTERNATIVE_MANUAL };

struct alternative {
	struct str name, link; /* link.ptr NULL: no state file */
	enum alternative_mode mode;
	struct alternative_link *slaves;
	size_t n_slaves, slaves_capacity;
	struct alternative_choice *choices;
	size_t n_choices, choices_capacity;
	struct str current; /* target of /etc/alternatives/NAME; ptr NULL: no link */
	bool modified;
};

/* What one run of the program works with. */
struct alternatives {
	struct debian *d;
	struct buf *out, *err; /* standard output, standard error */
	cause_id cause;
	bool force, quiet, verbose;
	struct str links, state; /* folders: /etc/alternatives, /var/lib/dpkg/alternatives */
};

/*
 * All return 0, ALTERNATIVES_FAILED with a message on @x->err, or -1 (ERR_IO ...).
 * @slaves of install: name, link and file.
 */
int alternatives_install(struct alternatives *x, struct str link, struct str name, struct str path,
			 int32_t priority, const struct alternative_slave *slaves, size_t n_slaves,
			 struct error *err) MUST_CHECK;
int alternatives_remove(struct alternatives *x, struct str name, struct str path,
			struct error *err) MUST_CHECK;
int alternatives_remove_all(struct alternatives *x, struct str name, struct error *err) MUST_CHECK;
int alternatives_auto(struct alternatives *x, struct str name, struct error *err) MUST_CHECK;
int alternatives_set(struct alternatives *x, struct str name, struct str path,
		     struct error *err) MUST_CHECK;

/* A message on standard error as the program prints it; returns ALTERNATIVES_FAILED. */
int alternatives_fail(const struct alternatives *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- the state (alternatives_state.c) ---- */

/* 0, ALTERNATIVES_ABSENT (no file, or an empty one; with @lax also a corrupt one) ... */
#define ALTERNATIVES_ABSENT 1
int alternatives_load(const struct alternatives *x, struct str name, bool lax,
		      struct alternative *ret, struct error *err) MUST_CHECK;
int alternatives_save(const struct alternatives *x, struct alternative *a,
		      struct error *err) MUST_CHECK;
/* Target of /etc/alternatives/NAME; ret.ptr NULL if there is none; FAILED if no link. */
int alternatives_current(const struct alternatives *x, struct str name, struct str *ret,
			 struct error *err) MUST_CHECK;

struct alternative_choice *alternative_choice(const struct alternative *a, struct str path);
struct alternative_choice *alternative_best(const struct alternative *a); /* or NULL */
struct alternative_link *alternative_link(const struct alternative *a, struct str name);
struct str alternative_file(const struct alternative_choice *c, struct str slave); /* or "" */
void alternative_set_link(const struct alternatives *x, struct alternative *a, struct str name,
			  struct str link, bool updated);
void alternative_set_file(const struct alternatives *x, struct alternative_choice *c,
			  struct str slave, struct str file);
/* An existing choice of that path is replaced at its place, a new one appended. */
struct alternative_choice *alternative_put_choice(const struct alternatives *x,
						  struct alternative *a, struct str path,
						  int32_t priority);

/* ---- files (alternatives_links.c); paths are absolute in the tree ---- */

enum alternative_kind { ALTERNATIVE_MISSING, ALTERNATIVE_SYMLINK, ALTERNATIVE_OTHER };
enum alternative_kind alternative_classify(const struct alternatives *x, struct str path);
bool alternative_is_missing(const struct alternatives *x, struct str path); /* stat(2) */
/*
 * Links of @choice (NULL: nothing changes) into place, links that it does not need
 * away; the state is saved if it is modified.
 */
int alternative_place(const struct alternatives *x, struct alternative *a,
		      const struct alternative_choice *choice, struct error *err) MUST_CHECK;
/* All links and the state file. */
int alternative_take_away(const struct alternatives *x, const struct alternative *a) MUST_CHECK;
int alternative_move(const struct alternatives *x, struct str from, struct str to) MUST_CHECK;
int alternative_unlink(const struct alternatives *x, struct str path) MUST_CHECK;
struct str alternative_readlink(const struct alternatives *x, struct str path);
/* DIR/NAME in the arena. */
struct str alternative_path(const struct alternatives *x, struct str dir, struct str name);

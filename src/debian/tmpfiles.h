#pragma once

/*
 * debian/tmpfiles.h - what systemd-tmpfiles --create makes of tmpfiles.d(5).
 * Spec: tmpfiles.d(5); measured with systemd 252 and 257 (tests/oracle/units.sh).
 *
 * Left out, as they leave nothing in an image: lines below /proc, /sys and /dev (not the
 * image's) and file attributes (h H), which no archive carries.
 */

#include "debian/debian_state.h"
#include "debian/tree_files.h"

enum tmp_type {
	TMP_FILE = 'f',
	TMP_TRUNCATE = 'F',
	TMP_WRITE = 'w',
	TMP_FOLDER = 'd',
	TMP_FOLDER_EMPTIED = 'D',
	TMP_ADJUST_FOLDER = 'e',
	TMP_SUBVOLUME = 'v',
	TMP_SUBVOLUME_Q = 'q',
	TMP_SUBVOLUME_QUOTA = 'Q',
	TMP_FIFO = 'p',
	TMP_LINK = 'L',
	TMP_CHAR = 'c',
	TMP_BLOCK = 'b',
	TMP_COPY = 'C',
	TMP_IGNORE = 'x',
	TMP_IGNORE_FOLDER = 'X',
	TMP_REMOVE = 'r',
	TMP_REMOVE_ALL = 'R',
	TMP_ADJUST = 'z',
	TMP_ADJUST_ALL = 'Z',
	TMP_MODE = 'm',
	TMP_ACL = 'a',
	TMP_ACL_ALL = 'A',
};

struct tmp_item {
	char type;
	bool plus, replace, if_target; /* + = ? */
	struct str path;	       /* absolute, simple; a pattern for types that take one */
	bool has_mode, mode_new_only, mask;
	uint16_t mode;
	bool has_uid, uid_new_only, has_gid, gid_new_only;
	uint32_t uid, gid;
	bool has_argument;
	struct str argument; /* unescaped and expanded */
};

struct tmpfiles {
	struct debian *d;
	struct tree_files files;
	struct accounts *accounts;
	unsigned systemd;
	bool boot, create, remove;
	struct str *prefixes, *exclude;
	size_t n_prefixes, n_exclude;
	struct tmp_item *items; /* in the order of lines */
	size_t n, capacity;
	bool bad_line, failed;
};

/* Takes the lines of one file. 1 with *ret_reason: not modelled. */
int tmpfiles_read(struct tmpfiles *t, struct str text, const char **ret_reason);

/* What the lines say is done to the tree. 1 with *ret_reason, -1. */
int tmpfiles_run(struct tmpfiles *t, const char **ret_reason, struct error *err) MUST_CHECK;

bool tmp_is_pattern(char type); /* the path of such a line is a pattern */

/* One line, or for a pattern one of its paths. */
int tmpfiles_make(struct tmpfiles *t, const struct tmp_item *i, const char **ret_reason,
		  struct error *err) MUST_CHECK;
int tmpfiles_adjust(struct tmpfiles *t, const struct tmp_item *i, struct node *node);
int tmpfiles_copy(struct tmpfiles *t, const struct tmp_item *i);
/* The access lists of @top, and of all below it for 'A'. 1 with *ret_reason. */
int tmpfiles_acl(struct tmpfiles *t, const struct tmp_item *i, struct node *top,
		 const char **ret_reason);

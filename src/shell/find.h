#pragma once

/*
 * shell/find.h - the expression of find(1), and its value for one file.
 *
 * Spec: findutils 4.9, find(1). Files come in byte order, a folder's as a whole: readdir's
 * order, which a real find has, is nobody's promise. Tests by time of access or of
 * change, by inode number, device or file system are not modelled.
 */

#include "shell/file_tool.h"
#include "shell/mode.h"
#include "shell/regex.h"

enum find_kind {
	/* operators */
	FIND_NOT,
	FIND_AND,
	FIND_OR,
	FIND_LIST,
	/* tests */
	FIND_TRUE,
	FIND_FALSE,
	FIND_NAME,
	FIND_PATH,
	FIND_REGEX,
	FIND_LNAME,
	FIND_TYPE,
	FIND_XTYPE,
	FIND_EMPTY,
	FIND_USER,
	FIND_GROUP,
	FIND_NO_USER,
	FIND_NO_GROUP,
	FIND_LINKS,
	FIND_SIZE,
	FIND_PERM,
	FIND_NEWER,
	FIND_SAME,
	FIND_READABLE,
	FIND_EXECUTABLE,
	/* actions */
	FIND_PRINT,
	FIND_PRINT0,
	FIND_PRINTF,
	FIND_EXEC,
	FIND_EXEC_ALL,
	FIND_DELETE,
	FIND_PRUNE,
	FIND_QUIT,
};

struct find_node {
	enum find_kind kind;
	struct find_node *left, *right; /* operators: NOT has only @left */
	struct str text;		/* pattern, format, kinds */
	bool fold;			/* -iname ... */
	char compare;			/* '+', '-', '=' with @number; '/', '-', '=' for -perm */
	uint64_t number, unit;		/* unit: bytes of -size */
	uint16_t mode, folder_mode;
	int64_t time;
	struct regex *regex;
	const struct inode *inode; /* -samefile */
	const struct str *argv;	   /* -exec */
	size_t argc;
	bool in_folder;	   /* -execdir */
	struct str *found; /* -exec ... + */
	size_t n_found, found_capacity;
};

struct find {
	struct shell_call *c;
	char follow; /* 'H', 'L', 'P' */
	uint64_t min_depth, max_depth;
	bool depth_first, has_action, quit;
	int status;
	struct find_node *all_exec[8]; /* those with '+', run at the end */
	size_t n_all_exec;

	/* The file at hand. */
	struct str path, start;
	struct node *node; /* as -L, -H or -P see it */
	uint64_t depth;
	bool prune;
};

/* Parses the words from @at on. 0; 1 with *ret_status; -1. @ret may be NULL: none. */
int find_parse(struct find *f, size_t at, struct find_node **ret, int *ret_status,
	       struct error *err);

/* 0 or 1, or -1. */
int find_test(struct find *f, struct find_node *n, struct error *err);

/* -printf: 0; 1: a directive that is not modelled. */
int find_format(struct find *f, struct str format);

/* What -exec ... + has collected. 0 or -1. */
int find_finish(struct find *f, struct error *err);

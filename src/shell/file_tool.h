#pragma once

/*
 * shell/file_tool.h - what the commands on files share. Private to shell/tool_*.c.
 */

#include "shell/command.h"
#include "shell/walk.h"

struct file_table_row {
	const char *name;
	shell_command_run *run;
};

/* "NAME: WHAT 'PATH': REASON" on standard error. Returns 1. */
int file_complain(struct shell_call *c, const char *what, struct str path, const char *reason);
/* The same with the text of an outcome. */
int file_failed(struct shell_call *c, const char *what, struct str path, int outcome);
/* "NAME: MESSAGE", then 1. */
int file_usage(struct shell_call *c, const char *message);

/* As the program shows a name ('a' -> 'b'): in quotes, where needed escaped. */
void file_quote(struct buf *out, struct str name);
/* "VERB 'PATH'\n" on standard output. */
void file_say(struct shell_call *c, const char *verb, struct str path);
/* "'FROM' -> 'TO'\n" */
void file_say_pair(struct shell_call *c, const char *verb, struct str from, struct str to);

/*
 * The escape at the backslash format[*at]: three octal digits at most, or one of @names, which
 * stands for the byte of @values. *at is left at its last byte. False for any other, and
 * for a backslash at the end.
 */
bool file_escape(struct str format, size_t *at, const char *names, const char *values,
		 struct buf *out);

/* All of these lie in the world's arena. */
struct str file_join(struct shell_call *c, struct str folder, struct str name);
struct str file_base(struct str path);	 /* last name, without slashes behind; a view */
struct str file_folder(struct str path); /* as dirname(1); a view, or "." or "/" */
struct str file_strip(struct str path);	 /* without slashes at the end; a view */

bool file_is_folder(const struct shell_call *c, struct str path, bool follow);
static inline bool node_is(const struct node *node, enum node_kind kind)
{
	return node && node->inode->kind == kind;
}

/*
 * A walk for a change: 0, an outcome, or WORLD_SPECIAL for what lies outside of the tree.
 * With 0 there is a folder in which the name lies or would lie, or the node is "/" or ".".
 */
int file_place(struct shell_call *c, struct str path, bool follow, struct world_place *ret);

/* The children of a folder as a list that stays as it is while the tree changes. */
size_t file_children(struct shell_call *c, const struct node *dir, struct node ***ret);

/* Operands of ln, cp, mv and install taken apart. */
struct file_targets {
	const struct str *sources;
	size_t n;
	struct str target;
	bool into; /* target is a folder: sources go into it */
};
/* @folder ptr NULL: no -t. Return: 0, or the exit status that is to be given back. */
int file_targets(struct shell_call *c, const struct shell_arguments *a, struct str folder,
		 bool no_folder, bool no_dereference, struct file_targets *ret);
struct str file_target(struct shell_call *c, const struct file_targets *t, struct str source);

/* Backups: ".~1~" is refused, others get a suffix. */
struct file_backup {
	bool wanted;
	struct str suffix;
};
/* Moves what is at @path away. Return: 0, -1, or 1 with *ret_status (refused). */
int file_make_backup(struct shell_call *c, const struct file_backup *b, struct str path,
		     int *ret_status, struct error *err);
/* Takes the values of -b, --backup and -S. The same return. */
int file_backup_option(struct shell_call *c, struct file_backup *b, struct str control,
		       int *ret_status, struct error *err);

/*
 * As Linux does for chown(2) by root: set-uid, and set-gid with group's x, go away from
 * what is no folder, and so do capabilities. UINT32_MAX: as it is.
 */
void file_chown(struct shell_call *c, struct node *node, uint32_t uid, uint32_t gid);

/* "-", "USER", "USER:GROUP", ":GROUP", "USER:", "USER.GROUP". False: no such account. */
bool file_parse_owner(struct shell_call *c, struct str text, uint32_t *ret_uid, uint32_t *ret_gid);

#pragma once

/*
 * shell/converse.h - scripts under a program that they talk with by their standard
 * streams, as maintainer scripts do with debconf's frontend.
 */

#include "shell/command.h"

struct session;
struct stream;

/*
 * What the program answers to a line without its newline: appended to @answers, with its
 * newline, or nothing. @c has the script that speaks, for shell_refuse(). Return: 0, -1.
 */
typedef int shell_answer(struct shell_call *c, struct str line, struct buf *answers,
			 struct error *err);

/*
 * Runs a script with @answer at its standard output and input: @itself, the maintainer
 * script once more from its first line, with argv[1]... as arguments; else argv[0]
 * is the path of a program. Variables that are exported now, folder and umask are the
 * child's. Return: its status, -1.
 */
int shell_converse(struct shell_call *c, const struct str *argv, size_t argc, bool itself,
		   shell_answer *answer, struct error *err) MUST_CHECK;

/* ---- private to shell/ ---- */
void conversations_release(struct session *s);
/* Makes both ends of a new conversation of the session. */
void conversation_open(struct shell *sh, shell_answer *answer, struct stream **ret_in,
		       struct stream **ret_out);
int conversation_take(struct shell *sh, struct stream *s, struct error *err) MUST_CHECK;
/* The newest conversation: what was said and not taken yet. */
int conversation_end(struct shell *sh, struct error *err) MUST_CHECK;

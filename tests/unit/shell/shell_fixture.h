#pragma once

/*
 * tests/unit/shell/shell_fixture.h - a small world, and what a script did in it.
 *
 * Commands of both tables are there without a file on PATH. Refusals are recorded;
 * @stop: the first of them stops evaluation.
 */

#include "base/buf.h"
#include "shell/command.h"
#include "shell/shell.h"

struct shell_fixture {
	struct tree *tree;
	struct arena arena;
	struct world world;
	struct buf out, messages;
	struct buf refusals; /* "KIND SCRIPT:LINE (OUTER): COMMAND: REASON" each a line */
	int status;          /* of the script; -1: shell_run() failed */
	bool stop;
	bool strict;         /* commands only with a file on PATH */
	int answer;          /* status after a refusal */
	shell_answer *listener; /* of scripts, or NULL */
};

/* @tree: tests/tools/tree_text.h, or "" for an empty tree. */
void shell_fixture_init(struct shell_fixture *f, const char *tree);
void shell_fixture_release(struct shell_fixture *f);
#define CLEANUP_SHELL_FIXTURE CLEANUP(shell_fixture_release)

/* Runs @script with the arguments "configure" and "". */
void shell_fixture_run(struct shell_fixture *f, const char *script);

/* Text of a file, NULL if absent; who caused its content; its "MODE UID GID". */
const char *shell_fixture_file(struct shell_fixture *f, const char *path);
const char *shell_fixture_cause(struct shell_fixture *f, const char *path);
const char *shell_fixture_attributes(struct shell_fixture *f, const char *path);

/* Runs @script in an empty world and compares what it prints and its status. */
void shell_prints(const char *script, const char *out, int status);

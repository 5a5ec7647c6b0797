#pragma once

/* shell/grep.h - what the files of grep share. Private to shell/. */

#include "shell/regex.h"
#include "shell/text_tool.h"

enum grep_kind { GREP_BASIC, GREP_EXTENDED, GREP_FIXED };

struct grep {
	enum grep_kind kind;
	bool icase, invert, word, line, count, quiet, silent, numbers, only, text;
	bool with_files, without_files, recursive, follow;
	int names; /* -1: as it comes, else whether they are shown */
	char end;
	uint64_t max, before, after;
	bool separated; /* "--" between groups that -A and -B show */
	struct str patterns[256];
	struct regex *regexes[256];
	size_t n;
	struct str includes[16], excludes[16], exclude_folders[16];
	size_t n_includes, n_excludes, n_exclude_folders;
	struct arena *arena; /* of one run */
	/* of the run */
	bool matched, trouble, shown;
	uint64_t cost; /* steps of its searches */
	unsigned n_printed; /* files below a folder that something was printed of */
};

/* Searches one operand: 0, 1 with *ret_reason (can't be said), -1. */
int grep_search_name(struct grep *g, struct shell_call *c, struct str name, bool named,
		     const char **ret_reason, struct error *err) MUST_CHECK;
/* The same with files below a folder; other operands as they are. */
int grep_search_below(struct grep *g, struct shell_call *c, struct str name,
		      const char **ret_reason, struct error *err) MUST_CHECK;

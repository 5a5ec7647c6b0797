#pragma once

/*
 * recipe/gitignore.h - what the .gitignore files of a workspace ignore.
 *
 * Spec: gitignore(5): patterns, negation, folders only, anchored, '**'. Only
 * .gitignore files from the workspace's root down count: what lies outside, or in
 * git's own configuration, differs from one clone to the next. Bracket expressions
 * have no [:class:].
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

struct gitignore;

/* @workspace is borrowed. Owned, gitignore_free(). */
struct gitignore *gitignore_new(int workspace);
void gitignore_free(struct gitignore *g);
static inline void cleanup_gitignore(struct gitignore **g)
{
	gitignore_free(*g);
}
#define CLEANUP_GITIGNORE CLEANUP(cleanup_gitignore)

/* Which line ignores a path. Borrowed from the gitignore. */
struct gitignore_rule {
	struct str file; /* "recipes/.gitignore"; "" for git's own rule about .git */
	uint32_t line;
	struct str pattern;
};

#define GITIGNORE_IGNORED 1

/*
 * Is @path (relative to the workspace, clean) ignored? Its parents must be known
 * not to be: below an ignored folder everything is. Returns 0,
 * GITIGNORE_IGNORED with *ret, or -1.
 */
int gitignore_check(struct gitignore *g, struct str path, bool is_directory,
		    struct gitignore_rule *ret, struct error *err) MUST_CHECK;

/* Does @pattern (without '!' and anchors) match all of @path? '**' as in gitignore(5). */
bool gitignore_match(struct str pattern, struct str path);

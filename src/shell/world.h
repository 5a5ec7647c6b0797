#pragma once

/*
 * shell/world.h - the closed world that a maintainer script is evaluated in.
 *
 * Spec: design.md, section 6; docs/shell.md. There is the tree and nothing
 * else: no process, no host file, no clock, no network, no environment. Time is
 * the epoch, the user is root, the umask 022, the standard PATH is fixed.
 * Every change goes through tree/ with a cause, so that whoever watches the
 * tree (tree_watch()) sees all of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "tree/reader.h"
#include "tree/tree.h"

struct shell;
struct shell_command;
struct world;
struct world_cache;

/* Whom a command runs as (su, runuser). */
struct world_identity {
	uint32_t uid, gid;
	const uint32_t *groups; /* @gid among them */
	size_t n_groups;
};

/* Why something can't be evaluated. */
enum refusal_kind {
	REFUSAL_COMMAND = 1, /* no model of this command */
	REFUSAL_USAGE,       /* a modelled command, used in a way that is not modelled */
	REFUSAL_CONSTRUCT,   /* shell syntax that is not modelled: the whole script */
	REFUSAL_FAILED,      /* the script ended with a status other than 0 */
	REFUSAL_LIMIT,       /* steps, depth or memory of one script */
};

struct refusal {
	enum refusal_kind kind;
	struct str script;  /* whose text @line counts in: "postinst", "/usr/bin/ucf" */
	unsigned line;      /* from 1 */
	struct str text;    /* that source line, trimmed; may be "" */
	struct str command; /* expanded words joined by blanks, or "" */
	struct str reason;  /* "no such option: --foo"; for people */
	unsigned outer_line; /* line in the maintainer script itself (= line if that is @script) */
};

/* What the caller of shell_run() injects. No pointer may be NULL. */
struct world_host {
	/*
	 * The model of command @name (without a folder), or NULL. Asked after functions
	 * and builtins of the shell, and only if a file by that name is on PATH, unless
	 * the command says SHELL_COMMAND_VIRTUAL.
	 */
	const struct shell_command *(*command)(const struct world *w, struct str name);
	/*
	 * Something can't be evaluated. Strings live until it returns. 0: go on with
	 * *ret_status as the status of the command (answered, or taken down and skipped);
	 * -1: stop evaluating. For REFUSAL_CONSTRUCT, FAILED and LIMIT the script ends.
	 */
	int (*refuse)(struct world *w, const struct refusal *r, int *ret_status,
		      struct error *err);
};

struct world {
	struct tree *tree;
	const struct content_reader *reader;
	struct arena *arena;      /* outlives the tree: contents, names, causes */
	int64_t epoch;            /* what a clock would show; mtime of all that is made */
	struct str architecture;  /* of the image: "amd64" */
	struct str host_name;     /* of the machine; "": see tool_hostname.c */
	struct str package, script; /* whose script runs: "nginx-common", "postinst"; for causes */
	struct str trigger;       /* "" or the trigger that it runs for: CAUSE_TRIGGER */
	const struct world_host *host;
	/*
	 * NULL: root. Another one only asks: searching folders obeys their modes, anything
	 * that would change or read the tree is refused (call.c, redirect.c).
	 */
	const struct world_identity *identity;
	void *context;            /* the host's: struct debian */
	uint64_t steps;           /* of the script so far; LIMIT_SHELL_STEPS */
	/* What was read and parsed; NULL: this script shares it with no other. */
	struct world_cache *cache;
};

/* For worlds of one @arena and tree, one after the other or one inside the other. */
struct world_cache *world_cache_new(struct arena *arena);

/* ---- names and files, as the script's process would see them ---- */

/* @path made absolute with the working folder. "." and ".." stay. In the arena. */
struct str world_path(const struct shell *sh, struct str path);

/* NULL: absent (or "", or a file with a trailing '/'). Relative to the working folder. */
struct node *world_find(const struct shell *sh, struct str path, bool follow_last);

/* The folder that @path lies in and its last name; NULL if there is no such folder. */
struct node *world_parent(const struct shell *sh, struct str path, struct str *ret_name);

/* Positive outcomes of reading and writing, each like one errno value. */
enum world_outcome {
	WORLD_ABSENT = 1, /* ENOENT, also of the parent folder */
	WORLD_FOLDER,     /* EISDIR */
	WORLD_NO_FOLDER,  /* ENOTDIR */
	WORLD_EXISTS,     /* EEXIST */
	WORLD_NOT_EMPTY,  /* ENOTEMPTY */
	WORLD_LOOP,       /* ELOOP */
	WORLD_SPECIAL,    /* a fifo or device of the tree: nothing can be said about it */
};
const char *world_outcome_text(enum world_outcome o); /* as strerror(3) says it */

/*
 * What a file holds that each machine makes for itself (a key, a database): it is there
 * for scripts to see, own and change the mode of, and taken out at the end. Reading it
 * says WORLD_SPECIAL.
 */
extern const struct str world_later;

/*
 * The bytes of a file. /dev/null is empty. In the arena (or a view of a content in
 * memory): valid while the tree lives. ERR_LIMIT above LIMIT_SHELL_FILE.
 */
int world_read(struct shell *sh, struct str path, struct str *ret,
	       struct error *err) MUST_CHECK; /* or an outcome */
int world_read_node(struct shell *sh, const struct node *node, struct str *ret,
		    struct error *err) MUST_CHECK;

/*
 * As open(O_WRONLY|O_CREAT|O_TRUNC or O_APPEND), write, close: follows links, keeps
 * mode and owner of a file that is there (all its hard links change), else 0666
 * less umask, root:root. mtime is the epoch. @data is copied. /dev/null swallows.
 */
int world_write(struct shell *sh, struct str path, struct str data, bool append,
		struct error *err) MUST_CHECK; /* or an outcome */

/* A new folder, 0777 less umask, root:root; WORLD_EXISTS if there is anything. */
int world_make_folder(struct shell *sh, struct str path, struct node **ret,
		      struct error *err) MUST_CHECK;

/* ---- accounts of the tree, read from /etc/passwd and /etc/group as they are now ---- */

bool world_user(struct shell *sh, struct str name, uint32_t *ret_uid, uint32_t *ret_gid);
bool world_group(struct shell *sh, struct str name, uint32_t *ret_gid);
bool world_user_name(struct shell *sh, uint32_t uid, struct str *ret);
bool world_group_name(struct shell *sh, uint32_t gid, struct str *ret);

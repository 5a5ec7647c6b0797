#pragma once

/*
 * debian/debian.h - packages take effect on a tree as dpkg would make them,
 * without executing anything.
 *
 * Spec: design.md, section 6; debian.md and debian-13.md; Debian Policy 6, 7, 10;
 * docs/formats/dpkg.md. The tree is pure memory; contents that must be read
 * (scripts' inputs, ELF headers, certificates) come through the reader.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "pack/pack.h"
#include "resolve/lock.h"
#include "tree/reader.h"
#include "tree/tree.h"

/* Raised whenever evaluating the same scripts over the same packages gives other effects. */
#define DEBIAN_EVALUATOR 1

struct debian_package {
	struct str name, version, architecture;
	bool essential;   /* in the Essential closure */
	bool automatic;   /* not asked for by the recipe: apt's extended_states */
	bool kept;        /* false: composed for its effects, then dropped (essential: false) */
	const struct pack *pack; /* borrowed while the tree lives: names view into it */
};

/* What the recipe says of a script that can't be evaluated (design.md, section 6). */
enum answer_kind {
	ANSWER_SKIP_COMMAND = 1, /* as if the command were not there, status 0 */
	ANSWER_FAIL_COMMAND,     /* status 1 */
	ANSWER_EFFECTS,          /* these operations instead of the script or the command */
	ANSWER_SKIP,             /* nothing instead of the script */
	ANSWER_FIRST_BOOT,       /* dpkg configures the package on the machine */
};
struct debian_answer {
	enum answer_kind kind;
	struct str package, script; /* "postinst" */
	struct digest digest;       /* of the script that it was given for */
	struct str command;         /* expanded, see debian_refusal; "": the whole script */
	const struct str *effects;  /* lines in the language of docs/effects.md */
	size_t n_effects;
	struct src_pos pos;         /* in the recipe, for errors */
};

/*
 * Whether @line is of the language of `effects`: an operation, the words that it takes,
 * modes. ERR_RECIPE_VALUE with a hint.
 */
int debian_check_effect(struct str line, struct error *err) MUST_CHECK;

/* An answer to a question of debconf, given before it is asked: it counts as seen. */
struct debian_preseed {
	struct str question, value; /* "tzdata/Areas", "Etc" */
};

/* Path globs of the recipe's `exclude`, see debian/glob.h. */
struct debian_options {
	struct str architecture;      /* native: "amd64" */
	int64_t epoch;
	const struct str *exclude;    /* in order; last match wins; "!" re-includes */
	size_t n_exclude;
	const struct lock_id *ids;    /* the lock's id table: names that have a number */
	size_t n_ids;
	const struct lock_id *reserved; /* ids that the recipe claims: not handed out */
	size_t n_reserved;
	const struct debian_answer *answers; /* the recipe's `scripts:` */
	size_t n_answers;
	const struct debian_preseed *debconf; /* the recipe's `debconf:` */
	size_t n_debconf;
	struct bytes effects; /* an effects object to replay; ptr NULL: evaluate */
	struct str host_name; /* the recipe's `hostname:`, for scripts that ask; or "" */
	bool machine;         /* a disk: what its first boot must make gets a unit */
	const struct content_reader *reader;
	struct stopwatch *stopwatch; /* or NULL */
};

/* What could not be evaluated, and what nobody has answered. */
struct debian_refusal {
	struct str package, version, architecture;
	struct str member;        /* the maintainer script: "postinst" */
	struct digest digest;     /* of it */
	struct str trigger;       /* "" or what it was called for */
	bool of_command;          /* one command is in the way, not the whole script */
	struct str script;        /* whose text @line counts in: @member, or a file of the tree */
	unsigned line, outer_line; /* outer: of the maintainer script */
	struct str text;          /* that line, trimmed; may be "" */
	struct str command;       /* expanded, or ""; control characters as \xNN */
	struct str reason;
};

/* How scripts were done, counted by call. */
struct debian_coverage {
	size_t evaluated, catalogue, answered;
};

struct debian_wanted {
	struct str generator, argument;
	cause_id cause;
};

struct debian_first_boot {
	struct str package, what;
	struct str text;    /* for people: "host keys of sshd" */
	struct str command; /* makes it, as a shell has it; "": nobody knows or nobody has to */
	struct str path;    /* the file that is there afterwards, or "" */
	cause_id cause;
};

struct debian_report {
	struct lock_id *ids;        /* all ids that the tree holds from 100 up: for the lock */
	size_t n_ids;
	struct bytes effects;       /* the object: given or made */
	bool evaluated;             /* made just now: the following five are filled in */
	struct debian_refusal *refusals; /* in the order of evaluation */
	size_t n_refusals;
	bool *answer_used;          /* by index of the options' answers */
	struct debian_coverage coverage;
	struct debian_wanted *wanted; /* for debian_finish() */
	size_t n_wanted;
	struct debian_first_boot *first_boot; /* what must be made on the machine itself */
	size_t n_first_boot;
};

/*
 * debian_install() - unpack, configure and record packages
 *
 * Evaluates the maintainer scripts in a scratch tree if no effects are given; then
 * lays out @t, which is empty, from the packages and the effects object, in its
 * order (usrmerge, Replaces, diversions, conffiles, exclude), cleans up, and writes
 * the databases (dpkg, apt's extended_states). *ret lies in @arena.
 *
 * What can't be evaluated is in ret->refusals: then the tree is not what the
 * packages make, and must not be used but for finding further refusals.
 *
 * Errors: ERR_FILE_CONFLICT two packages own one path and neither replaces the
 *         other; ERR_FORMAT a control member or the effects are malformed;
 *         those of the reader.
 */
int debian_install(struct tree *t, const struct debian_package *packages, size_t n,
		   const struct debian_options *options, struct arena *arena,
		   struct debian_report *ret, struct error *err) MUST_CHECK;

/*
 * What @report wants and must see the tree when the recipe's own files and users are
 * in it: /etc/ssl/certs, ld.so.cache ... On a machine also the units of first boot.
 * Called by compose/ last.
 */
int debian_finish(struct tree *t, const struct debian_package *packages, size_t n,
		  const struct debian_options *options, const struct debian_report *report,
		  struct arena *arena, struct error *err) MUST_CHECK;

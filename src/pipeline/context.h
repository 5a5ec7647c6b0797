#pragma once

/*
 * pipeline/context.h - what every step of the pipeline works with.
 *
 * The context is made once by cli/ from flags, environment and machine
 * configuration. It is the only way by which these reach a lower room.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "fetch/fetch.h"
#include "fetch/mirrors.h"
#include "pipeline/run_scratch.h"
#include "pipeline/workspace.h"
#include "stage/stage.h"

enum phase {
	PHASE_INDEXES,
	PHASE_FETCH,
	PHASE_PACKS,
	PHASE_SCRIPTS,
	PHASE_LAYERS,
	PHASE_DISK,
	PHASE_COUNT,
};

struct refusals;

/* What the user is told meanwhile. cli/ implements it; NULL members are silent. */
struct observer {
	/*
	 * @bytes_total 0: bytes are not counted in this phase. Called from several
	 * threads, and with @done in no strict order.
	 */
	void (*progress)(void *context, enum phase phase, uint64_t done, uint64_t total,
			 uint64_t bytes, uint64_t bytes_total);
	/* One line that stays: "note: ..." */
	void (*note)(void *context, const char *text);
	/* Details for -v. */
	void (*detail)(void *context, const char *text);
	void *context;
};

struct context {
	struct workspace workspace;
	struct machine machine;
	struct stage *stage;
	char *stage_path; /* absolute or relative to the current folder; NULL: one in scratch */
	char *scratch_parent;	    /* where folders for one run are made */
	struct run_scratch scratch; /* of a stage for this run alone */
	char *outputs_path;
	char *state_path; /* per-user state folder, or NULL if there is none */
	bool offline;
	struct stopwatch stopwatch; /* over all that is composed */
	unsigned n_threads; /* at least 1 */
	int64_t now;	    /* seconds; only `lock` looks at it */
	struct observer observer;
	struct refusals *refused; /* what ERR_SCRIPT is about, or NULL; owned */
};

struct context_options {
	const char *folder;  /* -C */
	const char *stage;   /* --stage, or NULL */
	const char *outputs; /* --outputs, or NULL */
	bool offline;
	unsigned n_threads; /* 0: one a processor */
	int64_t now;
	const char *(*environment)(const char *name);
	const char *apt_root; /* "/etc/apt" */
	struct observer observer;
};

/* Finds the workspace and reads the machine's configuration; opens no stage yet. */
int context_open(const struct context_options *options, struct context *ret,
		 struct error *err) MUST_CHECK;
void context_release(struct context *c);
#define CLEANUP_CONTEXT CLEANUP(context_release)
#define CONTEXT_INIT                                                                               \
	{                                                                                          \
		.workspace = WORKSPACE_INIT                                                        \
	}

/* Opens the stage unless it is open. */
int context_need_stage(struct context *c, struct error *err) MUST_CHECK;

/* `ingot verify FILE` needs neither workspace nor stage: only the configuration. */
int context_open_machine_only(const struct context_options *options, struct context *ret,
			      struct error *err) MUST_CHECK;

/*
 * For commands about files that lie anywhere: the stage of --stage, of the configuration or
 * of the workspace; where none of these is, context_need_stage() makes one for this run.
 */
int context_open_for_files(const struct context_options *options, struct context *ret,
			   struct error *err) MUST_CHECK;

/* `ingot stage ...` works without a workspace: only configuration and stage. */
int context_open_stage_only(const struct context_options *options, struct context *ret,
			    struct error *err) MUST_CHECK;

void context_note(const struct context *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void context_detail(const struct context *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void context_progress(const struct context *c, enum phase phase, uint64_t done, uint64_t total,
		      uint64_t bytes, uint64_t bytes_total);

/* Options for fetch_all() that report into @phase; valid while @c and *slot live. */
struct context_fetch {
	const struct context *context;
	enum phase phase;
};
struct fetch_options context_fetch_options(const struct context *c, enum phase phase,
					   struct context_fetch *slot);

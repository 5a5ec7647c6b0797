#define _GNU_SOURCE
#include "pipeline/context.h"

#include <errno.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/refusals.h"

/* $XDG_STATE_HOME/ingot, made 0700. NULL if there is no home to put it in. */
static char *state_folder(const char *(*environment)(const char *))
{
	const char *state = environment("XDG_STATE_HOME"), *home = environment("HOME");
	CLEANUP_FREE char *path = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	if (state && state[0] == '/')
		path = mem_printf("%s/ingot", state);
	else if (home && home[0] == '/')
		path = mem_printf("%s/.local/state/ingot", home);
	else
		return NULL;
	if (file_make_private_folders(AT_FDCWD, path, &err) < 0)
		return NULL;
	(void)chmod(path, 0700);
	return access(path, W_OK) == 0 ? TAKE_PTR(path) : NULL;
}

static int open_machine(const struct context_options *o, struct context *c, struct error *err)
{
	c->offline = o->offline;
	c->n_threads = o->n_threads ? o->n_threads : workers_default();
	c->now = o->now;
	c->stopwatch.clock = clock_nanoseconds;
	c->observer = o->observer;
	c->state_path = state_folder(o->environment);
	return machine_load(&c->machine, o->environment, o->apt_root, err);
}

/* Flag, then environment or configuration (machine.stage), then the workspace. */
static char *place(const char *flag, struct str configured, const char *workspace, const char *name)
{
	if (flag)
		return mem_strdup(flag);
	if (configured.len)
		return mem_str(configured);
	return workspace[0] ? mem_printf("%s/%s", workspace, name) : mem_strdup(name);
}

int context_open(const struct context_options *o, struct context *ret, struct error *err)
{
	CLEANUP_CONTEXT struct context c = CONTEXT_INIT;
	CLEANUP_FREE char *root = NULL;

	if (workspace_find(o->folder, &c.workspace, err) < 0 || open_machine(o, &c, err) < 0)
		return -1;
	root = workspace_seen_from_here(&c.workspace);
	c.stage_path = place(o->stage, c.machine.stage, root, "stage");
	c.outputs_path = place(o->outputs, (struct str){ NULL, 0 }, root, "outputs");
	*ret = c;
	c = (struct context)CONTEXT_INIT;
	return 0;
}

int context_open_machine_only(const struct context_options *o, struct context *ret,
			      struct error *err)
{
	CLEANUP_CONTEXT struct context c = CONTEXT_INIT;

	if (open_machine(o, &c, err) < 0)
		return -1;
	*ret = c;
	c = (struct context)CONTEXT_INIT;
	return 0;
}

int context_open_stage_only(const struct context_options *o, struct context *ret, struct error *err)
{
	CLEANUP_CONTEXT struct context c = CONTEXT_INIT;
	CLEANUP_ERR struct error none = ERR_INIT;
	CLEANUP_FREE char *root = NULL;

	if (open_machine(o, &c, err) < 0)
		return -1;
	if (!o->stage && !c.machine.stage.len &&
	    workspace_find(o->folder, &c.workspace, &none) < 0) {
		(void)err_move(err, &none);
		return err_hint(err, "name a stage by --stage DIR, or a workspace by -C DIR");
	}
	if (c.workspace.path)
		root = workspace_seen_from_here(&c.workspace);
	c.stage_path = place(o->stage, c.machine.stage, root, "stage");
	*ret = c;
	c = (struct context)CONTEXT_INIT;
	return 0;
}

int context_open_for_files(const struct context_options *o, struct context *ret, struct error *err)
{
	CLEANUP_CONTEXT struct context c = CONTEXT_INIT;
	CLEANUP_ERR struct error none = ERR_INIT;
	CLEANUP_FREE char *root = NULL;
	const char *scratch = o->environment("TMPDIR");

	if (open_machine(o, &c, err) < 0)
		return -1;
	if (!o->stage && !c.machine.stage.len)
		(void)!workspace_find(o->folder, &c.workspace, &none);
	if (c.workspace.path)
		root = workspace_seen_from_here(&c.workspace);
	if (o->stage || c.machine.stage.len || root)
		c.stage_path = place(o->stage, c.machine.stage, root, "stage");
	c.scratch_parent = mem_strdup(scratch && *scratch ? scratch : "/tmp");
	*ret = c;
	c = (struct context)CONTEXT_INIT;
	return 0;
}

static int open_scratch_stage(struct context *c, struct error *err)
{
	CLEANUP_FREE char *path = NULL;

	if (run_scratch_make(&c->scratch, c->scratch_parent, err) < 0)
		return err_while(err, "making a stage for this run");
	/* Not the folder itself: that is locked, and so is a stage's. */
	path = mem_printf("%s/stage", c->scratch.path);
	if (mkdir(path, 0700) < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	return stage_open_scratch(path, &c->stage, err);
}

int context_need_stage(struct context *c, struct error *err)
{
	CLEANUP_FREE char *key = NULL;

	if (c->stage)
		return 0;
	if (!c->stage_path)
		return open_scratch_stage(c, err);
	if (c->state_path)
		key = mem_printf("%s/stage.key", c->state_path);
	else
		context_note(c, "there is no state folder for this user (HOME is not writable): "
				"results of earlier builds are not reused");
	return stage_open(c->stage_path, key, &c->stage, err);
}

void context_release(struct context *c)
{
	refusals_free(c->refused);
	stage_close(c->stage);
	run_scratch_release(&c->scratch);
	machine_release(&c->machine);
	workspace_release(&c->workspace);
	free(c->stage_path);
	free(c->scratch_parent);
	free(c->outputs_path);
	free(c->state_path);
	*c = (struct context)CONTEXT_INIT;
}

static void tell(void (*to)(void *, const char *), void *context, const char *fmt, va_list args)
{
	char *text;

	if (!to)
		return;
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	to(context, text);
	free(text);
}

void context_note(const struct context *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(c->observer.note, c->observer.context, fmt, args);
	va_end(args);
}

void context_detail(const struct context *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(c->observer.detail, c->observer.context, fmt, args);
	va_end(args);
}

void context_progress(const struct context *c, enum phase phase, uint64_t done, uint64_t total,
		      uint64_t bytes, uint64_t bytes_total)
{
	if (c->observer.progress)
		c->observer.progress(c->observer.context, phase, done, total, bytes, bytes_total);
}

static void fetch_update(void *context, size_t n_done, size_t n_items, uint64_t bytes_done,
			 uint64_t bytes_total)
{
	const struct context_fetch *f = context;

	context_progress(f->context, f->phase, n_done, n_items, bytes_done, bytes_total);
}

struct fetch_options context_fetch_options(const struct context *c, enum phase phase,
					   struct context_fetch *slot)
{
	*slot = (struct context_fetch){ c, phase };
	return (struct fetch_options){
		.offline = c->offline,
		.user_agent = "ingot",
		.progress = { fetch_update, slot },
	};
}

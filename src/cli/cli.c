#define _GNU_SOURCE
#include "cli/app.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/progress.h"
#include "io/clock.h"
#include "io/interrupt.h"
#include "pipeline/refusals.h"

static int parse_mode(struct app *app, enum progress_mode *ret, struct error *err)
{
	static const char *const names[] = { "auto", "tty", "plain", "json", "none" };
	const char *value = app_value(app, "progress");

	*ret = PROGRESS_AUTO;
	for (unsigned i = 0; value && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(value, names[i]) == 0) {
			*ret = (enum progress_mode)i;
			return 0;
		}
	if (value)
		return err_set(err, ERR_USAGE,
			       "'%s' is no progress mode: auto, tty, plain, json or "
			       "none",
			       value);
	return 0;
}

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static int set_up(struct app *app, struct error *err)
{
	enum progress_mode mode;
	const char *no_colour = getenv("NO_COLOR");

	app->json = app_flag(app, "json");
	app->quiet = app_flag(app, "quiet");
	app->verbose = app_flag(app, "verbose") && !app->quiet;
	if (parse_mode(app, &mode, err) < 0)
		return -1;
	if (mode == PROGRESS_AUTO)
		mode = is_terminal() ? PROGRESS_TTY : PROGRESS_PLAIN;
	if (app->quiet)
		mode = PROGRESS_NONE;
	app->progress = progress_new(mode, !app->quiet, app->verbose,
				     is_terminal() && !(no_colour && *no_colour));
	return 0;
}

const char *app_environment(const char *name)
{
	return getenv(name);
}

static int context_options_of(struct app *app, struct context_options *ret, struct error *err)
{
	const char *jobs = app_value(app, "jobs"), *now = app_value(app, "now");
	const char *folder = app_value(app, "directory");
	uint64_t n = 0;

	*ret = (struct context_options){
		.folder = folder ? folder : ".",
		.stage = app_value(app, "stage"),
		.outputs = app_value(app, "outputs"),
		.offline = app_flag(app, "offline"),
		.now = clock_now(),
		.environment = app_environment,
		.apt_root = "/etc/apt",
		.observer = progress_observer(app->progress),
	};
	if (jobs && (!str_parse_u64(str_of(jobs), &n) || n < 1 || n > 1024))
		return err_set(err, ERR_USAGE, "'%s' is no number of threads (1 to 1024)", jobs);
	if (now && !text_parse_time(str_of(now), &ret->now))
		return err_set(err, ERR_USAGE, "'%s' is no time like 2026-09-01T00:00:00Z", now);
	ret->n_threads = (unsigned)n;
	return 0;
}

int app_context(struct app *app, struct context **ret, struct error *err)
{
	struct context_options options;

	if (!app->has_context) {
		if (context_options_of(app, &options, err) < 0 ||
		    context_open(&options, &app->context, err) < 0)
			return -1;
		app->has_context = true;
	}
	*ret = &app->context;
	return 0;
}

int app_machine_context(struct app *app, struct context **ret, struct error *err)
{
	struct context_options options;

	if (!app->has_context) {
		if (context_options_of(app, &options, err) < 0 ||
		    context_open_machine_only(&options, &app->context, err) < 0)
			return -1;
		app->has_context = true;
	}
	*ret = &app->context;
	return 0;
}

int app_stage_context(struct app *app, struct context **ret, struct error *err)
{
	struct context_options options;

	if (!app->has_context) {
		if (context_options_of(app, &options, err) < 0 ||
		    context_open_stage_only(&options, &app->context, err) < 0)
			return -1;
		app->has_context = true;
	}
	*ret = &app->context;
	return 0;
}

int app_file_context(struct app *app, struct context **ret, struct error *err)
{
	struct context_options options;

	if (!app->has_context) {
		if (context_options_of(app, &options, err) < 0 ||
		    context_open_for_files(&options, &app->context, err) < 0)
			return -1;
		app->has_context = true;
	}
	*ret = &app->context;
	return 0;
}

int app_recipe(struct app *app, const char *name, struct recipe **ret, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	struct context *c;

	if (app_context(app, &c, err) < 0 || workspace_recipe(&c->workspace, name, &path, err) < 0)
		return -1;
	return recipe_load(c->workspace.fd, path, ret, err);
}

bool app_may_retry(struct app *app, struct error *err)
{
	uint64_t n;

	if (err->code != ERR_DIGEST || !app->has_context || !app->context.stage)
		return false;
	n = stage_n_quarantined(app->context.stage);
	if (n == app->n_set_aside)
		return false;
	app->n_set_aside = n;
	context_note(&app->context, "an object of the stage was damaged and is set aside: %s",
		     err->message);
	err_release(err);
	return true;
}

static void write_json(const struct json *object)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	json_write_pretty(object, &text);
	fwrite(text.ptr, 1, text.len, stdout);
}

static struct json *with_schema(struct app *app, const char *name, struct json *object)
{
	return json_set(object, "schema",
			json_text(&app->arena, arena_printf(&app->arena, "ingot/%s/1", name)));
}

void app_print_json(struct app *app, const char *name, struct json *object)
{
	assert(!app->document && !app->has_document);
	(void)with_schema(app, name, object);
	if (app->json)
		app->document = object;
	else
		write_json(object);
}

void app_print_json_now(struct app *app, const char *name, struct json *object)
{
	assert(!app->document && !app->has_document);
	app->has_document = true;
	write_json(with_schema(app, name, object));
	fflush(stdout);
}

void app_print_str(struct str text)
{
	text_print_safe(stdout, text.ptr, text.len);
}

void app_print_lines(struct str text)
{
	struct str line;

	if (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	while (str_split(&text, '\n', &line)) {
		app_print_str(line);
		putchar('\n');
	}
}

void app_release(struct app *app)
{
	if (app->has_context)
		context_release(&app->context);
	progress_free(app->progress);
	free(app->given);
	arena_release(&app->arena);
}

static struct json *names_json(struct arena *a, const struct str *names, size_t n)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++)
		json_add(list, json_str(a, names[i]));
	return list;
}

static struct json *refusal_json(struct arena *a, const struct refusal_row *row)
{
	const struct debian_refusal *r = &row->refusal;
	struct json *o = json_object(a);
	char hex[DIGEST_HEX_MAX];

	json_set(o, "package", json_str(a, r->package));
	json_set(o, "version", json_str(a, r->version));
	json_set(o, "script", json_str(a, r->member));
	json_set(o, "sha256", json_text(a, digest_hex(&r->digest, hex)));
	json_set(o, "line", json_int(a, r->outer_line));
	json_set(o, "file", json_str(a, r->script));
	json_set(o, "file_line", json_int(a, r->line));
	json_set(o, "text", json_str(a, r->text));
	json_set(o, "command", json_str(a, r->command));
	json_set(o, "reason", json_str(a, r->reason));
	json_set(o, "trigger", json_str(a, r->trigger));
	json_set(o, "answer_of_command", json_bool(a, r->of_command));
	json_set(o, "targets", names_json(a, row->targets, row->n_targets));
	json_set(o, "architectures", names_json(a, row->architectures, row->n_architectures));
	return o;
}

static void add_refusals_json(struct app *app, const struct refusals *f, struct json *o)
{
	struct json *list = json_array(&app->arena);

	for (size_t i = 0; i < f->n; i++)
		json_add(list, refusal_json(&app->arena, &f->rows[i]));
	json_set(o, "refused", list);
	json_set(o, "paste", json_text(&app->arena, f->block));
}

static struct json *error_json(struct app *app, const struct error *err)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *contexts = json_array(a);

	json_set(o, "code", json_text(a, arena_printf(a, "E%04u", (unsigned)err->code)));
	json_set(o, "exit_status", json_int(a, err_exit_status(err)));
	json_set(o, "message",
		 json_text(a, err->sys ? arena_printf(a, "%s: %s", err->message,
						      strerrordesc_np(err->sys))
				       : err->message));
	if (err->pos.file) {
		json_set(o, "file", json_text(a, err->pos.file));
		json_set(o, "line", json_int(a, err->pos.line));
		json_set(o, "column", json_int(a, err->pos.column));
	}
	if (err->detail)
		json_set(o, "detail", json_text(a, err->detail));
	if (err->code == ERR_SCRIPT && app->context.refused)
		add_refusals_json(app, app->context.refused, o);
	if (err->hint)
		json_set(o, "help", json_text(a, err->hint));
	for (unsigned i = 0; i < err->n_context; i++)
		json_add(contexts, json_text(a, err->context[i]));
	return json_set(o, "while", contexts);
}

/* One document for a script, whatever happened: what there is to say, and why it is no more. */
static void print_json_error(struct app *app, const struct error *err)
{
	if (app->document)
		json_set(app->document, "error", error_json(app, err));
	else if (!app->has_document)
		app->document = with_schema(app, "error", error_json(app, err));
}

static void print_document(struct app *app)
{
	if (app->document)
		write_json(app->document);
	app->document = NULL;
	app->has_document = true;
}

static int fail(struct app *app, struct error *err)
{
	/* Who has read enough is not told that nobody reads: 'ingot ls FILE | head'. */
	if (interrupted_by() == SIGPIPE)
		return 128 + SIGPIPE;
	if (app->progress)
		progress_pause(app->progress);
	if (app->json) {
		print_json_error(app, err);
		print_document(app);
	}
	err_print(err, stderr);
	/* Data, so that it can be piped into a recipe; the talk was on standard error. */
	if (!app->json && err->code == ERR_SCRIPT && app->context.refused)
		fputs(app->context.refused->block, stdout);
	if (err->code == ERR_INTERRUPTED && interrupted_by())
		return 128 + interrupted_by();
	return err_exit_status(err);
}

/* `ingot build | head` ends quietly; a full disk behind stdout does not. */
static int finish_stdout(struct app *app, struct error *err)
{
	print_document(app);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "cannot write to standard output");
}

/* ---- -o FILE ---- */

static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && S_ISREG(of_a.st_mode) &&
	       of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* 'ingot sbom IMAGE -o IMAGE' would be the end of the image. */
static int check_output(const struct app *app, int argc, char **argv, struct error *err)
{
	const char *output = app_value(app, "output"), *same = NULL;

	if (!output)
		return 0;
	for (int i = 0; i < argc && !same; i++)
		same = is_same_file(output, argv[i]) ? argv[i] : NULL;
	for (size_t i = 0; i < app->n_given && !same; i++) {
		const struct app_option *o = &app->given[i];

		if (o->value && strcmp(o->option->name, "output") != 0 &&
		    is_same_file(output, o->value))
			same = o->value;
	}
	if (!same)
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is read, so nothing is written to it", same);
	return err_hint(err, "name another file behind -o");
}

static int run_command(struct app *app, int argc, char **argv, struct error *err)
{
	char *name;

	if (app_flag(app, "help")) {
		for (const struct command *c = commands; c->name; c++)
			if (strcmp(c->name, "help") == 0) {
				name = arena_strdup(&app->arena, str_of(app->command->name));
				return c->run(app, app->command == c ? 0 : 1, &name, err);
			}
	}
	if (check_output(app, argc, argv, err) < 0)
		return -1;
	return app->command->run(app, argc, argv, err);
}

/*
 * Of standard input, output and error those that are closed are held, so that no file of ours
 * becomes one of them. Who reads or writes there anyway is told that it can't.
 */
static void hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(ERR_IO / 100);
}

int cli_main(int argc, char **argv)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct app app = { .context = CONTEXT_INIT };
	int status = 0, left;
	char **rest;

	hold_standard_files();
	signal(SIGPIPE, SIG_DFL);
	interrupt_install();
	if (app_parse(&app, argc, argv, &left, &rest, &err) < 0 || set_up(&app, &err) < 0) {
		status = fail(&app, &err);
	} else {
		int r = run_command(&app, left, rest, &err);

		if (r < 0)
			status = fail(&app, &err);
		else if (finish_stdout(&app, &err) < 0)
			status = fail(&app, &err);
		else
			status = r;
	}
	app_release(&app);
	return status;
}

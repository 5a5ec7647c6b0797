/* The command line: options anywhere, "--name value", "--name=value", "-n value". */

#include "cli/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

const struct cli_option global_options[] = {
	{ "directory", 'C', "DIR", "work in the workspace that DIR lies in" },
	{ "stage", 0, "DIR", "keep the stage in DIR" },
	{ "outputs", 0, "DIR", "write outputs to DIR" },
	{ "offline", 0, NULL, "use no network" },
	{ "jobs", 'j', "N", "use N threads (default: one a processor)" },
	{ "json", 0, NULL, "print the result as one JSON document on stdout" },
	{ "progress", 0, "MODE", "auto, tty, plain, json or none" },
	{ "quiet", 'q', NULL, "print no progress and no notes" },
	{ "verbose", 'v', NULL, "print what is done, in detail" },
	{ "now", 0, "TIME", "take TIME (RFC 3339) for the date when judging a Release" },
	{ "help", 'h', NULL, "show help" },
	{ 0 },
};

static const struct cli_option *find_option(const struct cli_option *list, const char *name,
					    size_t len, char letter)
{
	for (; list && list->name; list++)
		if (letter ? list->letter == letter
			   : strlen(list->name) == len && memcmp(list->name, name, len) == 0)
			return list;
	return NULL;
}

static const struct cli_option *lookup(const struct app *app, const char *name, size_t len,
				       char letter)
{
	const struct cli_option *o = find_option(global_options, name, len, letter);

	if (!o && app->command)
		o = find_option(app->command->options, name, len, letter);
	return o;
}

static int unknown_option(const struct app *app, const char *arg, size_t len, struct error *err)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (const struct cli_option *o = global_options; o->name; o++)
		names[n++] = o->name;
	for (const struct cli_option *o = app->command ? app->command->options : NULL; o && o->name;
	     o++)
		names[n++] = o->name;
	(void)err_set(err, ERR_USAGE, "unknown option '%.*s'", (int)len, arg);
	near = len > 2 ? text_suggest((struct str){ arg + 2, len - 2 }, names, n) : NULL;
	if (near)
		return err_hint(err, "did you mean '--%s'?", near);
	return err_hint(err, "'ingot help%s%s' lists the options", app->command ? " " : "",
			app->command ? app->command->name : "");
}

static void record(struct app *app, const struct cli_option *o, const char *value)
{
	app->given = mem_resize(app->given, app->n_given + 1, sizeof(*app->given));
	app->given[app->n_given++] = (struct app_option){ o, value };
}

/* "[=PKG]": a value may follow, but only behind a "=". */
static bool is_optional(const struct cli_option *o)
{
	return o->value[0] == '[';
}

/* One option at argv[*i]; its value may be the next argument. */
static int parse_option(struct app *app, int argc, char **argv, int *i, struct error *err)
{
	const char *arg = argv[*i], *value = NULL;
	const struct cli_option *o;
	size_t len = strcspn(arg, "=");

	if (arg[1] == '-') {
		o = lookup(app, arg + 2, len - 2, 0);
		value = arg[len] ? arg + len + 1 : NULL;
	} else {
		o = lookup(app, NULL, 0, arg[1]);
		value = arg[2] ? arg + 2 : NULL; /* -j4 */
		len = 2;
	}
	if (!o)
		return unknown_option(app, arg, len, err);
	if (o->value && !value && !is_optional(o) && *i + 1 < argc)
		value = argv[++*i];
	if (o->value && !value && !is_optional(o))
		return err_set(err, ERR_USAGE, "option '--%s' needs a value: --%s %s", o->name,
			       o->name, o->value);
	if (!o->value && value)
		return err_set(err, ERR_USAGE, "option '--%s' takes no value", o->name);
	record(app, o, value);
	return 0;
}

int cli_find_command(const char *name, const struct command **ret, struct error *err)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (const struct command *c = commands; c->name; c++) {
		names[n++] = c->name;
		if (strcmp(c->name, name) == 0) {
			*ret = c;
			return 0;
		}
	}
	(void)err_set(err, ERR_USAGE, "unknown command '%s'", name);
	near = text_suggest(str_of(name), names, n);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "'ingot help' lists the commands");
}

static int check_count(const struct app *app, int argc, struct error *err)
{
	const struct command *c = app->command;

	if (app_flag(app, "help") ||
	    ((unsigned)argc >= c->min_args && (unsigned)argc <= c->max_args))
		return 0;
	if ((unsigned)argc < c->min_args)
		(void)err_set(err, ERR_USAGE, "'%s' needs %s", c->name, c->args);
	else if (c->max_args)
		(void)err_set(err, ERR_USAGE, "'%s' takes %s, not %d arguments", c->name, c->args,
			      argc);
	else
		(void)err_set(err, ERR_USAGE, "'%s' takes no argument", c->name);
	return err_hint(err, "usage: ingot %s%s%s", c->name, c->args[0] ? " " : "", c->args);
}

/* Also of a command line that can't be understood: who asked for JSON gets the error as JSON. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int app_parse(struct app *app, int argc, char **argv, int *ret_argc, char ***ret_argv,
	      struct error *err)
{
	char **left = arena_array(&app->arena, (size_t)argc + 1, sizeof(*left));
	bool only_arguments = false;
	int n = 0;

	app->json = asks_for_json(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!only_arguments && strcmp(argv[i], "--") == 0) {
			only_arguments = true;
		} else if (!only_arguments && argv[i][0] == '-' && argv[i][1]) {
			if (!app->command && strcmp(argv[i], "--version") == 0) {
				if (cli_find_command("version", &app->command, err) < 0)
					return -1;
			} else if (parse_option(app, argc, argv, &i, err) < 0) {
				return -1;
			}
		} else if (!app->command) {
			if (cli_find_command(argv[i], &app->command, err) < 0)
				return -1;
		} else {
			left[n++] = argv[i];
		}
	}
	if (!app->command && cli_find_command("help", &app->command, err) < 0)
		return -1;
	*ret_argc = n;
	*ret_argv = left;
	return check_count(app, n, err);
}

bool app_flag(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->n_given; i++)
		if (strcmp(app->given[i].option->name, name) == 0)
			return true;
	return false;
}

const char *app_value(const struct app *app, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < app->n_given; i++)
		if (strcmp(app->given[i].option->name, name) == 0)
			value = app->given[i].value;
	return value;
}

static const char *const *values(struct app *app, const char *name, bool lists, size_t *ret_n)
{
	const char **kept = NULL, **list = NULL;
	size_t n = 0, capacity = 0;

	for (size_t i = 0; i < app->n_given; i++) {
		struct str rest = str_of(app->given[i].value), item = rest;

		if (strcmp(app->given[i].option->name, name) != 0 || !rest.ptr)
			continue;
		while (!lists || str_split(&rest, ',', &item)) {
			if (lists && !item.len)
				continue;
			MEM_GROW(list, n, capacity);
			list[n++] = arena_strdup(&app->arena, item);
			if (!lists)
				break;
		}
	}
	*ret_n = n;
	if (!n)
		return NULL;
	kept = arena_array(&app->arena, n, sizeof(*kept));
	memcpy(kept, list, n * sizeof(*kept));
	free(list);
	return kept;
}

const char *const *app_values(struct app *app, const char *name, size_t *ret_n)
{
	return values(app, name, true, ret_n);
}

const char *const *app_files(struct app *app, const char *name, size_t *ret_n)
{
	return values(app, name, false, ret_n);
}

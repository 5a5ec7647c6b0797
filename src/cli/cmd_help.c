#include <stdio.h>
#include <string.h>

#include "cli/app.h"

int cmd_help(struct app *app, int argc, char **argv, struct error *err);

#define WIDTH 80u /* columns of a terminal that nobody has widened */

/* @text, whose first word stands in @column, in lines that fit. */
static void print_filled(const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t blanks = strspn(text, " \n"), n = strcspn(text + blanks, " \n");

		if (at > column && at + 1 + n > WIDTH) {
			printf("\n%*s", (int)column, "");
			at = column;
		}
		printf("%s%.*s", at > column ? " " : "", (int)n, text + blanks);
		at += n + (at > column);
		text += blanks + n;
	}
	putchar('\n');
}

/* A name with what it means beside it, or below it if it is long. */
static void print_row(const char *left, unsigned width, const char *text)
{
	if (strlen(left) > width)
		printf("  %s\n%*s", left, (int)width + 3, "");
	else
		printf("  %-*s ", (int)width, left);
	print_filled(text, width + 3);
}

static void print_options(const struct cli_option *o)
{
	for (; o->name; o++) {
		char left[48];

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
			 o->value && o->value[0] != '[' ? " " : "", o->value ? o->value : "");
		print_row(left, 28, o->help);
	}
}

/* What is laid out by columns stays as it is. */
static bool has_columns(const char *text)
{
	return strstr(text, "  ") || strstr(text, "\n ");
}

static void print_command(const struct command *c)
{
	printf("ingot %s - %s\n\nusage: ingot %s%s%s%s\n", c->name, c->help, c->name,
	       c->args[0] ? " " : "", c->args, c->options->name ? " [OPTION...]" : "");
	if (c->more) {
		putchar('\n');
		if (has_columns(c->more))
			puts(c->more);
		else
			print_filled(c->more, 0);
	}
	if (c->options->name) {
		printf("\noptions:\n");
		print_options(c->options);
	}
	printf("\noptions of every command:\n");
	print_options(global_options);
}

static void print_all(void)
{
	printf("ingot - golden images of Debian packages: one recipe, one lock, the same bytes\n\n"
	       "usage: ingot COMMAND [OPTION...]\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++) {
		char left[48];

		snprintf(left, sizeof(left), "%s %s", c->name, c->args);
		print_row(left, 28, c->help);
	}
	printf("\noptions:\n");
	print_options(global_options);
	printf("\nRECIPE is a path or a name: 'web' is recipes/web.yaml.\n"
	       "'ingot help COMMAND' says more.\n");
}

static struct json *options_json(struct arena *a, const struct cli_option *o)
{
	struct json *list = json_array(a);

	for (; o->name; o++) {
		struct json *row = json_object(a);

		json_set(row, "name", json_text(a, o->name));
		json_set(row, "help", json_text(a, o->help));
		if (o->letter)
			json_set(row, "letter", json_str(a, (struct str){ &o->letter, 1 }));
		if (o->value)
			json_set(row, "value", json_text(a, o->value));
		json_add(list, row);
	}
	return list;
}

static void print_json(struct app *app)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *list = json_array(a);

	for (const struct command *c = commands; c->name; c++) {
		struct json *row = json_object(a);

		json_set(row, "name", json_text(a, c->name));
		json_set(row, "arguments", json_text(a, c->args));
		json_set(row, "help", json_text(a, c->help));
		if (c->more)
			json_set(row, "more", json_text(a, c->more));
		json_set(row, "options", options_json(a, c->options));
		json_add(list, row);
	}
	json_set(top, "commands", list);
	json_set(top, "options", options_json(a, global_options));
	app_print_json(app, "help", top);
}

int cmd_help(struct app *app, int argc, char **argv, struct error *err)
{
	const struct command *c;

	if (app->json) {
		print_json(app);
		return 0;
	}
	if (argc == 0) {
		print_all();
		return 0;
	}
	if (cli_find_command(argv[0], &c, err) < 0)
		return -1;
	print_command(c);
	return 0;
}

#include <stdio.h>
#include <string.h>

#include "cli/app.h"

int cmd_completion(struct app *app, int argc, char **argv, struct error *err);

static void print_words(const struct cli_option *o)
{
	for (; o->name; o++)
		printf(" --%s", o->name);
}

/* The word behind one of these is its value, and no command. */
static void print_with_value(const struct cli_option *o)
{
	const char *bar = "";

	for (; o->name; o++) {
		if (!o->value || o->value[0] == '[')
			continue;
		printf("%s--%s", bar, o->name);
		if (o->letter)
			printf("|-%c", o->letter);
		bar = "|";
	}
}

/* Recipes are completed by name, files by the shell. */
static void bash(void)
{
	printf("# bash completion of ingot\n_ingot() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= before= word options\n"
	       "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	       "\t\tcase $before in ");
	print_with_value(global_options);
	printf(") [ \"$word\" = = ] || before=; continue ;; esac\n"
	       "\t\tcase $word in -*) before=$word ;; *) command=$word; break ;; esac\n\tdone\n"
	       "\tcase $command in\n\t'') options='");
	for (const struct command *c = commands; c->name; c++)
		printf("%s%s", c == commands ? "" : " ", c->name);
	print_words(global_options);
	printf("' ;;\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("\t%s) options='", c->name);
		print_words(c->options);
		print_words(global_options);
		if (strcmp(c->name, "stage") == 0)
			printf(" ls gc fsck explain");
		if (strcmp(c->name, "log") == 0)
			printf(" append prove verify");
		for (const struct command *o = commands; strcmp(c->name, "help") == 0 && o->name; o++)
			printf(" %s", o->name);
		if (strcmp(c->name, "completion") == 0)
			printf(" bash zsh fish");
		printf("'");
		if (strstr(c->args, "RECIPE"))
			printf("; options+=\" $(cd recipes 2>/dev/null && ls -- *.yaml 2>/dev/null"
			       " | sed 's/\\.yaml$//')\"");
		printf(" ;;\n");
	}
	printf("\tesac\n\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n}\n"
	       "complete -o default -F _ingot ingot\n");
}

static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("'[]:\\", *text))
			printf("%s", *text == '\'' ? "'\\'" : "\\");
		putchar(*text);
		if (*text == '\'')
			putchar('\'');
	}
}

static void zsh_options(const struct cli_option *o)
{
	for (; o->name; o++) {
		printf(" \\\n\t\t\t'--%s%s[", o->name, o->value && o->value[0] != '[' ? "=" : "");
		zsh_text(o->help);
		printf("]%s'", o->value && o->value[0] != '[' ? ":value:_files" : "");
	}
}

static void zsh(void)
{
	printf("#compdef ingot\n# zsh completion of ingot\n_ingot() {\n\tlocal -a list\n\tlist=(\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("\t\t'%s:", c->name);
		zsh_text(c->help);
		printf("'\n");
	}
	printf("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command list\n\t\treturn\n\tfi\n"
	       "\tcase $words[2] in\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("\t%s)\n\t\t_arguments", c->name);
		zsh_options(c->options);
		zsh_options(global_options);
		if (strstr(c->args, "RECIPE"))
			printf(" \\\n\t\t\t'*:recipe:($(cd recipes 2>/dev/null && ls -- *.yaml(N:r)))'");
		else
			printf(" \\\n\t\t\t'*:file:_files'");
		printf("\n\t\t;;\n");
	}
	printf("\tesac\n}\ncompdef _ingot ingot\n");
}

static void fish_text(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void fish_options(const struct cli_option *o, const char *condition)
{
	for (; o->name; o++) {
		printf("complete -c ingot%s -l %s", condition, o->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (o->value && o->value[0] != '[')
			printf(" -r");
		printf(" -d ");
		fish_text(o->help);
		putchar('\n');
	}
}

static void fish(void)
{
	printf("# fish completion of ingot\n");
	for (const struct command *c = commands; c->name; c++) {
		char condition[96];

		printf("complete -c ingot -n __fish_use_subcommand -f -a %s -d ", c->name);
		fish_text(c->help);
		snprintf(condition, sizeof(condition), " -n '__fish_seen_subcommand_from %s'",
			 c->name);
		putchar('\n');
		fish_options(c->options, condition);
		if (strstr(c->args, "RECIPE"))
			printf("complete -c ingot%s -f -a "
			       "'(string replace -r \".*/(.*)\\.yaml\" \"\\$1\" recipes/*.yaml)'\n",
			       condition);
	}
	fish_options(global_options, "");
}

int cmd_completion(struct app *app, int argc, char **argv, struct error *err)
{
	(void)app, (void)argc;
	if (strcmp(argv[0], "bash") == 0)
		bash();
	else if (strcmp(argv[0], "zsh") == 0)
		zsh();
	else if (strcmp(argv[0], "fish") == 0)
		fish();
	else
		return err_set(err, ERR_USAGE, "no completion for '%s': bash, zsh or fish",
			       argv[0]);
	return 0;
}

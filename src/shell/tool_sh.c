/* sh, dash and bash as commands: `sh -c TEXT NAME ARGS`, `sh FILE ARGS`, a script on input. */
#include "shell/evaluate.h"
#include "shell/file_tool.h"
#include "shell/tool_files.h"

/* The "#!" line may name sh or dash, without options: they'd count only if it were run. */
static bool is_plain_script(struct str text)
{
	struct str line;

	if (!str_has_prefix(text, STR("#!")))
		return true;
	(void)str_split(&text, '\n', &line);
	line = str_trim((struct str){ line.ptr + 2, line.len - 2 });
	return str_equal_cstr(line, "/bin/sh") || str_equal_cstr(line, "/usr/bin/sh") ||
	       str_equal_cstr(line, "/bin/dash") || str_equal_cstr(line, "/usr/bin/dash");
}

static int run_file(struct shell_call *c, size_t at, struct error *err)
{
	struct str path = c->argv[at], text;
	struct node *node = world_find(c->shell, path, true);
	int outcome = node ? world_read_node(c->shell, node, &text, err) : WORLD_ABSENT;

	if (outcome < 0)
		return -1;
	if (outcome == WORLD_ABSENT) {
		buf_printf(c->err, STR_FMT ": 0: cannot open " STR_FMT ": No such file\n",
			   STR_ARG(c->argv[0]), STR_ARG(path));
		return 2;
	}
	if (outcome || !is_plain_script(text))
		return shell_refuse(c, err, "the script " STR_FMT, STR_ARG(path));
	return run_script_file(c->shell, path, node, c->argv + at, c->argc - at, err);
}

/* A script that a command of its own name stands for is that command. */
static bool is_modelled(struct shell_call *c, struct str path)
{
	struct str name = file_base(path);
	struct str at;
	struct node *found = shell_which(c->shell, name, &at);

	return found && found == world_find(c->shell, path, true) &&
	       c->world->host->command(c->world, name);
}

/* bash FILE ARGS: a script that says bash itself, or one with a model. */
int tool_bash(struct shell_call *c, struct error *err)
{
	struct str text, line;
	struct node *node;

	if (c->argc < 2 || !c->argv[1].len || c->argv[1].ptr[0] == '-')
		return shell_refuse(c, err, "only bash FILE is modelled");
	if (is_modelled(c, c->argv[1]))
		return shell_spawn(c, c->argv + 1, c->argc - 1, c->in, c->out, c->err, err);
	node = world_find(c->shell, c->argv[1], true);
	if (!node || world_read_node(c->shell, node, &text, err))
		return shell_refuse(c, err, "the script " STR_FMT, STR_ARG(c->argv[1]));
	(void)str_split(&text, '\n', &line);
	line = str_trim(line);
	if (!str_equal_cstr(line, "#!/bin/bash") && !str_equal_cstr(line, "#! /bin/bash") &&
	    !str_equal_cstr(line, "#!/usr/bin/bash"))
		return shell_refuse(c, err, "the script " STR_FMT, STR_ARG(c->argv[1]));
	return run_script_file(c->shell, c->argv[1], node, c->argv + 1, c->argc - 1, err);
}

int tool_sh(struct shell_call *c, struct error *err)
{
	struct arena *arena = c->world->arena;
	const char *flags = "";
	bool text = false;
	size_t at = 1;

	for (; at < c->argc && c->argv[at].len > 1 && c->argv[at].ptr[0] == '-'; at++) {
		struct str word = c->argv[at];

		if (str_equal_cstr(word, "--")) {
			at++;
			break;
		}
		for (size_t i = 1; i < word.len; i++) {
			if (word.ptr[i] == 'c')
				text = true;
			else if (memchr("eu", word.ptr[i], 2))
				flags = arena_printf(arena, "%sset -%c; ", flags, word.ptr[i]);
			else
				return shell_refuse(c, err, "option " STR_FMT, STR_ARG(word));
		}
	}
	if (text) {
		if (at == c->argc)
			return shell_refuse(c, err, "-c without a text");
		return shell_spawn_text(
			c, str_of(arena_printf(arena, "%s" STR_FMT, flags, STR_ARG(c->argv[at]))),
			c->argv + at + 1, c->argc - at - 1, err);
	}
	if (*flags)
		return shell_refuse(c, err, "options without -c");
	if (at < c->argc && is_modelled(c, c->argv[at]))
		return shell_spawn(c, c->argv + at, c->argc - at, c->in, c->out, c->err, err);
	if (at < c->argc)
		return run_file(c, at, err);
	return shell_spawn_text(c, arena_str(arena, shell_input_all(c->in)), NULL, 0, err);
}

/* sh and dash as commands: `sh -c TEXT NAME ARGS`, `sh FILE ARGS`, a script on input. */
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
	if (at < c->argc)
		return run_file(c, at, err);
	return shell_spawn_text(c, arena_str(arena, shell_input_all(c->in)), NULL, 0, err);
}

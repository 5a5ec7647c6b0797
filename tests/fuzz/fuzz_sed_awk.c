/*
 * sed (first byte even) and awk (odd) as the evaluator has them: the second byte is
 * the length of the program, the rest its input. Any program ends, or is refused.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "shell/command.h"
#include "shell/shell.h"

static const struct shell_command *find(const struct world *w, struct str name)
{
	static struct shell_command virtual[2];

	(void)w;
	for (const struct shell_command *c = shell_text_commands; c->name; c++) {
		struct shell_command *copy = &virtual[c->name[0] == 's'];

		if (!str_equal_cstr(name, c->name))
			continue;
		*copy = *c;
		copy->flags |= SHELL_COMMAND_VIRTUAL;
		return copy;
	}
	return NULL;
}

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	(void)w;
	(void)r;
	(void)err;
	*ret_status = 0;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct world_host host = { find, refuse };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	struct node *node = NULL;
	struct world w = { .tree = t,
			   .arena = &arena,
			   .architecture = STR("amd64"),
			   .package = STR("fuzz"),
			   .script = STR("postinst"),
			   .trigger = STR(""),
			   .host = &host };
	struct shell_script script = { .name = STR("postinst") };
	size_t n = 0;
	int status = 0;

	if (size < 2 || size > 2048)
		return 0;
	n = data[1] < size - 2 ? data[1] : size - 2;
	if (tree_write_file(t, STR("/program"), (struct bytes){ data + 2, n }, 0644, 0, &node,
			    &err) ||
	    tree_write_file(t, STR("/input"), (struct bytes){ data + 2 + n, size - 2 - n }, 0644, 0,
			    &node, &err))
		return 0;
	script.text = data[0] & 1 ? STR("#!/bin/sh\nawk -f /program /input\n")
				  : STR("#!/bin/sh\nsed -f /program /input\n");
	if (shell_run(&w, &script, &status, &err))
		return 0; /* a limit */
	return 0;
}

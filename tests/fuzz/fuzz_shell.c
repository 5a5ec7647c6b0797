/*
 * A script over a small world with all text and file commands: an end, whatever it
 * says, within the limits.
 */
#include "shell/shell.h"

#include "shell/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct shell_command *const tables[] = { shell_text_commands, shell_file_commands };

static const struct shell_command *command(const struct world *w, struct str name)
{
	(void)w;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct shell_command *c = tables[i]; c->name; c++)
			if (str_equal_cstr(name, c->name))
				return c;
	return NULL;
}

/* A command is there if a file is. */
static int add_programs(struct tree *t, struct error *err)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct shell_command *c = tables[i]; c->name; c++) {
			CLEANUP_BUF struct buf path = BUF_INIT(256);

			buf_printf(&path, "usr/bin/%s", c->name);
			if (tree_write_file(t, buf_str(&path), str_bytes(STR("")), 0755, 0, NULL,
					    err))
				return -1;
		}
	return 0;
}

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	(void)w;
	(void)ret_status;
	/* Odd lines go on, even ones stop: both ways out are walked. */
	if (r->line & 1)
		return 0;
	return err_set(err, ERR_SCRIPT, "stopped");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct world_host host = { command, refuse };
	static const struct str arguments[] = { { "configure", 9 }, { "", 0 } };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	struct world w = { .tree = t,
			   .arena = &arena,
			   .architecture = STR("amd64"),
			   .package = STR("p"),
			   .script = STR("postinst"),
			   .trigger = STR(""),
			   .host = &host };
	struct shell_script script = { .name = STR("postinst"),
				       .text = { (const char *)data, size },
				       .arguments = arguments,
				       .n_arguments = 2 };
	int status = 0;

	if (size > 4096)
		return 0;
	if (add_programs(t, &err) ||
	    tree_write_file(t, STR("etc/a"), str_bytes(STR("one\ntwo\n")), 0644, 0, NULL, &err))
		return 0;
	if (shell_run(&w, &script, &status, &err))
		return 0;
	return 0;
}

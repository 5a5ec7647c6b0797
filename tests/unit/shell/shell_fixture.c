#include "shell_fixture.h"

#include <criterion/criterion.h>

#include "tools/tree_text.h"

static const struct shell_command *find(const struct shell_command *table, struct str name)
{
	for (; table->name; table++)
		if (str_equal_cstr(name, table->name))
			return table;
	return NULL;
}

static const struct shell_command *command(const struct world *w, struct str name)
{
	static struct shell_command copies[128];
	static size_t n;
	const struct shell_fixture *f = w->context;
	const struct shell_command *c = find(shell_text_commands, name);

	c = c ? c : find(shell_file_commands, name);
	if (!c || f->strict)
		return c;
	for (size_t i = 0; i < n; i++)
		if (copies[i].name == c->name)
			return &copies[i];
	cr_assert_lt(n, 128);
	copies[n] = *c;
	copies[n].flags |= SHELL_COMMAND_VIRTUAL;
	return &copies[n++];
}

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	static const char *const kinds[] = { "?", "command", "usage", "construct", "failed",
					     "limit" };
	struct shell_fixture *f = w->context;

	buf_printf(&f->refusals, "%s " STR_FMT ":%u (%u): " STR_FMT ": " STR_FMT "\n",
		   kinds[r->kind], STR_ARG(r->script), r->line, r->outer_line,
		   STR_ARG(r->command), STR_ARG(r->reason));
	if (f->stop)
		return err_set(err, ERR_SCRIPT, "stopped");
	if (r->kind != REFUSAL_FAILED)
		*ret_status = f->answer;
	return 0;
}

static const struct world_host host = { command, refuse };

void shell_fixture_init(struct shell_fixture *f, const char *tree)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	*f = (struct shell_fixture){ .out = BUF_INIT((size_t)1 << 30),
				     .messages = BUF_INIT((size_t)1 << 30),
				     .refusals = BUF_INIT((size_t)1 << 30) };
	if (!tree[0])
		f->tree = tree_new();
	else
		cr_assert_eq(tree_text_parse(str_of(tree), &f->tree, NULL, &err), 0, "%s",
			     err.message);
	f->world = (struct world){ .tree = f->tree, .arena = &f->arena, .epoch = 1000,
				   .architecture = STR("amd64"), .package = STR("demo"),
				   .script = STR("postinst"), .trigger = STR(""), .host = &host,
				   .context = f };
}

void shell_fixture_release(struct shell_fixture *f)
{
	tree_free(f->tree);
	arena_release(&f->arena);
	buf_release(&f->out);
	buf_release(&f->messages);
	buf_release(&f->refusals);
}

void shell_fixture_run(struct shell_fixture *f, const char *script)
{
	static const struct str arguments[] = { { "configure", 9 }, { "", 0 } };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct shell_script s = { .name = STR("postinst"), .text = str_of(script),
				  .arguments = arguments, .n_arguments = 2,
				  .answer = f->listener };

	buf_reset(&f->out);
	buf_reset(&f->messages);
	buf_reset(&f->refusals);
	if (shell_run_printing(&f->world, &s, &f->out, &f->messages, &f->status, &err))
		f->status = -1;
}

const char *shell_fixture_file(struct shell_fixture *f, const char *path)
{
	const struct node *node = tree_resolve(f->tree, str_of(path), true);

	if (!node || node->inode->kind != NODE_FILE)
		return NULL;
	return arena_strdup(&f->arena, (struct str){ (const char *)node->inode->content.data,
						     node->inode->content.size });
}

const char *shell_fixture_cause(struct shell_fixture *f, const char *path)
{
	const struct node *node = tree_resolve(f->tree, str_of(path), true);
	const struct cause *c;

	if (!node)
		return "absent";
	c = tree_cause(f->tree, node->inode->cause[CAUSE_CONTENT]);
	return arena_printf(&f->arena, "%d " STR_FMT " " STR_FMT, (int)c->kind, STR_ARG(c->who),
			    STR_ARG(c->what));
}

const char *shell_fixture_attributes(struct shell_fixture *f, const char *path)
{
	const struct node *node = tree_resolve(f->tree, str_of(path), false);

	if (!node)
		return "absent";
	return arena_printf(&f->arena, "%04o %u %u", node->inode->mode, node->inode->uid,
			    node->inode->gid);
}

void shell_prints(const char *script, const char *out, int status)
{
	CLEANUP_SHELL_FIXTURE struct shell_fixture f;

	shell_fixture_init(&f, "");
	shell_fixture_run(&f, script);
	cr_expect_str_eq(buf_cstr(&f.out), out, "%s\n%s%s", script, buf_cstr(&f.out),
			 buf_cstr(&f.messages));
	cr_expect_eq(f.status, status, "%s: status %d\n%s", script, f.status,
		     buf_cstr(&f.refusals));
}

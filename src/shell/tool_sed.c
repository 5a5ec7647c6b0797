/* sed: its options, its files, and -i. */
#include "shell/file_tool.h"
#include "shell/sed.h"

enum { OPTION_FOLLOW = 256, OPTION_POSIX };

static const struct shell_option sed_options[] = {
	{ 'n', "quiet", OPTION_NO_VALUE, 'n' },
	{ 0, "silent", OPTION_NO_VALUE, 'n' },
	{ 'e', "expression", OPTION_VALUE, 'e' },
	{ 'f', "file", OPTION_VALUE, 'f' },
	{ 'E', "regexp-extended", OPTION_NO_VALUE, 'E' },
	{ 'r', NULL, OPTION_NO_VALUE, 'E' },
	{ 'i', "in-place", OPTION_MAYBE_VALUE, 'i' },
	{ 's', "separate", OPTION_NO_VALUE, 's' },
	{ 'z', "null-data", OPTION_NO_VALUE, 'z' },
	{ 'u', "unbuffered", OPTION_NO_VALUE, 'u' },
	{ 'b', "binary", OPTION_NO_VALUE, 'u' },
	{ 0, "follow-symlinks", OPTION_NO_VALUE, OPTION_FOLLOW },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct sed_tool {
	struct sed_run run;
	struct sed_script script;
	struct sed_output main;
	struct arena arena;
	struct buf text;   /* of the script */
	struct buf result; /* of -i: what a file becomes */
	struct buf *files; /* of w */
	size_t n_files;
	bool in_place, separate, follow;
	struct str suffix;
	int status;
};

static void release(struct sed_tool *t)
{
	buf_release(&t->run.pattern);
	buf_release(&t->run.hold);
	buf_release(&t->run.work);
	buf_release(&t->text);
	buf_release(&t->result);
	for (size_t i = 0; i < t->n_files; i++)
		buf_release(&t->files[i]);
	arena_release(&t->arena);
}

/* 0, 1 with t->status, -1. */
static int add_script(struct sed_tool *t, struct shell_call *c, const struct shell_taken *o,
		      bool *first, struct error *err)
{
	struct str text = o->value;

	if (o->id == 'f') {
		int found = text_read(c, o->value, false, &text, err);

		if (found) {
			t->status = 1;
			return found;
		}
		if (text.len > 0 && text.ptr[text.len - 1] == '\n')
			text.len--;
	}
	if (!*first && text_add(&t->text, STR("\n"), err) < 0)
		return -1;
	*first = false;
	return text_add(&t->text, text, err);
}

static int read_options(struct sed_tool *t, struct shell_call *c, struct shell_arguments *a,
			struct error *err)
{
	int found = shell_options(c, sed_options, false, a, &t->status, err);
	bool first = true;

	for (size_t i = 0; !found && i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];

		t->script.quiet |= o->id == 'n';
		t->in_place |= o->id == 'i';
		t->separate |= o->id == 's' || o->id == 'i';
		t->follow |= o->id == OPTION_FOLLOW;
		if (o->id == 'E')
			t->script.regex_flags |= REGEX_EXTENDED;
		if (o->id == 'z')
			t->run.end = '\0';
		if (o->id == 'i' && o->value.ptr)
			t->suffix = o->value;
		if (o->id == 'e' || o->id == 'f')
			found = add_script(t, c, o, &first, err);
	}
	if (found || !first)
		return found;
	if (a->n_operands == 0) {
		t->status = shell_fail(c, 1, "no script");
		return 1;
	}
	found = text_add(&t->text, a->operands[0], err);
	a->operands++;
	a->n_operands--;
	return found;
}

/* The file becomes a new one with its mode and owner; a link becomes a file. */
static int replace(struct sed_tool *t, struct shell_call *c, struct str path, struct error *err)
{
	struct world_place at;
	struct inode inode;
	struct node *source = world_find(c->shell, path, true);
	struct arena *arena = c->world->arena;
	struct str bytes = arena_str(arena, buf_str(&t->result)), backup = t->suffix;

	if (!source || file_place(c, path, t->follow, &at) != 0 || !at.dir)
		return shell_refuse(c, err, "this file with -i");
	inode = world_new_inode(c->world, at.dir, NODE_FILE, source->inode->mode);
	inode.uid = source->inode->uid;
	inode.gid = source->inode->gid;
	inode.content = content_of_bytes(str_bytes(bytes));
	if (backup.len > 0) {
		struct str name = at.name;

		if (text_has_char(backup, '*') || text_has_char(backup, '/'))
			return shell_refuse(c, err, "this suffix of -i");
		name = str_of(arena_printf(arena, STR_FMT STR_FMT, STR_ARG(name), STR_ARG(backup)));
		if (!tree_is_name(name))
			return shell_refuse(c, err, "this suffix of -i");
		if (tree_child(c->world->tree, at.dir, name) &&
		    tree_child(c->world->tree, at.dir, name)->inode->kind == NODE_DIRECTORY)
			return shell_refuse(c, err, "a folder where -i puts its backup");
		name = arena_str(arena, name);
		struct str old = arena_str(arena, at.name);
		tree_move(c->world->tree, at.node, at.dir, name, c->cause);
		at.name = old;
	}
	tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	return 0;
}

static int run_one(struct sed_tool *t, struct shell_call *c, struct sed_input *inputs, size_t n,
		   struct error *err)
{
	t->run.inputs = inputs;
	t->run.n_inputs = n;
	t->run.input = 0;
	t->run.line = t->separate ? 0 : t->run.line;
	if (sed_execute(&t->run, err) < 0)
		return -1;
	return t->run.refusal ? shell_refuse(c, err, "%s", t->run.refusal) : 0;
}

/* Without -i and -s: all files are one text. 0, or a status that ends it, -1. */
static int run_joined(struct sed_tool *t, struct shell_call *c, const struct shell_arguments *a,
		      struct error *err)
{
	size_t n = a->n_operands ? a->n_operands : 1;
	struct sed_input *inputs = arena_array(&t->arena, n, sizeof(*inputs));

	for (size_t i = 0; i < n; i++) {
		int found = 0;

		inputs[i].name = a->n_operands ? a->operands[i] : STR("-");
		found = text_read(c, inputs[i].name, false, &inputs[i].text, err);
		if (found < 0)
			return -1;
		if (found > 0)
			t->status = 2;
	}
	return run_one(t, c, inputs, n, err);
}

static int run_separate(struct sed_tool *t, struct shell_call *c, const struct shell_arguments *a,
			struct error *err)
{
	for (size_t i = 0; i < a->n_operands && !t->run.quit; i++) {
		struct sed_input input = { .name = a->operands[i] };
		struct node *node = world_find(c->shell, input.name, true);
		int found = text_read(c, input.name, false, &input.text, err);

		if (found < 0)
			return -1;
		if (found > 0) {
			t->status = t->in_place && node ? 4 : 2;
			continue;
		}
		if (t->in_place && (!node || node->inode->kind != NODE_FILE)) {
			t->status = 4;
			continue;
		}
		buf_reset(&t->result);
		t->main.missing_newline &= !t->in_place;
		found = run_one(t, c, &input, 1, err);
		if (found || t->run.refusal)
			return found;
		/* After q the file ends there: GNU's copies nothing. */
		found = t->in_place ? replace(t, c, input.name, err) : 0;
		if (found)
			return found;
	}
	return 0;
}

static int write_files(struct sed_tool *t, struct shell_call *c, struct error *err)
{
	for (size_t i = 0; i < t->script.n_outputs; i++) {
		struct sed_output *o = t->script.outputs[i];
		int found = 0;

		if (o->path.len == 0)
			continue;
		found = text_write(c, o->path, buf_str(o->out), false, err);
		if (found)
			return found < 0 ? -1 : 4;
	}
	return 0;
}

/* Files of w are kept in memory until the end: reading one in between isn't modelled. */
static bool open_files(struct sed_tool *t, struct shell_call *c)
{
	t->files = arena_array(&t->arena, t->script.n_outputs + 1, sizeof(*t->files));
	for (size_t i = 0; i < t->script.n_outputs; i++) {
		struct sed_output *o = t->script.outputs[i];

		if (o->path.len == 0) {
			o->out = t->in_place ? c->out : NULL;
			continue;
		}
		t->files[t->n_files] = (struct buf)BUF_INIT(LIMIT_SHELL_OUTPUT);
		o->out = &t->files[t->n_files++];
		for (size_t k = 0; k < t->script.n; k++) {
			if (t->script.commands[k].name == 'r' &&
			    str_equal(t->script.commands[k].text, o->path))
				return false;
		}
	}
	return true;
}

static int run_tool(struct sed_tool *t, struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	int found = read_options(t, c, &a, err);
	struct str text;

	if (found)
		return found < 0 ? -1 : t->status;
	if (t->in_place)
		t->main.out = &t->result;
	text = arena_str(&t->arena, buf_str(&t->text));
	if (!sed_parse(&t->script, text, true))
		return shell_refuse(c, err, "script of sed: %s", t->script.reason);
	if (!open_files(t, c))
		return shell_refuse(c, err, "reading a file that it writes");
	found = t->separate && a.n_operands > 0 ? run_separate(t, c, &a, err)
						: run_joined(t, c, &a, err);
	if (found || t->run.refusal)
		return found;
	found = write_files(t, c, err);
	if (found)
		return found;
	return t->run.status ? t->run.status : t->status;
}

int run_sed(struct shell_call *c, struct error *err)
{
	struct sed_tool t = {
		.text = BUF_INIT(LIMIT_SHELL_OUTPUT),
		.result = BUF_INIT(LIMIT_SHELL_OUTPUT),
		.run = { .c = c,
			 .end = '\n',
			 .pattern = BUF_INIT(LIMIT_SHELL_OUTPUT),
			 .hold = BUF_INIT(LIMIT_SHELL_OUTPUT),
			 .work = BUF_INIT(LIMIT_SHELL_OUTPUT) },
	};
	int status = 0;

	t.script.arena = t.run.arena = &t.arena;
	t.run.script = &t.script;
	t.run.main = &t.main;
	t.main.out = c->out;
	status = run_tool(&t, c, err);
	(void)shell_charge(c->shell, 16 * t.run.steps);
	release(&t);
	return status;
}

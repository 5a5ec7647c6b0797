/* chmod. A mode may look like an option ("-x", "-rw"): those words are taken out first. */
#include "shell/file_tool.h"
#include "shell/mode.h"
#include "shell/tool_files.h"

enum {
	CHMOD_CHANGES = 1,
	CHMOD_QUIET,
	CHMOD_NOTHING,
	CHMOD_RECURSIVE,
	CHMOD_REFERENCE,
	CHMOD_VERBOSE
};

static const struct shell_option chmod_options[] = {
	{ 'c', "changes", OPTION_NO_VALUE, CHMOD_CHANGES },
	{ 'f', "silent", OPTION_NO_VALUE, CHMOD_QUIET },
	{ 0, "quiet", OPTION_NO_VALUE, CHMOD_QUIET },
	{ 0, "no-preserve-root", OPTION_NO_VALUE, CHMOD_NOTHING },
	{ 0, "preserve-root", OPTION_NO_VALUE, CHMOD_NOTHING },
	{ 'R', "recursive", OPTION_NO_VALUE, CHMOD_RECURSIVE },
	{ 0, "reference", OPTION_VALUE, CHMOD_REFERENCE },
	{ 'v', "verbose", OPTION_NO_VALUE, CHMOD_VERBOSE },
	{ 0 },
};

struct chmod {
	struct shell_call *c;
	struct mode_change mode;
	bool recursive, changes, verbose, quiet;
	bool as_option; /* a mode like "-w": what the umask hides is complained about */
};

static void tell(struct chmod *m, struct str path, uint16_t from, uint16_t to)
{
	char old[10], new[10];

	if (!m->verbose && !(m->changes && from != to))
		return;
	mode_format(from, old);
	mode_format(to, new);
	buf_add_cstr(m->c->out, "mode of ");
	file_quote(m->c->out, path);
	if (from == to)
		buf_printf(m->c->out, " retained as %04o (%s)\n", from, old);
	else
		buf_printf(m->c->out, " changed from %04o (%s) to %04o (%s)\n", from, old, to, new);
}

static int change_one(struct chmod *m, struct node *node, struct str path, unsigned depth,
		      struct error *err)
{
	bool folder = node_is(node, NODE_DIRECTORY);
	uint16_t from = node->inode->mode, to, plain;
	struct node **list;
	int status = 0;
	size_t n;

	if (world_is_outside(node))
		return shell_refuse(m->c, err, "the mode of " STR_FMT, STR_ARG(path));
	if (depth > 400)
		return shell_refuse(m->c, err, "folders that deep");
	to = mode_apply(&m->mode, from, folder, shell_umask(m->c->shell));
	tree_set_mode(node, to, m->c->cause);
	tell(m, path, from, to);
	plain = mode_apply(&m->mode, from, folder, 0);
	if (m->as_option && to & ~plain)
		status =
			file_complain(m->c, "new permissions are not what was asked for", path, "");
	if (!m->recursive || !folder)
		return status;
	n = file_children(m->c, node, &list);
	if (n > 1 && (m->verbose || m->changes))
		return shell_refuse(m->c, err, "-R with -v or -c: the order is not known");
	for (size_t i = 0; i < n; i++) {
		int result;

		if (node_is(list[i], NODE_SYMLINK))
			continue;
		result = change_one(m, list[i], file_join(m->c, path, list[i]->name), depth + 1,
				    err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

static int change_operand(struct chmod *m, struct str path, struct error *err)
{
	struct world_place at;
	int outcome = world_walk(m->c->shell, path, true, &at);

	if (at.outside && (outcome || !at.node))
		return shell_refuse(m->c, err, "the mode of " STR_FMT, STR_ARG(path));
	if (outcome || !at.node)
		return m->quiet ? 1
				: file_failed(m->c, "cannot access", path,
					      outcome ? outcome : WORLD_ABSENT);
	return change_one(m, at.node, path, 0, err);
}

static bool is_mode_word(struct str arg)
{
	return arg.len > 1 && arg.ptr[0] == '-' && memchr("rwxXstugoa,+=01234567", arg.ptr[1], 21);
}

/* A call without the words that are modes; these joined by commas. */
static struct shell_call without_modes(const struct shell_call *c, struct str *ret_mode)
{
	struct arena *arena = c->world->arena;
	struct shell_call call = *c;
	struct str *argv = arena_array(arena, c->argc + 1, sizeof(*argv));
	bool options = true;

	call.argc = 0;
	ret_mode->ptr = NULL;
	ret_mode->len = 0;
	for (size_t i = 0; i < c->argc; i++) {
		if (i && options && is_mode_word(c->argv[i])) {
			*ret_mode =
				str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(*ret_mode),
						    ret_mode->len ? "," : "", STR_ARG(c->argv[i])));
			continue;
		}
		options &= !str_equal_cstr(c->argv[i], "--");
		argv[call.argc++] = c->argv[i];
	}
	call.argv = argv;
	return call;
}

int tool_chmod(struct shell_call *c, struct error *err)
{
	struct chmod m = { .c = c };
	struct str mode, reference = { NULL, 0 };
	struct shell_call call = without_modes(c, &mode);
	struct shell_arguments a;
	int status = 0, result = shell_options(&call, chmod_options, false, &a, &status, err);
	size_t first = 0;

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		m.changes |= a.options[i].id == CHMOD_CHANGES;
		m.quiet |= a.options[i].id == CHMOD_QUIET;
		m.recursive |= a.options[i].id == CHMOD_RECURSIVE;
		m.verbose |= a.options[i].id == CHMOD_VERBOSE;
		if (a.options[i].id == CHMOD_REFERENCE)
			reference = a.options[i].value;
	}
	m.as_option = mode.ptr != NULL;
	if (reference.ptr) {
		struct node *node = world_find(c->shell, reference, true);

		if (!node)
			return file_failed(c, "failed to get attributes of", reference,
					   WORLD_ABSENT);
		m.mode = (struct mode_change){
			{ { '=', MODE_PLAIN, 07777, node->inode->mode, 07777 } }, 1
		};
	} else {
		if (!mode.ptr && a.n_operands)
			mode = a.operands[first++];
		if (!mode.ptr || first == a.n_operands)
			return file_usage(c, "missing operand");
		if (!mode_parse(mode, &m.mode))
			return file_complain(c, "invalid mode:", mode, "");
	}
	if (first == a.n_operands)
		return file_usage(c, "missing operand");
	for (; first < a.n_operands; first++) {
		result = change_operand(&m, a.operands[first], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

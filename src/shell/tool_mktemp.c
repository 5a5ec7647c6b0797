/*
 * mktemp, tempfile. Names are counted, not random: the lowest number whose name neither
 * is nor ever was in the tree ("tmp.0000000001"). A script that leaves such a file behind
 * leaves a name that no real system would have twice; docs/commands.md says so.
 */
#include "shell/file_tool.h"
#include "shell/tool_files.h"

enum {
	TEMP_FOLDER = 1,
	TEMP_DRY,
	TEMP_QUIET,
	TEMP_PARENT,
	TEMP_TMPDIR,
	TEMP_SUFFIX,
	TEMP_T,
	TEMP_PREFIX,
	TEMP_MODE,
	TEMP_NAME
};

static const struct shell_option mktemp_options[] = {
	{ 'd', "directory", OPTION_NO_VALUE, TEMP_FOLDER },
	{ 'u', "dry-run", OPTION_NO_VALUE, TEMP_DRY },
	{ 'q', "quiet", OPTION_NO_VALUE, TEMP_QUIET },
	{ 'p', NULL, OPTION_VALUE, TEMP_PARENT },
	{ 0, "tmpdir", OPTION_MAYBE_VALUE, TEMP_TMPDIR },
	{ 0, "suffix", OPTION_VALUE, TEMP_SUFFIX },
	{ 't', NULL, OPTION_NO_VALUE, TEMP_T },
	{ 0 },
};

struct mktemp {
	struct shell_call *c;
	bool folder, dry, quiet, in_folder, old;
	struct str parent, suffix;
};

/* The X's of a template are replaced by @number. */
static struct str numbered(struct mktemp *m, struct str template, size_t first, size_t count,
			   uint64_t number)
{
	char *name = arena_strdup(m->c->world->arena, template);

	for (size_t i = count; i-- > 0; number /= 10)
		name[first + i] = (char)('0' + number % 10);
	return (struct str){ name, template.len };
}

static bool was_there(struct mktemp *m, struct str path)
{
	struct world_place at;

	if (world_walk(m->c->shell, path, false, &at) || !at.dir)
		return false;
	if (at.node)
		return true;
	path = world_node_path(m->c->world, at.dir);
	return tree_find_removed(m->c->world->tree, file_join(m->c, path, at.name)) != NULL;
}

static int make(struct mktemp *m, struct str path, uint16_t mode, struct error *err)
{
	struct shell_call *c = m->c;
	struct world_place at;
	struct inode inode;
	int outcome = file_place(c, path, false, &at);

	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "a file at " STR_FMT, STR_ARG(path));
	if (outcome)
		return m->quiet ? 1
				: file_failed(c, "failed to create file via template", path,
					      outcome);
	if (!m->dry) {
		inode = world_new_inode(c->world, at.dir, m->folder ? NODE_DIRECTORY : NODE_FILE,
					mode & (uint16_t)~shell_umask(c->shell));
		tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	}
	buf_add_str(c->out, path);
	buf_add_char(c->out, '\n');
	return 0;
}

static int run(struct mktemp *m, struct str template, uint16_t mode, struct error *err)
{
	struct shell_call *c = m->c;
	size_t end, count = 0, limit = 1;
	struct str path;

	if (m->suffix.ptr) {
		if (!template.len || template.ptr[template.len - 1] != 'X')
			return file_complain(c, "with --suffix, template must end in X", template,
					     "");
		template = str_of(arena_printf(c->world->arena, STR_FMT STR_FMT, STR_ARG(template),
					       STR_ARG(m->suffix)));
		end = template.len - m->suffix.len;
	} else {
		for (end = template.len; end && template.ptr[end - 1] != 'X';)
			end--;
		if (end && memchr(template.ptr + end, '/', template.len - end))
			end = 0;
	}
	while (count < end && template.ptr[end - count - 1] == 'X')
		count++;
	if (count < 3)
		return m->quiet ? 1 : file_complain(c, "too few X's in template", template, "");
	if (m->in_folder && template.ptr[0] == '/')
		return file_complain(c, "invalid template; it may not be absolute", template, "");
	if (m->in_folder && m->old && memchr(template.ptr, '/', template.len))
		return file_complain(c, "invalid template, contains directory separator", template,
				     "");
	if (m->in_folder) {
		path = file_join(c, m->parent, template);
		end += path.len - template.len;
		template = path;
	}
	for (size_t i = 0; i < count && i < 9; i++)
		limit *= 10;
	/* Nothing is left behind by -u: its names differ by how far the script has come. */
	for (uint64_t n = m->dry ? c->world->steps % limit : 1; n < limit; n++) {
		path = numbered(m, template, end - count, count, n);
		if (!was_there(m, path))
			return make(m, path, mode, err);
	}
	return shell_refuse(c, err, "no name is left for " STR_FMT, STR_ARG(template));
}

int tool_mktemp(struct shell_call *c, struct error *err)
{
	struct mktemp m = { .c = c };
	struct str variable = STR(""), option = { NULL, 0 };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, mktemp_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	if (!shell_exported(c->shell, STR("TMPDIR"), &variable) || !variable.len)
		variable = STR("/tmp");
	for (size_t i = 0; i < a.n_options; i++) {
		switch (a.options[i].id) {
		case TEMP_FOLDER:
			m.folder = true;
			break;
		case TEMP_DRY:
			m.dry = true;
			break;
		case TEMP_QUIET:
			m.quiet = true;
			break;
		case TEMP_PARENT:
		case TEMP_TMPDIR:
			m.in_folder = true;
			if (a.options[i].value.len)
				option = a.options[i].value;
			break;
		case TEMP_SUFFIX:
			m.suffix = a.options[i].value;
			break;
		case TEMP_T:
			m.in_folder = m.old = true;
			break;
		}
	}
	if (a.n_operands > 1)
		return file_usage(c, "too many templates");
	m.in_folder |= !a.n_operands;
	/* -t prefers the variable, -p its value. */
	m.parent = option.ptr && !(m.old && !str_equal_cstr(variable, "/tmp")) ? option : variable;
	return run(&m, a.n_operands ? a.operands[0] : STR("tmp.XXXXXXXXXX"), m.folder ? 0700 : 0600,
		   err);
}

/* cmp and diff: whether files differ; how, only where that is modelled. */
#include "shell/charclass.h"
#include "shell/text_tool.h"

static const struct shell_option cmp_options[] = {
	{ 's', "quiet", OPTION_NO_VALUE, 's' },
	{ 0, "silent", OPTION_NO_VALUE, 's' },
	{ 'n', "bytes", OPTION_VALUE, 'n' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int run_cmp(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str text[2];
	bool quiet = false;
	uint64_t most = UINT64_MAX;
	size_t i = 0, lines = 1;
	int status = 0, found = shell_options(c, cmp_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t k = 0; k < a.n_options; k++) {
		quiet |= a.options[k].id == 's';
		if (a.options[k].id == 'n' && !str_parse_u64(a.options[k].value, &most))
			return shell_refuse(c, err, "this number");
	}
	if (a.n_operands == 0)
		return shell_fail(c, 2, "missing operand");
	if (a.n_operands > 2)
		return shell_refuse(c, err, "bytes to skip");
	for (int k = 0; k < 2; k++) {
		struct str name = k == 1 && a.n_operands == 1 ? STR("-") : a.operands[k];

		found = text_read(c, name, quiet, &text[k], err);
		if (found)
			return found < 0 ? -1 : 2;
		if (text[k].len > most)
			text[k].len = (size_t)most;
	}
	for (; i < text[0].len && i < text[1].len && text[0].ptr[i] == text[1].ptr[i]; i++)
		lines += text[0].ptr[i] == '\n';
	if (i == text[0].len && i == text[1].len)
		return 0;
	if (quiet)
		return 1;
	if (i == text[0].len || i == text[1].len)
		return shell_fail(c, 1, "EOF on one of the files");
	if (text_put(c, a.operands[0], err) < 0 || text_put(c, STR(" "), err) < 0 ||
	    text_put(c, a.n_operands == 2 ? a.operands[1] : STR("-"), err) < 0)
		return -1;
	if (text_printf(c, err, " differ: byte %zu, line %zu\n", i + 1, lines) < 0)
		return -1;
	return 1;
}

/* ---- diff ---- */

static const struct shell_option diff_options[] = {
	{ 'q', "brief", OPTION_NO_VALUE, 'q' },
	{ 's', "report-identical-files", OPTION_NO_VALUE, 's' },
	{ 'w', "ignore-all-space", OPTION_NO_VALUE, 'w' },
	{ 'b', "ignore-space-change", OPTION_NO_VALUE, 'b' },
	{ 'B', "ignore-blank-lines", OPTION_NO_VALUE, 'B' },
	{ 'i', "ignore-case", OPTION_NO_VALUE, 'i' },
	{ 'N', "new-file", OPTION_NO_VALUE, 'N' },
	{ 'a', "text", OPTION_NO_VALUE, 'a' },
	{ 'u', NULL, OPTION_NO_VALUE, 'u' },
	{ 'U', "unified", OPTION_MAYBE_VALUE, 'u' },
	{ 'c', NULL, OPTION_NO_VALUE, 'u' },
	{ 'L', "label", OPTION_VALUE, 'L' },
	{ 'p', "show-c-function", OPTION_NO_VALUE, 'u' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct diff {
	bool all_space, space_change, blank_lines, icase;
};

/* A line as it is compared. */
static struct str normal(const struct diff *d, struct arena *arena, struct str line)
{
	char *to = NULL;
	size_t n = 0;

	if (!d->all_space && !d->space_change && !d->icase)
		return line;
	to = arena_alloc(arena, line.len + 1);
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];
		bool space = charclass_has(CHARCLASS_SPACE, c);

		if (space && d->all_space)
			continue;
		if (space && d->space_change) {
			if (n == 0 || to[n - 1] != ' ')
				to[n++] = ' ';
			continue;
		}
		to[n++] = (char)(d->icase ? ascii_lower(c) : c);
	}
	while (d->space_change && n > 0 && to[n - 1] == ' ')
		n--;
	return (struct str){ to, n };
}

/* The lines that count, normal; a last one without newline differs from one with it. */
static size_t lines_of(const struct diff *d, struct arena *arena, struct str text, struct str **ret)
{
	struct str *lines = NULL;
	size_t n = text_lines(arena, text, '\n', &lines), kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct str line = normal(d, arena, lines[i]);

		if (!d->blank_lines || line.len > 0)
			lines[kept++] = line;
	}
	*ret = lines;
	return kept;
}

static bool differ(const struct diff *d, struct arena *arena, struct str a, struct str b)
{
	struct str *x = NULL, *y = NULL;
	size_t n = 0, m = 0;
	bool spaces = d->all_space || d->space_change;

	if (str_equal(a, b))
		return false;
	if (!spaces && !d->blank_lines && !d->icase)
		return true;
	n = lines_of(d, arena, a, &x);
	m = lines_of(d, arena, b, &y);
	if (n != m)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (!str_equal(x[i], y[i]))
			return true;
	}
	if (spaces || a.len == 0 || b.len == 0)
		return false;
	return (a.ptr[a.len - 1] == '\n') != (b.ptr[b.len - 1] == '\n');
}

static bool is_folder(const struct shell_call *c, struct str path)
{
	struct node *node = world_find(c->shell, path, true);

	return node && node->inode->kind == NODE_DIRECTORY;
}

/* The file of a folder that has the name of the other operand. */
static struct str in_folder(struct shell_call *c, struct str folder, struct str path)
{
	size_t i = path.len;

	while (i > 0 && path.ptr[i - 1] != '/')
		i--;
	return str_of(arena_printf(c->world->arena, STR_FMT "/%.*s", STR_ARG(folder),
				   (int)(path.len - i), path.ptr + i));
}

/* Both files. 0, 2: one can't be read, -1. */
static int read_both(struct shell_call *c, struct str name[2], bool absent_is_empty,
		     struct str text[2], struct error *err)
{
	for (int k = 0; k < 2; k++) {
		int found = 0;

		if (absent_is_empty && !str_equal(name[k], STR("-")) &&
		    !world_find(c->shell, name[k], true)) {
			text[k] = STR("");
			continue;
		}
		found = text_read(c, name[k], false, &text[k], err);
		if (found)
			return found < 0 ? -1 : 2;
	}
	return 0;
}

static int say(struct shell_call *c, struct str name[2], const char *how, struct error *err)
{
	if (text_put(c, STR("Files "), err) < 0 || text_put(c, name[0], err) < 0 ||
	    text_put(c, STR(" and "), err) < 0 || text_put(c, name[1], err) < 0)
		return -1;
	return text_printf(c, err, " %s\n", how);
}

int run_diff(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct diff d = { .icase = false };
	struct str text[2], name[2];
	bool brief = false, identical = false, absent = false;
	int status = 0, found = shell_options(c, diff_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		brief |= a.options[i].id == 'q';
		identical |= a.options[i].id == 's';
		d.all_space |= a.options[i].id == 'w';
		d.space_change |= a.options[i].id == 'b';
		d.blank_lines |= a.options[i].id == 'B';
		d.icase |= a.options[i].id == 'i';
		absent |= a.options[i].id == 'N';
	}
	if (a.n_operands != 2)
		return shell_fail(c, 2, "missing or extra operand");
	name[0] = a.operands[0];
	name[1] = a.operands[1];
	if (is_folder(c, name[0]) && is_folder(c, name[1]))
		return shell_refuse(c, err, "folders");
	if (is_folder(c, name[0]))
		name[0] = in_folder(c, name[0], name[1]);
	else if (is_folder(c, name[1]))
		name[1] = in_folder(c, name[1], name[0]);
	found = read_both(c, name, absent, text, err);
	if (found)
		return found;
	if (!differ(&d, &arena, text[0], text[1]))
		return identical ? say(c, name, "are identical", err) : 0;
	/* Its lines would have to be diff's own choice among shortest scripts. */
	if (!brief)
		return shell_refuse(c, err, "the differences of files");
	return say(c, name, "differ", err) < 0 ? -1 : 1;
}

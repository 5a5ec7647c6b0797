/*
 * locale and update-locale, where there are no other locales than the C library's own:
 * C, POSIX and C.UTF-8.
 */
#include "debian/command_list.h"

#define LOCALE_FILE_MAX (1u << 20)

static bool is_builtin(struct str name)
{
	return !name.len || str_equal_cstr(name, "C") || str_equal_cstr(name, "POSIX") ||
	       str_equal_cstr(name, "C.UTF-8") || str_equal_cstr(name, "C.utf8");
}

/* What a category is set to: the first of three variables that says something. */
static struct str category(struct shell_call *c, const char *name)
{
	const char *const names[] = { "LC_ALL", name, "LANG" };
	struct str value = STR("");

	for (size_t i = 0; i < 3; i++)
		if (shell_variable(c->shell, str_of(names[i]), &value) && value.len)
			return value;
	return STR("");
}

/* Keywords of LC_PAPER and LC_CTYPE; other uses list what a machine has. */
int command_locale(struct shell_call *c, struct error *err)
{
	for (size_t i = 1; i < c->argc; i++) {
		bool charmap = str_equal_cstr(c->argv[i], "charmap");
		struct str name = category(c, charmap ? "LC_CTYPE" : "LC_PAPER");

		if (!is_builtin(name) || !is_builtin(category(c, "LC_MESSAGES")))
			return shell_refuse(c, err, "a locale that is not built in");
		if (str_equal_cstr(c->argv[i], "width"))
			buf_add_cstr(c->out, "210\n");
		else if (str_equal_cstr(c->argv[i], "height"))
			buf_add_cstr(c->out, "297\n");
		else if (charmap)
			buf_add_cstr(c->out, str_has_prefix(name, STR("C.")) ? "UTF-8\n"
									     : "ANSI_X3.4-1968\n");
		else
			return shell_refuse(c, err, "no model of '" STR_FMT "'",
					    STR_ARG(c->argv[i]));
	}
	return c->argc > 1 ? 0 : shell_refuse(c, err, "no model of the list of categories");
}

/* ---- update-locale ---- */

static const struct shell_option options[] = {
	{ 0, "reset", OPTION_NO_VALUE, 'r' },
	{ 0, "remove", OPTION_NO_VALUE, 'R' }, /* does nothing any more */
	{ 0, "no-checks", OPTION_NO_VALUE, 'n' },
	{ 0, "locale-file", OPTION_VALUE, 'f' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

/* The program's own text says which file is the default: it moved in Debian 13. */
static int default_file(struct shell_call *c, struct str *ret, struct error *err)
{
	static const char *const files[] = { "/etc/locale.conf", "/etc/default/locale" };
	struct str path, text = STR(""), line;
	const struct node *node = shell_which(c->shell, c->argv[0], &path);

	if (!node || world_read(c->shell, path, &text, err))
		return err->code ? -1 : 1;
	while (str_split(&text, '\n', &line))
		for (size_t i = 0; i < 2; i++) {
			char *want = arena_printf(c->world->arena, "my $locale_file  = \"%s\";",
						  files[i]);

			if (!str_equal_cstr(line, want))
				continue;
			*ret = str_of(files[i]);
			return 0;
		}
	return 1;
}

static bool is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_';
}

/* The length of NAME in "NAME=..."; 0: it is no assignment. */
static size_t assigned(struct str line)
{
	size_t n = 0;

	while (n < line.len && is_word(line.ptr[n]))
		n++;
	return n < line.len && line.ptr[n] == '=' ? n : 0;
}

/* A file of comments alone, or none: what assignments do to others is not modelled. */
static bool only_comments(struct str text)
{
	struct str line;

	while (text.len && str_split(&text, '\n', &line))
		if (!line.len || *line.ptr != '#')
			return false;
	return true;
}

/* NAME=VALUE takes the place of the first "# NAME=..." or comes last; NAME goes. */
static void set_variable(struct buf *content, struct str word)
{
	CLEANUP_BUF struct buf out = BUF_INIT(LOCALE_FILE_MAX);
	struct str rest = buf_str(content), line;
	size_t n = assigned(word);
	bool done = false;

	while (rest.len && str_split(&rest, '\n', &line)) {
		struct str inside = str_trim((struct str){ line.ptr + 1, line.len - 1 });

		done = !done && assigned(inside) == n &&
		       str_equal((struct str){ inside.ptr, n }, (struct str){ word.ptr, n });
		buf_add_str(&out, done ? word : line);
		buf_add_char(&out, '\n');
		if (done)
			break;
	}
	buf_add_str(&out, done ? rest : word);
	if (!done)
		buf_add_char(&out, '\n');
	buf_reset(content);
	buf_add_str(content, buf_str(&out));
}

static int update(struct shell_call *c, struct str file, const struct shell_arguments *a,
		  bool checks, struct error *err)
{
	CLEANUP_BUF struct buf content = BUF_INIT(LOCALE_FILE_MAX);
	struct str text = STR(""), word = a->n_operands ? a->operands[0] : STR("");
	struct node *node = world_find(c->shell, file, true);
	size_t n = assigned(word);

	if (node && world_read_node(c->shell, node, &text, err))
		return err->code ? -1 : shell_refuse(c, err, "the file of locales");
	if (a->n_operands > 1 || text.len + word.len > LOCALE_FILE_MAX / 4 || !only_comments(text))
		return shell_refuse(c, err, "several variables, or a file that has some");
	if (n && checks &&
	    (!is_builtin((struct str){ word.ptr + n + 1, word.len - n - 1 }) ||
	     str_has_prefix(word, STR("LANGUAGE="))))
		return shell_refuse(c, err, "the check of a locale that is not built in");
	if (node)
		buf_add_str(&content, text);
	else
		buf_add_cstr(&content, "#  File generated by update-locale\n");
	if (!content.len || content.ptr[content.len - 1] != '\n')
		buf_add_char(&content, '\n');
	if (n)
		set_variable(&content, word);
	if (world_write(c->shell, file, buf_str(&content), false, err))
		return err->code ? -1 : shell_refuse(c, err, "the file can't be written");
	node = node ? node : world_find(c->shell, file, true);
	tree_set_mode(node, node->inode->mode & 07777, c->cause);
	return 0;
}

int command_update_locale(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str file = { NULL, 0 };
	bool checks = true;
	int status = 0, r = shell_options(c, options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		checks &= a.options[i].id != 'n';
		if (a.options[i].id == 'f')
			file = a.options[i].value;
	}
	if (!file.ptr) {
		r = default_file(c, &file, err);
		if (r)
			return r < 0 ? -1 : shell_refuse(c, err, "another update-locale");
	}
	return update(c, file, &a, checks, err);
}

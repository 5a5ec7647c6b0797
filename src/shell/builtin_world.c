/* Builtins over the working folder, the umask and the search for commands. */
#include "shell/evaluate.h"

#include "base/limits.h"

/* ---- cd, pwd ---- */

/* @path against the logical working folder, without "." and ".."; in scratch. */
static struct str logical(struct shell *sh, struct str path)
{
	struct scratch *scratch = &sh->session->scratch;
	char *out = scratch_alloc(scratch, sh->state.folder.len + path.len + 3);
	struct str rest, part;
	size_t n = 0;

	if (!path.len || path.ptr[0] != '/') {
		memcpy(out, sh->state.folder.ptr, sh->state.folder.len);
		n = sh->state.folder.len;
		if (n == 1)
			n = 0;
	}
	rest = path;
	while (str_split(&rest, '/', &part)) {
		if (!part.len || str_equal_cstr(part, "."))
			continue;
		if (str_equal_cstr(part, "..")) {
			while (n && out[--n] != '/')
				;
			continue;
		}
		out[n++] = '/';
		memcpy(out + n, part.ptr, part.len);
		n += part.len;
	}
	if (!n)
		out[n++] = '/';
	out[n] = 0;
	return (struct str){ out, n };
}

static void change(struct shell *sh, struct str folder)
{
	struct str old = sh->state.folder;

	sh->state.folder = arena_str(&sh->session->arena, folder);
	variable_set(sh, STR("OLDPWD"), old);
	variable_set(sh, variable_pwd, sh->state.folder);
}

int builtin_cd(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct str to = STR(""), cdpath;
	const struct node *node;
	size_t first = 1;
	bool print = false;

	while (first < c->argc && (str_equal_cstr(c->argv[first], "--") ||
				   str_equal_cstr(c->argv[first], "-L")))
		first++;
	if (first < c->argc && c->argv[first].len > 1 && c->argv[first].ptr[0] == '-')
		return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[first]));
	if (sh->bash && c->argc > first + 1)
		return builtin_error(c, 1, "too many arguments");
	if (streams_flush(sh->session, sh, err))
		return -1;
	if (first >= c->argc) {
		if (!variable_get(sh, variable_home, &to))
			return sh->bash ? builtin_error(c, 1, "HOME not set") : 0;
	} else if (str_equal_cstr(c->argv[first], "-")) {
		if (!variable_get(sh, STR("OLDPWD"), &to))
			return shell_refuse(c, err, "cd - without a former folder");
		print = true;
	} else {
		to = c->argv[first];
	}
	if (variable_get(sh, STR("CDPATH"), &cdpath) && cdpath.len)
		return shell_refuse(c, err, "CDPATH");
	if (!to.len)
		return sh->bash ? 0 : shell_refuse(c, err, "an empty folder");
	to = logical(sh, to);
	node = world_find(sh, to, true);
	if (!node || node->inode->kind != NODE_DIRECTORY)
		return builtin_error(c, sh->bash ? 1 : 2, "can't cd to " STR_FMT,
				     STR_ARG(c->argv[first < c->argc ? first : 0]));
	change(sh, to);
	if (print)
		buf_printf(c->out, STR_FMT "\n", STR_ARG(sh->state.folder));
	return 0;
}

int builtin_pwd(struct shell_call *c, struct error *err)
{
	if (c->argc > 1 && str_equal_cstr(c->argv[1], "-P")) {
		CLEANUP_BUF struct buf path = BUF_INIT(LIMIT_PATH_MAX * 64);
		const struct node *node = world_find(c->shell, STR("."), true);

		if (!node)
			return shell_refuse(c, err, "the working folder is gone");
		tree_path(node, &path);
		buf_printf(c->out, "/" STR_FMT "\n", STR_ARG(buf_str(&path)));
		return 0;
	}
	if (c->argc > 1 && !str_equal_cstr(c->argv[1], "-L"))
		return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[1]));
	buf_printf(c->out, STR_FMT "\n", STR_ARG(c->shell->state.folder));
	return 0;
}

/* ---- umask ---- */

static void print_symbolic(struct buf *out, unsigned umask)
{
	static const char who[] = "ugo";

	for (unsigned i = 0; i < 3; i++) {
		unsigned bits = ~(umask >> (6 - 3 * i)) & 7;

		buf_printf(out, "%s%c=%s%s%s", i ? "," : "", who[i], bits & 4 ? "r" : "",
			   bits & 2 ? "w" : "", bits & 1 ? "x" : "");
	}
	buf_add_char(out, '\n');
}

static unsigned who_bits(const char **at)
{
	unsigned who = 0;

	for (; **at && strchr("ugoa", **at); ++*at)
		who |= **at == 'u' ? 0700 : **at == 'g' ? 0070 : **at == 'o' ? 0007 : 0777;
	return who ? who : 0777;
}

/* "u=rwx,g-w": bits are those that stay allowed. False: malformed. */
static bool symbolic(const char *text, unsigned *umask)
{
	unsigned allowed = ~*umask & 0777;

	while (*text) {
		unsigned who = who_bits(&text);

		if (!strchr("+-=", *text) || !*text)
			return false;
		while (*text && strchr("+-=", *text)) {
			char op = *text++;
			unsigned bits = 0;

			for (; *text && strchr("rwxugo", *text); text++) {
				unsigned from = *text == 'u'   ? allowed >> 6
						: *text == 'g' ? allowed >> 3
							       : allowed;

				from &= 7;
				bits |= *text == 'r' ? 0444 : *text == 'w' ? 0222
					: *text == 'x' ? 0111 : from * 0111;
			}
			bits &= who;
			if (op == '=')
				allowed &= ~who;
			allowed = op == '-' ? allowed & ~bits : allowed | bits;
		}
		if (*text == ',')
			text++;
		else if (*text)
			return false;
	}
	*umask = ~allowed & 0777;
	return true;
}

int builtin_umask(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	unsigned umask = sh->state.umask;
	bool symbols = c->argc == 2 && str_equal_cstr(c->argv[1], "-S");
	char *text;
	bool good;

	if (c->argc == 1) {
		buf_printf(c->out, "%04o\n", umask);
		return 0;
	}
	if (symbols) {
		print_symbolic(c->out, umask);
		return 0;
	}
	if (c->argc > 2 || c->argv[1].len > 40)
		return shell_refuse(c, err, "this use of umask");
	text = mem_str(c->argv[1]);
	if (text[0] >= '0' && text[0] <= '9') {
		umask = 0;
		good = strlen(text) <= 5;
		for (size_t i = 0; text[i] && good; i++) {
			good = text[i] >= '0' && text[i] <= '7';
			umask = umask * 8 + (unsigned)(text[i] - '0');
		}
	} else {
		good = symbolic(text, &umask);
	}
	free(text);
	if (!good)
		return builtin_error(c, sh->bash ? 1 : 2, "Illegal mode: " STR_FMT,
				     STR_ARG(c->argv[1]));
	sh->state.umask = umask & 0777;
	return 0;
}

/* ---- command, type, hash ---- */

static bool is_reserved(const struct shell *sh, struct str name)
{
	static const char *const words[] = { "!", "{", "}", "case", "do", "done", "elif", "else",
					     "esac", "fi", "for", "if", "in", "then", "until",
					     "while", "[[", "]]", "function", "select", "time",
					     "coproc" };

	for (size_t i = 0; i < (sh->bash ? 22u : 16u); i++)
		if (str_equal_cstr(name, words[i]))
			return true;
	return false;
}

/* What `command -v` and `type` say about @name; false: there is none. */
static int describe(struct shell_call *c, struct str name, bool verbose, struct error *err)
{
	struct found_command f;
	struct shell *sh = c->shell;
	const char *kind = NULL;

	if (is_reserved(sh, name)) {
		if (verbose)
			buf_printf(c->out, STR_FMT " is a shell keyword\n", STR_ARG(name));
		else
			buf_printf(c->out, STR_FMT "\n", STR_ARG(name));
		return 0;
	}
	if (command_find(sh, name, 0, &f, err))
		return -1;
	switch (f.place) {
	case COMMAND_FUNCTION:
		kind = sh->bash ? NULL : "is a shell function";
		if (sh->bash && verbose)
			return shell_refuse(c, err, "the text of a function");
		break;
	case COMMAND_BUILTIN:
		kind = !sh->bash && (f.builtin->flags & BUILTIN_SPECIAL)
			       ? "is a special shell builtin"
			       : "is a shell builtin";
		break;
	case COMMAND_NONE:
	case COMMAND_NOT_EXECUTABLE:
		if (verbose && sh->bash)
			shell_message(sh, STR_FMT ": " STR_FMT ": not found", STR_ARG(c->argv[0]),
				      STR_ARG(name));
		else if (verbose)
			buf_printf(c->out, STR_FMT ": not found\n", STR_ARG(name));
		return sh->bash ? 1 : 127;
	default:
		if (!f.path.len)
			kind = "is a shell function";
		else if (verbose)
			buf_printf(c->out, STR_FMT " is " STR_FMT "\n", STR_ARG(name),
				   STR_ARG(f.path));
		else
			buf_printf(c->out, STR_FMT "\n", STR_ARG(f.path));
	}
	if (verbose && kind)
		buf_printf(c->out, STR_FMT " %s\n", STR_ARG(name), kind);
	else if (!verbose && (f.place == COMMAND_FUNCTION || f.place == COMMAND_BUILTIN || kind))
		buf_printf(c->out, STR_FMT "\n", STR_ARG(name));
	return 0;
}

int builtin_command(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct found_command f;
	unsigned flags = FIND_NO_FUNCTIONS;
	size_t i = 1;
	char mode = 0;
	int status = 0;
	unsigned line = sh->line;

	for (; i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-'; i++) {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		for (size_t k = 1; k < c->argv[i].len; k++) {
			char letter = c->argv[i].ptr[k];

			if (letter == 'p')
				flags |= FIND_STANDARD_PATH;
			else if (letter == 'v' || letter == 'V')
				mode = letter;
			else
				return shell_refuse(c, err, "option -%c", letter);
		}
	}
	if (i >= c->argc)
		return 0;
	if (mode) {
		/* dash looks at the first name only, bash at all: 0 if any is there */
		if (i + 1 < c->argc)
			return shell_refuse(c, err, "more than one name");
		return describe(c, c->argv[i], mode == 'V', err);
	}
	if (command_find(sh, c->argv[i], flags, &f, err))
		return -1;
	if (f.place == COMMAND_BUILTIN && f.builtin->run == builtin_exec)
		return shell_refuse(c, err, "command exec");
	status = command_run(sh, &f, c->argv + i, c->argc - i, sh->tested, err);
	sh->line = line;
	/* What fails here doesn't end the script. */
	sh->builtin_failed = false;
	if (f.place == COMMAND_BUILTIN && (f.builtin->flags & BUILTIN_SPECIAL) &&
	    sh->unwind == UNWIND_EXIT && sh->failed_special) {
		sh->unwind = UNWIND_NONE;
		sh->failed_special = false;
	}
	return status;
}

int builtin_type(struct shell_call *c, struct error *err)
{
	int status = 0;

	for (size_t i = 1; i < c->argc; i++) {
		int r;

		if (c->argv[i].len && c->argv[i].ptr[0] == '-')
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		r = describe(c, c->argv[i], true, err);
		if (r < 0)
			return -1;
		if (r)
			status = r;
	}
	return status;
}

int builtin_hash(struct shell_call *c, struct error *err)
{
	int status = 0;

	if (c->argc == 1)
		return shell_refuse(c, err, "a list of the commands that were used");
	for (size_t i = 1; i < c->argc; i++) {
		struct found_command f;

		if (str_equal_cstr(c->argv[i], "-r"))
			continue;
		if (c->argv[i].len && c->argv[i].ptr[0] == '-')
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		if (command_find(c->shell, c->argv[i], 0, &f, err))
			return -1;
		if (f.place == COMMAND_NONE || f.place == COMMAND_NOT_EXECUTABLE) {
			shell_message(c->shell, "hash: " STR_FMT ": not found",
				      STR_ARG(c->argv[i]));
			status = 1;
		}
	}
	return status;
}

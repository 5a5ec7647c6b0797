/* Builtins that decide what is evaluated next. XCU 2.14. */
#include "shell/evaluate.h"

#include "base/limits.h"

int builtin_colon(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 0;
}

int builtin_true(struct shell_call *c, struct error *err)
{
	return builtin_colon(c, err);
}

int builtin_false(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 1;
}

/* A non-negative number as dash's number() takes it. */
static bool number(struct shell_call *c, struct str text, uint64_t max, unsigned *ret)
{
	uint64_t value;

	if (str_parse_u64(text, &value) && value <= max) {
		*ret = (unsigned)value;
		return true;
	}
	builtin_error(c, 2, c->shell->bash ? STR_FMT ": numeric argument required"
					   : "Illegal number: " STR_FMT, STR_ARG(text));
	return false;
}

static int leave_loops(struct shell_call *c, enum unwind how)
{
	unsigned n = 1;

	if (c->argc > 1 && !number(c, c->argv[1], INT32_MAX, &n))
		return c->shell->bash ? 128 : 2;
	if (!n)
		return builtin_error(c, c->shell->bash ? 1 : 2, "Illegal number: 0");
	if (!c->shell->state.loops)
		return 0;
	c->shell->unwind = how;
	c->shell->unwind_count = n < c->shell->state.loops ? n : c->shell->state.loops;
	return 0;
}

int builtin_break(struct shell_call *c, struct error *err)
{
	(void)err;
	return leave_loops(c, UNWIND_BREAK);
}

int builtin_continue(struct shell_call *c, struct error *err)
{
	(void)err;
	return leave_loops(c, UNWIND_CONTINUE);
}

int builtin_exit(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	unsigned status = (unsigned)sh->status;

	(void)err;
	if (c->argc > 1 && !number(c, c->argv[1], INT32_MAX, &status))
		return 2;
	sh->unwind = UNWIND_EXIT;
	sh->status = (int)(status & 255);
	return sh->status;
}

int builtin_return(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	unsigned status = (unsigned)sh->status;

	(void)err;
	if (c->argc > 1 && !number(c, c->argv[1], INT32_MAX, &status))
		return 2;
	if (sh->bash && !sh->state.functions && !sh->state.sourced)
		return builtin_error(c, 2, "can only `return' from a function or sourced script");
	sh->unwind = UNWIND_RETURN;
	/* dash keeps a number as it is until the process ends. */
	sh->status = (int)(sh->bash ? status & 255 : status);
	return sh->status;
}

int builtin_eval(struct shell_call *c, struct error *err)
{
	struct scratch *scratch = &c->shell->session->scratch;
	size_t len = 0, n = 0, first = 1;
	char *text;

	if (c->argc > 1 && str_equal_cstr(c->argv[1], "--"))
		first++;
	for (size_t i = first; i < c->argc; i++)
		len += c->argv[i].len + 1;
	text = scratch_alloc(scratch, len + 1);
	for (size_t i = first; i < c->argc; i++) {
		memcpy(text + n, c->argv[i].ptr, c->argv[i].len);
		n += c->argv[i].len;
		text[n++] = ' ';
	}
	return evaluate_text(c->shell, (struct str){ text, n ? n - 1 : 0 }, c->shell->tested, err);
}

/* ---- . ---- */

static struct node *dot_file(struct shell *sh, struct str name, struct str *ret_path)
{
	struct str path, folder;
	struct node *node;

	*ret_path = name;
	if (memchr(name.ptr, '/', name.len))
		return world_find(sh, name, true);
	if (!variable_get(sh, variable_path, &path))
		path = STR("");
	while (str_split(&path, ':', &folder)) {
		char *place = mem_printf(STR_FMT "%s" STR_FMT, STR_ARG(folder),
					 folder.len ? "/" : "", STR_ARG(name));

		node = world_find(sh, str_of(place), true);
		*ret_path = scratch_str(&sh->session->scratch, str_of(place));
		free(place);
		if (node && node->inode->kind == NODE_FILE)
			return node;
	}
	*ret_path = name;
	return sh->bash ? world_find(sh, name, true) : NULL;
}

static int evaluate_dot(struct shell_call *c, struct str path, struct node *node,
			struct error *err)
{
	struct shell *sh = c->shell;
	struct script_text *source = arena_alloc(&sh->session->arena, sizeof(*source));
	struct digest *digest;
	struct shell_state state = sh->state;
	int status;

	source->name = arena_str(&sh->session->arena, path);
	digest = arena_alloc(&sh->session->arena, sizeof(*digest));
	*digest = node->inode->content.digest;
	source->digest = digest;
	if (world_read_node(sh, node, &source->text, err) < 0)
		return -1;
	if (++sh->session->depth >= 4 * LIMIT_SHELL_DEPTH) {
		status = shell_abandon(sh, REFUSAL_LIMIT, err, "it nests too deeply");
		sh->session->depth--;
		return status < 0 ? -1 : sh->status;
	}
	sh->state.sourced++;
	sh->state.loops = 0;
	if (sh->bash && c->argc > 2) {
		sh->state.args = scratch_alloc(&sh->session->scratch,
					       (c->argc - 2) * sizeof(struct str));
		memcpy(sh->state.args, c->argv + 2, (c->argc - 2) * sizeof(struct str));
		sh->state.n_args = c->argc - 2;
	}
	/* dash forgets that it is in a test; bash doesn't. */
	status = evaluate_source(sh, source, sh->bash && sh->tested, err);
	sh->session->depth--;
	sh->state.sourced = state.sourced;
	sh->state.loops = state.loops;
	if (sh->bash && c->argc > 2) {
		sh->state.args = state.args;
		sh->state.n_args = state.n_args;
	}
	if (status >= 0 && sh->unwind == UNWIND_RETURN) {
		sh->unwind = UNWIND_NONE;
		status = sh->status;
	}
	return status;
}

int builtin_dot(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct str path, absolute;
	struct node *node;

	if (c->argc > 1 && str_equal_cstr(c->argv[1], "--"))
		return shell_refuse(c, err, "option --");
	if (c->argc < 2)
		return sh->bash ? builtin_error(c, 2, "filename argument required") : 0;
	if (streams_flush(sh->session, sh, err))
		return -1;
	node = dot_file(sh, c->argv[1], &path);
	absolute = world_path(sh, path);
	if (str_equal_cstr(absolute, "/dev/null"))
		return 0;
	if (!node && !sh->bash && !memchr(path.ptr, '/', path.len))
		return builtin_error(c, 2, STR_FMT ": not found", STR_ARG(path));
	if (!node)
		return builtin_error(c, sh->bash ? 1 : 2, "cannot open " STR_FMT ": No such file",
				     STR_ARG(path));
	if (node->inode->kind != NODE_FILE)
		return shell_refuse(c, err, STR_FMT " is no regular file", STR_ARG(path));
	return evaluate_dot(c, path, node, err);
}

/* ---- exec ---- */

int builtin_exec(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct found_command f;
	size_t first = 1;
	int status;

	if (c->argc > 1 && str_equal_cstr(c->argv[1], "--"))
		first = 2;
	else if (c->argc > 1 && c->argv[1].len && c->argv[1].ptr[0] == '-')
		return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[1]));
	sh->kept_redirections = true;
	if (first >= c->argc)
		return 0;
	if (command_find(sh, c->argv[first], FIND_NO_FUNCTIONS | FIND_NO_BUILTINS, &f, err))
		return -1;
	if (f.place == COMMAND_UNKNOWN && builtin_find(sh, c->argv[first]) &&
	    (builtin_find(sh, c->argv[first])->flags & BUILTIN_PROGRAM)) {
		f.place = COMMAND_BUILTIN;
		f.builtin = builtin_find(sh, c->argv[first]);
	}
	status = command_run(sh, &f, c->argv + first, c->argc - first, true, err);
	if (status < 0 || sh->unwind)
		return status;
	/* Nothing of this process is left, its traps neither. */
	sh->state.traps = NULL;
	sh->unwind = UNWIND_EXIT;
	sh->status = status;
	return status;
}

/* ---- trap ---- */

static const char *const signals[] = {
	"EXIT", "HUP",	"INT",	"QUIT",	  "ILL",  "TRAP", "ABRT", "BUS",  "FPE", "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM",	  "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",	"XCPU", "XFSZ",	  "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};

static int signal_number(const struct shell *sh, struct str name)
{
	uint64_t n;

	if (str_parse_u64(name, &n))
		return n < SHELL_SIGNALS ? (int)n : -1;
	if (sh->bash && str_has_prefix(name, STR("SIG")))
		name = (struct str){ name.ptr + 3, name.len - 3 };
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (str_equal_cstr(name, signals[i]))
			return (int)i;
	return -1;
}

static void set_trap(struct shell *sh, int n, struct str text, bool clear)
{
	struct arena *arena = &sh->session->arena;
	struct str *traps = arena_array(arena, SHELL_SIGNALS, sizeof(*traps));

	if (sh->state.traps)
		memcpy(traps, sh->state.traps, SHELL_SIGNALS * sizeof(*traps));
	traps[n] = clear ? (struct str){ NULL, 0 } : arena_str(arena, text);
	sh->state.traps = traps;
}

/* As dash does: apostrophes, all that follow each other, in quotes. */
static void print_quoted(struct buf *out, struct str text)
{
	size_t i = 0;

	do {
		buf_add_char(out, '\'');
		while (i < text.len && text.ptr[i] != '\'')
			buf_add_char(out, text.ptr[i++]);
		buf_add_char(out, '\'');
		if (i == text.len)
			break;
		buf_add_char(out, '"');
		while (i < text.len && text.ptr[i] == '\'')
			buf_add_char(out, text.ptr[i++]);
		buf_add_char(out, '"');
	} while (i < text.len);
}

/* Signals never come; what is to be done at the end is done at the end. */
int builtin_trap(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	size_t first = 1;
	bool clear;
	uint64_t n;

	if (first < c->argc && str_equal_cstr(c->argv[first], "--"))
		first++;
	if (first >= c->argc) {
		for (size_t i = 0; sh->state.traps && i < 32; i++)
			if (sh->state.traps[i].ptr) {
				if (sh->bash)
					return shell_refuse(c, err, "bash's list of traps");
				buf_add_cstr(c->out, "trap -- ");
				print_quoted(c->out, sh->state.traps[i]);
				buf_printf(c->out, " %s\n", signals[i]);
			}
		return 0;
	}
	if (c->argv[first].len > 1 && c->argv[first].ptr[0] == '-')
		return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[first]));
	clear = str_equal_cstr(c->argv[first], "-") || str_parse_u64(c->argv[first], &n) ||
		first + 1 == c->argc;
	for (size_t i = first + !(str_parse_u64(c->argv[first], &n) || first + 1 == c->argc);
	     i < c->argc; i++) {
		int number_of = signal_number(sh, c->argv[i]);

		if (number_of < 0 && sh->bash &&
		    (str_equal_cstr(c->argv[i], "ERR") || str_equal_cstr(c->argv[i], "DEBUG") ||
		     str_equal_cstr(c->argv[i], "RETURN")))
			return shell_refuse(c, err, "trap " STR_FMT, STR_ARG(c->argv[i]));
		if (number_of < 0) {
			shell_message(sh, "trap: " STR_FMT ": bad trap", STR_ARG(c->argv[i]));
			return 1;
		}
		set_trap(sh, number_of, c->argv[first], clear);
	}
	return 0;
}

int builtin_refused(struct shell_call *c, struct error *err)
{
	return shell_refuse(c, err, "this builtin is not modelled");
}

/* There are no jobs. */
int builtin_jobs(struct shell_call *c, struct error *err)
{
	if (str_equal_cstr(c->argv[0], "jobs") && c->argc == 1)
		return 0;
	return shell_refuse(c, err, "job control");
}

int builtin_wait(struct shell_call *c, struct error *err)
{
	if (c->argc == 1)
		return 0;
	return shell_refuse(c, err, "waiting for a process");
}

int builtin_kill(struct shell_call *c, struct error *err)
{
	/* "Is it alive?": nothing lives here but the shell itself. */
	if (c->argc == 3 && str_equal_cstr(c->argv[1], "-0")) {
		uint64_t pid;

		if (!str_parse_u64(c->argv[2], &pid) || !pid)
			return shell_refuse(c, err, "this use of kill");
		if (pid == 100)
			return 0;
		shell_message(c->shell, "kill: No such process");
		return 1;
	}
	if (c->argc == 1) { /* of a substitution that found no process */
		shell_message(c->shell, "kill: Usage: kill [-s sigspec | -signum | -sigspec] "
					"[pid | job]... or\nkill -l [exitstatus]");
		return 2;
	}
	return shell_refuse(c, err, "a signal to a process");
}

int builtin_times(struct shell_call *c, struct error *err)
{
	return shell_refuse(c, err, "the time that was used");
}

int builtin_ulimit(struct shell_call *c, struct error *err)
{
	/* A limit that is set changes no tree; one that is asked for is not known. */
	if (c->argc == 3 && c->argv[1].len == 2 && c->argv[1].ptr[0] == '-' &&
	    strchr("cnsul", c->argv[1].ptr[1]))
		return 0;
	return shell_refuse(c, err, "the limits of a process");
}

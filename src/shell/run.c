/* A script from its first line to its EXIT trap. */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "shell/parser.h"

/* "#!/bin/sh -e": the interpreter's last component and its argument. */
static bool interpreter(struct str text, struct str *ret_name, struct str *ret_argument)
{
	struct str line, path;
	size_t n;

	if (!str_has_prefix(text, STR("#!")))
		return false;
	line = str_trim((struct str){ text.ptr + 2, str_find_char(text, '\n') - 2 });
	for (n = 0; n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t';)
		n++;
	path = (struct str){ line.ptr, n };
	*ret_argument = str_trim((struct str){ line.ptr + n, line.len - n });
	if (str_equal_cstr(path, "/usr/bin/env")) {
		path = *ret_argument;
		*ret_argument = STR("");
	}
	*ret_name = path;
	while (str_find_char(*ret_name, '/') < ret_name->len) {
		size_t slash = str_find_char(*ret_name, '/') + 1;

		*ret_name = (struct str){ ret_name->ptr + slash, ret_name->len - slash };
	}
	return true;
}

static bool shell_kind(struct str text, bool *ret_bash, unsigned *ret_flags)
{
	struct str name, argument;

	*ret_flags = 0;
	*ret_bash = false;
	if (!interpreter(text, &name, &argument))
		return false;
	*ret_bash = str_equal_cstr(name, "bash");
	if (!*ret_bash && !str_equal_cstr(name, "sh") && !str_equal_cstr(name, "dash"))
		return false;
	if (!argument.len || str_equal_cstr(argument, "-") || str_equal_cstr(argument, "--"))
		return true;
	if (argument.ptr[0] != '-')
		return false;
	for (size_t i = 1; i < argument.len; i++) {
		unsigned flag;

		if (!is_standard_flag(argument.ptr[i], &flag))
			return false;
		*ret_flags |= flag;
	}
	return true;
}

bool shell_is_script(struct str text)
{
	bool bash;
	unsigned flags;

	return shell_kind(text, &bash, &flags);
}

int shell_parse_check(struct str text, unsigned *ret_line, const char **ret_reason)
{
	struct arena arena = ARENA_INIT;
	struct ast *list = NULL;
	bool bash, refused = false;
	unsigned flags;
	int r;

	(void)shell_kind(text, &bash, &flags);
	if (text.len > LIMIT_SHELL_TEXT) {
		*ret_line = 1;
		*ret_reason = "it is too long";
		return 1;
	}
	r = parser_program(&arena, text, 1, false, bash, &list, ret_line, ret_reason, &refused);
	arena_release(&arena);
	return r;
}

struct shell *shell_new(struct session *s, struct str name, bool bash)
{
	struct shell *sh = mem_alloc(sizeof(*sh));

	sh->session = s;
	sh->world = s->world;
	sh->bash = bash;
	sh->name = arena_str(&s->arena, name);
	sh->state.folder = STR("/");
	sh->state.umask = 022;
	sh->substituted = -1;
	sh->command_text = STR("");
	return sh;
}

void shell_free(struct shell *sh)
{
	variables_release(sh);
	free(sh);
}

static void set_default(struct shell *sh, const char *name, const char *value, unsigned flags)
{
	struct variable *v = variable_make(sh, str_of(name));

	if (!(v->value.flags & VARIABLE_SET))
		value_text(sh, &v->value, str_of(value));
	v->value.flags |= flags;
}

static void prepare(struct shell *sh)
{
	set_default(sh, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
	variable_set(sh, variable_ifs, STR(" \t\n"));
	set_default(sh, "OPTIND", "1", 0);
	variable_set(sh, STR("OPTIND"), STR("1"));
	set_default(sh, "PS1", "# ", 0);
	set_default(sh, "PS2", "> ", 0);
	set_default(sh, "PS4", "+ ", 0);
	set_default(sh, "PPID", "99", 0);
	variable_set(sh, variable_pwd, sh->state.folder);
	if (sh->bash) {
		variable_flags(sh, variable_find(sh, variable_pwd), VARIABLE_EXPORT, 0);
		set_default(sh, "SHLVL", "1", VARIABLE_EXPORT);
	}
}

static void copy_arguments(struct shell *sh, const struct str *arguments, size_t n)
{
	sh->state.args = arena_array(&sh->session->arena, n + 1, sizeof(*sh->state.args));
	sh->state.n_args = n;
	for (size_t i = 0; i < n; i++)
		sh->state.args[i] = arena_str(&sh->session->arena, arguments[i]);
}

int evaluate_exit_trap(struct shell *sh, struct error *err)
{
	struct str text;
	int status = sh->status;

	if (!sh->state.traps || !sh->state.traps[0].ptr)
		return 0;
	text = sh->state.traps[0];
	sh->state.traps = NULL;
	if (!text.len)
		return 0;
	if (evaluate_text(sh, text, false, err) < 0)
		return -1;
	/* exit in a trap decides the status, anything else doesn't. */
	if (sh->unwind == UNWIND_EXIT)
		sh->unwind = UNWIND_NONE;
	else if (sh->unwind != UNWIND_ABANDON)
		sh->status = status;
	return 0;
}

/* The whole of a process: its status, or -1. */
static int run_process(struct shell *sh, const struct script_text *source, struct error *err)
{
	int status = evaluate_source(sh, source, false, err);

	if (status < 0)
		return -1;
	if (sh->unwind == UNWIND_ABANDON)
		return sh->status;
	if (sh->unwind == UNWIND_EXIT || sh->unwind == UNWIND_RETURN)
		status = sh->status;
	sh->unwind = UNWIND_NONE;
	sh->status = status;
	sh->source = source;
	if (evaluate_exit_trap(sh, err) < 0)
		return -1;
	sh->status &= 255;
	return sh->status;
}

static int drop_streams(struct shell *sh, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < SHELL_FDS; i++) {
		if (sh->state.fd[i] && stream_drop(sh, sh->state.fd[i], r ? &(struct error)ERR_INIT
									  : err))
			r = -1;
		sh->state.fd[i] = NULL;
	}
	return r;
}

/* A child: exported variables, the descriptors, the folder. */
static struct shell *child_of(struct shell *sh, struct str name, bool bash)
{
	struct shell *child = shell_new(sh->session, name, bash);

	child->parent = sh;
	child->state.folder = sh->state.folder;
	child->state.umask = sh->state.umask;
	for (size_t i = 0; i < SHELL_FDS; i++)
		if (sh->state.fd[i])
			child->state.fd[i] = stream_hold(sh->state.fd[i]);
	for (size_t i = 0; i < sh->n_variables; i++) {
		const struct variable *v = &sh->variables[i];
		struct str value;

		if ((v->value.flags & VARIABLE_EXPORT) && !(v->value.flags & VARIABLE_ARRAY) &&
		    variable_get(sh, v->name, &value))
			variable_assign(child, v->name, value, VARIABLE_EXPORT);
	}
	prepare(child);
	return child;
}

static int end_child(struct shell *sh, struct shell *child, int status, struct error *err)
{
	if (status >= 0) {
		if (drop_streams(child, err))
			status = -1;
	}
	if (child->unwind == UNWIND_ABANDON) {
		sh->unwind = UNWIND_ABANDON;
		sh->status = child->status;
	}
	shell_free(child);
	return status;
}

int run_script_file(struct shell *sh, struct str path, struct node *node, const struct str *argv,
		    size_t argc, struct error *err)
{
	const struct digest digest = node->inode->content.digest; /* it may write to itself */
	struct script_text source = { .name = arena_str(&sh->session->arena, path),
				      .digest = &digest };
	struct shell *child;
	bool bash;
	unsigned flags;
	int status;

	if (world_read_node(sh, node, &source.text, err) < 0)
		return -1;
	(void)shell_kind(source.text, &bash, &flags);
	child = child_of(sh, path, bash);
	child->state.flags = flags;
	copy_arguments(child, argv + 1, argc - 1);
	status = run_process(child, &source, err);
	return end_child(sh, child, status, err);
}

int run_itself(struct shell *sh, const struct str *argv, size_t argc, struct error *err)
{
	const struct script_text *source = sh->session->script;
	struct shell *child = child_of(sh, argv[0], source->bash);
	bool bash;

	(void)shell_kind(source->text, &bash, &child->state.flags);
	copy_arguments(child, argv + 1, argc - 1);
	return end_child(sh, child, run_process(child, source, err), err);
}

int shell_spawn_text(struct shell_call *c, struct str text, const struct str *arguments, size_t n,
		     struct error *err)
{
	struct shell *sh = c->shell;
	struct script_text source = { .name = STR("sh -c"), .text = text };
	struct shell *child;
	int status = shell_step(sh, err);

	if (status)
		return status < 0 ? -1 : 1;
	if (stream_written(sh, 1, err) < 0 || stream_written(sh, 2, err) < 0)
		return -1;
	child = child_of(sh, n ? arguments[0] : STR("sh"), false);
	child->source = sh->source;
	child->line = sh->line;
	copy_arguments(child, n ? arguments + 1 : NULL, n ? n - 1 : 0);
	/* Its lines are those of the script that has the text. */
	(void)source;
	status = evaluate_text(child, text, false, err);
	if (status >= 0 && child->unwind != UNWIND_ABANDON) {
		if (child->unwind == UNWIND_EXIT || child->unwind == UNWIND_RETURN)
			status = child->status;
		child->unwind = UNWIND_NONE;
		child->status = status;
		status = evaluate_exit_trap(child, err) < 0 ? -1 : child->status;
	}
	return end_child(sh, child, status, err);
}

/* ---- shell_run() ---- */

static struct stream *session_stream(struct session *s, enum stream_kind kind, struct buf *target)
{
	struct stream *stream = stream_new(s, kind);

	stream->target = target;
	stream->readable = kind == STREAM_INPUT;
	stream->writable = kind == STREAM_BUFFER;
	return stream;
}

static struct str last_line(struct str text)
{
	text = str_trim(text);
	for (size_t i = text.len; i-- > 0;)
		if (text.ptr[i] == '\n')
			return (struct str){ text.ptr + i + 1, text.len - i - 1 };
	return text.ptr ? text : STR("");
}

static int report_failure(struct shell *sh, struct error *err)
{
	struct str last = last_line(buf_str(&sh->session->messages));
	char *reason = mem_printf("the script ends with status %d%s" STR_FMT, sh->status,
				  last.len ? ": " : "", STR_ARG(last));
	int status = sh->status, r;

	sh->line = sh->session->outer_line;
	sh->command_text = STR("");
	r = shell_refuse_kind(sh, REFUSAL_FAILED, &status, err, str_of(reason));

	free(reason);
	if (r < 0)
		return -1;
	sh->status = status;
	return 0;
}

static int run_outer(struct shell *sh, const struct shell_script *script, unsigned flags,
		     struct error *err)
{
	struct script_text source = { .name = script->name, .text = script->text, .outer = true,
				      .bash = sh->bash };
	struct session *s = sh->session;
	int r;

	s->script = sh->source = &source;
	sh->state.flags = flags;
	if (script->answer) {
		conversation_open(sh, script->answer, &sh->state.fd[0], &sh->state.fd[1]);
	} else {
		sh->state.fd[0] = session_stream(s, STREAM_INPUT, NULL);
		sh->state.fd[1] = session_stream(s, STREAM_BUFFER, &s->printed);
	}
	sh->state.fd[2] = session_stream(s, STREAM_BUFFER, &s->messages);
	set_default(sh, "HOME", "/root", VARIABLE_EXPORT);
	set_default(sh, "LC_ALL", "C.UTF-8", VARIABLE_EXPORT);
	set_default(sh, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    VARIABLE_EXPORT);
	for (size_t i = 0; i < script->n_environment; i++)
		(void)variable_assign(sh, script->environment[i].name,
				      script->environment[i].value, VARIABLE_EXPORT);
	prepare(sh);
	copy_arguments(sh, script->arguments, script->n_arguments);
	r = run_process(sh, &source, err);
	sh->source = &source;
	if (r >= 0 && script->answer && conversation_end(sh, err) < 0)
		r = -1;
	if (r >= 0 && (drop_streams(sh, err) || streams_flush(s, sh, err)))
		r = -1;
	if (r > 0 && !s->abandoned && report_failure(sh, err))
		r = -1;
	s->script = sh->source = NULL; /* it ends here */
	return r;
}

int shell_run_printing(struct world *w, const struct shell_script *script, struct buf *ret_out,
		       struct buf *ret_err, int *ret_status, struct error *err)
{
	struct session s = { .world = w, .arena_before = w->arena->used,
			     .messages = BUF_INIT((size_t)1 << 40),
			     .printed = BUF_INIT((size_t)1 << 40),
			     .closed = BUF_INIT((size_t)1 << 40) };
	uint64_t steps = w->steps;
	struct shell *sh;
	bool bash;
	unsigned flags;
	int r;

	w->steps = 0;
	(void)shell_kind(script->text, &bash, &flags);
	sh = shell_new(&s, script->name, bash);
	r = run_outer(sh, script, flags, err);
	*ret_status = sh->status;
	if (r >= 0 && ret_out)
		buf_add_str(ret_out, buf_str(&s.printed));
	if (r >= 0 && ret_err)
		buf_add_str(ret_err, buf_str(&s.messages));
	shell_free(sh);
	streams_release(&s);
	scratch_release(&s.scratch);
	arena_release(&s.arena);
	buf_release(&s.messages);
	buf_release(&s.printed);
	buf_release(&s.closed);
	w->steps += steps;
	return r < 0 ? -1 : 0;
}

int shell_run(struct world *w, const struct shell_script *script, int *ret_status,
	      struct error *err)
{
	return shell_run_printing(w, script, NULL, NULL, ret_status, err);
}

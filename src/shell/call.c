/* Finding commands and running them. XCU 2.9.1.1. */
#include "shell/evaluate.h"

#include "base/limits.h"

static const struct str standard_path =
	STR("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

static bool is_executable(const struct node *node)
{
	return node && node->inode->kind == NODE_FILE && (node->inode->mode & 0111);
}

static struct node *search(const struct shell *sh, struct str path, struct str name,
			   struct str *ret_path)
{
	char place[LIMIT_PATH_MAX + 1];
	struct str folder;

	while (str_split(&path, ':', &folder)) {
		struct node *node;
		int n = snprintf(place, sizeof(place), STR_FMT "%s" STR_FMT, STR_ARG(folder),
				 folder.len ? "/" : "", STR_ARG(name));

		if (n < 0 || (size_t)n >= sizeof(place))
			continue;
		node = world_find(sh, str_of(place), true);
		if (is_executable(node)) {
			*ret_path = scratch_str(&sh->session->scratch, str_of(place));
			return node;
		}
	}
	return NULL;
}

struct node *shell_which(const struct shell *sh, struct str name, struct str *ret_path)
{
	struct str path = standard_path;
	struct node *node;

	*ret_path = name;
	if (!name.len)
		return NULL;
	if (memchr(name.ptr, '/', name.len)) {
		node = world_find(sh, name, true);
		return is_executable(node) ? node : NULL;
	}
	if (!variable_get(sh, variable_path, &path))
		path = standard_path;
	return search(sh, path, name, ret_path);
}

static struct str last_component(struct str path)
{
	for (size_t i = path.len; i-- > 0;)
		if (path.ptr[i] == '/')
			return (struct str){ path.ptr + i + 1, path.len - i - 1 };
	return path;
}

static int find_file(struct shell *sh, struct found_command *f, struct str name,
		     const struct shell_command *model, struct error *err)
{
	struct str text = STR("");

	if (model && f->node->inode->kind == NODE_FILE) {
		f->place = COMMAND_MODEL;
		f->model = model;
		return 0;
	}
	(void)name;
	if (f->node->inode->content.size && f->node->inode->content.size <= LIMIT_SHELL_TEXT &&
	    world_read_node(sh, f->node, &text, err) < 0)
		return -1;
	f->place = shell_is_script(text) ? COMMAND_SCRIPT : COMMAND_UNKNOWN;
	return 0;
}

int command_find(struct shell *sh, struct str name, unsigned flags, struct found_command *ret,
		 struct error *err)
{
	const struct shell_command *model;
	struct node *any;

	*ret = (struct found_command){ .path = STR("") };
	if (memchr(name.ptr, '/', name.len)) {
		if (streams_flush(sh->session, sh, err))
			return -1;
		ret->node = shell_which(sh, name, &ret->path);
		if (!ret->node) {
			any = world_find(sh, name, true);
			ret->place = any ? COMMAND_NOT_EXECUTABLE : COMMAND_NONE;
			return 0;
		}
		model = sh->world->host->command(sh->world, last_component(name));
		return find_file(sh, ret, name, model, err);
	}
	if (!(flags & (FIND_NO_FUNCTIONS | FIND_NO_BUILTINS)) || !(flags & FIND_NO_FUNCTIONS)) {
		ret->function = function_find(sh, name);
		ret->builtin = builtin_find(sh, name);
		/* A function doesn't hide a special builtin (XCU 2.9.1.1); bash's does. */
		if (ret->function && !(ret->builtin && !sh->bash &&
				       (ret->builtin->flags & BUILTIN_SPECIAL))) {
			ret->place = COMMAND_FUNCTION;
			return 0;
		}
	}
	ret->builtin = flags & FIND_NO_BUILTINS ? NULL : builtin_find(sh, name);
	if (ret->builtin) {
		ret->place = COMMAND_BUILTIN;
		return 0;
	}
	model = sh->world->host->command(sh->world, name);
	if (model && (model->flags & SHELL_COMMAND_VIRTUAL)) {
		ret->place = COMMAND_MODEL;
		ret->model = model;
		return 0;
	}
	if (streams_flush(sh->session, sh, err))
		return -1;
	if (flags & FIND_STANDARD_PATH)
		ret->node = search(sh, standard_path, name, &ret->path);
	else
		ret->node = shell_which(sh, name, &ret->path);
	if (!ret->node)
		return 0;
	return find_file(sh, ret, name, model, err);
}

/* ---- running ---- */

/* What it read and wrote counts as work. */
static int run_model(const struct shell_command *model, struct shell_call *c, struct error *err)
{
	size_t from = c->in->at, out = c->out->len;
	int status = model->run(c, err);

	(void)shell_charge(c->shell, c->in->at > from ? c->in->at - from : 0);
	(void)shell_charge(c->shell, c->out->len > out ? c->out->len - out : 0);
	return status;
}

/* A call whose streams are those of the shell: a builtin, or else @model. */
static int with_streams(struct shell *sh, const struct builtin *builtin,
			const struct shell_command *model, const struct str *argv, size_t argc,
			struct error *err)
{
	struct shell_call c = { .shell = sh, .world = sh->world, .argv = argv, .argc = argc,
				.line = sh->session->outer_line };
	int status;

	c.cause = shell_cause(sh);
	if (stream_input(sh, 0, &c.in, err))
		return -1;
	c.out = stream_buffer(sh, 1);
	c.err = stream_buffer(sh, 2);
	status = builtin ? builtin->run(&c, err) : run_model(model, &c, err);
	if (status < 0)
		return -1;
	/* What a builtin says while it changes the streams has been taken care of. */
	if (!sh->state.fd[2])
		buf_reset(&sh->session->closed);
	if (stream_written(sh, 1, err) < 0 || stream_written(sh, 2, err) < 0)
		return -1;
	/* A command may have ended early for that, and be the last one. */
	if (shell_charge(sh, 0) && sh->unwind != UNWIND_ABANDON &&
	    shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u steps", LIMIT_SHELL_STEPS) < 0)
		return -1;
	return status;
}

static int not_found(struct shell *sh, const struct found_command *f, struct str name)
{
	if (f->place == COMMAND_NOT_EXECUTABLE) {
		shell_message(sh, STR_FMT ": Permission denied", STR_ARG(name));
		return 126;
	}
	if (sh->bash)
		shell_message(sh, STR_FMT ": %s", STR_ARG(name),
			      memchr(name.ptr, '/', name.len) ? "No such file or directory"
							      : "command not found");
	else
		shell_message(sh, STR_FMT ": not found", STR_ARG(name));
	return 127;
}

/* What reads and changes no file, so that it is the same for every user. */
static bool is_for_all(const struct found_command *f, struct str name)
{
	static const char *const models[] = { "basename", "dirname", "echo", "id", "printf",
					      "test",	  "true",    "false", "[", "whoami" };

	if (f->place == COMMAND_FUNCTION || f->place == COMMAND_NONE)
		return true;
	if (f->place == COMMAND_BUILTIN)
		return !str_equal_cstr(name, ".") && !str_equal_cstr(name, "source");
	for (size_t i = 0; f->place == COMMAND_MODEL && i < sizeof(models) / sizeof(*models); i++)
		if (str_equal_cstr(last_component(name), models[i]))
			return true;
	return false;
}

int command_run(struct shell *sh, const struct found_command *f, const struct str *argv,
		size_t argc, bool tested, struct error *err)
{
	int status = 1;

	if (sh->world->identity && !is_for_all(f, argv[0]))
		return shell_refuse_kind(sh, REFUSAL_USAGE, &status, err,
					 STR("what it does as another user is not modelled")) < 0
			       ? -1
			       : status;
	switch (f->place) {
	case COMMAND_FUNCTION:
		return evaluate_function(sh, f->function, argv + 1, argc - 1, tested, err);
	case COMMAND_BUILTIN:
		sh->builtin_failed = false;
		sh->tested = tested;
		status = with_streams(sh, f->builtin, NULL, argv, argc, err);
		if (status >= 0 && sh->builtin_failed && !sh->unwind && !sh->bash &&
		    (f->builtin->flags & BUILTIN_SPECIAL)) {
			sh->unwind = UNWIND_EXIT;
			sh->status = status;
			sh->failed_special = true;
		}
		return status;
	case COMMAND_MODEL:
		if (streams_flush(sh->session, sh, err))
			return -1;
		return with_streams(sh, NULL, f->model, argv, argc, err);
	case COMMAND_SCRIPT:
		if (streams_flush(sh->session, sh, err))
			return -1;
		return run_script_file(sh, f->path, f->node, argv, argc, err);
	case COMMAND_UNKNOWN:
		if (shell_refuse_kind(sh, REFUSAL_COMMAND, &status, err,
				      STR("there is no model of this program")) < 0)
			return -1;
		return status;
	case COMMAND_NONE:
	case COMMAND_NOT_EXECUTABLE:
		return not_found(sh, f, argv[0]);
	}
	return status;
}

/* ---- children of commands ---- */

static struct stream *buffer_stream(struct shell *sh, struct buf *target)
{
	struct stream *s = stream_new(sh->session, STREAM_BUFFER);

	s->writable = true;
	s->target = target;
	return s;
}

/* Descriptors of a child whose streams a command gave it. */
static void spawn_streams(struct shell *sh, struct shell_input *in, struct buf *out,
			  struct buf *err_out, struct saved_fds *saved)
{
	memcpy(saved->fd, sh->state.fd, sizeof(saved->fd));
	for (size_t i = 0; i < SHELL_FDS; i++) {
		bool replaced = (i == 0 && in) || (i == 1 && out) || (i == 2 && err_out);

		if (sh->state.fd[i] && !replaced)
			stream_hold(sh->state.fd[i]);
	}
	if (in) {
		sh->state.fd[0] = stream_new(sh->session, STREAM_INPUT);
		sh->state.fd[0]->readable = true;
		sh->state.fd[0]->in = *in;
	}
	if (out)
		sh->state.fd[1] = buffer_stream(sh, out);
	if (err_out)
		sh->state.fd[2] = buffer_stream(sh, err_out);
}

int shell_spawn(struct shell_call *c, const struct str *argv, size_t argc, struct shell_input *in,
		struct buf *out, struct buf *err_out, struct error *err)
{
	struct shell *sh = c->shell;
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	struct str command = sh->command_text;
	struct saved_fds saved;
	struct found_command f;
	int status = shell_step(sh, err);

	if (status)
		return status < 0 ? -1 : 1;
	if (++sh->session->depth >= 4 * LIMIT_SHELL_DEPTH) {
		status = shell_abandon(sh, REFUSAL_LIMIT, err, "it nests too deeply");
		sh->session->depth--;
		return status < 0 ? -1 : 1;
	}
	/* What the command has written so far comes before what its child writes. */
	if (stream_written(sh, 1, err) < 0 || stream_written(sh, 2, err) < 0)
		return -1;
	if (command_find(sh, argv[0], FIND_NO_FUNCTIONS | FIND_NO_BUILTINS, &f, err))
		return -1;
	if (f.place == COMMAND_UNKNOWN || f.place == COMMAND_NONE) {
		const struct builtin *b = builtin_find(sh, last_component(argv[0]));

		if (b && (b->flags & BUILTIN_PROGRAM) && f.node) {
			f.place = COMMAND_BUILTIN;
			f.builtin = b;
		}
	}
	sh->command_text = (struct str){ "", 0 };
	spawn_streams(sh, in, out, err_out, &saved);
	status = command_run(sh, &f, argv, argc, true, err);
	if (in)
		in->at = sh->state.fd[0] ? sh->state.fd[0]->in.at : in->at;
	if (status >= 0 && redirect_end(sh, &saved, err))
		status = -1;
	sh->session->depth--;
	sh->command_text = command;
	if (status >= 0)
		scratch_back(&sh->session->scratch, mark);
	return status;
}

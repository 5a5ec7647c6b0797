/* Simple commands, functions and texts. XCU 2.9.1, 2.9.5. */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "shell/parser.h"
#include "shell/world_cache.h"

static int assign_one(struct shell *sh, const struct assign *a, unsigned flags, struct error *err)
{
	struct str value = STR(""), old;
	struct variable *v;
	int64_t index = 0;
	int r = 0;

	if (a->array) {
		struct str *items;
		size_t n;

		r = expand_words(sh, a->items, a->n_items, &items, &n, err);
		if (r)
			return r;
		v = variable_make(sh, a->name);
		if (v->value.flags & VARIABLE_READONLY)
			return shell_die(sh, 1, STR_FMT ": readonly variable", STR_ARG(a->name));
		if (!a->append)
			array_clear(sh, v);
		index = v->value.n_items ? v->value.items[v->value.n_items - 1].index + 1 : 0;
		for (size_t i = 0; i < n; i++)
			array_put(sh, v, index + (int64_t)i, items[i]);
		variable_flags(sh, v, flags, 0);
		return 0;
	}
	if (a->index) {
		r = expand_text(sh, a->index, &value, err);
		r = r ? r : arithmetic_evaluate(sh, value, &index, err);
	}
	r = r ? r : expand_text(sh, a->value, &value, err);
	if (r)
		return r;
	v = variable_make(sh, a->name);
	if (v->value.flags & (VARIABLE_INTEGER | VARIABLE_LOWER | VARIABLE_UPPER))
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "a variable with attributes");
	if (a->append && array_get(v, index, &old)) {
		char *both = scratch_alloc(&sh->session->scratch, old.len + value.len + 1);

		if (old.len + value.len > LIMIT_SHELL_OUTPUT)
			return shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u bytes in a word",
					     LIMIT_SHELL_OUTPUT);
		memcpy(both, old.ptr, old.len);
		memcpy(both + old.len, value.ptr, value.len);
		value = (struct str){ both, old.len + value.len };
	}
	if (!a->index)
		return variable_assign(sh, a->name, value, flags);
	if (v->value.flags & VARIABLE_READONLY)
		return shell_die(sh, 1, STR_FMT ": readonly variable", STR_ARG(a->name));
	if (index < 0)
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "a negative index");
	array_put(sh, v, index, value);
	variable_flags(sh, v, flags, 0);
	return 0;
}

static int assign_all(struct shell *sh, const struct ast *a, unsigned flags, bool local,
		      struct error *err)
{
	for (size_t i = 0; i < a->n_assigns; i++) {
		int r;

		if (local)
			variable_local(sh, variable_make(sh, a->assigns[i].name));
		r = assign_one(sh, &a->assigns[i], flags, err);
		if (r)
			return r;
	}
	return 0;
}

/* export NAME=VALUE: as words of their own, which don't split. */
static int declared_words(struct shell *sh, const struct ast *a, struct str **ret, size_t *ret_n,
			  struct error *err)
{
	struct scratch *scratch = &sh->session->scratch;
	size_t capacity = 0, n = 0, assign = 0;
	struct str *argv = NULL;

	for (size_t i = 0; i < a->n_words; i++) {
		struct str *items, one;
		size_t n_items = 1;
		int r;

		if (a->words[i]) {
			r = expand_words(sh, &a->words[i], 1, &items, &n_items, err);
		} else {
			const struct assign *s = &a->assigns[assign++];
			char *text;

			if (s->array || s->append)
				return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
						     "a declaration of an array");
			r = expand_text(sh, s->value, &one, err);
			if (!r) {
				text = scratch_alloc(scratch, s->name.len + one.len + 2);
				memcpy(text, s->name.ptr, s->name.len);
				text[s->name.len] = '=';
				memcpy(text + s->name.len + 1, one.ptr, one.len);
				one = (struct str){ text, s->name.len + 1 + one.len };
				items = &one;
			}
		}
		if (r)
			return r;
		if (n + n_items > capacity) {
			struct str *wider;

			capacity = 2 * (n + n_items) + 8;
			wider = scratch_alloc(scratch, capacity * sizeof(*wider));
			if (n)
				memcpy(wider, argv, n * sizeof(*wider));
			argv = wider;
		}
		if (n_items)
			memcpy(argv + n, items, n_items * sizeof(*items));
		n += n_items;
	}
	*ret = argv;
	*ret_n = n;
	return 0;
}

/* bash: local x=(a b), declare -a x=(...): the arrays are set after the builtin. */
static bool declares_arrays(const struct ast *a)
{
	for (size_t i = 0; i < a->n_assigns; i++)
		if (a->assigns[i].array)
			return true;
	return false;
}

static int declare_arrays(struct shell *sh, const struct ast *a, struct str **ret, size_t *ret_n,
			  struct error *err)
{
	struct ast names = *a;
	struct str *argv = scratch_alloc(&sh->session->scratch, a->n_words * sizeof(*argv));
	size_t assign = 0;

	for (size_t i = 0; i < a->n_words; i++) {
		if (!a->words[i]) {
			argv[i] = names.assigns[assign++].name;
		} else if (a->words[i]->plain) {
			argv[i] = a->words[i]->text;
		} else {
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					     "a declaration of an array");
		}
	}
	for (size_t i = 0; i < a->n_assigns; i++)
		if (!a->assigns[i].array)
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					     "a declaration of an array");
	*ret = argv;
	*ret_n = a->n_words;
	return 0;
}

static int only_assignments(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct saved_fds saved;
	int status = redirect_begin(sh, a->redirects, &saved, err);

	if (status < 0)
		return -1;
	if (sh->unwind)
		return sh->status;
	if (status)
		return errexit_check(sh, sh->bash ? 1 : 2, tested);
	if (a->redirects && redirect_end(sh, &saved, err))
		return -1;
	status = assign_all(sh, a, 0, false, err);
	if (status)
		return status < 0 ? -1 : sh->status;
	return errexit_check(sh, sh->substituted > 0 ? sh->substituted : 0, tested);
}

static void remember(struct shell *sh, const struct str *argv, size_t argc)
{
	size_t len = 0;
	char *text;

	for (size_t i = 0; i < argc; i++)
		len += argv[i].len + 1;
	text = scratch_alloc(&sh->session->scratch, len + 1);
	sh->command_text = (struct str){ text, len ? len - 1 : 0 };
	for (size_t i = 0; i < argc; i++) {
		memcpy(text, argv[i].ptr, argv[i].len);
		text += argv[i].len;
		*text++ = ' ';
	}
}

/* Redirections are in force; what was assigned before a command is taken back after it. */
static int run(struct shell *sh, const struct ast *a, const struct found_command *f,
	       const struct str *argv, size_t argc, bool tested, struct error *err)
{
	bool keeps = f->place == COMMAND_BUILTIN && (f->builtin->flags & BUILTIN_SPECIAL) &&
		     !sh->bash;
	size_t mark = sh->n_locals;
	int status = 0;

	if (a->n_assigns && !a->declares) {
		unsigned flags = keeps ? 0 : VARIABLE_EXPORT;

		status = assign_all(sh, a, flags, !keeps, err);
		if (status < 0)
			return -1;
	}
	if (!status)
		status = command_run(sh, f, argv, argc, tested, err);
	else
		status = sh->status;
	if (!keeps && a->n_assigns && !a->declares)
		variable_locals_end(sh, mark);
	return status;
}

static int redirected(struct shell *sh, const struct ast *a, const struct found_command *f,
		      const struct str *argv, size_t argc, bool tested, struct error *err)
{
	struct saved_fds saved;
	bool is_exec = f->place == COMMAND_BUILTIN && f->builtin->run == builtin_exec;
	int status = redirect_begin(sh, a->redirects, &saved, err);

	if (status < 0)
		return -1;
	if (sh->unwind)
		return sh->status;
	if (status) {
		status = sh->bash ? 1 : 2;
		if (f->place == COMMAND_BUILTIN && (f->builtin->flags & BUILTIN_SPECIAL) &&
		    !sh->bash) {
			sh->unwind = UNWIND_EXIT;
			sh->status = status;
		}
		return status;
	}
	sh->kept_redirections = false;
	status = run(sh, a, f, argv, argc, tested, err);
	if (status < 0 || !a->redirects)
		return status;
	if (is_exec && sh->kept_redirections)
		return redirect_keep(sh, &saved, err) ? -1 : status;
	return redirect_end(sh, &saved, err) ? -1 : status;
}

static int expanded(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct found_command f;
	struct str *argv = NULL;
	size_t argc = 0;
	bool arrays = a->declares && declares_arrays(a);
	int status;

	if (arrays)
		status = declare_arrays(sh, a, &argv, &argc, err);
	else if (a->declares && a->n_assigns)
		status = declared_words(sh, a, &argv, &argc, err);
	else
		status = expand_words(sh, a->words, a->n_words, &argv, &argc, err);
	if (status)
		return status < 0 ? -1 : sh->status;
	if (!argc)
		return only_assignments(sh, a, tested, err);
	remember(sh, argv, argc);
	if (command_find(sh, argv[0], 0, &f, err))
		return -1;
	status = redirected(sh, a, &f, argv, argc, tested, err);
	if (status < 0 || sh->unwind)
		return status;
	if (arrays && assign_all(sh, a, 0, false, err) < 0)
		return -1;
	return errexit_check(sh, status, tested);
}

int evaluate_simple(struct shell *sh, const struct ast *a, bool tested, struct error *err)
{
	struct scratch_mark mark = scratch_mark(&sh->session->scratch);
	int status = shell_step(sh, err);

	if (status)
		return status < 0 ? -1 : sh->status;
	sh->substituted = -1;
	sh->command_text = (struct str){ "", 0 };
	status = expanded(sh, a, tested, err);
	if (status >= 0)
		scratch_back(&sh->session->scratch, mark);
	sh->command_text = STR("");
	return status;
}

/* ---- functions ---- */

int evaluate_function(struct shell *sh, const struct function *f, const struct str *args,
		      size_t n, bool tested, struct error *err)
{
	const struct script_text *source = sh->source;
	const struct ast *body = f->body;
	struct str *old_args = sh->state.args;
	size_t old_n = sh->state.n_args, mark = sh->n_locals, outer = sh->function_locals;
	unsigned loops = sh->state.loops, line = sh->line;
	int status;

	/* The words live as long as the call: they are in scratch. */
	sh->state.args = scratch_alloc(&sh->session->scratch, (n + 1) * sizeof(*args));
	if (n)
		memcpy(sh->state.args, args, n * sizeof(*args));
	sh->state.n_args = n;
	sh->state.loops = 0;
	sh->state.functions++;
	sh->source = f->source;
	sh->function_locals = mark;
	status = evaluate(sh, body, tested, err);
	sh->function_locals = outer;
	sh->source = source;
	sh->line = line;
	sh->state.functions--;
	sh->state.loops = loops;
	variable_locals_end(sh, mark);
	sh->state.args = old_args;
	sh->state.n_args = old_n;
	if (status >= 0 && sh->unwind == UNWIND_RETURN) {
		sh->unwind = UNWIND_NONE;
		status = sh->status;
	}
	return status;
}

/* ---- texts ---- */

#define PARSE_COST 4u /* for each byte */

static int parse(struct shell *sh, struct str text, bool fixed, struct arena *arena,
		 struct ast **ret, struct error *err)
{
	unsigned line = 0;
	const char *reason = "";
	bool refused = false;
	int r = 0;

	*ret = NULL;
	if (text.len > LIMIT_SHELL_TEXT)
		return shell_abandon(sh, REFUSAL_LIMIT, err, "a script of more than %u bytes",
				     LIMIT_SHELL_TEXT);
	(void)shell_charge(sh, PARSE_COST * (uint64_t)text.len);
	r = parser_program(arena, arena_str(arena, text), fixed ? sh->line : 1, fixed, sh->bash,
			   ret, &line, &reason, &refused);
	if (!r)
		return 0;
	sh->line = line;
	if (sh->source->outer)
		sh->session->outer_line = line;
	if (refused || !fixed)
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "%s", reason);
	return shell_die(sh, 2, "Syntax error: %s", reason);
}

int evaluate_text(struct shell *sh, struct str text, bool tested, struct error *err)
{
	struct ast *list = NULL;
	int r;

	if (++sh->session->depth >= 4 * LIMIT_SHELL_DEPTH)
		r = shell_abandon(sh, REFUSAL_LIMIT, err, "it nests too deeply");
	else
		r = parse(sh, text, true, &sh->session->arena, &list, err);
	if (r)
		r = r < 0 ? -1 : sh->status;
	else
		r = list ? evaluate(sh, list, tested, err) : 0;
	sh->session->depth--;
	return r;
}

/* Helpers that many scripts call are parsed once; it counts each time. */
static int parse_source(struct shell *sh, const struct script_text *source, struct ast **ret,
			struct error *err)
{
	struct arena *arena = sh->world->arena;
	size_t before = arena->used, size;
	int r;

	if (!source->digest)
		return parse(sh, source->text, false, &sh->session->arena, ret, err);
	if (world_cache_program(sh->world, source->digest, sh->bash, ret, &size)) {
		(void)shell_charge(sh, PARSE_COST * (uint64_t)source->text.len);
		sh->session->held += size;
		return 0;
	}
	r = parse(sh, source->text, false, arena, ret, err);
	if (!r)
		world_cache_put_program(sh->world, source->digest, sh->bash, *ret,
					arena->used - before);
	return r;
}

int evaluate_source(struct shell *sh, const struct script_text *source, bool tested,
		    struct error *err)
{
	const struct script_text *old = sh->source;
	unsigned line = sh->line;
	struct ast *list = NULL;
	int r;

	sh->source = source;
	r = parse_source(sh, source, &list, err);
	if (r)
		r = r < 0 ? -1 : sh->status;
	else
		r = list ? evaluate(sh, list, tested, err) : 0;
	sh->source = old;
	sh->line = line;
	return r;
}

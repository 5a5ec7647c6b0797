/* Builtins over variables, options and parameters. XCU 2.14, getopts; bash's declare. */
#include "shell/evaluate.h"

#include "shell/parser.h"

/* ---- set ---- */

static const struct {
	char letter;
	const char *name;
	unsigned flag;
} options[] = {
	{ 'e', "errexit", FLAG_ERREXIT },   { 'u', "nounset", FLAG_NOUNSET },
	{ 'f', "noglob", FLAG_NOGLOB },	    { 'C', "noclobber", FLAG_NOCLOBBER },
	{ 'a', "allexport", FLAG_ALLEXPORT }, { 'x', "xtrace", FLAG_XTRACE },
	{ 'v', "verbose", FLAG_VERBOSE },   { 'b', "notify", FLAG_OTHERS },
	{ 'm', "monitor", FLAG_OTHERS },    { 'h', "hashall", FLAG_OTHERS },
};

bool is_standard_flag(char letter, unsigned *ret)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].letter == letter) {
			*ret = options[i].flag;
			return true;
		}
	return false;
}

static int set_named(struct shell_call *c, struct str name, bool on, struct error *err)
{
	unsigned flag = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (str_equal_cstr(name, options[i].name))
			flag = options[i].flag;
	if (c->shell->bash && str_equal_cstr(name, "pipefail"))
		flag = FLAG_PIPEFAIL;
	if (!flag && c->shell->bash)
		return shell_refuse(c, err, "set -o " STR_FMT, STR_ARG(name));
	if (!flag)
		return builtin_error(c, 2, "Illegal option -o " STR_FMT, STR_ARG(name));
	if (on)
		c->shell->state.flags |= flag;
	else
		c->shell->state.flags &= ~flag;
	return 0;
}

static void set_arguments(struct shell *sh, const struct str *argv, size_t n)
{
	struct arena *arena = &sh->session->arena;

	sh->state.args = arena_array(arena, n + 1, sizeof(*sh->state.args));
	for (size_t i = 0; i < n; i++)
		sh->state.args[i] = arena_str(arena, argv[i]);
	sh->state.n_args = n;
}

static int list_variables(struct shell_call *c, struct error *err)
{
	(void)c;
	return shell_refuse(c, err, "a list of all variables");
}

int builtin_set(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	size_t i;

	if (c->argc == 1)
		return list_variables(c, err);
	for (i = 1; i < c->argc; i++) {
		struct str arg = c->argv[i];
		bool on = arg.len && arg.ptr[0] == '-';

		if (arg.len < 1 || (arg.ptr[0] != '-' && arg.ptr[0] != '+'))
			break;
		if (str_equal_cstr(arg, "--")) {
			set_arguments(sh, c->argv + i + 1, c->argc - i - 1);
			return 0;
		}
		if (arg.len == 1) {
			if (on)
				sh->state.flags &= ~(unsigned)(FLAG_XTRACE | FLAG_VERBOSE);
			if (i + 1 < c->argc)
				set_arguments(sh, c->argv + i + 1, c->argc - i - 1);
			return 0;
		}
		for (size_t k = 1; k < arg.len; k++) {
			unsigned flag;
			int r;

			if (arg.ptr[k] == 'o') {
				if (i + 1 >= c->argc)
					return shell_refuse(c, err, "a list of options");
				r = set_named(c, c->argv[++i], on, err);
				if (r)
					return r;
				continue;
			}
			if (!is_standard_flag(arg.ptr[k], &flag) || arg.ptr[k] == 'v')
				return shell_refuse(c, err, "option %c%c", arg.ptr[0], arg.ptr[k]);
			if (on)
				sh->state.flags |= flag;
			else
				sh->state.flags &= ~flag;
		}
	}
	if (i < c->argc)
		set_arguments(sh, c->argv + i, c->argc - i);
	return 0;
}

int builtin_shift(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	uint64_t n = 1;

	(void)err;
	if (c->argc > 1 && !str_parse_u64(c->argv[1], &n))
		return builtin_error(c, sh->bash ? 1 : 2, "Illegal number: " STR_FMT,
				     STR_ARG(c->argv[1]));
	if (n > sh->state.n_args)
		return sh->bash ? 1 : builtin_error(c, 2, "can't shift that many");
	sh->state.args += n;
	sh->state.n_args -= n;
	sh->state.option_at = 0;
	return 0;
}

/* ---- export, readonly, unset, local ---- */

static struct str split_name(struct str argument, struct str *ret_value, bool *ret_has)
{
	size_t n = str_find_char(argument, '=');

	*ret_has = n < argument.len;
	*ret_value = *ret_has ? (struct str){ argument.ptr + n + 1, argument.len - n - 1 }
			      : STR("");
	return (struct str){ argument.ptr, n };
}

static void print_single(struct buf *out, struct str text)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\'')
			buf_add_cstr(out, "'\"'\"'");
		else
			buf_add_char(out, text.ptr[i]);
	buf_add_char(out, '\'');
}

static int print_flagged(struct shell_call *c, unsigned flag, struct error *err)
{
	struct variable **list;
	size_t n = variables_sorted(c->shell, flag, &list);

	if (c->shell->bash)
		return shell_refuse(c, err, "a list of variables");
	for (size_t i = 0; i < n; i++) {
		struct str value;

		buf_printf(c->out, STR_FMT " " STR_FMT, STR_ARG(c->argv[0]),
			   STR_ARG(list[i]->name));
		if (variable_get(c->shell, list[i]->name, &value)) {
			buf_add_char(c->out, '=');
			print_single(c->out, value);
		}
		buf_add_char(c->out, '\n');
	}
	return 0;
}

static int flag_names(struct shell_call *c, unsigned flag, struct error *err)
{
	struct shell *sh = c->shell;
	bool remove = false;
	size_t i = 1;

	while (i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-') {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		if (str_equal_cstr(c->argv[i], "-p") && i + 1 == c->argc)
			return print_flagged(c, flag, err);
		if (sh->bash && str_equal_cstr(c->argv[i], "-n") && flag == VARIABLE_EXPORT)
			remove = true;
		else
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		i++;
	}
	if (i >= c->argc)
		return print_flagged(c, flag, err);
	for (; i < c->argc; i++) {
		struct str value;
		bool has;
		struct str name = split_name(c->argv[i], &value, &has);

		if (!parser_is_name(name))
			return builtin_error(c, sh->bash ? 1 : 2, STR_FMT ": bad variable name",
					     STR_ARG(name));
		if (has) {
			int r = variable_assign(sh, name, value, 0);

			if (r)
				return r < 0 ? -1 : sh->status;
		}
		variable_flags(sh, variable_make(sh, name), remove ? 0 : flag,
			       remove ? flag : 0);
	}
	return 0;
}

int builtin_export(struct shell_call *c, struct error *err)
{
	return flag_names(c, VARIABLE_EXPORT, err);
}

int builtin_readonly(struct shell_call *c, struct error *err)
{
	return flag_names(c, VARIABLE_READONLY, err);
}

static int unset_element(struct shell_call *c, struct str name, size_t bracket, struct error *err)
{
	struct str base = { name.ptr, bracket };
	struct str index = { name.ptr + bracket + 1, name.len - bracket - 2 };
	struct variable *v = variable_find(c->shell, base);
	int64_t at;
	int r;

	if (name.ptr[name.len - 1] != ']' || str_equal_cstr(index, "@") ||
	    str_equal_cstr(index, "*"))
		return shell_refuse(c, err, "this use of unset");
	r = arithmetic_evaluate(c->shell, index, &at, err);
	if (r)
		return r < 0 ? -1 : c->shell->status;
	if (v && (v->value.flags & VARIABLE_READONLY))
		return shell_refuse(c, err, "an element of a read-only array");
	if (v)
		array_remove(c->shell, v, at);
	return 0;
}

int builtin_unset(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	bool functions = false, variables = false;
	size_t i = 1;

	for (; i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-'; i++) {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		if (str_equal_cstr(c->argv[i], "-f"))
			functions = true;
		else if (str_equal_cstr(c->argv[i], "-v"))
			variables = true;
		else
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
	}
	for (; i < c->argc; i++) {
		struct str name = c->argv[i];
		size_t bracket = str_find_char(name, '[');
		const struct variable *v = variable_find(sh, name);

		if (sh->bash && !functions && bracket < name.len) {
			int r = unset_element(c, name, bracket, err);

			if (r)
				return r;
			continue;
		}
		if (functions || (sh->bash && !variables &&
				  !(v && v->value.flags & VARIABLE_SET))) {
			if (function_find(sh, name))
				function_define(sh, name, NULL);
			if (functions)
				continue;
		}
		if (!parser_is_name(name))
			return builtin_error(c, sh->bash ? 1 : 2, STR_FMT ": bad variable name",
					     STR_ARG(name));
		if (variable_unset(sh, name))
			return builtin_error(c, sh->bash ? 1 : 2, STR_FMT ": is read only",
					     STR_ARG(name));
	}
	return 0;
}

static bool is_local(const struct shell *sh, const struct variable *v, size_t mark)
{
	for (size_t i = mark; i < sh->n_locals; i++)
		if (sh->locals[i].index == (uint32_t)(v - sh->variables))
			return true;
	return false;
}

static int declare(struct shell_call *c, size_t i, unsigned add, bool local, bool global)
{
	struct shell *sh = c->shell;

	for (; i < c->argc; i++) {
		struct str value;
		bool has;
		struct str name = split_name(c->argv[i], &value, &has);
		struct variable *v;

		if (!parser_is_name(name))
			return builtin_error(c, sh->bash ? 1 : 2, STR_FMT ": bad variable name",
					     STR_ARG(name));
		v = variable_make(sh, name);
		if (local && !global && !is_local(sh, v, sh->function_locals)) {
			variable_local(sh, v);
			/* bash: a local variable is unset at first; dash's keeps its value. */
			if (sh->bash && !(v->value.flags & VARIABLE_READONLY)) {
				unsigned keep = v->value.flags & VARIABLE_EXPORT;

				(void)variable_unset(sh, name);
				v = variable_make(sh, name);
				variable_flags(sh, v, keep, 0);
			}
		}
		if (has) {
			int r = variable_assign(sh, name, value, 0);

			if (r)
				return r < 0 ? -1 : sh->status;
		}
		v = variable_make(sh, name);
		if (add & VARIABLE_ARRAY && !(v->value.flags & VARIABLE_ARRAY) && !has) {
			array_clear(sh, v);
			variable_change(sh, v)->flags &= ~(unsigned)VARIABLE_SET;
		}
		if (add & ~(unsigned)VARIABLE_ARRAY)
			variable_flags(sh, v, add & ~(unsigned)VARIABLE_ARRAY, 0);
	}
	return 0;
}

static int declare_options(struct shell_call *c, size_t *ret_first, unsigned *ret_flags,
			   bool *ret_global, struct error *err)
{
	size_t i = 1;

	*ret_flags = 0;
	*ret_global = false;
	for (; i < c->argc && c->argv[i].len > 1 && c->argv[i].ptr[0] == '-'; i++) {
		if (str_equal_cstr(c->argv[i], "--")) {
			i++;
			break;
		}
		for (size_t k = 1; k < c->argv[i].len; k++)
			switch (c->argv[i].ptr[k]) {
			case 'r':
				*ret_flags |= VARIABLE_READONLY;
				break;
			case 'x':
				*ret_flags |= VARIABLE_EXPORT;
				break;
			case 'a':
				*ret_flags |= VARIABLE_ARRAY;
				break;
			case 'g':
				*ret_global = true;
				break;
			default:
				return shell_refuse(c, err, "option " STR_FMT,
						    STR_ARG(c->argv[i]));
			}
	}
	*ret_first = i;
	return 0;
}

int builtin_local(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	unsigned flags = 0;
	bool global = false;
	size_t first = 1;

	if (!sh->state.functions)
		return sh->bash ? builtin_error(c, 1, "can only be used in a function")
				: builtin_error(c, 2, "not in a function");
	if (sh->bash) {
		int r = declare_options(c, &first, &flags, &global, err);

		if (r)
			return r;
		if (first >= c->argc)
			return shell_refuse(c, err, "a list of variables");
	} else if (c->argc > 1 && str_equal_cstr(c->argv[1], "-")) {
		return shell_refuse(c, err, "local options");
	}
	return declare(c, first, flags, true, global);
}

int builtin_declare(struct shell_call *c, struct error *err)
{
	unsigned flags;
	bool global;
	size_t first = 0;
	int r = declare_options(c, &first, &flags, &global, err);

	if (r)
		return r;
	if (first >= c->argc)
		return shell_refuse(c, err, "a list of variables");
	return declare(c, first, flags, c->shell->state.functions != 0, global);
}

int builtin_let(struct shell_call *c, struct error *err)
{
	int64_t value = 0;

	for (size_t i = 1; i < c->argc; i++) {
		int r = arithmetic_evaluate(c->shell, c->argv[i], &value, err);

		if (r)
			return r < 0 ? -1 : c->shell->status;
	}
	return value == 0;
}

int builtin_shopt(struct shell_call *c, struct error *err)
{
	static const struct {
		const char *name;
		unsigned flag;
	} names[] = { { "nullglob", FLAG_NULLGLOB },
		      { "dotglob", FLAG_DOTGLOB },
		      { "extglob", FLAG_EXTGLOB },
		      { "checkwinsize", FLAG_OTHERS },
		      { "expand_aliases", 0 } };
	bool on = c->argc > 1 && str_equal_cstr(c->argv[1], "-s");

	if (c->argc < 3 || (!on && !str_equal_cstr(c->argv[1], "-u")))
		return shell_refuse(c, err, "this use of shopt");
	for (size_t i = 2; i < c->argc; i++) {
		unsigned flag = 0;

		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			if (str_equal_cstr(c->argv[i], names[k].name))
				flag = names[k].flag;
		if (!flag)
			return shell_refuse(c, err, "shopt " STR_FMT, STR_ARG(c->argv[i]));
		if (on)
			c->shell->state.flags |= flag;
		else
			c->shell->state.flags &= ~flag;
	}
	return 0;
}

/* ---- getopts ---- */

struct getopts {
	struct shell_call *c;
	const struct str *args;
	size_t n;
	struct str options, name;
	bool silent;
};

static void set_option(struct getopts *g, char letter, struct str argument, bool has)
{
	struct shell *sh = g->c->shell;

	(void)variable_assign(sh, g->name, (struct str){ &letter, 1 }, 0);
	if (has)
		(void)variable_assign(sh, STR("OPTARG"), argument, 0);
	else
		(void)variable_unset(sh, STR("OPTARG"));
}

static int take_option(struct getopts *g, size_t *index, size_t *at)
{
	struct shell *sh = g->c->shell;
	struct str arg = g->args[*index - 1];
	char letter = arg.ptr[(*at)++];
	size_t place = str_find_char(g->options, letter);
	bool known = place < g->options.len && letter != ':';
	bool wants = known && place + 1 < g->options.len && g->options.ptr[place + 1] == ':';

	if (*at >= arg.len) {
		*at = 0;
		++*index;
	}
	if (!known) {
		set_option(g, '?', (struct str){ &letter, 1 }, g->silent);
		if (!g->silent)
			buf_printf(g->c->err, "Illegal option -%c\n", letter);
		return 0;
	}
	if (!wants) {
		set_option(g, letter, STR(""), sh->bash ? false : true);
		return 0;
	}
	if (*at) {
		set_option(g, letter, (struct str){ arg.ptr + *at, arg.len - *at }, true);
		++*index;
	} else if (*index <= g->n) {
		set_option(g, letter, g->args[*index - 1], true);
		++*index;
	} else {
		set_option(g, g->silent ? ':' : '?', (struct str){ &letter, 1 }, g->silent);
		if (!g->silent)
			buf_printf(g->c->err, "No arg for -%c option\n", letter);
	}
	*at = 0;
	return 0;
}

int builtin_getopts(struct shell_call *c, struct error *err)
{
	struct shell *sh = c->shell;
	struct getopts g = { .c = c };
	struct str text = STR("");
	uint64_t next = 1;
	size_t index, at = sh->state.option_at;
	char number[32];
	int status = 1;

	(void)err;
	if (c->argc < 3)
		return builtin_error(c, 2, "Usage: getopts optstring var [arg]");
	g.options = c->argv[1];
	g.name = c->argv[2];
	g.silent = g.options.len && g.options.ptr[0] == ':';
	g.args = c->argc > 3 ? c->argv + 3 : sh->state.args;
	g.n = c->argc > 3 ? c->argc - 3 : sh->state.n_args;
	if (!parser_is_name(g.name))
		return builtin_error(c, 2, STR_FMT ": bad variable name", STR_ARG(g.name));
	if (variable_get(sh, STR("OPTIND"), &text) && !str_parse_u64(text, &next))
		return builtin_error(c, 2, "Illegal number: " STR_FMT, STR_ARG(text));
	index = next ? (size_t)next : 1;
	if (at)
		index = (size_t)sh->state.option_index;
	if (index <= g.n && at >= g.args[index - 1].len)
		at = 0;
	if (!at && index <= g.n && g.args[index - 1].len > 1 && g.args[index - 1].ptr[0] == '-') {
		if (str_equal_cstr(g.args[index - 1], "--"))
			index++;
		else
			at = 1;
	}
	if (at && index <= g.n) {
		status = take_option(&g, &index, &at);
	} else {
		if (index > g.n + 1)
			index = g.n + 1;
		at = 0;
		(void)variable_assign(sh, g.name, STR("?"), 0);
		(void)variable_unset(sh, STR("OPTARG"));
	}
	/* Inside an argument dash names the next one already. */
	snprintf(number, sizeof(number), "%zu", index + (at && !sh->bash));
	variable_set(sh, STR("OPTIND"), str_of(number));
	sh->state.option_at = at;
	sh->state.option_index = (int)index;
	return sh->unwind ? sh->status : status;
}

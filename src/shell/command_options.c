/*
 * Command lines, taken apart as getopt_long(3) does with permutation: options are
 * found among operands until "--".
 */
#include "shell/command.h"

struct reader {
	struct shell_call *c;
	const struct shell_option *table;
	struct shell_arguments *ret;
	struct str *operands;
	size_t at; /* the next argument */
};

static void take(struct reader *r, const struct shell_option *o, struct str value)
{
	r->ret->options[r->ret->n_options++] = (struct shell_taken){ o->id, value };
}

static bool is_last(const struct shell_option *o)
{
	return o->id == 0 && o->letter == 0 && !o->name;
}

/* The row whose name is @name or, alone, begins with it. *ret_several: ambiguous. */
static const struct shell_option *find_long(const struct reader *r, struct str name,
					    bool *ret_several)
{
	const struct shell_option *found = NULL;

	*ret_several = false;
	for (const struct shell_option *o = r->table; !is_last(o); o++) {
		if (!o->name || !str_has_prefix(str_of(o->name), name))
			continue;
		if (str_equal_cstr(name, o->name)) {
			*ret_several = false;
			return o;
		}
		if (found && (found->id != o->id || found->value != o->value))
			*ret_several = true;
		found = o;
	}
	return found;
}

static int read_long(struct reader *r, struct str arg, int *ret_status, struct error *err)
{
	size_t n = str_find_char(arg, '=');
	struct str name = { arg.ptr + 2, n - 2 }, value = { NULL, 0 };
	bool several = false;
	const struct shell_option *o = find_long(r, name, &several);

	if (!o || several) {
		*ret_status = shell_refuse(r->c, err, "%s option '" STR_FMT "'",
					   several ? "ambiguous" : "unknown", STR_ARG(arg));
		return *ret_status < 0 ? -1 : 1;
	}
	if (n < arg.len)
		value = (struct str){ arg.ptr + n + 1, arg.len - n - 1 };
	else if (o->value == OPTION_VALUE && r->at < r->c->argc)
		value = r->c->argv[r->at++];
	if ((o->value == OPTION_NO_VALUE) == (value.ptr != NULL) &&
	    o->value != OPTION_MAYBE_VALUE) {
		*ret_status = shell_refuse(r->c, err, "option '" STR_FMT "' %s", STR_ARG(arg),
					   value.ptr ? "with a value" : "without its value");
		return *ret_status < 0 ? -1 : 1;
	}
	take(r, o, value);
	return 0;
}

static const struct shell_option *find_letter(const struct reader *r, char letter)
{
	for (const struct shell_option *o = r->table; !is_last(o); o++) {
		if (o->letter == letter)
			return o;
	}
	return NULL;
}

static int read_letters(struct reader *r, struct str arg, int *ret_status, struct error *err)
{
	for (size_t i = 1; i < arg.len; i++) {
		const struct shell_option *o = find_letter(r, arg.ptr[i]);
		struct str value = { arg.ptr + i + 1, arg.len - i - 1 };

		if (!o) {
			*ret_status = shell_refuse(r->c, err, "unknown option '-%c'", arg.ptr[i]);
			return *ret_status < 0 ? -1 : 1;
		}
		if (o->value == OPTION_NO_VALUE) {
			take(r, o, (struct str){ NULL, 0 });
			continue;
		}
		if (value.len == 0 && o->value == OPTION_VALUE && r->at >= r->c->argc) {
			*ret_status = shell_refuse(r->c, err, "option '-%c' without its value",
						   arg.ptr[i]);
			return *ret_status < 0 ? -1 : 1;
		}
		if (value.len == 0)
			value = o->value == OPTION_VALUE ? r->c->argv[r->at++]
							 : (struct str){ NULL, 0 };
		take(r, o, value);
		return 0;
	}
	return 0;
}

static void count_letters(struct shell_call *c, size_t *ret)
{
	for (size_t i = 1; i < c->argc; i++)
		*ret += c->argv[i].len;
	*ret += c->argc;
}

int shell_options(struct shell_call *c, const struct shell_option *table, bool stop_early,
		  struct shell_arguments *ret, int *ret_status, struct error *err)
{
	struct reader r = { .c = c, .table = table, .ret = ret, .at = 1 };
	size_t most = 0;

	count_letters(c, &most);
	*ret = (struct shell_arguments){ NULL, 0, NULL, 0 };
	ret->options = arena_array(c->world->arena, most + 1, sizeof(*ret->options));
	r.operands = arena_array(c->world->arena, c->argc + 1, sizeof(*r.operands));
	ret->operands = r.operands;
	while (r.at < c->argc) {
		struct str arg = c->argv[r.at++];
		int found = 0;

		if (str_equal(arg, STR("--")))
			break;
		if (arg.len < 2 || arg.ptr[0] != '-') {
			if (stop_early) {
				r.at--;
				break;
			}
			r.operands[ret->n_operands++] = arg;
			continue;
		}
		found = arg.ptr[1] == '-' ? read_long(&r, arg, ret_status, err)
					  : read_letters(&r, arg, ret_status, err);
		if (found)
			return found;
	}
	while (r.at < c->argc)
		r.operands[ret->n_operands++] = c->argv[r.at++];
	return 0;
}

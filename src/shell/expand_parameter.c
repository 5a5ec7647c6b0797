/* Parameters and their operators. XCU 2.5, 2.6.2. */
#include "shell/expander.h"

#include "base/limits.h"

static struct str number(struct shell *sh, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return scratch_str(&sh->session->scratch, str_of(text));
}

static struct str flags_text(struct shell *sh)
{
	/* In the order in which dash and bash write them. */
	static const struct {
		char letter;
		unsigned flag;
	} dash[] = { { 'u', FLAG_NOUNSET }, { 'a', FLAG_ALLEXPORT }, { 'C', FLAG_NOCLOBBER },
		     { 'v', FLAG_VERBOSE }, { 'x', FLAG_XTRACE },    { 'n', FLAG_NOEXEC },
		     { 'f', FLAG_NOGLOB },  { 'e', FLAG_ERREXIT },   { 0, 0 } },
	  bash[] = { { 'a', FLAG_ALLEXPORT }, { 'e', FLAG_ERREXIT }, { 'f', FLAG_NOGLOB },
		     { 'h', 0 },	      { 'n', FLAG_NOEXEC },  { 'u', FLAG_NOUNSET },
		     { 'v', FLAG_VERBOSE },   { 'x', FLAG_XTRACE },  { 'B', 0 },
		     { 'C', FLAG_NOCLOBBER }, { 0, 0 } };
	char text[16];
	size_t n = 0;

	for (size_t i = 0; (sh->bash ? bash : dash)[i].letter; i++) {
		unsigned flag = (sh->bash ? bash : dash)[i].flag;

		if (!flag || (sh->state.flags & flag))
			text[n++] = (sh->bash ? bash : dash)[i].letter;
	}
	return scratch_str(&sh->session->scratch, (struct str){ text, n });
}

/* What changes from run to run has no value here. */
static bool is_unknowable(const struct shell *sh, struct str name)
{
	static const char *const names[] = { "RANDOM",	"SECONDS", "EPOCHSECONDS", "EPOCHREALTIME",
					     "SRANDOM", "BASHPID", "HOSTNAME",	   "BASH_COMMAND",
					     "FUNCNAME", "BASH_SOURCE", "BASH_LINENO", "PIPESTATUS",
					     "BASH_VERSION", "BASH_VERSINFO", "HOSTTYPE",
					     "MACHTYPE", "OSTYPE", "COLUMNS", "LINES", "DIRSTACK" };

	for (size_t i = 0; sh->bash && i < sizeof(names) / sizeof(*names); i++)
		if (str_equal_cstr(name, names[i]))
			return !variable_find(sh, name) ||
			       !(variable_find(sh, name)->value.flags & VARIABLE_SET);
	return false;
}

static bool special_get(struct shell *sh, char c, struct str *ret, bool *ret_set)
{
	*ret_set = true;
	switch (c) {
	case '#':
		*ret = number(sh, (int64_t)sh->state.n_args);
		return true;
	case '?':
		*ret = number(sh, sh->status);
		return true;
	case '-':
		*ret = flags_text(sh);
		return true;
	case '$':
		*ret = STR("100"); /* a process id that nothing else has */
		return true;
	case '!':
		*ret = sh->background ? STR("101") : STR("");
		*ret_set = sh->background;
		return true;
	default:
		return false;
	}
}

int parameter_get(struct shell *sh, struct str name, struct str *ret, bool *ret_set,
		  struct error *err)
{
	*ret = STR("");
	*ret_set = false;
	if (name.len == 1 && special_get(sh, name.ptr[0], ret, ret_set))
		return 0;
	*ret_set = false;
	if (name.ptr[0] >= '0' && name.ptr[0] <= '9') {
		uint64_t n;

		if (!str_parse_u64(name, &n))
			n = UINT64_MAX;
		*ret_set = n <= sh->state.n_args;
		if (*ret_set)
			*ret = n ? sh->state.args[n - 1] : sh->name;
		return 0;
	}
	if (variable_get(sh, name, ret)) {
		(void)shell_charge(sh, ret->len);
		*ret = scratch_str(&sh->session->scratch, *ret);
		*ret_set = true;
		return 0;
	}
	/* Debian's dash is built without it. */
	if (sh->bash && str_equal_cstr(name, "LINENO")) {
		*ret = number(sh, sh->line);
		*ret_set = true;
		return 0;
	}
	if (is_unknowable(sh, name))
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "$" STR_FMT, STR_ARG(name));
	if (sh->bash && (str_equal_cstr(name, "EUID") || str_equal_cstr(name, "UID"))) {
		*ret = STR("0");
		*ret_set = true;
	} else if (sh->bash && str_equal_cstr(name, "BASH")) {
		*ret = STR("/bin/bash");
		*ret_set = true;
	} else if (sh->bash && str_equal_cstr(name, "_")) {
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "$_");
	}
	return 0;
}

/* ---- lists: $@, $*, and in bash ${x[@]} ---- */

struct list {
	struct str *items;
	size_t n;
	bool star;
};

static bool is_list(const struct part *part)
{
	struct str at = part->index ? part->index->text : part->text;

	if (part->index && part->index->n != 1)
		return false;
	return at.len == 1 && (at.ptr[0] == '@' || at.ptr[0] == '*');
}

static void list_of(struct shell *sh, const struct part *part, struct list *ret)
{
	const struct variable *v;

	*ret = (struct list){ .items = sh->state.args, .n = sh->state.n_args };
	ret->star = (part->index ? part->index->text : part->text).ptr[0] == '*';
	if (!part->index)
		return;
	v = variable_find(sh, part->text);
	*ret = (struct list){ .star = ret->star };
	if (!v || !(v->value.flags & VARIABLE_SET))
		return;
	ret->n = v->value.flags & VARIABLE_ARRAY ? v->value.n_items : 1;
	ret->items = scratch_alloc(&sh->session->scratch, (ret->n + 1) * sizeof(*ret->items));
	if (!(v->value.flags & VARIABLE_ARRAY))
		(void)array_get(v, 0, &ret->items[0]);
	for (size_t i = 0; v->value.flags & VARIABLE_ARRAY && i < ret->n; i++)
		ret->items[i] = scratch_str(&sh->session->scratch,
					    (struct str){ v->value.items[i].text,
							  v->value.items[i].len });
}

static int add_list(struct expander *e, const struct list *l, bool quoted, struct error *err)
{
	struct str ifs = expander_ifs(e->sh);
	struct str join = l->star ? (struct str){ ifs.ptr, ifs.len ? 1 : 0 } : STR(" ");
	bool fields = e->purpose == EXPAND_FIELDS && !(quoted && l->star);
	int r = 0;

	if (quoted && l->star && !l->n)
		return expander_add(e, STR(""), true, false, err);
	for (size_t i = 0; i < l->n && !r; i++) {
		if (i && fields)
			r = expander_break(e, quoted, err);
		else if (i)
			r = expander_add(e, join, quoted, false, err);
		if (!r)
			r = expander_add(e, l->items[i], quoted, true, err);
	}
	return r;
}

/* ---- operators ---- */

static int trim(struct shell *sh, struct str value, struct str pattern, enum param_op op,
		struct str *ret, struct error *err)
{
	bool suffix = op == PARAM_SUFFIX || op == PARAM_SUFFIX_LONG;
	bool longest = op == PARAM_SUFFIX_LONG || op == PARAM_PREFIX_LONG;

	*ret = value;
	for (size_t i = 0; i <= value.len; i++) {
		size_t n = longest ? value.len - i : i; /* bytes that go */
		struct str part = { suffix ? value.ptr + value.len - n : value.ptr, n };
		bool matches = false;
		int r = shell_match(sh, pattern, part, 0, &matches, err);

		if (r)
			return r;
		if (!matches)
			continue;
		*ret = (struct str){ suffix ? value.ptr : value.ptr + n, value.len - n };
		break;
	}
	return 0;
}

static int unset_error(struct expander *e, struct str name)
{
	return shell_die(e->sh, e->sh->bash ? 1 : 2,
			 e->sh->bash ? STR_FMT ": unbound variable"
				     : STR_FMT ": parameter not set", STR_ARG(name));
}

static int word_error(struct expander *e, const struct part *part, bool set, struct error *err)
{
	struct str text = STR("");
	int r = expand_text(e->sh, part->word, &text, err);

	if (r)
		return r;
	if (!part->word->n)
		text = set || part->colon ? STR("parameter not set or null")
					  : STR("parameter not set");
	return shell_die(e->sh, e->sh->bash ? 127 : 2, STR_FMT ": " STR_FMT, STR_ARG(part->text),
			 STR_ARG(text));
}

static int assign_default(struct expander *e, const struct part *part, struct error *err)
{
	CLEANUP_EXPANDER struct expander inner = EXPANDER_INIT(e->sh, EXPAND_TEXT);
	struct str text;
	int r = expander_parts(&inner, part->word, false, err);

	if (r)
		return r;
	text = expander_text(&inner);
	if (part->index || !((part->text.ptr[0] >= 'a' && part->text.ptr[0] <= 'z') ||
			     (part->text.ptr[0] >= 'A' && part->text.ptr[0] <= 'Z') ||
			     part->text.ptr[0] == '_'))
		return shell_die(e->sh, 2, STR_FMT ": bad variable name", STR_ARG(part->text));
	r = variable_assign(e->sh, part->text, text, 0);
	return r ? r : expander_add(e, text, part->quoted, true, err);
}

/* - = ? +: 0 done, 2: the value itself is meant, 3: the word. */
static int by_presence(struct expander *e, const struct part *part, bool set, bool empty,
		       struct error *err)
{
	bool there = set && !(part->colon && empty);

	switch (part->op) {
	case PARAM_DEFAULT:
		return there ? 2 : 3;
	case PARAM_OTHER:
		return there ? 3 : 0;
	case PARAM_ASSIGN:
		return there ? 2 : assign_default(e, part, err);
	case PARAM_ERROR:
		return there ? 2 : word_error(e, part, set, err);
	default:
		return 2;
	}
}

static int add_word(struct expander *e, const struct part *part, struct error *err)
{
	if (part->quoted && !part->word->n)
		return expander_add(e, STR(""), true, false, err);
	return expander_parts(e, part->word, true, err);
}

static bool has_beyond_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 128)
			return true;
	return false;
}

static int trimmed(struct expander *e, const struct part *part, struct str value, struct str *ret,
		   struct error *err)
{
	struct str pattern;
	int r;

	switch (part->op) {
	case PARAM_PLAIN:
	case PARAM_DEFAULT:
	case PARAM_OTHER:
	case PARAM_ASSIGN:
	case PARAM_ERROR:
		*ret = value;
		return 0;
	case PARAM_LENGTH:
		if (e->sh->bash && has_beyond_ascii(value))
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err,
					     "the length of a text that is not ASCII");
		*ret = number(e->sh, (int64_t)value.len);
		return 0;
	case PARAM_SUFFIX:
	case PARAM_SUFFIX_LONG:
	case PARAM_PREFIX:
	case PARAM_PREFIX_LONG:
		r = expand_pattern(e->sh, part->word, &pattern, err);
		return r ? r : trim(e->sh, value, pattern, part->op, ret, err);
	default:
		return expand_bash(e, part, value, ret, err);
	}
}

static int list_parameter(struct expander *e, const struct part *part, struct error *err)
{
	struct list list;
	int r;

	list_of(e->sh, part, &list);
	if (part->op == PARAM_LENGTH) {
		if (!part->index && !e->sh->bash)
			/* dash: the length of the first that it prints; nobody means that */
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "${#@}");
		return expander_add(e, number(e->sh, (int64_t)list.n), part->quoted, true, err);
	}
	if (part->op == PARAM_KEYS) {
		const struct variable *v = variable_find(e->sh, part->text);

		for (size_t i = 0; i < list.n; i++)
			list.items[i] = number(e->sh, v->value.flags & VARIABLE_ARRAY
							      ? v->value.items[i].index
							      : 0);
		return add_list(e, &list, part->quoted, err);
	}
	r = by_presence(e, part, list.n != 0, list.n == 0 || (list.n == 1 && !list.items[0].len),
			err);
	if (r == 3)
		return add_word(e, part, err);
	if (r != 2)
		return r;
	if (part->op == PARAM_SLICE) {
		int64_t from = 0, n = (int64_t)list.n;
		struct str text;

		r = expand_text(e->sh, part->word, &text, err);
		r = r ? r : arithmetic_evaluate(e->sh, text, &from, err);
		if (!r && part->second) {
			r = expand_text(e->sh, part->second, &text, err);
			r = r ? r : arithmetic_evaluate(e->sh, text, &n, err);
		}
		if (r)
			return r;
		if (from < 0 || n < 0 || (!part->index && from < 1))
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "this slice");
		from -= !part->index;
		from = from > (int64_t)list.n ? (int64_t)list.n : from;
		n = n > (int64_t)list.n - from ? (int64_t)list.n - from : n;
		list.items += from;
		list.n = (size_t)n;
		return add_list(e, &list, part->quoted, err);
	}
	if (part->op != PARAM_PLAIN && part->op > PARAM_OTHER) {
		struct str *items = scratch_alloc(&e->sh->session->scratch,
						  (list.n + 1) * sizeof(*items));

		if (!part->index && !e->sh->bash)
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err,
					     "an operator on all parameters");
		for (size_t i = 0; i < list.n; i++) {
			r = trimmed(e, part, list.items[i], &items[i], err);
			if (r)
				return r;
		}
		list.items = items;
	}
	return add_list(e, &list, part->quoted, err);
}

static int element_get(struct shell *sh, const struct part *part, struct str *ret, bool *ret_set,
		       struct error *err)
{
	const struct variable *v;
	struct str text;
	int64_t index = 0;
	int r = expand_text(sh, part->index, &text, err);

	r = r ? r : arithmetic_evaluate(sh, text, &index, err);
	if (r)
		return r;
	*ret = STR("");
	v = variable_find(sh, part->text);
	if (index < 0 && v && v->value.n_items)
		index += v->value.items[v->value.n_items - 1].index + 1;
	*ret_set = v && array_get(v, index, ret);
	if (!v && is_unknowable(sh, part->text))
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "$" STR_FMT, STR_ARG(part->text));
	*ret = scratch_str(&sh->session->scratch, *ret);
	return 0;
}

static int indirect(struct expander *e, const struct part *part, struct error *err)
{
	struct part through = *part;
	struct str name;
	bool set;
	int r = parameter_get(e->sh, part->text, &name, &set, err);

	if (r)
		return r;
	if (!set || !name.len)
		return shell_die(e->sh, 1, STR_FMT ": invalid indirect expansion",
				 STR_ARG(part->text));
	for (size_t i = 0; i < name.len; i++)
		if (strchr("[]@*", name.ptr[i]))
			return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err,
					     "an indirect expansion of an array");
	through.op = PARAM_PLAIN;
	through.text = name;
	return expander_parameter(e, &through, err);
}

int expander_parameter(struct expander *e, const struct part *part, struct error *err)
{
	struct str value;
	bool set;
	int r;

	if (part->op == PARAM_BAD)
		return shell_die(e->sh, e->sh->bash ? 1 : 2, "Bad substitution");
	if (part->op == PARAM_INDIRECT)
		return indirect(e, part, err);
	if (part->op == PARAM_NAMES)
		return shell_abandon(e->sh, REFUSAL_CONSTRUCT, err, "${!" STR_FMT "*}",
				     STR_ARG(part->text));
	if (is_list(part))
		return list_parameter(e, part, err);
	if (part->index)
		r = element_get(e->sh, part, &value, &set, err);
	else
		r = parameter_get(e->sh, part->text, &value, &set, err);
	if (r)
		return r;
	r = by_presence(e, part, set, value.len == 0, err);
	if (r == 3)
		return add_word(e, part, err);
	if (r != 2)
		return part->op == PARAM_OTHER && part->quoted && !r
			       ? expander_add(e, STR(""), true, false, err)
			       : r;
	if (!set && (e->sh->state.flags & FLAG_NOUNSET))
		return unset_error(e, part->text);
	r = trimmed(e, part, value, &value, err);
	return r ? r : expander_add(e, value, part->quoted, true, err);
}

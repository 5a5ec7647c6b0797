/*
 * update-alternatives: arguments and what it prints. Options stand anywhere; each
 * is a whole word, and its values follow it.
 */
#include "debian/alternatives.h"
#include "debian/command_list.h"

#include "debian/effects.h"

#define DEFAULT_LINKS STR("/etc/alternatives")
#define DEFAULT_STATE STR("/var/lib/dpkg/alternatives")
#define SLAVES_MAX 1024u

enum action {
	ACTION_NONE,
	ACTION_INSTALL,
	ACTION_REMOVE,
	ACTION_REMOVE_ALL,
	ACTION_AUTO,
	ACTION_SET,
	ACTION_LIST,
	ACTION_DISPLAY,
	ACTION_QUERY,
	ACTION_SELECTIONS,
};

static const struct {
	const char *word;
	enum action action;
	size_t n; /* words that follow */
} actions[] = {
	{ "--install", ACTION_INSTALL, 4 },
	{ "--remove", ACTION_REMOVE, 2 },
	{ "--remove-all", ACTION_REMOVE_ALL, 1 },
	{ "--auto", ACTION_AUTO, 1 },
	{ "--set", ACTION_SET, 2 },
	{ "--list", ACTION_LIST, 1 },
	{ "--display", ACTION_DISPLAY, 1 },
	{ "--query", ACTION_QUERY, 1 },
	{ "--get-selections", ACTION_SELECTIONS, 0 },
};

struct request {
	enum action action;
	const struct str *word; /* the words of the action */
	int32_t priority;
	struct alternative_slave *slaves;
	size_t n_slaves;
};

static int usage(const struct alternatives *x, const char *what, struct str word)
{
	return alternatives_fail(x, "%s '" STR_FMT "'", what, STR_ARG(word));
}

/* strtol(3) in decimal, of the whole text. */
static bool parse_number(struct str text, int32_t *ret)
{
	bool negative;
	uint64_t value;

	while (text.len && strchr(" \t\n\v\f\r", *text.ptr))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	negative = text.len && *text.ptr == '-';
	if (text.len && strchr("+-", *text.ptr))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	if (!str_parse_u64(text, &value) || value > (negative ? 2147483648u : 2147483647u))
		return false;
	*ret = (int32_t)(negative ? -(int64_t)value : (int64_t)value);
	return true;
}

static int take_slave(const struct alternatives *x, struct request *r, const struct str *word)
{
	if (r->action != ACTION_INSTALL)
		return alternatives_fail(x, "--slave only allowed with --install");
	if (str_equal(word[1], word[3]) || str_equal(word[2], r->word[1]) ||
	    str_equal(word[1], r->word[0]))
		return usage(x, "slave is the same as another", word[1]);
	for (size_t i = 0; i < r->n_slaves; i++)
		if (str_equal(r->slaves[i].name, word[2]) || str_equal(r->slaves[i].link, word[1]))
			return usage(x, "duplicate slave", word[2]);
	if (r->n_slaves == SLAVES_MAX)
		return usage(x, "too many slaves", word[2]);
	r->slaves[r->n_slaves++] = (struct alternative_slave){ word[2], word[1], word[3] };
	return 0;
}

static int take_action(const struct alternatives *x, struct request *r, size_t which,
		       const struct str *word)
{
	if (r->action != ACTION_NONE)
		return usage(x, "two commands specified", word[0]);
	r->action = actions[which].action;
	r->word = word + 1;
	if (r->action != ACTION_INSTALL)
		return 0;
	if (str_equal(word[1], word[3]))
		return usage(x, "<link> is the same as <path>", word[1]);
	if (!parse_number(word[4], &r->priority))
		return usage(x, "priority must be an integer", word[4]);
	return 0;
}

/* 0, a status, or -1; *ret_words: how many words it took; 0: not known. */
static int take_word(struct shell_call *c, struct alternatives *x, struct request *r, size_t at,
		     size_t *ret_words)
{
	const struct str *word = &c->argv[at];
	size_t left = c->argc - at - 1;

	*ret_words = 1;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!str_equal_cstr(*word, actions[i].word))
			continue;
		*ret_words = 1 + actions[i].n;
		if (left < actions[i].n)
			return usage(x, "missing arguments of", *word);
		return take_action(x, r, i, word);
	}
	if (str_equal_cstr(*word, "--slave") || str_equal_cstr(*word, "--follower")) {
		*ret_words = 4;
		return left < 3 ? usage(x, "missing arguments of", *word) : take_slave(x, r, word);
	}
	if (str_equal_cstr(*word, "--quiet"))
		x->quiet = true;
	else if (str_equal_cstr(*word, "--verbose"))
		x->verbose = true;
	else if (str_equal_cstr(*word, "--force"))
		x->force = true;
	else if (str_equal_cstr(*word, "--skip-auto") || !*ret_words)
		;
	else
		*ret_words = 0;
	return 0;
}

static bool take_folder(struct shell_call *c, struct alternatives *x, size_t at)
{
	const struct str *word = &c->argv[at];

	if (at + 1 == c->argc)
		return false;
	if (str_equal_cstr(*word, "--altdir"))
		x->links = word[1];
	else if (str_equal_cstr(*word, "--admindir"))
		x->state = world_path(c->shell, word[1]);
	else if (!str_equal_cstr(*word, "--log"))
		return false;
	return true;
}

/* ---- printing ---- */

static void print_display(const struct alternatives *x, const struct alternative *a)
{
	const struct alternative_choice *best = alternative_best(a);

	buf_printf(x->out, STR_FMT " - %s mode\n", STR_ARG(a->name),
		   a->mode == ALTERNATIVE_AUTO ? "auto" : "manual");
	if (best)
		buf_printf(x->out, "  link best version is " STR_FMT "\n", STR_ARG(best->path));
	else
		buf_add_cstr(x->out, "  link best version not available\n");
	if (a->current.ptr)
		buf_printf(x->out, "  link currently points to " STR_FMT "\n", STR_ARG(a->current));
	else
		buf_add_cstr(x->out, "  link currently absent\n");
	buf_printf(x->out, "  link " STR_FMT " is " STR_FMT "\n", STR_ARG(a->name),
		   STR_ARG(a->link));
	for (size_t i = 0; i < a->n_slaves; i++)
		buf_printf(x->out, "  slave " STR_FMT " is " STR_FMT "\n",
			   STR_ARG(a->slaves[i].name), STR_ARG(a->slaves[i].link));
	for (size_t i = 0; i < a->n_choices; i++) {
		const struct alternative_choice *c = &a->choices[i];

		buf_printf(x->out, STR_FMT " - priority %d\n", STR_ARG(c->path), c->priority);
		for (size_t k = 0; k < a->n_slaves; k++) {
			struct str file = alternative_file(c, a->slaves[k].name);

			if (file.len)
				buf_printf(x->out, "  slave " STR_FMT ": " STR_FMT "\n",
					   STR_ARG(a->slaves[k].name), STR_ARG(file));
		}
	}
}

static void query_choice(const struct alternatives *x, const struct alternative *a,
			 const struct alternative_choice *c)
{
	buf_printf(x->out, "\nAlternative: " STR_FMT "\nPriority: %d\n", STR_ARG(c->path),
		   c->priority);
	if (a->n_slaves)
		buf_add_cstr(x->out, "Slaves:\n");
	for (size_t k = 0; k < a->n_slaves; k++) {
		struct str file = alternative_file(c, a->slaves[k].name);

		if (file.len)
			buf_printf(x->out, " " STR_FMT " " STR_FMT "\n", STR_ARG(a->slaves[k].name),
				   STR_ARG(file));
	}
}

static void print_query(const struct alternatives *x, const struct alternative *a)
{
	const struct alternative_choice *best = alternative_best(a);

	buf_printf(x->out, "Name: " STR_FMT "\nLink: " STR_FMT "\n", STR_ARG(a->name),
		   STR_ARG(a->link));
	if (a->n_slaves)
		buf_add_cstr(x->out, "Slaves:\n");
	for (size_t i = 0; i < a->n_slaves; i++)
		buf_printf(x->out, " " STR_FMT " " STR_FMT "\n", STR_ARG(a->slaves[i].name),
			   STR_ARG(a->slaves[i].link));
	buf_printf(x->out, "Status: %s\n", a->mode == ALTERNATIVE_AUTO ? "auto" : "manual");
	if (best)
		buf_printf(x->out, "Best: " STR_FMT "\n", STR_ARG(best->path));
	buf_printf(x->out, "Value: " STR_FMT "\n",
		   STR_ARG(a->current.ptr ? a->current : STR("none")));
	for (size_t i = 0; i < a->n_choices; i++)
		query_choice(x, a, &a->choices[i]);
}

static int print_group(const struct alternatives *x, const struct request *r, struct error *err)
{
	struct alternative a;
	int got = alternatives_load(x, r->word[0], false, &a, err);

	if (got == ALTERNATIVES_ABSENT)
		return alternatives_fail(x, "no alternatives for " STR_FMT, STR_ARG(r->word[0]));
	if (got)
		return got;
	if (r->action == ACTION_LIST) {
		for (size_t i = 0; i < a.n_choices; i++)
			buf_printf(x->out, STR_FMT "\n", STR_ARG(a.choices[i].path));
		return 0;
	}
	got = alternatives_current(x, a.name, &a.current, err);
	if (got)
		return got;
	if (r->action == ACTION_DISPLAY)
		print_display(x, &a);
	else
		print_query(x, &a);
	return 0;
}

static int print_selections(const struct alternatives *x, struct error *err)
{
	struct node *dir = tree_resolve(x->d->tree, x->state, true);
	struct node *const *child = NULL;
	size_t n = 0;

	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		struct alternative a;
		int r = alternatives_load(x, child[i]->name, true, &a, err);

		if (r < 0)
			return -1;
		if (r)
			continue;
		r = alternatives_current(x, a.name, &a.current, err);
		if (r)
			return r;
		buf_printf(x->out, "%-30.*s %-8s " STR_FMT "\n", STR_ARG(a.name),
			   a.mode == ALTERNATIVE_AUTO ? "auto" : "manual",
			   STR_ARG(a.current.ptr ? a.current : STR("")));
	}
	return 0;
}

static int run_request(struct alternatives *x, const struct request *r, struct error *err)
{
	const struct str *word = r->word;

	switch (r->action) {
	case ACTION_INSTALL:
		return alternatives_install(x, word[0], word[1], word[2], r->priority, r->slaves,
					    r->n_slaves, err);
	case ACTION_REMOVE:
		return alternatives_remove(x, word[0], word[1], err);
	case ACTION_REMOVE_ALL:
		return alternatives_remove_all(x, word[0], err);
	case ACTION_AUTO:
		return alternatives_auto(x, word[0], err);
	case ACTION_SET:
		return alternatives_set(x, word[0], word[1], err);
	case ACTION_LIST:
	case ACTION_DISPLAY:
	case ACTION_QUERY:
		return print_group(x, r, err);
	case ACTION_SELECTIONS:
		return print_selections(x, err);
	case ACTION_NONE:
		break;
	}
	return alternatives_fail(x, "need a command");
}

static bool is_bad_name(const struct request *r)
{
	if (r->action == ACTION_INSTALL || r->action == ACTION_SELECTIONS ||
	    r->action == ACTION_NONE)
		return false;
	for (size_t i = 0; i < r->word[0].len; i++)
		if (strchr("/ \t", r->word[0].ptr[i]))
			return true;
	return (r->action == ACTION_REMOVE || r->action == ACTION_SET) &&
	       (!r->word[1].len || *r->word[1].ptr != '/');
}

int command_update_alternatives(struct shell_call *c, struct error *err)
{
	struct debian *d = debian_of(c);
	struct alternatives x = { d,	 c->out, c->err,	c->cause,     false,
				  false, false,	 DEFAULT_LINKS, DEFAULT_STATE };
	struct request r = { .slaves = arena_array(d->arena, SLAVES_MAX,
						   sizeof(struct alternative_slave)) };
	size_t took = 0;

	for (size_t i = 1; i < c->argc; i += took) {
		int status;

		if (take_folder(c, &x, i)) {
			took = 2;
			continue;
		}
		status = take_word(c, &x, &r, i, &took);
		if (status)
			return status;
		if (!took)
			return shell_refuse(c, err, "no model of the argument '" STR_FMT "'",
					    STR_ARG(c->argv[i]));
	}
	if (is_bad_name(&r))
		return alternatives_fail(&x, "name or path is malformed");
	return run_request(&x, &r, err);
}

/* alternative LINK NAME PATH PRIORITY [LINK NAME PATH]... of the catalogue */
int effect_alternative(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20), message = BUF_INIT(1u << 20);
	struct alternatives x = { c->d, &out,  &message,      c->cause,	    false,
				  true, false, DEFAULT_LINKS, DEFAULT_STATE };
	struct alternative_slave *slaves;
	int32_t priority;

	if ((n - 4) % 3 || !parse_number(word[3], &priority))
		return err_set(err, ERR_FORMAT,
			       "an alternative takes link, name, path, priority and threes");
	if (!tree_resolve(c->d->tree, word[2], true))
		return 0; /* excluded: the program refuses, scripts go on */
	slaves = arena_array(c->d->arena, n / 3, sizeof(*slaves));
	for (size_t i = 4; i < n; i += 3)
		slaves[(i - 4) / 3] =
			(struct alternative_slave){ word[i + 1], word[i], word[i + 2] };
	if (alternatives_install(&x, word[0], word[1], word[2], priority, slaves, (n - 4) / 3,
				 err) < 0)
		return -1;
	if (message.len)
		return err_set(err, ERR_FORMAT, "%s", buf_cstr(&message));
	return 0;
}

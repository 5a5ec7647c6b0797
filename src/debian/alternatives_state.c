/*
 * The state file of a group: "auto" or "manual", its link, name and link of each
 * slave, an empty line; then for each choice its path, priority and one file for
 * each slave (may be empty); an empty line. A choice whose file is gone is dropped
 * while reading.
 */
#include <stdlib.h>

#include "debian/alternatives.h"

#define STATE_MAX (16u << 20) /* bytes of one state file */

struct state_reader {
	const struct alternatives *x;
	struct str name, rest;
	bool lax, bad;
};

struct alternative_choice *alternative_choice(const struct alternative *a, struct str path)
{
	for (size_t i = 0; i < a->n_choices; i++)
		if (str_equal(a->choices[i].path, path))
			return &a->choices[i];
	return NULL;
}

struct alternative_link *alternative_link(const struct alternative *a, struct str name)
{
	for (size_t i = 0; i < a->n_slaves; i++)
		if (str_equal(a->slaves[i].name, name))
			return &a->slaves[i];
	return NULL;
}

struct str alternative_file(const struct alternative_choice *c, struct str slave)
{
	for (size_t i = 0; i < c->n_slaves; i++)
		if (str_equal(c->slaves[i].name, slave))
			return c->slaves[i].file;
	return STR("");
}

/* The current one wins among those of the highest priority, then the first. */
struct alternative_choice *alternative_best(const struct alternative *a)
{
	struct alternative_choice *best = a->current.ptr ? alternative_choice(a, a->current) : NULL;

	if (!best && a->n_choices)
		best = &a->choices[0];
	for (size_t i = 0; i < a->n_choices; i++)
		if (a->choices[i].priority > best->priority)
			best = &a->choices[i];
	return best;
}

void alternative_set_link(const struct alternatives *x, struct alternative *a, struct str name,
			  struct str link, bool updated)
{
	struct alternative_link *old = alternative_link(a, name);

	if (!old) {
		ARENA_GROW(x->d->arena, a->slaves, a->n_slaves, a->slaves_capacity);
		old = &a->slaves[a->n_slaves++];
		old->name = name;
	}
	old->link = link;
	old->updated = updated;
}

void alternative_set_file(const struct alternatives *x, struct alternative_choice *c,
			  struct str slave, struct str file)
{
	for (size_t i = 0; i < c->n_slaves; i++)
		if (str_equal(c->slaves[i].name, slave)) {
			c->slaves[i].file = file;
			return;
		}
	ARENA_GROW(x->d->arena, c->slaves, c->n_slaves, c->slaves_capacity);
	c->slaves[c->n_slaves++] = (struct alternative_slave){ .name = slave, .file = file };
}

struct alternative_choice *alternative_put_choice(const struct alternatives *x,
						  struct alternative *a, struct str path,
						  int32_t priority)
{
	struct alternative_choice *c = alternative_choice(a, path);

	if (!c) {
		ARENA_GROW(x->d->arena, a->choices, a->n_choices, a->choices_capacity);
		c = &a->choices[a->n_choices++];
	}
	*c = (struct alternative_choice){ .path = path, .priority = priority };
	a->modified = true;
	return c;
}

/* ---- reading ---- */

static struct str bad(struct state_reader *r, const char *what)
{
	if (!r->bad && !r->lax)
		(void)alternatives_fail(r->x, STR_FMT "/" STR_FMT " corrupt: %s",
					STR_ARG(r->x->state), STR_ARG(r->name), what);
	r->bad = true;
	return STR("");
}

static struct str state_line(struct state_reader *r)
{
	size_t end = str_find_char(r->rest, '\n');
	struct str line = { r->rest.ptr, end };

	if (r->bad)
		return STR("");
	if (end == r->rest.len)
		return bad(r, "unexpected end of file");
	r->rest = (struct str){ r->rest.ptr + end + 1, r->rest.len - end - 1 };
	return line;
}

static bool read_slave(struct state_reader *r, struct alternative *a)
{
	struct str name = state_line(r), link;

	if (!name.len)
		return false;
	if (alternative_link(a, name))
		(void)bad(r, "duplicate slave name");
	link = state_line(r);
	if (str_equal(link, a->link))
		(void)bad(r, "slave link same as main link");
	for (size_t i = 0; i < a->n_slaves; i++)
		if (str_equal(a->slaves[i].link, link))
			(void)bad(r, "duplicate slave link");
	if (!r->bad)
		alternative_set_link(r->x, a, name, link, false);
	return !r->bad;
}

static bool parse_priority(struct str text, int32_t *ret)
{
	bool negative = text.len && *text.ptr == '-';
	uint64_t value;

	if (text.len && (*text.ptr == '-' || *text.ptr == '+'))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	if (!str_parse_u64(text, &value) || value > (negative ? 2147483648u : 2147483647u))
		return false;
	*ret = (int32_t)(negative ? -(int64_t)value : (int64_t)value);
	return true;
}

static bool read_choice(struct state_reader *r, struct alternative *a)
{
	struct str path = state_line(r);
	struct alternative_choice *c = NULL;
	struct str text;
	int32_t priority = 0;
	bool missing;

	if (!path.len)
		return false;
	if (alternative_choice(a, path))
		(void)bad(r, "duplicate path");
	missing = alternative_is_missing(r->x, path);
	text = state_line(r);
	if (!r->bad && !missing && !parse_priority(text, &priority))
		(void)bad(r, "priority");
	if (!r->bad && missing && !r->lax)
		buf_printf(r->x->err,
			   "update-alternatives: warning: alternative " STR_FMT
			   " (part of link group " STR_FMT ") does not exist; removing from list "
			   "of alternatives\n",
			   STR_ARG(path), STR_ARG(a->name));
	if (!r->bad && !missing)
		c = alternative_put_choice(r->x, a, path, priority);
	for (size_t i = 0; i < a->n_slaves; i++) {
		text = state_line(r);
		if (c && !r->bad)
			alternative_set_file(r->x, c, a->slaves[i].name, text);
	}
	return !r->bad;
}

static void read_state(struct state_reader *r, struct alternative *a)
{
	struct str mode = state_line(r);
	size_t n_read = 0;

	if (str_equal_cstr(mode, "auto"))
		a->mode = ALTERNATIVE_AUTO;
	else if (str_equal_cstr(mode, "manual"))
		a->mode = ALTERNATIVE_MANUAL;
	else
		(void)bad(r, "invalid status");
	a->link = state_line(r);
	while (!r->bad && read_slave(r, a))
		;
	while (!r->bad && read_choice(r, a))
		n_read++;
	a->modified = n_read != a->n_choices;
}

int alternatives_load(const struct alternatives *x, struct str name, bool lax,
		      struct alternative *ret, struct error *err)
{
	struct state_reader r = { .x = x, .name = name, .lax = lax };
	int got = debian_read(x->d, alternative_path(x, x->state, name), &r.rest, err);

	*ret = (struct alternative){ .name = name };
	if (got < 0)
		return -1;
	if (got || !r.rest.len)
		return ALTERNATIVES_ABSENT;
	read_state(&r, ret);
	if (!r.bad)
		return 0;
	*ret = (struct alternative){ .name = name };
	return lax ? ALTERNATIVES_ABSENT : ALTERNATIVES_FAILED;
}

int alternatives_current(const struct alternatives *x, struct str name, struct str *ret,
			 struct error *err)
{
	struct str path = alternative_path(x, x->links, name);

	(void)err;
	*ret = (struct str){ NULL, 0 };
	switch (alternative_classify(x, path)) {
	case ALTERNATIVE_MISSING:
		return 0;
	case ALTERNATIVE_OTHER:
		return alternatives_fail(x, "cannot stat file '" STR_FMT "': Invalid argument",
					 STR_ARG(path));
	case ALTERNATIVE_SYMLINK:
		*ret = alternative_readlink(x, path);
		return 0;
	}
	return 0;
}

/* ---- writing ---- */

static int compare_links(const void *x, const void *y)
{
	const struct alternative_link *a = x, *b = y;

	return str_compare(a->name, b->name);
}

static int compare_choices(const void *x, const void *y)
{
	const struct alternative_choice *a = x, *b = y;

	return str_compare(a->path, b->path);
}

/* Slaves that no choice has a file for are forgotten. */
static void drop_unused(struct alternative *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_slaves; i++) {
		bool used = false;

		for (size_t k = 0; k < a->n_choices && !used; k++)
			used = alternative_file(&a->choices[k], a->slaves[i].name).len > 0;
		if (used)
			a->slaves[n++] = a->slaves[i];
	}
	a->n_slaves = n;
}

static void format_state(const struct alternative *a, struct buf *to)
{
	buf_printf(to, "%s\n" STR_FMT "\n", a->mode == ALTERNATIVE_AUTO ? "auto" : "manual",
		   STR_ARG(a->link));
	for (size_t i = 0; i < a->n_slaves; i++)
		buf_printf(to, STR_FMT "\n" STR_FMT "\n", STR_ARG(a->slaves[i].name),
			   STR_ARG(a->slaves[i].link));
	buf_add_char(to, '\n');
	for (size_t i = 0; i < a->n_choices; i++) {
		const struct alternative_choice *c = &a->choices[i];

		buf_printf(to, STR_FMT "\n%d\n", STR_ARG(c->path), c->priority);
		for (size_t k = 0; k < a->n_slaves; k++)
			buf_printf(to, STR_FMT "\n",
				   STR_ARG(alternative_file(c, a->slaves[k].name)));
	}
	buf_add_char(to, '\n');
}

int alternatives_save(const struct alternatives *x, struct alternative *a, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STATE_MAX);
	struct str path = alternative_path(x, x->state, a->name);

	drop_unused(a);
	if (a->n_slaves)
		qsort(a->slaves, a->n_slaves, sizeof(*a->slaves), compare_links);
	if (a->n_choices)
		qsort(a->choices, a->n_choices, sizeof(*a->choices), compare_choices);
	format_state(a, &text);
	return tree_write_file(x->d->tree, path, buf_bytes(&text), 0644, x->cause, NULL, err);
}

/*
 * update-alternatives: all groups are collected first and written once, in
 * automatic mode. Spec: docs/formats/dpkg.md, "Alternatives".
 */
#include <stdlib.h>

#include "debian/alternatives.h"
#include "debian/effects.h"

#define ALTERNATIVE_MAX (16u << 20) /* bytes of one state file */

static struct alternative *group_of(struct debian *d, struct str name, struct str link)
{
	for (size_t i = 0; i < d->n_alternatives; i++)
		if (str_equal(d->alternatives[i].name, name))
			return &d->alternatives[i];
	ARENA_GROW(d->arena, d->alternatives, d->n_alternatives, d->alternatives_capacity);
	d->alternatives[d->n_alternatives] = (struct alternative){ .name = name, .link = link };
	return &d->alternatives[d->n_alternatives++];
}

static void add_slave_link(struct debian *d, struct alternative *a, struct str name,
			   struct str link)
{
	for (size_t i = 0; i < a->n_slaves; i++)
		if (str_equal(a->slaves[i].name, name))
			return;
	ARENA_GROW(d->arena, a->slaves, a->n_slaves, a->slaves_capacity);
	a->slaves[a->n_slaves++] = (struct alternative_link){ name, link };
}

static struct alternative_choice *choice_of(struct debian *d, struct alternative *a,
					    struct str path)
{
	for (size_t i = 0; i < a->n_choices; i++)
		if (str_equal(a->choices[i].path, path))
			return &a->choices[i];
	ARENA_GROW(d->arena, a->choices, a->n_choices, a->choices_capacity);
	a->choices[a->n_choices] = (struct alternative_choice){ .path = path };
	return &a->choices[a->n_choices++];
}

/* alternative LINK NAME PATH PRIORITY [LINK NAME PATH]... */
int effect_alternative(const struct effect_context *c, const struct str *word, size_t n,
		       struct error *err)
{
	struct alternative_choice *choice;
	struct debian *d = c->d;
	struct alternative *a;
	uint64_t priority;

	if ((n - 4) % 3 || !str_parse_u64(word[3], &priority) || priority > INT32_MAX)
		return err_set(err, ERR_FORMAT,
			       "an alternative takes link, name, path, priority and threes");
	if (!tree_resolve(d->tree, word[2], true))
		return 0; /* excluded: the program refuses, scripts go on */
	a = group_of(d, word[1], word[0]);
	choice = choice_of(d, a, word[2]);
	choice->priority = (int32_t)priority;
	choice->cause = c->cause;
	choice->slaves = arena_array(d->arena, (n - 4) / 3 + 1, sizeof(*choice->slaves));
	choice->n_slaves = 0;
	for (size_t i = 4; i < n; i += 3) {
		add_slave_link(d, a, word[i + 1], word[i]);
		choice->slaves[choice->n_slaves++] =
			(struct alternative_link){ word[i + 1], word[i + 2] };
	}
	return 0;
}

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

/* What @choice has for the slave @name, or "". */
static struct str slave_path(const struct alternative_choice *choice, struct str name)
{
	for (size_t i = 0; i < choice->n_slaves; i++)
		if (str_equal(choice->slaves[i].name, name))
			return choice->slaves[i].path;
	return STR("");
}

/* The first in order of paths among those of the highest priority. */
static const struct alternative_choice *best_choice(const struct alternative *a)
{
	const struct alternative_choice *best = &a->choices[0];

	for (size_t i = 1; i < a->n_choices; i++)
		if (a->choices[i].priority > best->priority)
			best = &a->choices[i];
	return best;
}

static int write_state(struct debian *d, const struct alternative *a, cause_id cause,
		       struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(ALTERNATIVE_MAX);
	char *path = arena_printf(d->arena, "var/lib/dpkg/alternatives/" STR_FMT,
				  STR_ARG(a->name));

	buf_printf(&text, "auto\n" STR_FMT "\n", STR_ARG(a->link));
	for (size_t i = 0; i < a->n_slaves; i++)
		buf_printf(&text, STR_FMT "\n" STR_FMT "\n", STR_ARG(a->slaves[i].name),
			   STR_ARG(a->slaves[i].path));
	buf_add_char(&text, '\n');
	for (size_t i = 0; i < a->n_choices; i++) {
		const struct alternative_choice *choice = &a->choices[i];

		buf_printf(&text, STR_FMT "\n%d\n", STR_ARG(choice->path), choice->priority);
		for (size_t k = 0; k < a->n_slaves; k++)
			buf_printf(&text, STR_FMT "\n",
				   STR_ARG(slave_path(choice, a->slaves[k].name)));
	}
	buf_add_char(&text, '\n');
	return tree_write_file(d->tree, str_of(path), buf_bytes(&text), 0644, cause, NULL, err);
}

/*
 * LINK -> /etc/alternatives/NAME -> PATH. As the real program, a link is made only
 * where a folder is there to hold it.
 */
static int write_links(struct debian *d, struct str link, struct str name, struct str path,
		       cause_id cause, struct error *err)
{
	char *middle = arena_printf(d->arena, "/etc/alternatives/" STR_FMT, STR_ARG(name));
	struct node *old = tree_resolve(d->tree, link, false);

	if (old && old->inode->kind != NODE_SYMLINK)
		return 0; /* "not replacing X with a link" */
	if (tree_write_symlink(d->tree, str_of(middle), path, cause, NULL, err) < 0)
		return -1;
	return tree_write_symlink(d->tree, link, str_of(middle), cause, NULL, err);
}

static int write_group(struct debian *d, struct alternative *a, struct error *err)
{
	const struct alternative_choice *best;

	if (a->n_slaves)
		qsort(a->slaves, a->n_slaves, sizeof(*a->slaves), compare_links);
	qsort(a->choices, a->n_choices, sizeof(*a->choices), compare_choices);
	best = best_choice(a);
	if (write_state(d, a, best->cause, err) < 0 ||
	    write_links(d, a->link, a->name, best->path, best->cause, err) < 0)
		return -1;
	for (size_t i = 0; i < a->n_slaves; i++) {
		struct str path = slave_path(best, a->slaves[i].name);

		if (!path.len || !tree_resolve(d->tree, path, true))
			continue;
		if (write_links(d, a->slaves[i].path, a->slaves[i].name, path, best->cause, err) <
		    0)
			return -1;
	}
	return 0;
}

static int compare_groups(const void *x, const void *y)
{
	const struct alternative *a = x, *b = y;

	return str_compare(a->name, b->name);
}

int alternatives_write(struct debian *d, struct error *err)
{
	if (d->n_alternatives)
		qsort(d->alternatives, d->n_alternatives, sizeof(*d->alternatives),
		      compare_groups);
	for (size_t i = 0; i < d->n_alternatives; i++)
		if (write_group(d, &d->alternatives[i], err) < 0)
			return err_while(err, "writing alternative '" STR_FMT "'",
					 STR_ARG(d->alternatives[i].name));
	return 0;
}

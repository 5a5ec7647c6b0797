#include "resolve/mention.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

/* As archives sort their indexes: by source package, then by package. */
static int file_order(const void *a, const void *b)
{
	const struct package *x = *(const struct package *const *)a;
	const struct package *y = *(const struct package *const *)b;
	int order = x->origin < y->origin ? -1 : x->origin > y->origin;

	if (order == 0)
		order = str_compare(x->source, y->source);
	if (order == 0)
		order = str_compare(x->name, y->name);
	return order ? order : str_compare(x->version, y->version);
}

static bool ends_name(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '(' || c == ':' || c == '\r';
}

/* The names in a relation field. "name:any" is another name to apt: left out. */
static void add_field(struct mention *m, struct str value)
{
	size_t i = 0;

	while (i < value.len) {
		size_t start, end = i;

		while (end < value.len && value.ptr[end] != ',' && value.ptr[end] != '|')
			end++;
		while (i < end && ends_name(value.ptr[i]))
			i++;
		start = i;
		while (i < end && !ends_name(value.ptr[i]))
			i++;
		if (i > start && !(i < end && value.ptr[i] == ':'))
			(void)strtab_intern(&m->table, (struct str){ value.ptr + start, i - start },
					    NULL);
		i = end + 1;
	}
}

static void add_package(struct mention *m, const struct package *p)
{
	(void)strtab_intern(&m->table, p->name, NULL);
	add_field(m, p->pre_depends);
	add_field(m, p->depends);
	add_field(m, p->conflicts);
	add_field(m, p->breaks);
	add_field(m, p->recommends);
	add_field(m, p->suggests);
	add_field(m, p->replaces);
	add_field(m, p->enhances);
	add_field(m, p->provides);
}

void mention_init(struct mention *m, const struct universe *u)
{
	const struct package **list = mem_array(u->n + 1u, sizeof(*list));

	for (uint32_t i = 0; i < u->n; i++)
		list[i] = u->members[i].package;
	if (u->n)
		qsort(list, u->n, sizeof(*list), file_order);
	for (uint32_t i = 0; i < u->n; i++)
		add_package(m, list[i]);
	free(list);
	m->ready = true;
}

void mention_release(struct mention *m)
{
	strtab_release(&m->table);
}

uint32_t mention_rank(const struct mention *m, struct str name)
{
	uint32_t rank = 0;

	assert(m->ready);
	(void)strtab_find(&m->table, name, &rank); /* each package mentions itself */
	return rank;
}

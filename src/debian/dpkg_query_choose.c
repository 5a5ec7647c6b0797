/*
 * Which packages dpkg-query's words mean.
 */
#include <stdlib.h>

#include "debian/dpkg_query_private.h"
#include "debian/relation.h"

static bool is_known(const struct unpacked *u)
{
	return u && u->state != PACKAGE_NOT_INSTALLED;
}

static bool mentions(struct str field, struct str name)
{
	struct relation r;
	bool last;

	while (field.len && relation_next(&field, &r, &last))
		if (str_equal(r.name, name))
			return true;
	return false;
}

/* dpkg makes a record of every name that it reads in a relation. */
static bool is_mentioned(const struct debian *d, struct str name)
{
	static const char *const fields[] = { "Depends",  "Pre-Depends", "Recommends",
					      "Suggests", "Breaks",	 "Conflicts",
					      "Enhances", "Replaces",	 "Provides" };

	for (size_t i = 0; i < d->n_packages; i++)
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
			if (d->packages[i].state >= PACKAGE_UNPACKED &&
			    mentions(unpacked_field(&d->packages[i], str_of(fields[k])), name))
				return true;
	return false;
}

/* "name", "name:arch" or "name:any". */
static bool is_spec_of(const struct query *q, const struct unpacked *u, struct str spec)
{
	size_t colon = str_find_char(spec, ':');
	struct str name = { spec.ptr, colon }, arch;

	if (!pattern_match(name, u->package->name, PATTERN_CARET))
		return false;
	if (colon == spec.len)
		return true;
	arch = (struct str){ spec.ptr + colon + 1, spec.len - colon - 1 };
	(void)q;
	return str_equal_cstr(arch, "any") || str_equal_cstr(arch, "*") ||
	       str_equal(arch, unpacked_field(u, STR("Architecture")));
}

int dpkg_query_compare_rows(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	return str_compare(a->id, b->id);
}

static bool has_row(const struct rows *rows, struct str id)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_equal(rows->list[i].id, id))
			return true;
	return false;
}

static size_t add_matches(const struct query *q, struct str spec, struct rows *rows)
{
	size_t found = 0;

	for (size_t i = 0; i < q->d->n_packages; i++) {
		const struct unpacked *u = &q->d->packages[i];

		if (!is_known(u) || !is_spec_of(q, u, spec))
			continue;
		found++;
		if (has_row(rows, u->id))
			continue;
		ARENA_GROW(q->d->arena, rows->list, rows->n, rows->capacity);
		rows->list[rows->n++] = (struct row){ u, u->id };
	}
	if (!found && is_mentioned(q->d, spec)) {
		found++;
		ARENA_GROW(q->d->arena, rows->list, rows->n, rows->capacity);
		rows->list[rows->n++] = (struct row){ NULL, spec };
	}
	return found;
}

bool dpkg_query_is_pattern(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (strchr("*?[\\", word.ptr[i]))
			return true;
	return false;
}

/* A pattern may also find names that are only mentioned: none of them is installed. */
int dpkg_query_choose(const struct query *q, const struct str *word, size_t n, struct rows *rows,
		      bool *ret_missing, struct error *err)
{
	*ret_missing = false;
	for (size_t i = 0; i < n; i++) {
		if (dpkg_query_is_pattern(word[i]) && q->action == QUERY_SHOW)
			return shell_refuse(q->c, err, "no model of the pattern '" STR_FMT "'",
					    STR_ARG(word[i]));
		if (add_matches(q, word[i], rows))
			continue;
		buf_printf(q->c->err, "dpkg-query: no packages found matching " STR_FMT "\n",
			   STR_ARG(word[i]));
		*ret_missing = true;
	}
	if (!n)
		(void)add_matches(q, STR("*"), rows);
	if (rows->n)
		qsort(rows->list, rows->n, sizeof(*rows->list), dpkg_query_compare_rows);
	return 0;
}

const struct unpacked *dpkg_query_find_known(const struct query *q, struct str spec)
{
	for (size_t i = 0; i < q->d->n_packages; i++)
		if (is_known(&q->d->packages[i]) && !dpkg_query_is_pattern(spec) &&
		    is_spec_of(q, &q->d->packages[i], spec))
			return &q->d->packages[i];
	return NULL;
}

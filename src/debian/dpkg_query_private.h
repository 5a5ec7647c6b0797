#pragma once

/*
 * debian/dpkg_query_private.h - one call of dpkg-query, and what its files share.
 * Private to debian/.
 */

#include "debian/command_list.h"
#include "debian/unpack.h"

#define USAGE_STATUS 2

enum query_action {
	QUERY_NONE,
	QUERY_SHOW,
	QUERY_STATUS,
	QUERY_FILES,
	QUERY_SEARCH,
	QUERY_LIST,
	QUERY_SELECTIONS,
	QUERY_CONTROL_PATH,
	QUERY_CONTROL_LIST,
	QUERY_CONTROL_SHOW
};

struct query {
	struct shell_call *c;
	struct debian *d;
	enum query_action action;
	struct str format;
};

/* A row: a package, or only a name that some relation mentions. */
struct row {
	const struct unpacked *u; /* NULL: not installed */
	struct str id;
};

struct rows {
	struct row *list;
	size_t n, capacity;
};

/* ---- text of a package ---- */

/* The record of status. Not of a package that is half installed. */
void dpkg_query_add_stanza(const struct unpacked *u, struct buf *to);
/* The row by the query's format: 0, -1 or the status that the program ends with. */
int dpkg_query_show_row(const struct query *q, const struct row *r, struct error *err) MUST_CHECK;

/* ---- choosing packages ---- */

/* Rows by id, for qsort(). */
int dpkg_query_compare_rows(const void *x, const void *y);
bool dpkg_query_is_pattern(struct str word);
/* Rows of what the words name, all without words; sorted. Words without any are reported. */
int dpkg_query_choose(const struct query *q, const struct str *word, size_t n, struct rows *rows,
		      bool *ret_missing, struct error *err) MUST_CHECK;
/* NULL: no such package, or @spec is a pattern. */
const struct unpacked *dpkg_query_find_known(const struct query *q, struct str spec);

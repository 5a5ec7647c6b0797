/*
 * dpkg-query: packages as dpkg's status has them at this moment. One that no record
 * names is not found; one that only another's relations name is "not-installed".
 */
#include <stdlib.h>

#include "debian/diversions.h"
#include "debian/dpkg_query_private.h"

#define DEFAULT_FORMAT STR("${binary:Package}\\t${Version}\\n")

static int show(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	struct rows rows = { 0 };
	bool missing;
	int status = dpkg_query_choose(q, word, n, &rows, &missing, err);

	for (size_t i = 0; i < rows.n && !status; i++)
		status = dpkg_query_show_row(q, &rows.list[i], err);
	return status ? status : missing;
}

/* A package that is only mentioned: "un". Its row, as dpkg-query writes it to a pipe. */
static int list_mentioned(const struct query *q, struct str name)
{
	buf_printf(
		q->c->out,
		"Desired=Unknown/Install/Remove/Purge/Hold\n"
		"| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
		"|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
		"||/ Name           Version      Architecture Description\n"
		"+++-==============-============-============-=================================\n"
		"un  %-14.*s <none>       <none>       (no description available)\n",
		STR_ARG(name));
	return 0;
}

/* The columns follow the width of what is shown: the table of installed ones has no model. */
static int list(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	struct rows rows = { 0 };
	bool missing;
	int status = dpkg_query_choose(q, word, n, &rows, &missing, err);

	if (status)
		return status;
	if (rows.n == 1 && !rows.list[0].u && rows.list[0].id.len <= 14 && !missing &&
	    !dpkg_query_is_pattern(rows.list[0].id))
		return list_mentioned(q, rows.list[0].id);
	if (rows.n)
		return shell_refuse(q->c, err, "no model of the table of packages");
	return missing;
}

static int status(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	bool missing = false;

	if (!n)
		return shell_refuse(q->c, err, "no model of the status of all packages");
	for (size_t i = 0; i < n; i++) {
		const struct unpacked *u = dpkg_query_find_known(q, word[i]);

		if (u && u->state == PACKAGE_HALF_INSTALLED)
			return shell_refuse(q->c, err, "no model of a package half installed");
		if (u)
			dpkg_query_add_stanza(u, q->c->out);
		else
			buf_printf(q->c->err,
				   "dpkg-query: package '" STR_FMT "' is not installed "
				   "and no information is available\n",
				   STR_ARG(word[i]));
		missing |= !u;
		if (i + 1 < n)
			buf_add_char(q->c->out, '\n');
	}
	if (missing)
		buf_add_cstr(q->c->err, "Use dpkg --info (= dpkg-deb --info) to examine archive "
					"files.\n");
	return missing;
}

/* ---- files ---- */

static void list_file(const struct query *q, const struct unpacked *u, struct str path)
{
	const struct diversion *v = diversion_of(q->d, path);

	buf_printf(q->c->out, STR_FMT "\n", STR_ARG(path));
	if (!v)
		return;
	if (str_equal_cstr(v->package, ":"))
		buf_printf(q->c->out, "locally diverted to: " STR_FMT "\n", STR_ARG(v->to));
	else if (str_equal(v->package, u->package->name))
		buf_printf(q->c->out, "package diverts others to: " STR_FMT "\n", STR_ARG(v->to));
	else
		buf_printf(q->c->out, "diverted by " STR_FMT " to: " STR_FMT "\n",
			   STR_ARG(v->package), STR_ARG(v->to));
}

static struct str member_path(const struct query *q, const struct pack_member *m)
{
	return str_of(
		arena_printf(q->d->arena, "/" STR_FMT, STR_ARG(m->path.len ? m->path : STR("."))));
}

static int list_files(const struct query *q, const struct str *word, size_t n)
{
	bool missing = false;

	for (size_t i = 0; i < n; i++) {
		const struct unpacked *u = dpkg_query_find_known(q, word[i]);

		if (!u || u->state == PACKAGE_HALF_INSTALLED) {
			missing |= !u;
			if (!u)
				buf_printf(q->c->err,
					   "dpkg-query: package '" STR_FMT "' is not installed\n",
					   STR_ARG(word[i]));
			else
				buf_printf(q->c->out,
					   "Package '" STR_FMT "' does not contain any files (!)\n",
					   STR_ARG(u->id));
		}
		for (size_t k = 0;
		     u && u->state >= PACKAGE_UNPACKED && k < u->package->pack->n_members; k++)
			if (!u->given_away[k])
				list_file(q, u, member_path(q, &u->package->pack->members[k]));
		if (i + 1 < n)
			buf_add_char(q->c->out, '\n');
	}
	if (missing)
		buf_add_cstr(q->c->err, "Use dpkg --contents (= dpkg-deb --contents) to list "
					"archive files contents.\n");
	return missing;
}

static bool owns(const struct unpacked *u, struct str path)
{
	const struct pack *pack = u->package->pack;

	if (u->state < PACKAGE_UNPACKED)
		return false;
	for (size_t i = 0; i < pack->n_members; i++)
		if (!u->given_away[i] &&
		    str_equal(pack->members[i].path.len ? pack->members[i].path : STR("."), path))
			return true;
	return false;
}

static size_t print_owners(const struct query *q, struct str path)
{
	struct str inside = { path.ptr + 1, path.len - 1 };
	struct rows rows = { 0 };

	for (size_t i = 0; i < q->d->n_packages; i++)
		if (owns(&q->d->packages[i], inside)) {
			ARENA_GROW(q->d->arena, rows.list, rows.n, rows.capacity);
			rows.list[rows.n++] = (struct row){ NULL, q->d->packages[i].id };
		}
	if (rows.n)
		qsort(rows.list, rows.n, sizeof(*rows.list), dpkg_query_compare_rows);
	for (size_t i = 0; i < rows.n; i++)
		buf_printf(q->c->out, "%s" STR_FMT, i ? ", " : "", STR_ARG(rows.list[i].id));
	if (rows.n)
		buf_printf(q->c->out, ": " STR_FMT "\n", STR_ARG(path));
	return rows.n;
}

static size_t print_found(const struct query *q, struct str path)
{
	const struct diversion *v = diversion_of(q->d, path);

	if (!v)
		v = diversion_to(q->d, path);
	if (v && str_equal_cstr(v->package, ":"))
		buf_printf(q->c->out,
			   "local diversion from: " STR_FMT "\nlocal diversion to: " STR_FMT "\n",
			   STR_ARG(v->path), STR_ARG(v->to));
	else if (v)
		buf_printf(q->c->out,
			   "diversion by " STR_FMT " from: " STR_FMT "\ndiversion by " STR_FMT
			   " to: " STR_FMT "\n",
			   STR_ARG(v->package), STR_ARG(v->path), STR_ARG(v->package),
			   STR_ARG(v->to));
	return print_owners(q, path) + (v != NULL);
}

static struct str search_path(const struct query *q, struct str word)
{
	while (word.len > 1 && word.ptr[word.len - 1] == '/')
		word.len--;
	while (word.len > 2 && word.ptr[word.len - 1] == '.' && word.ptr[word.len - 2] == '/')
		word.len -= 2;
	while (word.len > 1 && word.ptr[1] == '/')
		word = (struct str){ word.ptr + 1, word.len - 1 };
	(void)q;
	return word;
}

static int search(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	bool missing = false;

	for (size_t i = 0; i < n; i++) {
		if (!word[i].len || *word[i].ptr != '/' || dpkg_query_is_pattern(word[i]))
			return shell_refuse(q->c, err, "no model of a search by pattern");
		if (print_found(q, search_path(q, word[i])))
			continue;
		buf_printf(q->c->err, "dpkg-query: no path found matching pattern " STR_FMT "\n",
			   STR_ARG(word[i]));
		missing = true;
	}
	return missing;
}

/* ---- control members ---- */

static bool is_internal(struct str member)
{
	return str_equal_cstr(member, "list") || str_equal_cstr(member, "conffiles") ||
	       str_equal_cstr(member, "control");
}

static int control(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	const struct unpacked *u = n ? dpkg_query_find_known(q, word[0]) : NULL;
	const struct pack *pack = u ? u->package->pack : NULL;

	if (!n || n > 2 || (q->action == QUERY_CONTROL_SHOW && n != 2))
		return shell_fail(q->c, USAGE_STATUS, "dpkg-query: error: arguments");
	if (!u || u->state < PACKAGE_UNPACKED)
		return shell_fail(q->c, USAGE_STATUS,
				  "dpkg-query: error: package '" STR_FMT "' is not installed",
				  STR_ARG(word[0]));
	for (size_t i = 0; i < pack->n_controls; i++) {
		const struct pack_control *m = &pack->controls[i];

		if (is_internal(m->name) || (n == 2 && !str_equal(m->name, word[1])))
			continue;
		if (n == 1 && q->action == QUERY_CONTROL_PATH)
			return shell_refuse(q->c, err, "no model of the order of control files");
		if (q->action == QUERY_CONTROL_SHOW)
			buf_add_str(q->c->out, bytes_str(m->data));
		else if (q->action == QUERY_CONTROL_PATH)
			buf_printf(q->c->out, "/var/lib/dpkg/info/" STR_FMT "." STR_FMT "\n",
				   STR_ARG(u->id), STR_ARG(m->name));
		else
			return shell_refuse(q->c, err, "no model of the order of control files");
		return 0;
	}
	return q->action == QUERY_CONTROL_SHOW
		       ? shell_fail(q->c, USAGE_STATUS,
				    "dpkg-query: error: control file '" STR_FMT "' does not exist",
				    STR_ARG(word[1]))
		       : 0;
}

/* ---- arguments ---- */

static const struct shell_option options[] = {
	{ 'W', "show", OPTION_NO_VALUE, QUERY_SHOW },
	{ 's', "status", OPTION_NO_VALUE, QUERY_STATUS },
	{ 'L', "listfiles", OPTION_NO_VALUE, QUERY_FILES },
	{ 'S', "search", OPTION_NO_VALUE, QUERY_SEARCH },
	{ 'l', "list", OPTION_NO_VALUE, QUERY_LIST },
	{ 0, "get-selections", OPTION_NO_VALUE, QUERY_SELECTIONS },
	{ 'c', "control-path", OPTION_NO_VALUE, QUERY_CONTROL_PATH },
	{ 0, "control-list", OPTION_NO_VALUE, QUERY_CONTROL_LIST },
	{ 0, "control-show", OPTION_NO_VALUE, QUERY_CONTROL_SHOW },
	{ 'f', "showformat", OPTION_VALUE, 'f' },
	{ 0, "no-pager", OPTION_NO_VALUE, 'P' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static int run_query(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	switch (q->action) {
	case QUERY_SHOW:
		return show(q, word, n, err);
	case QUERY_STATUS:
		return status(q, word, n, err);
	case QUERY_FILES:
		return n ? list_files(q, word, n)
			 : shell_fail(q->c, USAGE_STATUS,
				      "dpkg-query: error: --listfiles needs "
				      "at least one package name argument");
	case QUERY_SEARCH:
		return n ? search(q, word, n, err)
			 : shell_fail(q->c, USAGE_STATUS,
				      "dpkg-query: error: --search needs at "
				      "least one file name pattern argument");
	case QUERY_LIST:
		return list(q, word, n, err);
	case QUERY_CONTROL_PATH:
	case QUERY_CONTROL_LIST:
	case QUERY_CONTROL_SHOW:
		return control(q, word, n, err);
	case QUERY_SELECTIONS:
		return shell_refuse(q->c, err, "no model of --get-selections");
	case QUERY_NONE:
		break;
	}
	return shell_fail(q->c, USAGE_STATUS, "dpkg-query: error: need an action option");
}

int command_dpkg_query(struct shell_call *c, struct error *err)
{
	struct query q = { c, debian_of(c), QUERY_NONE, DEFAULT_FORMAT };
	struct shell_arguments a;
	int taken, r = shell_options(c, options, true, &a, &taken, err);

	if (r)
		return r < 0 ? -1 : taken;
	for (size_t i = 0; i < a.n_options; i++) {
		struct str value = a.options[i].value;

		if (a.options[i].id == 'f' && value.len && *value.ptr == '=')
			value = (struct str){ value.ptr + 1, value.len - 1 };
		if (a.options[i].id == 'f')
			q.format = value;
		else if (a.options[i].id != 'P' && q.action != QUERY_NONE)
			return shell_fail(c, USAGE_STATUS,
					  "dpkg-query: error: conflicting actions");
		else if (a.options[i].id != 'P')
			q.action = (enum query_action)a.options[i].id;
	}
	if (unpack_rules(q.d, err) < 0)
		return -1;
	return run_query(&q, a.operands, a.n_operands, err);
}

/*
 * dpkg-query: packages as dpkg's status has them at this moment. One that no record
 * names is not found; one that only another's relations name is "not-installed".
 */
#include <stdlib.h>

#include "debian/command_list.h"
#include "debian/diversions.h"
#include "debian/relation.h"
#include "debian/unpack.h"
#include "resolve/deb822.h"

#define STANZA_MAX (4u << 20)
#define DEFAULT_FORMAT STR("${binary:Package}\\t${Version}\\n")
#define USAGE_STATUS 2

enum action {
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
	enum action action;
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

static const struct {
	const char *words;
	char abbreviation;
} states[] = {
	[PACKAGE_NOT_INSTALLED] = { "unknown ok not-installed", 'n' },
	[PACKAGE_HALF_INSTALLED] = { "install reinstreq half-installed", 'H' },
	[PACKAGE_UNPACKED] = { "install ok unpacked", 'U' },
	[PACKAGE_HALF_CONFIGURED] = { "install ok half-configured", 'F' },
	[PACKAGE_INSTALLED] = { "install ok installed", 'i' },
};

static const char *status_words(const struct row *r)
{
	return states[r->u ? r->u->state : PACKAGE_NOT_INSTALLED].words;
}

/* The n-th word of Status. */
static struct str status_word(const struct row *r, unsigned which)
{
	struct str words = str_of(status_words(r)), word = STR("");

	for (unsigned i = 0; i <= which; i++)
		if (!str_split(&words, ' ', &word))
			return STR("");
	return word;
}

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

/* ---- text of a package ---- */

/* A conffile has no digest in status until it is configured. */
static void without_digests(struct str text, struct buf *to)
{
	bool conffiles = false;
	struct str line;

	text.len -= text.len && text.ptr[text.len - 1] == '\n';
	while (str_split(&text, '\n', &line)) {
		struct str path = { line.ptr, line.len };

		conffiles = str_equal_cstr(line, "Conffiles:") ||
			    (conffiles && line.len && *line.ptr == ' ');
		if (conffiles && *line.ptr == ' ' &&
		    !str_has_suffix(line, STR("newconffile remove-on-upgrade"))) {
			while (path.len && path.ptr[path.len - 1] != ' ')
				path.len--;
			buf_printf(to, STR_FMT "newconffile\n", STR_ARG(path));
		} else {
			buf_printf(to, STR_FMT "\n", STR_ARG(line));
		}
	}
}

static void add_stanza(const struct unpacked *u, struct buf *to)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STANZA_MAX);

	debian_stanza(u, states[u->state].words, &text);
	if (u->state == PACKAGE_UNPACKED)
		without_digests(buf_str(&text), to);
	else
		buf_add_str(to, buf_str(&text));
}

/* Value of a field in a stanza, its lines joined as they stand. */
static struct str stanza_value(struct str text, struct str name)
{
	size_t at = 0;

	while (at < text.len) {
		struct str rest = { text.ptr + at, text.len - at };
		size_t end = str_find_char(rest, '\n'), colon;

		while (end + 1 < rest.len && rest.ptr[end + 1] == ' ')
			end += 1 +
			       str_find_char((struct str){ rest.ptr + end + 1, rest.len - end - 1 },
					     '\n');
		colon = str_find_char(rest, ':');
		if (colon < end && deb822_is((struct str){ rest.ptr, colon }, name)) {
			struct str value = { rest.ptr + colon + 1, end - colon - 1 };

			if (value.len && (*value.ptr == ' ' || *value.ptr == '\n'))
				value = (struct str){ value.ptr + 1, value.len - 1 };
			return value;
		}
		at += end + 1;
	}
	return STR("");
}

static struct str source_field(const struct row *r, bool version)
{
	struct str source = unpacked_field(r->u, STR("Source"));
	size_t blank = str_find_char(source, ' '), open = str_find_char(source, '(');

	if (!version)
		return source.len ? (struct str){ source.ptr, blank } : r->u->package->name;
	if (open == source.len)
		return r->u->package->version;
	source = (struct str){ source.ptr + open + 1, source.len - open - 1 };
	return (struct str){ source.ptr, str_find_char(source, ')') };
}

static struct str abbreviation(const struct query *q, const struct row *r)
{
	enum package_state state = r->u ? r->u->state : PACKAGE_NOT_INSTALLED;

	return str_of(arena_printf(q->d->arena, "%c%c%c", r->u ? 'i' : 'u',
				   states[state].abbreviation,
				   state == PACKAGE_HALF_INSTALLED ? 'R' : ' '));
}

/* 0, or 1 when the field has no model here. */
static int field_value(const struct query *q, const struct row *r, struct str name, struct str *ret)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STANZA_MAX);

	*ret = STR("");
	if (deb822_is(name, STR("Package")))
		*ret = r->u ? r->u->package->name : r->id;
	else if (deb822_is(name, STR("Status")))
		*ret = str_of(status_words(r));
	else if (str_equal_cstr(name, "binary:Package"))
		*ret = r->id;
	else if (str_equal_cstr(name, "db:Status-Want"))
		*ret = status_word(r, 0);
	else if (str_equal_cstr(name, "db:Status-Eflag"))
		*ret = status_word(r, 1);
	else if (str_equal_cstr(name, "db:Status-Status"))
		*ret = status_word(r, 2);
	else if (str_equal_cstr(name, "db:Status-Abbrev"))
		*ret = abbreviation(q, r);
	else if (str_equal_cstr(name, "source:Package") && r->u)
		*ret = source_field(r, false);
	else if (str_equal_cstr(name, "source:Version") && r->u)
		*ret = source_field(r, true);
	else if (str_find_char(name, ':') < name.len)
		return 1;
	else if (r->u && r->u->state == PACKAGE_HALF_INSTALLED)
		return 1;
	else if (r->u) {
		add_stanza(r->u, &text);
		*ret = arena_str(q->d->arena, stanza_value(buf_str(&text), name));
	}
	return 0;
}

static bool parse_width(struct str text, int *ret)
{
	bool left = text.len && *text.ptr == '-';
	uint64_t value;

	if (left)
		text = (struct str){ text.ptr + 1, text.len - 1 };
	if (!str_parse_u64(text, &value) || value > 4096 || (text.len > 1 && *text.ptr == '0'))
		return false;
	*ret = left ? -(int)value : (int)value;
	return true;
}

static void add_padded(struct buf *to, struct str text, int width)
{
	size_t n = (size_t)(width < 0 ? -width : width);
	size_t pad = n > text.len ? n - text.len : 0;

	if (width < 0)
		buf_add_str(to, text);
	for (size_t i = 0; i < pad; i++)
		buf_add_char(to, ' ');
	if (width >= 0)
		buf_add_str(to, text);
}

static int add_field(const struct query *q, const struct row *r, struct str spec, struct error *err)
{
	size_t semicolon = str_find_char(spec, ';');
	struct str value;
	int width = 0;

	if (semicolon < spec.len &&
	    !parse_width((struct str){ spec.ptr + semicolon + 1, spec.len - semicolon - 1 },
			 &width))
		return shell_refuse(q->c, err, "no model of the width in '" STR_FMT "'",
				    STR_ARG(spec));
	spec.len = semicolon;
	if (field_value(q, r, spec, &value))
		return shell_refuse(q->c, err, "no model of the field '" STR_FMT "'",
				    STR_ARG(spec));
	add_padded(q->c->out, value, width);
	return 0;
}

static char unescape(char ch)
{
	return (char)(ch == 'n' ? '\n' : ch == 't' ? '\t' : ch == 'r' ? '\r' : ch);
}

static int show_row(const struct query *q, const struct row *r, struct error *err)
{
	struct str f = q->format;

	for (size_t i = 0; i < f.len; i++) {
		size_t end;
		int status;

		if (f.ptr[i] == '\\' && i + 1 < f.len) {
			buf_add_char(q->c->out, unescape(f.ptr[++i]));
			continue;
		}
		if (f.ptr[i] != '$' || i + 1 == f.len || f.ptr[i + 1] != '{') {
			buf_add_char(q->c->out, f.ptr[i]);
			continue;
		}
		end = i + str_find_char((struct str){ f.ptr + i, f.len - i }, '}');
		if (end == f.len)
			return shell_fail(q->c, USAGE_STATUS,
					  "dpkg-query: invalid syntax in show format: missing "
					  "closing brace");
		status = add_field(q, r, (struct str){ f.ptr + i + 2, end - i - 2 }, err);
		if (status)
			return status;
		i = end;
	}
	return 0;
}

/* ---- choosing packages ---- */

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

static int compare_rows(const void *x, const void *y)
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

static bool is_pattern(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (strchr("*?[\\", word.ptr[i]))
			return true;
	return false;
}

/* A pattern may also find names that are only mentioned: none of them is installed. */
static int choose(const struct query *q, const struct str *word, size_t n, struct rows *rows,
		  bool *ret_missing, struct error *err)
{
	*ret_missing = false;
	for (size_t i = 0; i < n; i++) {
		if (is_pattern(word[i]) && q->action == QUERY_SHOW)
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
		qsort(rows->list, rows->n, sizeof(*rows->list), compare_rows);
	return 0;
}

static int show(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	struct rows rows = { 0 };
	bool missing;
	int status = choose(q, word, n, &rows, &missing, err);

	for (size_t i = 0; i < rows.n && !status; i++)
		status = show_row(q, &rows.list[i], err);
	return status ? status : missing;
}

/* A package that is only mentioned: "un". Its row, as dpkg-query writes it to a pipe. */
static int list_mentioned(const struct query *q, struct str name)
{
	buf_printf(q->c->out,
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
	int status = choose(q, word, n, &rows, &missing, err);

	if (status)
		return status;
	if (rows.n == 1 && !rows.list[0].u && rows.list[0].id.len <= 14 && !missing &&
	    !is_pattern(rows.list[0].id))
		return list_mentioned(q, rows.list[0].id);
	if (rows.n)
		return shell_refuse(q->c, err, "no model of the table of packages");
	return missing;
}

static const struct unpacked *find_known(const struct query *q, struct str spec)
{
	for (size_t i = 0; i < q->d->n_packages; i++)
		if (is_known(&q->d->packages[i]) && !is_pattern(spec) &&
		    is_spec_of(q, &q->d->packages[i], spec))
			return &q->d->packages[i];
	return NULL;
}

static int status(const struct query *q, const struct str *word, size_t n, struct error *err)
{
	bool missing = false;

	if (!n)
		return shell_refuse(q->c, err, "no model of the status of all packages");
	for (size_t i = 0; i < n; i++) {
		const struct unpacked *u = find_known(q, word[i]);

		if (u && u->state == PACKAGE_HALF_INSTALLED)
			return shell_refuse(q->c, err, "no model of a package half installed");
		if (u)
			add_stanza(u, q->c->out);
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
		const struct unpacked *u = find_known(q, word[i]);

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
		qsort(rows.list, rows.n, sizeof(*rows.list), compare_rows);
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
		if (!word[i].len || *word[i].ptr != '/' || is_pattern(word[i]))
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
	const struct unpacked *u = n ? find_known(q, word[0]) : NULL;
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
			q.action = (enum action)a.options[i].id;
	}
	if (unpack_rules(q.d, err) < 0)
		return -1;
	return run_query(&q, a.operands, a.n_operands, err);
}

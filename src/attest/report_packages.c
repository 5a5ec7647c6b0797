/* Packages, as dpkg's database in the tree has them; why and licence from files beside. */
#include <stdlib.h>

#include "attest/report_find.h"
#include "base/limits.h"
#include "base/strtab.h"
#include "resolve/deb822.h"

static int by_name(const void *x, const void *y)
{
	const struct report_package *a = x, *b = y;
	int c = str_compare(a->name, b->name);

	return c ? c : str_compare(a->architecture, b->architecture);
}

struct list {
	struct report_package *list;
	size_t n, capacity;
};

static void take_field(struct report_package *p, struct stanza_field f, bool *installed)
{
	if (deb822_is(f.name, STR("Package")))
		p->name = f.value;
	else if (deb822_is(f.name, STR("Version")))
		p->version = f.value;
	else if (deb822_is(f.name, STR("Architecture")))
		p->architecture = f.value;
	else if (deb822_is(f.name, STR("Source")))
		p->source = (struct str){ f.value.ptr, str_find_char(f.value, ' ') };
	else if (deb822_is(f.name, STR("Status")))
		*installed = !str_has_suffix(f.value, STR("not-installed")) &&
			     !str_has_suffix(f.value, STR("config-files"));
}

static void add_package(struct report_findings *f, struct list *l, const struct report_package *p)
{
	if (!p->name.len || l->n == LIMIT_PACKAGES)
		return;
	ARENA_GROW(f->arena, l->list, l->n, l->capacity);
	l->list[l->n++] = *p;
}

/* The last stanza may end with the file. */
static int read_status(struct str text, struct report_findings *f, struct list *l,
		       struct error *err)
{
	const struct report_package none = { .name = STR(""),
					     .version = STR(""),
					     .architecture = STR(""),
					     .source = STR(""),
					     .licence = STR(""),
					     .why = STR(""),
					     .at = STR("") };
	struct report_package p = none;
	struct deb822_reader in;
	struct stanza_field field;
	bool installed = true;
	int r;

	if (deb822_open(&in, str_bytes(text), "/var/lib/dpkg/status", err) < 0)
		return -1;
	do {
		r = deb822_next(&in, &field, err);
		if (r == DEB822_FIELD) {
			take_field(&p, field, &installed);
			continue;
		}
		if (r >= 0 && installed)
			add_package(f, l, &p);
		p = none;
		installed = true;
	} while (r > 0);
	return r;
}

/* ---- from files beside the output ---- */

static void add_causes(const struct report *r, struct report_package *p)
{
	const struct causes_package *c = r->causes ? causes_package(r->causes, p->name) : NULL;

	if (!c)
		return;
	p->why = c->asked.len ? STR("asked for") : c->why;
	p->at = c->asked.len ? c->asked : c->at;
}

static struct str text_of(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
}

/* Binary and source packages may share a name; the first that knows its licence stands. */
static void add_licences(const struct report *r, struct list *l)
{
	CLEANUP_STRTAB struct strtab names = STRTAB_INIT;
	const struct json *packages = r->spdx && json_kind_of(r->spdx) == JSON_OBJECT
					      ? json_get(r->spdx, "packages")
					      : NULL;

	if (!packages || json_kind_of(packages) != JSON_ARRAY)
		return;
	for (size_t i = 0; i < l->n; i++)
		strtab_put(&names, l->list[i].name, (uint32_t)i);
	for (size_t i = 0; i < json_length(packages); i++) {
		const struct json *p = json_item(packages, i);
		struct str licence;
		uint32_t at;

		if (json_kind_of(p) != JSON_OBJECT || !strtab_find(&names, text_of(p, "name"), &at))
			continue;
		licence = text_of(p, "licenseDeclared");
		if (!l->list[at].licence.len && !str_equal_cstr(licence, "NOASSERTION"))
			l->list[at].licence = licence;
	}
}

int report_find_packages(const struct report *r, struct report_findings *f, struct error *err)
{
	struct list l = { .n = 0 };
	struct str text;

	if (report_load(r, f, "/var/lib/dpkg/status", &text, err) < 0 ||
	    read_status(text, f, &l, err) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		if (!l.list[i].source.len)
			l.list[i].source = l.list[i].name;
		add_causes(r, &l.list[i]);
	}
	add_licences(r, &l);
	if (l.n)
		qsort(l.list, l.n, sizeof(*l.list), by_name);
	f->packages = l.list;
	f->n_packages = l.n;
	return 0;
}

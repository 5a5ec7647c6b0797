/*
 * Packages files. Debian's main has 70,000 stanzas in 55 MB, so nothing is
 * copied: the fields are views into the text, and one table says which field
 * goes where.
 */

#include <stddef.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "resolve/deb822.h"

struct raw {
	struct str essential, protected_, size, digest, installed_size;
};

struct field {
	struct str name;
	size_t offset;
	bool raw; /* offset into struct raw, else into struct package */
};

#define FIELD(text, member) { { text, sizeof(text) - 1 }, offsetof(struct package, member), false }
#define RAW(text, member)   { { text, sizeof(text) - 1 }, offsetof(struct raw, member), true }

static const struct field fields[] = {
	FIELD("Package", name),
	FIELD("Version", version),
	FIELD("Architecture", architecture),
	FIELD("Source", source),
	FIELD("Pre-Depends", pre_depends),
	FIELD("Depends", depends),
	FIELD("Recommends", recommends),
	FIELD("Suggests", suggests),
	FIELD("Enhances", enhances),
	FIELD("Conflicts", conflicts),
	FIELD("Breaks", breaks),
	FIELD("Provides", provides),
	FIELD("Replaces", replaces),
	FIELD("Multi-Arch", multi_arch),
	FIELD("Priority", priority),
	FIELD("Filename", path),
	RAW("Essential", essential),
	RAW("Protected", protected_),
	RAW("Size", size),
	RAW("SHA256", digest),
	RAW("Installed-Size", installed_size),
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

void package_list_release(struct package_list *l)
{
	free(l->packages);
	*l = (struct package_list){ 0 };
}

static bool is_yes(struct str s)
{
	return deb822_is(s, STR("yes"));
}

/* "Source: name (version)"; absent parts are the package's own. */
static void set_source(struct package *p)
{
	struct str version;
	size_t open;

	p->source_version = p->version;
	if (p->source.len == 0) {
		p->source = p->name;
		return;
	}
	open = str_find_char(p->source, '(');
	if (open == p->source.len)
		return;
	version = (struct str){ p->source.ptr + open + 1, p->source.len - open - 1 };
	version.len = str_find_char(version, ')');
	p->source_version = str_trim(version);
	p->source = str_trim((struct str){ p->source.ptr, open });
}

static int check(const struct deb822_reader *r, const struct package *p, struct error *err)
{
	if (!package_name_ok(p->name))
		return deb822_fail(r, err, "a stanza with a missing or wrong 'Package'");
	if (!package_version_ok(p->version))
		return deb822_fail(r, err, "package '" STR_FMT "' has a missing or wrong 'Version'",
				   STR_ARG(p->name));
	if (!package_architecture_ok(p->architecture))
		return deb822_fail(r, err,
				   "package '" STR_FMT "' has a missing or wrong 'Architecture'",
				   STR_ARG(p->name));
	if (!is_archive_path(p->path))
		return deb822_fail(r, err, "package '" STR_FMT "' has a missing or wrong 'Filename'",
				   STR_ARG(p->name));
	if (!package_name_ok(p->source) || !package_version_ok(p->source_version))
		return deb822_fail(r, err, "package '" STR_FMT "' has a wrong 'Source'",
				   STR_ARG(p->name));
	return 0;
}

static int finish(const struct deb822_reader *r, struct package *p, const struct raw *raw,
		  struct error *err)
{
	set_source(p);
	if (check(r, p, err) < 0)
		return -1;
	if (!str_parse_u64(raw->size, &p->size))
		return deb822_fail(r, err, "package '" STR_FMT "' has a missing or wrong 'Size'",
				   STR_ARG(p->name));
	if (p->size > LIMIT_DEB_SIZE)
		return err_set(err, ERR_LIMIT, "'%s': package '" STR_FMT "' is larger than %llu bytes",
			       r->name, STR_ARG(p->name), (unsigned long long)LIMIT_DEB_SIZE);
	if (!digest_parse_hex(raw->digest, &p->digest))
		return deb822_fail(r, err, "package '" STR_FMT "' has a missing or wrong 'SHA256'",
				   STR_ARG(p->name));
	if (raw->installed_size.len && !str_parse_u64(raw->installed_size, &p->installed_size))
		return deb822_fail(r, err, "package '" STR_FMT "' has a wrong 'Installed-Size'",
				   STR_ARG(p->name));
	p->essential = is_yes(raw->essential);
	p->protected_ = is_yes(raw->protected_);
	return 0;
}

static int set_field(const struct deb822_reader *r, const struct stanza_field *f,
		     struct package *p, struct raw *raw, uint32_t *seen, struct error *err)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		char *base = fields[i].raw ? (char *)raw : (char *)p;

		if (!deb822_is(f->name, fields[i].name))
			continue;
		if (*seen & 1u << i)
			return deb822_fail(r, err, "the field '" STR_FMT "' stands twice in a stanza",
					   STR_ARG(f->name));
		*seen |= 1u << i;
		memcpy(base + fields[i].offset, &f->value, sizeof(f->value));
		return 0;
	}
	return 0;
}

/* Return: 1 a package, 0 end of the text, -1 failure. */
static int read_stanza(struct deb822_reader *r, struct package *p, struct error *err)
{
	struct stanza_field f;
	struct raw raw = { 0 };
	uint32_t seen = 0;
	bool any = false;
	int item;

	while ((item = deb822_next(r, &f, err)) > 0) {
		if (item == DEB822_STANZA_END) {
			if (any)
				break;
			continue;
		}
		any = true;
		if (set_field(r, &f, p, &raw, &seen, err) < 0)
			return -1;
	}
	if (item < 0 || !any)
		return item < 0 ? -1 : 0;
	return finish(r, p, &raw, err) < 0 ? -1 : 1;
}

int packages_parse(struct bytes text, const char *name, uint32_t origin,
		   struct package_list *list, struct error *err)
{
	struct deb822_reader r;
	size_t start = list->n;
	int item;

	if (text.len > LIMIT_INDEX_SIZE)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %u bytes", name,
			       LIMIT_INDEX_SIZE);
	if (deb822_open(&r, text, name, err) < 0)
		return -1;
	for (;;) {
		struct package p = { .origin = origin };

		item = read_stanza(&r, &p, err);
		if (item <= 0)
			break;
		if (list->n - start == LIMIT_PACKAGES) {
			item = err_set(err, ERR_LIMIT, "'%s' has more than %u packages", name,
				       LIMIT_PACKAGES);
			break;
		}
		MEM_GROW(list->packages, list->n, list->capacity);
		list->packages[list->n++] = p;
	}
	if (item < 0)
		list->n = start; /* all or nothing */
	return item < 0 ? -1 : 0;
}

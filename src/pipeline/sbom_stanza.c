#include "pipeline/sbom_stanza.h"

#include "resolve/deb822.h"

#define RELEASE_MAX (64u << 10) /* bytes of os-release */

static struct str first_line(struct str value)
{
	return str_trim((struct str){ value.ptr, str_find_char(value, '\n') });
}

/* "NAME (VERSION)", or NAME, which has the binary's version. */
static void take_source(struct str value, struct sbom_package *p)
{
	size_t open = str_find_char(value, '('), close = str_find_char(value, ')');

	p->source = str_trim((struct str){ value.ptr, open });
	if (open < close && close < value.len)
		p->source_version =
			str_trim((struct str){ value.ptr + open + 1, close - open - 1 });
}

static struct str join(struct str a, struct str b, struct arena *arena)
{
	if (!a.len || !b.len)
		return a.len ? a : b;
	return str_of(arena_printf(arena, STR_FMT ", " STR_FMT, STR_ARG(a), STR_ARG(b)));
}

static void take_field(const struct stanza_field *f, struct arena *arena, struct sbom_package *p,
		       bool *installed)
{
	struct {
		const char *name;
		struct str *to;
	} plain[] = {
		{ "Package", &p->name },
		{ "Version", &p->version },
		{ "Architecture", &p->architecture },
		{ "Maintainer", &p->supplier },
		{ "Homepage", &p->homepage },
		{ "Provides", &p->provides },
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (deb822_is(f->name, str_of(plain[i].name)))
			*plain[i].to = str_trim(f->value);
	if (deb822_is(f->name, STR("Source")))
		take_source(f->value, p);
	else if (deb822_is(f->name, STR("Description")))
		p->summary = first_line(f->value);
	else if (deb822_is(f->name, STR("Depends")) || deb822_is(f->name, STR("Pre-Depends")))
		p->depends = join(p->depends, str_trim(f->value), arena);
	else if (deb822_is(f->name, STR("Status")))
		*installed = str_has_suffix(str_trim(f->value), STR(" installed")) ||
			     str_has_suffix(str_trim(f->value), STR(" unpacked"));
}

int sbom_stanza_next(struct deb822_reader *reader, struct arena *arena, struct sbom_package *ret,
		     bool *ret_installed, struct error *err)
{
	struct sbom_package p = { .name = STR("") };
	struct stanza_field f;
	bool has_field = false;
	int item;

	*ret_installed = true;
	while ((item = deb822_next(reader, &f, err)) == DEB822_FIELD) {
		take_field(&f, arena, &p, ret_installed);
		has_field = true;
	}
	if (item < 0 || (item == DEB822_END && !has_field))
		return item; /* the last stanza may end without a blank line */
	if (!package_name_ok(p.name))
		return deb822_fail(reader, err, "a package without a name");
	if (!p.source.len)
		p.source = p.name;
	if (!p.source_version.len)
		p.source_version = p.version;
	*ret = p;
	return 1;
}

static int load(const struct tree *tree, const struct content_reader *reader, const char *path,
		struct buf *to, struct error *err)
{
	const struct node *n = tree_resolve(tree, str_of(path), true);

	if (!n || n->inode->kind != NODE_FILE || n->inode->content.size > to->max)
		return 0;
	return content_load(reader, &n->inode->content, to, err);
}

/* os-release(5): KEY=VALUE, perhaps in quotes; "" if there is no such line. */
static struct str release_value(struct str text, struct str key, struct arena *arena)
{
	struct str line;

	while (text.ptr && str_split(&text, '\n', &line)) {
		if (!str_has_prefix(line, key))
			continue;
		line = str_trim((struct str){ line.ptr + key.len, line.len - key.len });
		if (line.len >= 2 && (*line.ptr == '"' || *line.ptr == '\'') &&
		    line.ptr[line.len - 1] == *line.ptr)
			line = (struct str){ line.ptr + 1, line.len - 2 };
		return arena_str(arena, line);
	}
	return STR("");
}

int sbom_system(const struct tree *tree, const struct content_reader *reader, struct arena *arena,
		struct sbom *ret, struct error *err)
{
	CLEANUP_BUF struct buf release = BUF_INIT(RELEASE_MAX), version = BUF_INIT(RELEASE_MAX);
	struct str id, number, precise;

	if (load(tree, reader, "etc/os-release", &release, err) < 0 ||
	    load(tree, reader, "etc/debian_version", &version, err) < 0)
		return -1;
	id = release_value(buf_str(&release), STR("ID="), arena);
	number = release_value(buf_str(&release), STR("VERSION_ID="), arena);
	precise = str_trim(
		(struct str){ (const char *)version.ptr, str_find_char(buf_str(&version), '\n') });
	ret->os_name = release_value(buf_str(&release), STR("PRETTY_NAME="), arena);
	ret->os_version = STR("");
	ret->distribution = id;
	if (id.len && number.len)
		ret->distribution = str_of(
			arena_printf(arena, STR_FMT "-" STR_FMT, STR_ARG(id), STR_ARG(number)));
	/* "13.2" says more than "13"; "forky/sid" says what has no number yet. */
	if (number.len && str_has_prefix(precise, number))
		ret->os_version = arena_str(arena, precise);
	return 0;
}

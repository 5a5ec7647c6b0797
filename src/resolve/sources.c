#include "resolve/sources.h"

#include "resolve/deb822.h"

struct stanza {
	struct str package, version, directory, checksums;
};

static bool take_word(struct str *rest, struct str *ret)
{
	*rest = str_trim(*rest);
	if (!rest->len)
		return false;
	*ret = (struct str){ rest->ptr, str_find_char(*rest, ' ') };
	rest->ptr += ret->len;
	rest->len -= ret->len;
	return true;
}

static bool is_file_name(struct str name)
{
	return str_find_char(name, '/') == name.len && is_archive_path(name);
}

/* " HASH SIZE NAME" */
static bool parse_file(struct str line, struct str directory, struct arena *arena,
		       struct source_file *ret)
{
	struct str hash, size, name;

	if (!take_word(&line, &hash) || !take_word(&line, &size) || !take_word(&line, &name) ||
	    str_trim(line).len || !digest_parse_hex(hash, &ret->digest) ||
	    !str_parse_u64(size, &ret->size) || !is_file_name(name))
		return false;
	ret->path =
		str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(directory), STR_ARG(name)));
	return is_archive_path(ret->path);
}

static bool parse_files(const struct stanza *s, struct arena *arena, struct source_package *p)
{
	struct str rest = s->checksums, line;

	p->files = arena_array(arena, SOURCE_FILES_MAX, sizeof(*p->files));
	while (str_split(&rest, '\n', &line)) {
		if (!str_trim(line).len)
			continue;
		if (p->n_files == SOURCE_FILES_MAX ||
		    !parse_file(line, s->directory, arena, &p->files[p->n_files++]))
			return false;
	}
	return p->n_files > 0;
}

static int add(const struct stanza *s, const char *name, struct arena *arena,
	       struct source_list *list, struct error *err)
{
	struct source_package p = { .name = arena_str(arena, s->package),
				    .version = arena_str(arena, s->version) };

	if (!is_archive_path(s->directory) || !parse_files(s, arena, &p))
		return err_set(err, ERR_FORMAT,
			       "'%s': the files of source package '" STR_FMT "' " STR_FMT
			       " are not named by SHA-256",
			       name, STR_ARG(s->package), STR_ARG(s->version));
	ARENA_GROW(arena, list->packages, list->n, list->capacity);
	list->packages[list->n++] = p;
	return 0;
}

static void take_field(const struct stanza_field *f, struct stanza *s)
{
	if (deb822_is(f->name, STR("Package")))
		s->package = f->value;
	else if (deb822_is(f->name, STR("Version")))
		s->version = f->value;
	else if (deb822_is(f->name, STR("Directory")))
		s->directory = f->value;
	else if (deb822_is(f->name, STR("Checksums-Sha256")))
		s->checksums = f->value;
}

static bool is_wanted(const struct stanza *s,
		      bool (*wants)(void *context, struct str package, struct str version),
		      void *context)
{
	return s->package.len && s->version.len && wants(context, s->package, s->version);
}

int sources_parse(struct bytes text, const char *name,
		  bool (*wants)(void *context, struct str package, struct str version),
		  void *context, struct arena *arena, struct source_list *ret, struct error *err)
{
	struct deb822_reader reader;
	struct stanza s = { 0 };
	struct stanza_field field;
	int item;

	if (deb822_open(&reader, text, name, err) < 0)
		return -1;
	do { /* the last stanza may end with the text */
		item = deb822_next(&reader, &field, err);
		if (item == DEB822_FIELD) {
			take_field(&field, &s);
			continue;
		}
		if (item >= 0 && is_wanted(&s, wants, context) &&
		    add(&s, name, arena, ret, err) < 0)
			return -1;
		s = (struct stanza){ 0 };
	} while (item > 0);
	return item;
}

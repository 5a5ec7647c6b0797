/*
 * update-xmlcatalog of xml-core and update-catalog of sgml-base: catalogs made anew from
 * a list of entries, with the old one kept beside as ".old".
 */
#include "debian/generator_commands.h"

#include <stdlib.h>

#define CATALOG_MAX (16u << 20) /* bytes of one catalog */

/* ---- files ---- */

/* The program renames the old file away and writes a new one. */
static int replace(struct shell_call *c, const char *path, struct str text, struct error *err)
{
	struct node *old = world_find(c->shell, str_of(path), false), *dir;
	char *backup = arena_printf(c->world->arena, STR_FMT ".old", STR_ARG(str_of(path)));
	struct str name;

	if (old) {
		dir = world_parent(c->shell, str_of(backup), &name);
		if (old->inode->kind != NODE_FILE || !dir)
			return shell_refuse(c, err, "'%s' is no regular file", path);
		tree_move(c->world->tree, old, dir, name, c->cause);
	}
	if (world_write(c->shell, str_of(path), text, false, err))
		return err->code ? -1 : shell_refuse(c, err, "'%s' can't be written", path);
	return 0;
}

static bool is_file(struct shell_call *c, struct str path)
{
	const struct node *node = world_find(c->shell, path, true);

	return node && node->inode->kind == NODE_FILE;
}

/* ---- update-xmlcatalog ---- */

struct xml_entry {
	struct str key, value; /* delegatePublic publicIdStartString="..."; catalog="..." */
};

struct xml_catalog {
	struct shell_call *c;
	struct xml_entry *list;
	size_t n, capacity;
};

static int by_key(const void *x, const void *y)
{
	return str_compare(((const struct xml_entry *)x)->key, ((const struct xml_entry *)y)->key);
}

/* "<KEY><VALUE>" */
static bool parse_entry(struct str line, struct xml_entry *ret)
{
	struct str rest = line;

	if (!str_split(&rest, '>', &ret->key) || !str_split(&rest, '>', &ret->value) ||
	    ret->key.len < 2 || *ret->key.ptr != '<' || ret->value.len < 2 ||
	    *ret->value.ptr != '<')
		return false;
	ret->key = (struct str){ ret->key.ptr + 1, ret->key.len - 1 };
	ret->value = (struct str){ ret->value.ptr + 1, ret->value.len - 1 };
	return true;
}

static int load(struct xml_catalog *k, const char *path, struct error *err)
{
	struct xml_entry entry;
	struct str text, line;

	if (!is_file(k->c, str_of(path)))
		return 0;
	if (world_read(k->c->shell, str_of(path), &text, err))
		return err->code ? -1 : shell_refuse(k->c, err, "'%s' can't be read", path);
	while (str_split(&text, '\n', &line)) {
		if (!line.len)
			continue;
		if (!parse_entry(line, &entry))
			return shell_refuse(k->c, err, "'%s' has other lines than it writes", path);
		ARENA_GROW(k->c->world->arena, k->list, k->n, k->capacity);
		k->list[k->n++] = entry;
	}
	return 0;
}

/* 1: the key is there with another value, which is an error of the program. */
static int add_entry(struct xml_catalog *k, struct xml_entry new)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_equal(k->list[i].key, new.key))
			return !str_equal(k->list[i].value, new.value);
	ARENA_GROW(k->c->world->arena, k->list, k->n, k->capacity);
	k->list[k->n++] = new;
	qsort(k->list, k->n, sizeof(*k->list), by_key);
	return 0;
}

static int part(struct shell_call *c, const char *path, struct buf *to, struct error *err)
{
	struct str text;

	if (world_read(c->shell, str_of(path), &text, err))
		return err->code ? -1 : shell_refuse(c, err, "there is no '%s'", path);
	buf_add_str(to, text);
	return 0;
}

static int store(struct xml_catalog *k, const char *data_path, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(CATALOG_MAX), text = BUF_INIT(CATALOG_MAX);
	size_t size = 65536;
	int r;

	for (size_t i = 0; i < k->n; i++)
		size += k->list[i].key.len + k->list[i].value.len + 8;
	if (size > CATALOG_MAX)
		return shell_refuse(k->c, err, "a catalog of this size");
	r = part(k->c, "/usr/share/xml-core/catalog.header", &text, err);
	if (r)
		return r;
	for (size_t i = 0; i < k->n; i++) {
		const struct xml_entry *e = &k->list[i];

		buf_printf(&data, "<" STR_FMT "><" STR_FMT ">\n", STR_ARG(e->key),
			   STR_ARG(e->value));
		buf_printf(&text, "<" STR_FMT " " STR_FMT "/>\n", STR_ARG(e->key),
			   STR_ARG(e->value));
	}
	r = part(k->c, "/usr/share/xml-core/catalog.footer", &text, err);
	if (r)
		return r;
	if (world_write(k->c->shell, str_of(data_path), buf_str(&data), false, err))
		return err->code ? -1 : shell_refuse(k->c, err, "'%s' can't be written", data_path);
	return replace(k->c, path, buf_str(&text), err);
}

enum { XML_ADD = 1, XML_SORT, XML_ROOT, XML_TYPE, XML_ID, XML_PACKAGE, XML_LOCAL, XML_COUNT };

static const char *delegate_of(struct str type, bool attribute)
{
	if (str_equal_cstr(type, "public"))
		return attribute ? "publicIdStartString" : "delegatePublic";
	if (str_equal_cstr(type, "system"))
		return attribute ? "systemIdStartString" : "delegateSystem";
	if (str_equal_cstr(type, "uri"))
		return attribute ? "uriStartString" : "delegateURI";
	return NULL;
}

static int xml_add(struct shell_call *c, const struct str *o, struct error *err)
{
	struct arena *arena = c->world->arena;
	struct xml_catalog k = { .c = c };
	struct xml_entry new;
	char *own = arena_printf(arena, "/etc/xml/" STR_FMT ".xml", STR_ARG(o[XML_PACKAGE]));
	const char *path = o[XML_ROOT].ptr ? "/etc/xml/catalog" : own;
	const char *data = o[XML_ROOT].ptr ? "/var/lib/xml-core/catalog"
					   : arena_printf(arena, "/var/lib/xml-core/" STR_FMT,
							  STR_ARG(o[XML_PACKAGE]));
	int r;

	if (!is_file(c, o[XML_ROOT].ptr ? str_of(own) : o[XML_LOCAL]))
		return shell_fail(c, 1, "update-xmlcatalog: error: catalog not found\n");
	new.key =
		str_of(arena_printf(arena, "%s %s=\"" STR_FMT "\"", delegate_of(o[XML_TYPE], false),
				    delegate_of(o[XML_TYPE], true), STR_ARG(o[XML_ID])));
	new.value = str_of(o[XML_ROOT].ptr ? arena_printf(arena, "catalog=\"file://%s\"", own)
					   : arena_printf(arena, "catalog=\"file://" STR_FMT "\"",
							  STR_ARG(o[XML_LOCAL])));
	r = load(&k, data, err);
	if (r)
		return r;
	if (add_entry(&k, new))
		return shell_fail(c, 1,
				  "update-xmlcatalog: error: entity already registered with "
				  "a different value\n");
	return store(&k, data, path, err);
}

/* update-xmlcatalog --sort --add --type T --id ID --package P (--root | --local FILE) */
int command_update_xmlcatalog(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 0, "add", OPTION_NO_VALUE, XML_ADD },
		{ 0, "sort", OPTION_NO_VALUE, XML_SORT },
		{ 0, "root", OPTION_NO_VALUE, XML_ROOT },
		{ 0, "type", OPTION_VALUE, XML_TYPE },
		{ 0, "id", OPTION_VALUE, XML_ID },
		{ 0, "package", OPTION_VALUE, XML_PACKAGE },
		{ 0, "local", OPTION_VALUE, XML_LOCAL },
		{ 0 },
	};
	struct str o[XML_COUNT] = { 0 };
	struct shell_arguments a;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		o[a.options[i].id] = a.options[i].value.ptr ? a.options[i].value : STR("yes");
	/* Without --sort the order is that of Perl's hashes. */
	if (!o[XML_ADD].ptr || !o[XML_SORT].ptr || !o[XML_ID].ptr || !o[XML_TYPE].ptr ||
	    !o[XML_PACKAGE].ptr || !o[XML_ROOT].ptr == !o[XML_LOCAL].ptr || a.n_operands ||
	    !delegate_of(o[XML_TYPE], false) || str_find_char(o[XML_ID], '>') != o[XML_ID].len)
		return shell_refuse(c, err, "only --sort --add to the root or a package is known");
	return xml_add(c, o, err);
}

/* ---- update-catalog ---- */

static bool is_blank(char ch)
{
	return strchr(" \t\n\v\f\r", ch) != NULL && ch;
}

/* One token of an SGML catalog: literals lose their quotes. False at the end. */
static bool next_token(struct str *rest, struct str *ret)
{
	for (;;) {
		size_t n = 0;

		while (rest->len && is_blank(*rest->ptr))
			*rest = (struct str){ rest->ptr + 1, rest->len - 1 };
		if (!rest->len)
			return false;
		while (n < rest->len && !is_blank(rest->ptr[n]))
			n++;
		if (rest->len >= 4 && memcmp(rest->ptr, "--", 2) == 0) {
			size_t end = 2;

			while (end + 2 <= rest->len && memcmp(rest->ptr + end, "--", 2) != 0)
				end++;
			if (end + 2 <= rest->len) {
				*rest = (struct str){ rest->ptr + end + 2, rest->len - end - 2 };
				continue;
			}
		} else if (strchr("'\"", *rest->ptr)) {
			struct str inside = { rest->ptr + 1, rest->len - 1 };
			size_t end = str_find_char(inside, *rest->ptr);

			if (end < inside.len) {
				*ret = (struct str){ inside.ptr, end };
				*rest = (struct str){ inside.ptr + end + 1, inside.len - end - 1 };
				return true;
			}
		}
		*ret = (struct str){ rest->ptr, n };
		*rest = (struct str){ rest->ptr + n, rest->len - n };
		return true;
	}
}

static bool is_keyword(struct str token, const char *word)
{
	if (token.len != strlen(word))
		return false;
	for (size_t i = 0; i < token.len; i++)
		if ((token.ptr[i] >= 'A' && token.ptr[i] <= 'Z' ? token.ptr[i] + 32
								: token.ptr[i]) != word[i])
			return false;
	return true;
}

/* A catalog counts if all catalogs that it names are there. */
static int counts(struct shell_call *c, struct str path, bool *ret, struct error *err)
{
	struct str base = { path.ptr, path.len }, text, token, value;

	while (base.len && base.ptr[base.len - 1] != '/')
		base.len--;
	base.len -= base.len ? 1 : 0;
	*ret = false;
	if (world_read(c->shell, path, &text, err))
		return err->code ? -1 : 0;
	while (next_token(&text, &token)) {
		bool is_base = is_keyword(token, "base");

		if ((!is_base && !is_keyword(token, "catalog")) || !next_token(&text, &value))
			continue;
		if (is_base) {
			base = value;
			continue;
		}
		if (!value.len || *value.ptr != '/')
			value = str_of(arena_printf(c->world->arena, STR_FMT "/" STR_FMT,
						    STR_ARG(base), STR_ARG(value)));
		if (!is_file(c, value))
			return 0;
	}
	*ret = true;
	return 0;
}

/* update-catalog --quiet --update-super: all *.cat of /etc/sgml, in order. */
int command_update_catalog(struct shell_call *c, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(CATALOG_MAX);
	struct node *dir = world_find(c->shell, STR("/etc/sgml"), true);
	struct node *const *child;
	size_t n;
	bool good;

	if (c->argc != 3 || !str_equal_cstr(c->argv[1], "--quiet") ||
	    !str_equal_cstr(c->argv[2], "--update-super") || !dir ||
	    dir->inode->kind != NODE_DIRECTORY)
		return shell_refuse(c, err, "only --quiet --update-super is known");
	buf_add_cstr(&text, "--\n"
			    "## This file is created by update-catalog with update-super.\n"
			    "## Please see update-catalog(8) for how to modify this file.\n--\n");
	n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		struct str name = child[i]->name, path;

		if (!str_has_suffix(name, STR(".cat")) || *name.ptr == '.' || name.len < 5)
			continue;
		path = str_of(arena_printf(c->world->arena, "/etc/sgml/" STR_FMT, STR_ARG(name)));
		if (counts(c, path, &good, err) < 0)
			return -1;
		if (good && text.len + path.len + 16 < CATALOG_MAX)
			buf_printf(&text, "CATALOG " STR_FMT "\n", STR_ARG(path));
	}
	return replace(c, "/var/lib/sgml-base/supercatalog", buf_str(&text), err);
}

/* *.gschema.xml: the elements of a schema list, in the order in which they stand. */
#include <string.h>

#include "debian/gschema_private.h"
#include "debian/xml_reader.h"

/* What is open. */
struct reading {
	struct gschemas *g;
	struct xml_reader xml;
	struct str path[XML_DEPTH_MAX];
	size_t depth;
	struct str list_domain; /* ptr NULL: none */
	struct gschema *schema;
	struct gschema_key *key;
	struct gschema_enum *list; /* <enum>, <flags> */
	struct buf *text;	   /* of <default>, <override> ...; grows while @takes_text */
	bool takes_text;
};

#define NONE ((struct str){ NULL, 0 })

/* Attributes: each name once, those with '!' before them are needed. 1: refused. */
static int collect(struct reading *r, const struct xml_event *e, const char *const *names,
		   struct str *values)
{
	for (size_t i = 0; names[i]; i++)
		values[i] = NONE;
	for (size_t k = 0; k < e->n_attributes; k++) {
		const struct xml_attribute *a = &e->attributes[k];
		size_t i = 0;

		if (str_find_char(a->name, ':') < a->name.len)
			continue; /* of another name space: passed over */
		while (names[i] && !str_equal_cstr(a->name, names[i] + (*names[i] == '!')))
			i++;
		if (!names[i])
			return gschemas_refuse(r->g, "the attribute '" STR_FMT "' of <" STR_FMT ">",
					       STR_ARG(a->name), STR_ARG(e->name));
		values[i] = a->value;
	}
	for (size_t i = 0; names[i]; i++)
		if (*names[i] == '!' && !values[i].ptr)
			return gschemas_refuse(r->g, "<" STR_FMT "> without '%s'", STR_ARG(e->name),
					       names[i] + 1);
	return 0;
}

static bool is_key_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && (!i || (c != '-' && !(c >= '0' && c <= '9'))))
			return false;
		if (c == '-' && (i + 1 == s.len || s.ptr[i + 1] == '-'))
			return false;
	}
	return s.len && s.len <= 1024;
}

/* ---- <schema> ---- */

static int start_schema(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!id",	"path",	   "gettext-domain",
					     "extends", "list-of", NULL };
	struct gschemas *g = r->g;
	struct gschema *s = arena_alloc(g->arena, sizeof(*s));
	struct str v[5];

	if (collect(r, e, names, v))
		return 1;
	*s = (struct gschema){
		.id = v[0], .path = v[1], .domain = v[2], .extends_name = v[3], .list_of = v[4]
	};
	if (!s->domain.ptr)
		s->domain = r->list_domain;
	if (!s->id.len || glib_table_find(&g->schemas, s->id))
		return gschemas_refuse(g, "the schema '" STR_FMT "' a second time", STR_ARG(s->id));
	if (s->extends_name.ptr) {
		s->extends = glib_table_find(&g->schemas, s->extends_name);
		if (!s->extends || s->extends->path.ptr || s->list_of.ptr ||
		    s->extends->list_of.ptr)
			return gschemas_refuse(g, "what '" STR_FMT "' extends", STR_ARG(s->id));
	}
	if (s->list_of.ptr) {
		const struct gschema *of = glib_table_find(&g->schemas, s->list_of);

		if (!of || of->path.ptr)
			return gschemas_refuse(g, "what '" STR_FMT "' is a list of",
					       STR_ARG(s->id));
	}
	if (s->path.ptr &&
	    (s->path.len < 1 || *s->path.ptr != '/' || !str_has_suffix(s->path, STR("/")) ||
	     (s->list_of.ptr && !str_has_suffix(s->path, STR(":/")))))
		return gschemas_refuse(g, "the path of '" STR_FMT "'", STR_ARG(s->id));
	glib_table_init(&s->keys, g->arena);
	glib_table_put(&g->schemas, s->id, s);
	r->schema = s;
	return 0;
}

static int start_child(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!name", "!schema", NULL };
	struct gschema_key *k = arena_alloc(r->g->arena, sizeof(*k));
	struct str v[2];

	if (collect(r, e, names, v))
		return 1;
	*k = (struct gschema_key){ .child = v[1] };
	k->name = str_of(arena_printf(r->g->arena, STR_FMT "/", STR_ARG(v[0])));
	if (!is_key_name(v[0]) || glib_table_find(&r->schema->keys, k->name))
		return gschemas_refuse(r->g, "the child '" STR_FMT "'", STR_ARG(v[0]));
	glib_table_put(&r->schema->keys, k->name, k);
	return 0;
}

/* <key name="" type="" | enum="" | flags=""> */
static int start_key(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!name", "type", "enum", "flags", NULL };
	struct gschemas *g = r->g;
	struct gschema_key *k = arena_alloc(g->arena, sizeof(*k));
	const struct gschema_enum *list = NULL;
	struct str v[4];

	if (collect(r, e, names, v))
		return 1;
	*k = (struct gschema_key){ .name = v[0],
				   .type = v[1],
				   .has_domain = r->schema->domain.ptr };
	if (r->schema->list_of.ptr || !is_key_name(k->name) ||
	    glib_table_find(&r->schema->keys, k->name))
		return gschemas_refuse(g, "the key '" STR_FMT "'", STR_ARG(k->name));
	for (const struct gschema *s = r->schema->extends; s; s = s->extends) {
		const struct gschema_key *shadow = glib_table_find(&s->keys, k->name);

		if (shadow && !shadow->is_override)
			return gschemas_refuse(g, "the key '" STR_FMT "' is there already",
					       STR_ARG(k->name));
	}
	if ((v[1].ptr != NULL) + (v[2].ptr != NULL) + (v[3].ptr != NULL) != 1)
		return gschemas_refuse(g, "the type of '" STR_FMT "'", STR_ARG(k->name));
	if (v[1].ptr) {
		if (!gvariant_type_valid(k->type))
			return gschemas_refuse(g, "the type of '" STR_FMT "'", STR_ARG(k->name));
	} else {
		k->is_enum = v[2].ptr;
		k->is_flags = v[3].ptr;
		list = k->is_enum ? glib_table_find(&g->enums, v[2])
				  : glib_table_find(&g->flags, v[3]);
		if (!list)
			return gschemas_refuse(g, "the type of '" STR_FMT "'", STR_ARG(k->name));
		k->type = k->is_enum ? STR("s") : STR("as");
		/* A key's aliases come behind names that it shares with others. */
		k->names = (struct strinfo){ list->names.words, list->names.n, list->names.n };
	}
	glib_table_put(&r->schema->keys, k->name, k);
	r->key = k;
	return 0;
}

/* l10n="" context="" of <default> and <override>; their text follows. */
static int start_text(struct reading *r, struct gschema_key *k, struct str l10n, struct str context)
{
	if (l10n.ptr) {
		k->l10n = str_equal_cstr(l10n, "messages") ? 'm'
			  : str_equal_cstr(l10n, "time")   ? 't'
							   : '\0';
		if (!k->l10n || !k->has_domain)
			return gschemas_refuse(r->g, "the translation of '" STR_FMT "'",
					       STR_ARG(k->name));
		k->context = context;
	} else if (context.ptr) {
		return gschemas_refuse(r->g, "a context of '" STR_FMT "'", STR_ARG(k->name));
	}
	buf_reset(r->text);
	r->takes_text = true;
	return 0;
}

static int start_override(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!name", "l10n", "context", NULL };
	struct gschema_key *k = arena_alloc(r->g->arena, sizeof(*k));
	const struct gschema_key *original = NULL;
	struct str v[3];

	if (collect(r, e, names, v))
		return 1;
	for (const struct gschema *s = r->schema->extends; s && !original; s = s->extends)
		original = glib_table_find(&s->keys, v[0]);
	if (!original || original->child.ptr || glib_table_find(&r->schema->keys, v[0]))
		return gschemas_refuse(r->g, "the override of '" STR_FMT "'", STR_ARG(v[0]));
	*k = (struct gschema_key){
		.name = v[0],
		.type = original->type,
		.has_domain = r->schema->domain.ptr,
		.is_enum = original->is_enum,
		.is_flags = original->is_flags,
		.is_override = true,
		.has_range = original->has_range,
		.minimum = original->minimum,
		.maximum = original->maximum,
		.names = { original->names.words, original->names.n, original->names.n },
	};
	if (start_text(r, k, v[1], v[2]))
		return 1;
	glib_table_put(&r->schema->keys, k->name, k);
	r->key = k;
	return 0;
}

static int end_text(struct reading *r)
{
	struct gschema_key *k = r->key;
	const char *reason;

	k->text = arena_str(r->g->arena, buf_str(r->text));
	r->takes_text = false;
	reason = gvariant_parse(r->g->arena, k->type, k->text, &k->value);
	if (reason)
		return gschemas_refuse(r->g, "the value of '" STR_FMT "': %s", STR_ARG(k->name),
				       reason);
	k->has_default = true;
	return gschema_check(r->g, k, &k->value);
}

/* ---- inside <key> ---- */

static int start_range(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "min", "max", NULL };
	static const struct {
		char type;
		const char *least, *most;
	} table[] = {
		{ 'y', "0", "255" },
		{ 'n', "-32768", "32767" },
		{ 'q', "0", "65535" },
		{ 'i', "-2147483648", "2147483647" },
		{ 'u', "0", "4294967295" },
		{ 'x', "-9223372036854775808", "9223372036854775807" },
		{ 't', "0", "18446744073709551615" },
		{ 'd', NULL, NULL },
	};
	struct gschema_key *k = r->key;
	struct arena *arena = r->g->arena;
	struct str v[2];
	size_t i = 0;

	if (collect(r, e, names, v))
		return 1;
	while (i < sizeof(table) / sizeof(*table) && table[i].type != *k->type.ptr)
		i++;
	if (k->has_range || k->type.len != 1 || i == sizeof(table) / sizeof(*table))
		return gschemas_refuse(r->g, "the range of '" STR_FMT "'", STR_ARG(k->name));
	if (!v[0].ptr && table[i].least)
		v[0] = str_of(table[i].least);
	if (!v[1].ptr && table[i].most)
		v[1] = str_of(table[i].most);
	k->minimum = k->maximum = (struct gvariant){ .type = k->type };
	/* The bits of minus and plus infinity, where nothing is said. */
	k->minimum.bits = 0xfff0000000000000u;
	k->maximum.bits = 0x7ff0000000000000u;
	if ((v[0].ptr && gvariant_parse(arena, k->type, v[0], &k->minimum)) ||
	    (v[1].ptr && gvariant_parse(arena, k->type, v[1], &k->maximum)) ||
	    gvariant_compare(&k->minimum, &k->maximum) > 0)
		return gschemas_refuse(r->g, "the range of '" STR_FMT "'", STR_ARG(k->name));
	k->has_range = true;
	return k->has_default ? gschema_check(r->g, k, &k->value) : 0;
}

static int start_choices(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { NULL };
	struct gschema_key *k = r->key;
	struct str type = k->type;

	if (collect(r, e, names, NULL))
		return 1;
	while (type.len > 1 && (*type.ptr == 'a' || *type.ptr == 'm'))
		type = (struct str){ type.ptr + 1, type.len - 1 };
	/* Names of flags and choices beside each other make a map that nobody reads. */
	if (k->is_enum || k->is_flags || k->has_choices || !str_equal_cstr(type, "s"))
		return gschemas_refuse(r->g, "the choices of '" STR_FMT "'", STR_ARG(k->name));
	return 0;
}

static int start_choice(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!value", NULL };
	struct gschema_key *k = r->key;
	struct str v[1];

	if (collect(r, e, names, v))
		return 1;
	if (v[0].len > STRINFO_NAME_MAX || strinfo_has_any(&k->names, v[0]))
		return gschemas_refuse(r->g, "the choice '" STR_FMT "'", STR_ARG(v[0]));
	strinfo_add(&k->names, r->g->arena, v[0], 0);
	k->has_choices = true;
	return 0;
}

static int start_aliases(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { NULL };
	struct gschema_key *k = r->key;

	if (collect(r, e, names, NULL))
		return 1;
	if (k->has_aliases || (!k->is_flags && !k->is_enum && !k->has_choices))
		return gschemas_refuse(r->g, "the aliases of '" STR_FMT "'", STR_ARG(k->name));
	return 0;
}

static int start_alias(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!value", "!target", NULL };
	struct gschema_key *k = r->key;
	struct str v[2];

	if (collect(r, e, names, v))
		return 1;
	if (v[0].len > STRINFO_NAME_MAX || strinfo_has_any(&k->names, v[0]) ||
	    !strinfo_add_alias(&k->names, r->g->arena, v[0], v[1]))
		return gschemas_refuse(r->g, "the alias '" STR_FMT "'", STR_ARG(v[0]));
	k->has_aliases = true;
	return 0;
}

/* ---- <enum>, <flags> ---- */

static int start_enum(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!id", NULL };
	bool flags = str_equal_cstr(e->name, "flags");
	struct glib_table *table = flags ? &r->g->flags : &r->g->enums;
	struct str v[1];

	if (collect(r, e, names, v))
		return 1;
	if (glib_table_find(table, v[0]))
		return gschemas_refuse(r->g, "'" STR_FMT "' a second time", STR_ARG(v[0]));
	r->list = arena_alloc(r->g->arena, sizeof(*r->list));
	*r->list = (struct gschema_enum){ .is_flags = flags };
	glib_table_put(table, v[0], r->list);
	return 0;
}

static int start_value(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "!nick", "!value", NULL };
	struct gvariant number = { .bits = 0 };
	struct str v[2];
	uint32_t value;

	if (collect(r, e, names, v))
		return 1;
	if (v[0].len < 2 || v[0].len > STRINFO_NAME_MAX || str_find_char(v[1], ' ') < v[1].len ||
	    gvariant_parse(r->g->arena, r->list->is_flags ? STR("u") : STR("i"), v[1], &number))
		return gschemas_refuse(r->g, "the value '" STR_FMT "'", STR_ARG(v[0]));
	value = (uint32_t)number.bits;
	if (strinfo_has_any(&r->list->names, v[0]) || strinfo_has_number(&r->list->names, value))
		return gschemas_refuse(r->g, "the value '" STR_FMT "' a second time",
				       STR_ARG(v[0]));
	if (r->list->is_flags && !value)
		return 0; /* no bit: that is the empty array */
	if (r->list->is_flags && (value & (value - 1)))
		return gschemas_refuse(r->g, "the value '" STR_FMT "' has several bits",
				       STR_ARG(v[0]));
	strinfo_add(&r->list->names, r->g->arena, v[0], value);
	return 0;
}

/* ---- elements ---- */

static int start_prose(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { NULL };

	buf_reset(r->text);
	r->takes_text = true;
	return collect(r, e, names, NULL);
}

static int start_default(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "l10n", "context", NULL };
	struct str v[2];

	if (collect(r, e, names, v))
		return 1;
	if (r->key->has_default)
		return gschemas_refuse(r->g, "a second value of '" STR_FMT "'",
				       STR_ARG(r->key->name));
	return start_text(r, r->key, v[0], v[1]);
}

static int start_list(struct reading *r, const struct xml_event *e)
{
	static const char *const names[] = { "gettext-domain", NULL };

	return collect(r, e, names, &r->list_domain);
}

static const struct {
	const char *container, *name;
	int (*start)(struct reading *r, const struct xml_event *e);
} elements[] = {
	{ "", "schemalist", start_list },	  { "schemalist", "schema", start_schema },
	{ "schemalist", "enum", start_enum },	  { "schemalist", "flags", start_enum },
	{ "schema", "key", start_key },		  { "schema", "child", start_child },
	{ "schema", "override", start_override }, { "key", "default", start_default },
	{ "key", "summary", start_prose },	  { "key", "description", start_prose },
	{ "key", "range", start_range },	  { "key", "choices", start_choices },
	{ "key", "aliases", start_aliases },	  { "choices", "choice", start_choice },
	{ "aliases", "alias", start_alias },	  { "enum", "value", start_value },
	{ "flags", "value", start_value },
};

static int start(struct reading *r, const struct xml_event *e)
{
	struct str container = r->depth ? r->path[r->depth - 1] : STR("");

	for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++)
		if (str_equal_cstr(container, elements[i].container) &&
		    str_equal_cstr(e->name, elements[i].name)) {
			r->path[r->depth++] = e->name;
			return elements[i].start(r, e);
		}
	return gschemas_refuse(r->g, "the element <" STR_FMT ">", STR_ARG(e->name));
}

static int end(struct reading *r, struct str name)
{
	r->depth--;
	if (str_equal_cstr(name, "default"))
		return end_text(r);
	if (str_equal_cstr(name, "override"))
		return end_text(r);
	r->takes_text = false;
	if (str_equal_cstr(name, "choices"))
		return !r->key->has_choices  ? gschemas_refuse(r->g, "no choice")
		       : r->key->has_default ? gschema_check(r->g, r->key, &r->key->value)
					     : 0;
	if (str_equal_cstr(name, "aliases") && !r->key->has_aliases)
		return gschemas_refuse(r->g, "no alias");
	if (str_equal_cstr(name, "key") && !r->key->has_default)
		return gschemas_refuse(r->g, "'" STR_FMT "' has no value", STR_ARG(r->key->name));
	if ((str_equal_cstr(name, "enum") || str_equal_cstr(name, "flags")) && !r->list->names.n)
		return gschemas_refuse(r->g, "<" STR_FMT "> without a value", STR_ARG(name));
	return 0;
}

static int take_text(struct reading *r, struct str text)
{
	if (r->takes_text) {
		if (text.len > GSCHEMA_FILE_MAX - r->text->len)
			return gschemas_refuse(r->g, "it is too long");
		buf_add_str(r->text, text);
		return 0;
	}
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(" \t\n\v\f\r", text.ptr[i]))
			return gschemas_refuse(r->g, "text between elements");
	return 0;
}

static int read_all(struct reading *r)
{
	struct xml_event e = { .kind = XML_EOF };
	int status = 0;

	while (!status) {
		status = xml_next(&r->xml, &e);
		if (status)
			return gschemas_refuse(r->g, "%s", r->xml.reason);
		if (e.kind == XML_EOF)
			return 0;
		status = e.kind == XML_START ? start(r, &e)
			 : e.kind == XML_END ? end(r, e.name)
					     : take_text(r, e.text);
	}
	return status;
}

int gschemas_add(struct gschemas *g, struct str xml)
{
	CLEANUP_BUF struct buf text = BUF_INIT(GSCHEMA_FILE_MAX);
	struct reading r = { .g = g, .list_domain = NONE, .text = &text };
	int status;

	g->line = 0;
	if (xml.len > GSCHEMA_FILE_MAX)
		return gschemas_refuse(g, "it is too long");
	xml_init(&r.xml, xml, g->arena);
	status = read_all(&r);
	if (status)
		g->line = xml_line(&r.xml);
	return status;
}

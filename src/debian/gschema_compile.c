/* Schemas as tables of a GVDB file. */
#include <string.h>

#include "base/endian.h"
#include "debian/gschema_private.h"

struct pair {
	struct glib_table *table;
	struct gvdb_item *root;
};

static struct gvdb_item *add(struct gschemas *g, struct glib_table *table, struct str key)
{
	struct gvdb_item *item = arena_alloc(g->arena, sizeof(*item));

	*item = (struct gvdb_item){ .key = key };
	glib_table_put(table, key, item);
	return item;
}

static struct pair new_pair(struct gschemas *g, size_t children)
{
	struct pair p = { .table = arena_alloc(g->arena, sizeof(*p.table)) };

	glib_table_init(p.table, g->arena);
	p.root = add(g, p.table, STR(""));
	p.root->children = arena_array(g->arena, children + 1, sizeof(struct gvdb_item *));
	return p;
}

/* The children of a table's root are listed in byte order. */
static void add_child(struct pair *p, struct gvdb_item *item)
{
	struct gvdb_item *root = p->root;
	size_t at = root->n_children++;

	item->parent = root;
	while (at && str_compare(root->children[at - 1]->key, item->key) > 0) {
		root->children[at] = root->children[at - 1];
		at--;
	}
	root->children[at] = item;
}

static struct gvariant byte(char c)
{
	return (struct gvariant){ .type = STR("y"), .bits = (uint8_t)c };
}

static struct gvariant *list_of(struct gschemas *g, size_t n)
{
	return arena_array(g->arena, n, sizeof(struct gvariant));
}

/* (c, VALUE) */
static struct gvariant marked(struct gschemas *g, char c, struct gvariant value)
{
	struct gvariant *items = list_of(g, 2);

	items[0] = byte(c);
	items[1] = value;
	return gvariant_tuple(g->arena, items, 2);
}

/* What a translator gets to see, with its context before it. */
static struct gvariant translation(struct gschemas *g, const struct gschema_key *k)
{
	struct str text = k->text;

	while (text.len && strchr(" \t\n\v\f\r", *text.ptr))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	while (text.len && strchr(" \t\n\v\f\r", text.ptr[text.len - 1]))
		text.len--;
	if (k->context.ptr)
		text = str_of(arena_printf(g->arena, STR_FMT "\004" STR_FMT, STR_ARG(k->context),
					   STR_ARG(text)));
	return marked(g, 'l', marked(g, k->l10n, gvariant_string(text)));
}

static struct gvariant names_of(struct gschemas *g, const struct gschema_key *k)
{
	struct gvariant words = { .type = STR("au"), .n = k->names.n };

	words.items = list_of(g, words.n);
	for (size_t i = 0; i < words.n; i++)
		words.items[i] = (struct gvariant){ .type = STR("u"), .bits = k->names.words[i] };
	return marked(g, k->is_flags ? 'f' : k->is_enum ? 'e' : 'c', words);
}

/* In the order of a GVariantDict, which is again that of a hash table. */
static struct gvariant desktops_of(struct gschemas *g, const struct gschema_key *k)
{
	struct gvariant dict = { .type = STR("a{sv}") };
	const struct glib_slot *slot;
	uint32_t at = 0;

	dict.items = list_of(g, k->desktops->n);
	while ((slot = glib_table_next(k->desktops, &at))) {
		struct gschema_desktop *d = slot->value;
		struct gvariant *pair = list_of(g, 2);

		pair[0] = gvariant_string(d->name);
		pair[1] = (struct gvariant){ .type = STR("v"), .items = &d->value, .n = 1 };
		dict.items[dict.n++] =
			(struct gvariant){ .type = STR("{sv}"), .items = pair, .n = 2 };
	}
	return marked(g, 'd', dict);
}

static struct gvariant value_of(struct gschemas *g, const struct gschema_key *k)
{
	struct gvariant *items = list_of(g, 5);
	size_t n = 0;

	if (k->child.ptr)
		return gvariant_string(k->child);
	items[n++] = k->value;
	if (k->l10n)
		items[n++] = translation(g, k);
	if (k->names.n)
		items[n++] = names_of(g, k);
	if (k->has_range) {
		struct gvariant *range = list_of(g, 2);

		range[0] = k->minimum;
		range[1] = k->maximum;
		items[n++] = marked(g, 'r', gvariant_tuple(g->arena, range, 2));
	}
	if (k->desktops)
		items[n++] = desktops_of(g, k);
	return gvariant_tuple(g->arena, items, n);
}

static void set_value(struct gschemas *g, struct gvdb_item *item, struct gvariant value)
{
	struct gvariant *kept = list_of(g, 1);

	*kept = value;
	item->value = kept;
}

static void add_string(struct gschemas *g, struct pair *p, const char *key, struct str text)
{
	if (text.ptr)
		set_value(g, add(g, p->table, str_of(key)), gvariant_string(text));
}

static int compile_schema(struct gschemas *g, const struct gschema *s, struct pair *root)
{
	struct pair p = new_pair(g, s->keys.n);
	struct gvdb_item *item = add(g, root->table, s->id);
	const struct glib_slot *slot;
	bool l10n = false;
	uint32_t at = 0;

	/* The real program leaves its bytes unwritten. */
	if (!s->keys.n)
		return gschemas_refuse(g, "the schema '" STR_FMT "' has no keys", STR_ARG(s->id));
	add_child(root, item);
	item->table = p.table;
	while ((slot = glib_table_next(&s->keys, &at))) {
		const struct gschema_key *k = slot->value;
		struct gvdb_item *one = add(g, p.table, k->name);

		add_child(&p, one);
		set_value(g, one, value_of(g, k));
		l10n |= k->l10n != '\0';
	}
	add_string(g, &p, ".path", s->path);
	add_string(g, &p, ".extends", s->extends_name);
	add_string(g, &p, ".list-of", s->list_of);
	if (l10n)
		add_string(g, &p, ".gettext-domain", s->domain);
	return 0;
}

int gschemas_compile(struct gschemas *g, struct buf *to)
{
	struct pair root = new_pair(g, g->schemas.n);
	const struct glib_slot *slot;
	uint32_t at = 0;

	g->line = 0;
	if (!g->schemas.n)
		return gschemas_refuse(g, "there are no schemas");
	while ((slot = glib_table_next(&g->schemas, &at)))
		if (compile_schema(g, slot->value, &root))
			return 1;
	gvdb_write(root.table, to);
	return 0;
}

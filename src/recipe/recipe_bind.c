#include "recipe/recipe_bind.h"

#include <stdlib.h>
#include <string.h>

static void bind_record(const struct schema_type *t, const struct ydoc_node *n,
			struct arena *arena, char *record);

static void bind_scalar(const struct schema_type *t, const struct ydoc_node *n,
			struct arena *arena, void *to)
{
	uint64_t number = 0;

	if (t->bind) {
		t->bind(n, arena, to);
	} else if (t->kind == SCHEMA_BOOL) {
		*(bool *)to = str_equal_cstr(n->text, "true");
	} else if (t->kind == SCHEMA_INT) {
		if (!str_parse_u64(n->text, &number) || number > UINT32_MAX)
			abort(); /* check_int() was here before */
		*(uint32_t *)to = (uint32_t)number;
	} else {
		*(struct str *)to = n->text;
	}
}

static void bind_item(const struct schema_type *list, const struct ydoc_node *n,
		      struct arena *arena, char *item)
{
	if (list->pos_at)
		memcpy(item + list->pos_at, &n->pos, sizeof(n->pos));
	if (list->item->kind == SCHEMA_RECORD)
		bind_record(list->item, n, arena, item);
	else
		bind_scalar(list->item, n, arena, item + list->value_at);
}

static void bind_many(const struct schema_field *f, const struct ydoc_node *n,
		      struct arena *arena, char *record)
{
	const struct schema_type *t = f->type;
	size_t count = n->kind == YDOC_LIST ? n->n_items : n->n_pairs;
	char *items = arena_array(arena, count ? count : 1, t->size);

	for (size_t i = 0; i < count; i++) {
		char *item = items + i * t->size;

		if (n->kind == YDOC_LIST) {
			bind_item(t, n->items[i], arena, item);
			continue;
		}
		memcpy(item, &n->pairs[i].key, sizeof(struct str));
		bind_item(t, n->pairs[i].value, arena, item);
		if (t->pos_at)
			memcpy(item + t->pos_at, &n->pairs[i].key_pos, sizeof(struct src_pos));
	}
	memcpy(record + f->at, &items, sizeof(items));
	memcpy(record + f->n_at, &count, sizeof(count));
	if (f->has_at)
		*(bool *)(record + f->has_at) = true;
}

/* A default: the row's text as if it stood in the recipe. */
static void bind_fallback(const struct schema_field *f, struct arena *arena, char *record)
{
	struct ydoc_node *n = arena_alloc(arena, sizeof(*n)), *list;

	n->kind = YDOC_SCALAR;
	n->text = str_of(f->fallback);
	n->plain = true;
	if (f->type->kind != SCHEMA_LIST) {
		bind_scalar(f->type, n, arena, record + f->at);
		return;
	}
	list = arena_alloc(arena, sizeof(*list));
	list->kind = YDOC_LIST;
	list->items = arena_array(arena, 1, sizeof(*list->items));
	list->items[0] = n;
	list->n_items = 1;
	bind_many(f, list, arena, record);
}

static void bind_absent(const struct schema_field *f, struct arena *arena, char *record)
{
	static const struct str empty = { "", 0 };
	const struct ydoc_node nothing = { .kind = YDOC_MAP };

	if (f->flags & SCHEMA_UNBOUND)
		return;
	if (f->fallback)
		bind_fallback(f, arena, record);
	else if (f->type->kind == SCHEMA_RECORD)
		bind_record(f->type, &nothing, arena, record);
	else if (f->type->kind == SCHEMA_TEXT && !f->type->bind)
		memcpy(record + f->at, &empty, sizeof(empty));
}

/* Records within records have their members in the outer struct. */
static void bind_record(const struct schema_type *t, const struct ydoc_node *n,
			struct arena *arena, char *record)
{
	for (const struct schema_field *f = t->fields; f->name; f++) {
		const struct ydoc_node *value = ydoc_get(n, f->name);

		if (!value)
			bind_absent(f, arena, record);
		else if (f->flags & SCHEMA_UNBOUND)
			continue;
		else if (f->type->kind == SCHEMA_RECORD)
			bind_record(f->type, value, arena, record);
		else if (f->type->kind == SCHEMA_LIST || f->type->kind == SCHEMA_MAP)
			bind_many(f, value, arena, record);
		else
			bind_scalar(f->type, value, arena, record + f->at);
		if (value && f->pos_at)
			memcpy(record + f->pos_at, &value->pos, sizeof(value->pos));
	}
	if (t->finish)
		t->finish(n, record);
}

static void bind_certificate_positions(const struct ydoc_node *document, struct recipe *r)
{
	const struct ydoc_node *list = ydoc_get(document, "certificates");
	struct src_pos *pos = arena_array(&r->arena, r->n_certificates + 1, sizeof(*pos));

	for (size_t i = 0; i < r->n_certificates; i++)
		pos[i] = list->items[i]->pos;
	r->certificate_pos = pos;
}

void recipe_bind(const struct ydoc_node *document, struct recipe *r)
{
	r->document = document;
	bind_record(&schema_recipe, document, &r->arena, (char *)r);
	bind_certificate_positions(document, r);
}

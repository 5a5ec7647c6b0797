#include <criterion/criterion.h>

#include "base/buf.h"
#include "format/json/json.h"
#include "recipe/recipe.h"
#include "recipe/schema.h"

static void check_fallback(const struct schema_field *f, struct arena *a)
{
	const struct schema_type *t = f->type->kind == SCHEMA_LIST ? f->type->item : f->type;
	struct ydoc_node n = { .kind = YDOC_SCALAR, .text = str_of(f->fallback),
			       .plain = f->type->kind != SCHEMA_TEXT };
	struct schema_place where = { f->name, a, STR("") };
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(schema_check_scalar(t, &where, &n, &err), 0, "%s: %s", f->name, err.message);
	cr_assert(str_equal_cstr(n.text, f->fallback), "%s: not canonical", f->name);
	cr_assert_not(f->flags & SCHEMA_REQUIRED, "%s", f->name);
}

static void check_record(const struct schema_type *t, struct arena *a)
{
	for (const struct schema_field *f = t->fields; f->name; f++) {
		const struct schema_type *below = f->type;

		cr_assert(f->text && f->text[strlen(f->text) - 1] == '.', "%s: text", f->name);
		if (f->fallback)
			check_fallback(f, a);
		if (below->kind == SCHEMA_LIST || below->kind == SCHEMA_MAP) {
			cr_assert(below->size > 0 && below->item, "%s", f->name);
			cr_assert((f->flags & SCHEMA_UNBOUND) || f->n_at, "%s", f->name);
			below = below->item;
		}
		for (const struct schema_field *g = t->fields; g != f; g++)
			cr_assert_str_neq(f->name, g->name);
		if (below->kind == SCHEMA_RECORD)
			check_record(below, a);
		else
			cr_assert_not_null(below->what);
	}
}

Test(schema, every_row_is_documented_and_every_default_is_canonical)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;

	check_record(&schema_recipe, &a);
}

Test(schema, json_schema_is_canonical_json)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 24), again = BUF_INIT(1 << 24);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct json *v = NULL;

	recipe_schema_json(&text);
	cr_assert_eq(json_parse(buf_bytes(&text), "schema", &a, &v, &err), 0);
	json_write_pretty(v, &again);
	cr_assert_str_eq(buf_cstr(&text), buf_cstr(&again));
}

Test(schema, classes_of_characters_are_as_in_regular_expressions)
{
	cr_assert(schema_in_classes(STR("a-z"), "a-z", "a-z-"));
	cr_assert_not(schema_in_classes(STR("-a"), "a-z", "a-z-"));
	cr_assert(schema_in_classes(STR(""), "a", "b"));
	cr_assert(schema_in_classes(STR("\xff"), NULL, NULL));
	cr_assert_not(schema_in_classes(STR("ab"), "a-z", "0-9"));
}

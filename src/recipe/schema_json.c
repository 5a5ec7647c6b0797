/* JSON Schema 2020-12 of the table: `ingot schema`, for editors and other tools. */
#include <stdlib.h>
#include <string.h>

#include "format/json/json.h"
#include "recipe/recipe.h"
#include "recipe/schema.h"

/* @whole: no other file can add keys, so that required ones must be here. */
static struct json *value_schema(struct arena *a, const struct schema_type *t, bool whole);

/* ECMA 262 with the flag u: '-' stands last in our classes, so nothing needs escapes. */
static char *class_pattern(struct arena *a, const struct schema_type *t)
{
	if (t->max)
		return arena_printf(a, "^[%s][%s]{0,%zu}$", t->first, t->rest, t->max - 1);
	return arena_printf(a, "^[%s][%s]*$", t->first, t->rest);
}

static struct json *text_schema(struct arena *a, const struct schema_type *t)
{
	struct json *s = json_object(a), *string = json_text(a, "string");

	if (t->number)
		string = json_add(json_add(json_array(a), string), json_text(a, "number"));
	json_set(s, "type", string);
	if (t->choices) {
		struct json *list = json_array(a);

		for (size_t i = 0; t->choices[i]; i++)
			json_add(list, json_text(a, t->choices[i]));
		return json_set(s, "enum", list);
	}
	if (t->pattern)
		json_set(s, "pattern", json_text(a, t->pattern));
	else if (t->first)
		json_set(s, "pattern", json_text(a, class_pattern(a, t)));
	if (t->min)
		json_set(s, "minLength", json_int(a, (int64_t)t->min));
	if (t->max)
		json_set(s, "maxLength", json_int(a, (int64_t)t->max));
	return s;
}

static struct json *list_schema(struct arena *a, const struct schema_type *t)
{
	struct json *s = json_set(json_object(a), "type", json_text(a, "array"));

	json_set(s, "items", value_schema(a, t->item, true));
	if (t->merge != SCHEMA_REPLACE)
		json_set(s, "uniqueItems", json_bool(a, true));
	return s;
}

static struct json *row_schema(struct arena *a, const struct schema_field *f, bool whole)
{
	struct json *s = value_schema(a, f->type, whole);

	json_set(s, "description", json_text(a, f->text));
	if (!f->fallback)
		return s;
	if (f->type->kind == SCHEMA_BOOL)
		return json_set(s, "default", json_bool(a, strcmp(f->fallback, "true") == 0));
	if (f->type->kind == SCHEMA_LIST)
		return json_set(s, "default", json_add(json_array(a), json_text(a, f->fallback)));
	if (f->type->kind == SCHEMA_INT) {
		uint64_t number = 0;

		if (!str_parse_u64(str_of(f->fallback), &number))
			abort(); /* the table is wrong */
		return json_set(s, "default", json_int(a, (int64_t)number));
	}
	return json_set(s, "default", json_text(a, f->fallback));
}

/* The keys of one variant (0: all that belong to none). */
static struct json *record_schema(struct arena *a, const struct schema_type *t, bool whole,
				  unsigned variant, const char *type)
{
	struct json *s = json_set(json_object(a), "type", json_text(a, "object"));
	struct json *properties = json_object(a), *required = json_array(a);
	struct json *one_of = json_array(a);

	for (const struct schema_field *f = t->fields; f->name; f++) {
		unsigned only = f->flags & (SCHEMA_OCI | SCHEMA_DISK);
		struct json *row;

		if (only && !(only & variant))
			continue;
		row = row_schema(a, f, whole);
		if (type && strcmp(f->name, "type") == 0)
			row = json_set(json_object(a), "const", json_text(a, type));
		json_set(properties, f->name, row);
		if (f->flags & SCHEMA_ONE_OF)
			json_add(one_of, json_set(json_object(a), "required",
						  json_add(json_array(a), json_text(a, f->name))));
		if ((f->flags & SCHEMA_REQUIRED) && (whole || strcmp(f->name, "ingot") == 0))
			json_add(required, json_text(a, f->name));
	}
	json_set(s, "properties", properties);
	json_set(s, "additionalProperties", json_bool(a, false));
	if (json_length(required))
		json_set(s, "required", required);
	if (json_length(one_of))
		json_set(s, "oneOf", one_of);
	return s;
}

static bool has_variants(const struct schema_type *t)
{
	for (const struct schema_field *f = t->fields; f->name; f++)
		if (f->flags & (SCHEMA_OCI | SCHEMA_DISK))
			return true;
	return false;
}

static struct json *value_schema(struct arena *a, const struct schema_type *t, bool whole)
{
	struct json *s = json_object(a);

	switch (t->kind) {
	case SCHEMA_BOOL:
		json_set(s, "type", json_text(a, "boolean"));
		if (strcmp(t->what, "true") == 0)
			json_set(s, "const", json_bool(a, true));
		return s;
	case SCHEMA_INT:
		json_set(s, "type", json_text(a, "integer"));
		json_set(s, "minimum", json_int(a, t->low));
		return json_set(s, "maximum", json_int(a, t->high));
	case SCHEMA_LIST:
		return list_schema(a, t);
	case SCHEMA_MAP:
		json_set(s, "type", json_text(a, "object"));
		json_set(s, "propertyNames", value_schema(a, t->key, whole));
		return json_set(s, "additionalProperties", value_schema(a, t->item, whole));
	case SCHEMA_RECORD:
		if (!has_variants(t))
			return record_schema(a, t, whole, 0, NULL);
		json_set(s, "type", json_text(a, "object"));
		return json_set(s, "anyOf",
				json_add(json_add(json_array(a),
						  record_schema(a, t, whole, SCHEMA_OCI, "oci")),
					 record_schema(a, t, whole, SCHEMA_DISK, "disk")));
	default:
		return text_schema(a, t);
	}
}

void recipe_schema_json(struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct json *s = value_schema(&a, &schema_recipe, false);

	json_set(s, "$schema", json_text(&a, "https://json-schema.org/draft/2020-12/schema"));
	json_set(s, "title", json_text(&a, "ingot recipe"));
	json_set(s, "description", json_text(&a, "What an image is made of: recipes/NAME.yaml"));
	json_write_pretty(s, to);
}

#include "recipe/recipe_check.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "base/text.h"
#include "recipe/recipe_rules.h"

#define FIELDS_MAX 64 /* rows of the longest record */

struct checker {
	struct arena *arena;
	struct str folder;
};

static int check_node(struct checker *c, const struct schema_type *t, const char *name,
		      struct ydoc_node *n, bool whole, struct error *err);

/* Keys that may stand in @map: a target's depend on its type. */
static unsigned variant_of(const struct schema_type *record, const struct ydoc_node *map)
{
	const struct schema_field *f = schema_field(record, STR("type"));
	const struct ydoc_node *type = ydoc_get(map, "type");

	if (!f || !type || type->kind != YDOC_SCALAR)
		return SCHEMA_OCI | SCHEMA_DISK;
	if (str_equal_cstr(type->text, "oci"))
		return SCHEMA_OCI;
	if (str_equal_cstr(type->text, "disk"))
		return SCHEMA_DISK;
	return SCHEMA_OCI | SCHEMA_DISK;
}

static bool allowed(const struct schema_field *f, unsigned variant)
{
	return !(f->flags & (SCHEMA_OCI | SCHEMA_DISK)) || (f->flags & variant);
}

static int refuse_key(const struct schema_type *record, const struct ydoc_pair *pair,
		      unsigned variant, struct error *err)
{
	const char *names[FIELDS_MAX], *near;
	char list[800];
	size_t n = 0, len = 0;

	for (const struct schema_field *f = record->fields; f->name; f++) {
		if (!allowed(f, variant))
			continue;
		assert(n < FIELDS_MAX);
		names[n++] = f->name;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
					f->name);
		assert(len < sizeof(list));
	}
	(void)err_at(err, ERR_RECIPE_UNKNOWN_KEY, pair->key_pos, "unknown key '" STR_FMT "'",
		     STR_ARG(pair->key));
	near = text_suggest(pair->key, names, n);
	for (size_t i = 0; i < n && !near; i++) /* "environment" for "env", "arch" for "architectures" */
		if (pair->key.len >= 3 && (str_has_prefix(pair->key, str_of(names[i])) ||
					   str_has_prefix(str_of(names[i]), pair->key)))
			near = names[i];
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "%s has the keys %s", record->what, list);
}

static int refuse_variant(const struct schema_field *f, struct src_pos pos, struct error *err)
{
	const char *type = f->flags & SCHEMA_OCI ? "oci" : "disk";

	(void)err_at(err, ERR_RECIPE_UNKNOWN_KEY, pos, "key '%s' is for targets of type %s",
		     f->name, type);
	return err_hint(err, "remove it here, or move it to a target with 'type: %s'", type);
}

static int check_one_of(const struct schema_type *t, const struct ydoc_node *n,
			struct error *err)
{
	const char *found = NULL;
	char list[200];
	size_t len = 0;

	for (const struct schema_field *f = t->fields; f->name; f++)
		if (f->flags & SCHEMA_ONE_OF)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "", f->name);
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct schema_field *f = schema_field(t, n->pairs[i].key);

		if (!(f->flags & SCHEMA_ONE_OF))
			continue;
		if (found) {
			(void)err_at(err, ERR_RECIPE_CONFLICT, n->pairs[i].key_pos,
				     "'%s' and '%s' can't stand together", found, f->name);
			return err_hint(err, "keep exactly one of %s", list);
		}
		found = f->name;
	}
	if (found || !len)
		return 0;
	(void)err_at(err, ERR_RECIPE_MISSING, n->pos, "%s has none of %s", t->what, list);
	return err_hint(err, "add exactly one of them");
}

static int refuse_missing(const struct schema_type *t, const struct schema_field *f,
			  const struct ydoc_node *n, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_MISSING, n->pos, "%s has no '%s'", t->what, f->name);
	if (f->example)
		return err_hint(err, "add '%s: %s'", f->name, f->example);
	return err_hint(err, "add '%s:'. %s", f->name, f->text);
}

static int check_required(const struct schema_type *t, const struct ydoc_node *n,
			  struct error *err)
{
	for (const struct schema_field *f = t->fields; f->name; f++)
		if ((f->flags & SCHEMA_REQUIRED) && !ydoc_get(n, f->name))
			return refuse_missing(t, f, n, err);
	return 0;
}

/* @whole: no other file can add keys to this record. */
static int check_record(struct checker *c, const struct schema_type *t, struct ydoc_node *n,
			bool whole, struct error *err)
{
	unsigned variant = variant_of(t, n);

	for (size_t i = 0; i < n->n_pairs; i++) {
		struct ydoc_pair *pair = &n->pairs[i];
		const struct schema_field *f = schema_field(t, pair->key);

		if (!f)
			return refuse_key(t, pair, variant, err);
		if (!allowed(f, variant))
			return refuse_variant(f, pair->key_pos, err);
		if (check_node(c, f->type, f->name, pair->value, whole, err) < 0)
			return -1;
	}
	if (check_one_of(t, n, err) < 0 || (whole && check_required(t, n, err) < 0))
		return -1;
	return whole ? rules_check_entry(t, n, err) : 0;
}

struct str recipe_entry_key(const struct schema_type *list, const struct ydoc_node *entry,
			    struct arena *arena)
{
	CLEANUP_BUF struct buf key = BUF_INIT(SIZE_MAX / 2);

	if (entry->kind == YDOC_SCALAR)
		return list->identity ? list->identity(entry->text) : entry->text;
	for (const struct schema_field *f = list->item->fields; f->name; f++) {
		const struct ydoc_node *part;

		if (!(f->flags & SCHEMA_IDENTITY))
			continue;
		part = ydoc_get(entry, f->name);
		if (key.len)
			buf_add_char(&key, '\n'); /* in no name, path or command */
		if (part)
			buf_add_str(&key, part->text);
	}
	return arena_str(arena, buf_str(&key));
}

static int refuse_twice(const char *name, struct str key, const struct ydoc_node *second,
			const struct ydoc_node *first, struct error *err)
{
	size_t line = str_find_char(key, '\n');

	(void)err_at(err, ERR_RECIPE_CONFLICT, second->pos,
		     "'" STR_FMT "' stands twice in '%s'", (int)line, key.ptr, name);
	(void)err_detail(err, "first at %s:%u:%u", first->pos.file, first->pos.line,
			 first->pos.column);
	return err_hint(err, "remove one of the two");
}

static int check_list(struct checker *c, const struct schema_type *t, const char *name,
		      struct ydoc_node *n, struct error *err)
{
	CLEANUP_STRTAB struct strtab seen = STRTAB_INIT;

	for (size_t i = 0; i < n->n_items; i++) {
		struct str key;
		uint32_t first;

		if (check_node(c, t->item, name, n->items[i], true, err) < 0)
			return -1;
		if (t->merge == SCHEMA_REPLACE && !t->item->choices)
			continue;
		key = recipe_entry_key(t, n->items[i], c->arena);
		if (strtab_find(&seen, key, &first))
			return refuse_twice(name, key, n->items[i], n->items[first], err);
		(void)strtab_put(&seen, key, (uint32_t)i);
	}
	return 0;
}

static int check_map(struct checker *c, const struct schema_type *t, const char *map,
		     struct ydoc_node *n, struct error *err)
{
	if (n->n_pairs > LIMIT_RECIPE_KEYS) {
		(void)err_at(err, ERR_LIMIT, n->pos, "'%s' has %zu entries, at most %u are read",
			     map, n->n_pairs, LIMIT_RECIPE_KEYS);
		return err_hint(err, "put large data into a file of the image");
	}
	for (size_t i = 0; i < n->n_pairs; i++) {
		struct ydoc_pair *pair = &n->pairs[i];
		struct ydoc_node key = { .kind = YDOC_SCALAR, .pos = pair->key_pos,
					 .text = pair->key };
		const char *name = pair->key.ptr;
		struct schema_place where = { name, c->arena, c->folder };

		if (schema_check_scalar(t->key, &where, &key, err) < 0 ||
		    check_node(c, t->item, name, pair->value, false, err) < 0)
			return -1;
	}
	return 0;
}

static const char *written_as(const struct ydoc_node *n)
{
	return n->kind == YDOC_LIST ? "a list" : n->kind == YDOC_MAP ? "a mapping" : "a text";
}

static int refuse_kind(const struct schema_type *t, const char *name, const struct ydoc_node *n,
		       struct error *err)
{
	(void)err_at(err, ERR_RECIPE_TYPE, n->pos, "'%s' must be %s, not %s", name,
		     schema_kind_name(t), written_as(n));
	switch (t->kind) {
	case SCHEMA_LIST:
		if (t->hint)
			return err_hint(err, "%s", t->hint);
		if (n->kind == YDOC_SCALAR)
			return err_hint(err, "write '%s: [" STR_FMT "]'", name, STR_ARG(n->text));
		return err_hint(err, "write each entry on a line of its own that starts with '- '");
	case SCHEMA_MAP:
	case SCHEMA_RECORD:
		return err_hint(err, "write %s as lines 'key: value'", t->what);
	default:
		return err_hint(err, "write %s", t->what);
	}
}

static int check_node(struct checker *c, const struct schema_type *t, const char *name,
		      struct ydoc_node *n, bool whole, struct error *err)
{
	enum ydoc_kind wanted = t->kind == SCHEMA_LIST ? YDOC_LIST
			      : t->kind == SCHEMA_MAP || t->kind == SCHEMA_RECORD ? YDOC_MAP
									   : YDOC_SCALAR;
	struct schema_place where = { name, c->arena, c->folder };

	if (n->kind == YDOC_SCALAR && n->plain && n->text.len == 0)
		return schema_check_scalar(t, &where, n, err); /* "has no value" */
	if (n->kind != wanted)
		return refuse_kind(t, name, n, err);
	if (t->kind == SCHEMA_RECORD)
		return check_record(c, t, n, whole, err);
	if (t->kind == SCHEMA_MAP)
		return check_map(c, t, name, n, err);
	if (t->kind == SCHEMA_LIST)
		return check_list(c, t, name, n, err);
	return schema_check_scalar(t, &where, n, err);
}

int recipe_check_document(struct ydoc_node *root, struct str folder, struct arena *arena,
			  struct error *err)
{
	struct checker c = { arena, folder };
	const struct schema_field *version = schema_field(&schema_recipe, STR("ingot"));

	if (root->kind != YDOC_MAP)
		return refuse_kind(&schema_recipe, "recipe", root, err);
	if (check_record(&c, &schema_recipe, root, false, err) < 0)
		return -1;
	/* Of every file: it says how to read the rest. */
	return ydoc_get(root, version->name) ? 0
					     : refuse_missing(&schema_recipe, version, root, err);
}

static int check_composed(const struct schema_type *t, const struct ydoc_node *n,
			  struct error *err)
{
	unsigned variant;

	if (t->kind == SCHEMA_MAP && t->item->kind == SCHEMA_RECORD) {
		for (size_t i = 0; i < n->n_pairs; i++)
			if (check_composed(t->item, n->pairs[i].value, err) < 0)
				return -1;
		return 0;
	}
	if (t->kind != SCHEMA_RECORD)
		return 0;
	if (check_required(t, n, err) < 0)
		return -1;
	variant = variant_of(t, n);
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct schema_field *f = schema_field(t, n->pairs[i].key);

		if (!allowed(f, variant))
			return refuse_variant(f, n->pairs[i].key_pos, err);
		if (check_composed(f->type, n->pairs[i].value, err) < 0)
			return -1;
	}
	return 0;
}

int recipe_check_composed(const struct ydoc_node *root, struct error *err)
{
	return check_composed(&schema_recipe, root, err);
}

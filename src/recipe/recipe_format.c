/*
 * Rows in the order of the table, keys that equal their default left out, one
 * entry a line. parse(format(x)) == x for every recipe directly in recipes/.
 */
#include "recipe/recipe_format.h"

#include "recipe/recipe.h"

struct formatter {
	struct buf *to;
	bool resolution; /* only rows that decide packages */
};

static void format_value(const struct formatter *f, const struct schema_type *t,
			 const struct ydoc_node *n, unsigned depth);

static void indent(const struct formatter *f, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_add_cstr(f->to, "  ");
}

static bool is_default(const struct schema_field *f, const struct ydoc_node *n)
{
	if (n->kind == YDOC_LIST) {
		if (n->n_items == 0)
			return !(f->flags & SCHEMA_KEEP_EMPTY);
		return f->fallback && n->n_items == 1 &&
		       str_equal_cstr(n->items[0]->text, f->fallback);
	}
	if (n->kind == YDOC_MAP)
		return n->n_pairs == 0 && !(f->flags & SCHEMA_REQUIRED);
	return f->fallback && str_equal_cstr(n->text, f->fallback);
}

/* A record that has only defaults says nothing: it is not written either. */
static bool says_nothing(const struct schema_type *t, const struct ydoc_node *n)
{
	for (size_t i = 0; t->kind == SCHEMA_RECORD && i < n->n_pairs; i++)
		if (!is_default(schema_field(t, n->pairs[i].key), n->pairs[i].value))
			return false;
	return t->kind == SCHEMA_RECORD;
}

static bool wanted(const struct formatter *f, const struct schema_field *row, bool inside)
{
	return !f->resolution || inside ||
	       (row->flags & (SCHEMA_RESOLUTION | SCHEMA_RESOLUTION_IN));
}

/* Does any target say which packages it has, or need some to boot? Then names decide, too. */
static bool targets_decide(const struct ydoc_node *targets)
{
	for (size_t i = 0; i < targets->n_pairs; i++) {
		const struct ydoc_node *target = targets->pairs[i].value;
		const struct ydoc_node *packages = ydoc_get(target, "packages");
		const struct ydoc_node *without = ydoc_get(target, "without");
		const struct ydoc_node *type = ydoc_get(target, "type");

		if ((packages && packages->n_items) || (without && without->n_items) ||
		    (type && str_equal(type->text, STR("disk"))))
			return true;
	}
	return false;
}

static bool record_decides(const struct schema_type *t, const struct ydoc_node *n)
{
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct schema_field *row = schema_field(t, n->pairs[i].key);

		if (row->flags & SCHEMA_RESOLUTION && !is_default(row, n->pairs[i].value))
			return true;
	}
	return false;
}

static bool decides(const struct schema_field *row, const struct ydoc_node *value)
{
	return row->type->kind == SCHEMA_RECORD ? record_decides(row->type, value)
						: targets_decide(value);
}

/* Returns whether a row was written; the first goes on the line that is open. */
static bool format_record(const struct formatter *f, const struct schema_type *t,
			  const struct ydoc_node *n, unsigned depth, bool inside)
{
	bool any = false;

	for (const struct schema_field *row = t->fields; row->name; row++) {
		const struct ydoc_node *value = ydoc_get(n, row->name);
		struct formatter below = *f;

		if (!value || (row->flags & SCHEMA_LOCAL) || is_default(row, value) ||
		    !wanted(f, row, inside) || says_nothing(row->type, value))
			continue;
		if (f->resolution && (row->flags & SCHEMA_RESOLUTION_IN) &&
		    !decides(row, value))
			continue;
		if (row->flags & SCHEMA_RESOLUTION)
			below.resolution = false;
		if (any)
			indent(f, depth);
		any = true;
		buf_printf(f->to, "%s:", row->name);
		format_value(&below, row->type, value, depth);
	}
	return any;
}

static void format_list(const struct formatter *f, const struct schema_type *t,
			const struct ydoc_node *n, unsigned depth)
{
	if (n->n_items == 0) {
		buf_add_cstr(f->to, " []\n");
		return;
	}
	buf_add_char(f->to, '\n');
	for (size_t i = 0; i < n->n_items; i++) {
		indent(f, depth + 1);
		buf_add_cstr(f->to, "- ");
		if (t->item->kind == SCHEMA_RECORD) {
			(void)format_record(f, t->item, n->items[i], depth + 2, true);
			continue;
		}
		ydoc_add_scalar(f->to, n->items[i]->text);
		buf_add_char(f->to, '\n');
	}
}

static void format_map(const struct formatter *f, const struct schema_type *t,
		       const struct ydoc_node *n, unsigned depth)
{
	buf_add_cstr(f->to, n->n_pairs ? "\n" : " {}\n");
	for (size_t i = 0; i < n->n_pairs; i++) {
		indent(f, depth + 1);
		ydoc_add_scalar(f->to, n->pairs[i].key);
		buf_add_char(f->to, ':');
		format_value(f, t->item, n->pairs[i].value, depth + 1);
	}
}

static void format_value(const struct formatter *f, const struct schema_type *t,
			 const struct ydoc_node *n, unsigned depth)
{
	size_t start = f->to->len;

	switch (t->kind) {
	case SCHEMA_LIST:
		format_list(f, t, n, depth);
		return;
	case SCHEMA_MAP:
		format_map(f, t, n, depth);
		return;
	case SCHEMA_RECORD:
		buf_add_char(f->to, '\n');
		indent(f, depth + 1);
		if (format_record(f, t, n, depth + 1, false))
			return;
		f->to->len = start; /* nothing but defaults: "key: {}" */
		buf_add_cstr(f->to, " {}\n");
		return;
	case SCHEMA_BOOL:
	case SCHEMA_INT:
		buf_add_char(f->to, ' ');
		buf_add_str(f->to, n->text);
		break;
	default:
		buf_add_char(f->to, ' ');
		ydoc_add_scalar(f->to, n->text);
	}
	buf_add_char(f->to, '\n');
}

void recipe_format_document(const struct ydoc_node *document, struct buf *to)
{
	(void)format_record(&(struct formatter){ to, false }, &schema_recipe, document, 0, false);
}

void recipe_format_resolution(const struct ydoc_node *document, struct buf *to)
{
	(void)format_record(&(struct formatter){ to, true }, &schema_recipe, document, 0, false);
}

void recipe_format(const struct recipe *r, struct buf *to)
{
	recipe_format_document(r->document, to);
}

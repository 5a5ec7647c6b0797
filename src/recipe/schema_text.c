/* Scalars: what the table says of characters, choices, numbers and booleans. */
#include "recipe/schema.h"

#include <string.h>

#include "base/text.h"
#include "recipe/recipe_secret.h"

#define TEXT_MAX 4096 /* bytes, where the table names no other */

const struct schema_field *schema_field(const struct schema_type *record, struct str name)
{
	for (const struct schema_field *f = record->fields; f->name; f++)
		if (str_equal_cstr(name, f->name))
			return f;
	return NULL;
}

const char *schema_kind_name(const struct schema_type *t)
{
	switch (t->kind) {
	case SCHEMA_BOOL:
		return "true or false";
	case SCHEMA_INT:
		return "a whole number";
	case SCHEMA_LIST:
		return "a list";
	case SCHEMA_MAP:
	case SCHEMA_RECORD:
		return "a mapping";
	default:
		return "a text";
	}
}

int schema_refuse(const struct schema_type *t, const struct ydoc_node *n, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'" STR_FMT "' is not %s",
		     STR_ARG(n->text), t->what);
	return t->hint ? err_hint(err, "%s", t->hint) : -1;
}

static bool in_class(char c, const char *set)
{
	for (const char *p = set; *p; p++) {
		if (p[1] == '-' && p[2]) {
			if (c >= p[0] && c <= p[2])
				return true;
			p += 2;
		} else if (c == *p) {
			return true;
		}
	}
	return false;
}

bool schema_in_classes(struct str text, const char *first, const char *rest)
{
	if (!first)
		return true;
	if (text.len && !in_class(text.ptr[0], first))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!in_class(text.ptr[i], rest))
			return false;
	return true;
}

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static int check_choice(const struct schema_type *t, const struct ydoc_node *n,
			struct error *err)
{
	size_t n_choices = count(t->choices);
	char list[400];
	size_t len = 0;
	const char *near;

	for (size_t i = 0; i < n_choices; i++) {
		if (str_equal_cstr(n->text, t->choices[i]))
			return 0;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					t->choices[i]);
		if (len >= sizeof(list))
			len = sizeof(list) - 1;
	}
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'" STR_FMT "' is not %s",
		     STR_ARG(n->text), t->what);
	near = text_suggest(n->text, t->choices, n_choices);
	for (size_t i = 0; t->aliases && t->aliases[i]; i += 2)
		if (str_equal_cstr(n->text, t->aliases[i]))
			near = t->aliases[i + 1];
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "one of %s", list);
}

static int check_bool(const struct schema_place *where, struct ydoc_node *n, struct error *err)
{
	if (n->plain && (str_equal_cstr(n->text, "true") || str_equal_cstr(n->text, "false")))
		return 0;
	(void)err_at(err, ERR_RECIPE_TYPE, n->pos, "'%s' must be true or false, not %s'" STR_FMT "'",
		     where->name, n->plain ? "" : "the text ", STR_ARG(n->text));
	return err_hint(err, "write true or false, without quotes");
}

static int check_int(const struct schema_type *t, const struct schema_place *where,
		     struct ydoc_node *n, struct error *err)
{
	uint64_t value;

	if (!n->plain || !str_parse_u64(n->text, &value) ||
	    (n->text.len > 1 && n->text.ptr[0] == '0')) {
		(void)err_at(err, ERR_RECIPE_TYPE, n->pos,
			     "'%s' must be a whole number, not %s'" STR_FMT "'", where->name,
			     n->plain ? "" : "the text ", STR_ARG(n->text));
		return err_hint(err, "write decimal digits without quotes, sign or leading zero");
	}
	if (value >= (uint64_t)t->low && value <= (uint64_t)t->high)
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' can't be " STR_FMT, where->name,
		     STR_ARG(n->text));
	if (t->hint)
		return err_hint(err, "%s", t->hint);
	return err_hint(err, "from %lld to %lld", (long long)t->low, (long long)t->high);
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static int check_text(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	size_t max = t->max ? t->max : TEXT_MAX;

	if (secret_in_text(n->text)) {
		(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' holds a private key",
			     where->name);
		return err_hint(err, SECRET_HINT);
	}
	if (n->text.len > max) {
		(void)err_at(err, ERR_RECIPE_VALUE, n->pos,
			     "'%s' has %zu bytes, at most %zu are allowed", where->name,
			     n->text.len, max);
		return err_hint(err, "shorten it");
	}
	if (t->choices)
		return check_choice(t, n, err);
	if (n->text.len < t->min || !schema_in_classes(n->text, t->first, t->rest))
		return schema_refuse(t, n, err);
	if (!t->lines && has_control(n->text)) {
		(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' holds a control character",
			     where->name);
		return err_hint(err, "write it on one line, without tabs and escapes");
	}
	return 0;
}

static bool is_null(const struct ydoc_node *n)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; n->plain && i < sizeof(words) / sizeof(*words); i++)
		if (str_equal_cstr(n->text, words[i]))
			return true;
	return false;
}

int schema_check_scalar(const struct schema_type *t, const struct schema_place *where,
			struct ydoc_node *n, struct error *err)
{
	int r;

	if (is_null(n)) {
		(void)err_at(err, ERR_RECIPE_TYPE, n->pos, "'%s' has no value", where->name);
		return err_hint(err, "write %s, or remove the key", t->what);
	}
	if (t->kind == SCHEMA_BOOL)
		r = check_bool(where, n, err);
	else if (t->kind == SCHEMA_INT)
		r = check_int(t, where, n, err);
	else
		r = check_text(t, where, n, err);
	if (r == 0 && t->check)
		r = t->check(t, where, n, err);
	return r;
}

/* The recipe's part. What nests here is as deep as the schema table, which is finite. */
#include "attest/causes_keys.h"

#include <stdlib.h>

#include "attest/causes_keys_private.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "recipe/schema.h"

#define VALUE_MAX 200u /* bytes that a value is told in; else its digest */

static void add_node(struct causes_list *l, const struct schema_type *t, const struct ydoc_node *n,
		     struct str prefix, struct src_pos pos);

struct str causes_short_value(struct arena *arena, struct str value)
{
	struct digest digest;
	char hex[DIGEST_HEX_MAX];

	if (value.len <= VALUE_MAX)
		return arena_str(arena, value);
	digest = hash_bytes(str_bytes(value));
	return str_of(arena_printf(arena, "%zu bytes, sha256 %.16s", value.len,
				   digest_hex(&digest, hex)));
}

void causes_list_add(struct causes_list *l, struct str key, struct str value, struct str at)
{
	ARENA_GROW(l->arena, l->list, l->n, l->capacity);
	l->list[l->n++] = (struct causes_key){ key, causes_short_value(l->arena, value), at };
}

static int by_key(const void *a, const void *b)
{
	const struct causes_key *x = a, *y = b;
	int order = str_compare(x->key, y->key);

	order = order ? order : str_compare(x->at, y->at);
	return order ? order : str_compare(x->value, y->value);
}

/* Sorted; a key that stands twice (two answers to one script) is told apart by a number. */
size_t causes_list_end(struct causes_list *l, struct causes_key **ret)
{
	struct str last = { NULL, 0 };
	unsigned times = 1;

	if (l->n)
		qsort(l->list, l->n, sizeof(*l->list), by_key);
	for (size_t i = 0; i < l->n; i++) {
		struct str key = l->list[i].key;

		times = last.ptr && str_equal(key, last) ? times + 1 : 1;
		last = key;
		if (times > 1)
			l->list[i].key = str_of(
				arena_printf(l->arena, STR_FMT " (%u)", STR_ARG(key), times));
	}
	if (l->n)
		qsort(l->list, l->n, sizeof(*l->list), by_key);
	*ret = l->list;
	return l->n;
}

static struct str join(struct arena *arena, struct str prefix, struct str name)
{
	return str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(prefix),
				   prefix.len ? "." : "", STR_ARG(name)));
}

static struct str place_of(struct arena *arena, struct src_pos pos)
{
	return pos.file ? str_of(arena_printf(arena, "%s:%u", pos.file, pos.line)) : STR("");
}

static void add(struct causes_list *l, struct str key, struct str value, struct src_pos pos)
{
	causes_list_add(l, key, value, place_of(l->arena, pos));
}

static void add_texts(struct causes_list *l, const struct ydoc_node *n, struct str key,
		      struct src_pos pos)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8 * LIMIT_RECIPE_SIZE);

	buf_add_char(&text, '[');
	for (size_t i = 0; i < n->n_items; i++) {
		if (i)
			buf_add_cstr(&text, ", ");
		ydoc_add_scalar(&text, n->items[i]->text);
	}
	buf_add_char(&text, ']');
	add(l, key, buf_str(&text), pos);
}

/* What an entry is found again by. The digest of a script moves with each of its versions. */
static struct str identity_of(struct arena *arena, const struct schema_type *t,
			      const struct ydoc_node *n)
{
	struct str identity = { NULL, 0 };

	for (const struct schema_field *row = t->fields; row->name; row++) {
		const struct ydoc_node *value = ydoc_get(n, row->name);

		if (!(row->flags & SCHEMA_IDENTITY) || !value ||
		    str_equal_cstr(str_of(row->name), "sha256"))
			continue;
		identity = identity.ptr
				   ? str_of(arena_printf(arena, STR_FMT "/" STR_FMT,
							 STR_ARG(identity), STR_ARG(value->text)))
				   : value->text;
	}
	return identity.ptr ? identity : STR("");
}

static bool is_default(const struct schema_field *row, const struct ydoc_node *n)
{
	if (n->kind == YDOC_LIST)
		return (n->n_items == 0 && !(row->flags & SCHEMA_KEEP_EMPTY)) ||
		       (row->fallback && n->n_items == 1 && n->items[0]->kind == YDOC_SCALAR &&
			str_equal_cstr(n->items[0]->text, row->fallback));
	return n->kind == YDOC_SCALAR && row->fallback && str_equal_cstr(n->text, row->fallback);
}

static void add_record(struct causes_list *l, const struct schema_type *t,
		       const struct ydoc_node *n, struct str prefix)
{
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct ydoc_pair *p = &n->pairs[i];
		const struct schema_field *row = schema_field(t, p->key);

		if (!row || (row->flags & SCHEMA_LOCAL) || is_default(row, p->value))
			continue;
		add_node(l, row->type, p->value, join(l->arena, prefix, p->key), p->key_pos);
	}
}

/* Sets are told entry by entry, so that a new one has a line of its own. */
static bool is_set(const struct schema_type *t)
{
	return t->item->kind == SCHEMA_TEXT && t->merge != SCHEMA_REPLACE;
}

static void add_list(struct causes_list *l, const struct schema_type *t, const struct ydoc_node *n,
		     struct str key, struct src_pos pos)
{
	if (t->item->kind != SCHEMA_RECORD)
		add_texts(l, n, key, pos);
	if (t->item->kind != SCHEMA_RECORD && !is_set(t))
		return;
	for (size_t i = 0; i < n->n_items; i++) {
		const struct ydoc_node *item = n->items[i];

		if (t->item->kind == SCHEMA_RECORD) {
			struct str name = join(l->arena, key, identity_of(l->arena, t->item, item));

			add(l, name, STR(""), item->pos);
			add_record(l, t->item, item, name);
			continue;
		}
		if (t->identity)
			add(l, join(l->arena, key, t->identity(item->text)), item->text, item->pos);
		else
			add(l, join(l->arena, key, item->text), STR(""), item->pos);
	}
}

static void add_node(struct causes_list *l, const struct schema_type *t, const struct ydoc_node *n,
		     struct str prefix, struct src_pos pos)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8 * LIMIT_RECIPE_SIZE);

	switch (n->kind) {
	case YDOC_SCALAR:
		if (t->kind == SCHEMA_BOOL || t->kind == SCHEMA_INT)
			buf_add_str(&text, n->text);
		else
			ydoc_add_scalar(&text, n->text);
		add(l, prefix, buf_str(&text), pos);
		return;
	case YDOC_LIST:
		add_list(l, t, n, prefix, pos);
		return;
	case YDOC_MAP:
		break;
	}
	if (t->kind == SCHEMA_RECORD) {
		add_record(l, t, n, prefix);
		return;
	}
	for (size_t i = 0; i < n->n_pairs; i++)
		add_node(l, t->item, n->pairs[i].value, join(l->arena, prefix, n->pairs[i].key),
			 n->pairs[i].key_pos);
}

size_t causes_recipe_keys(const struct recipe *r, struct arena *arena, struct causes_key **ret)
{
	struct causes_list l = { .arena = arena };

	add_record(&l, &schema_recipe, r->document, STR(""));
	return causes_list_end(&l, ret);
}

size_t causes_all_keys(const struct recipe *r, const struct lock *lock, struct str lock_path,
		       struct bytes lock_text, struct arena *arena, struct causes_key **ret)
{
	struct causes_list l = { .arena = arena };
	struct causes_key *keys = NULL;
	size_t n;

	add_record(&l, &schema_recipe, r->document, STR(""));
	n = causes_lock_keys(lock, lock_path, lock_text, arena, &keys);
	for (size_t i = 0; i < n; i++)
		causes_list_add(&l, keys[i].key, keys[i].value, keys[i].at);
	return causes_list_end(&l, ret);
}

#include "debian/depmod_index.h"

#include "base/endian.h"

#define INDEX_MAGIC 0xb007f457u
#define INDEX_VERSION 0x00020001u
#define INDEX_FIRST 12u /* bytes of the header */
#define INDEX_CHILDREN 128u
#define INDEX_DEPTH 4096u /* branches on one path: PATH_MAX characters */

enum { FLAG_PREFIX = 0x80000000u, FLAG_VALUES = 0x40000000u, FLAG_CHILDREN = 0x20000000u };

struct index_value {
	struct index_value *next;
	struct str text;
	uint32_t priority;
};

struct index_node {
	struct str prefix;
	struct index_value *values;
	struct index_node *child, *next; /* children sorted by @c */
	uint8_t c;
	uint64_t own, total; /* bytes: without and with everything below */
	uint32_t offset;
};

void index_trie_init(struct index_trie *t, struct arena *arena)
{
	t->arena = arena;
	t->top = arena_alloc(arena, sizeof(*t->top));
	t->top->prefix = STR("");
}

static void add_value(struct index_trie *t, struct index_node *node, struct str text,
		      uint32_t priority)
{
	struct index_value **at = &node->values, *new = arena_alloc(t->arena, sizeof(*new));

	while (*at && (*at)->priority < priority)
		at = &(*at)->next;
	*new = (struct index_value){ .next = *at,
				     .text = arena_str(t->arena, text),
				     .priority = priority };
	*at = new;
}

static struct index_node *child_at(struct index_trie *t, struct index_node *node, uint8_t c,
				   bool *ret_is_new)
{
	struct index_node **at = &node->child, *new;

	while (*at && (*at)->c < c)
		at = &(*at)->next;
	*ret_is_new = !*at || (*at)->c != c;
	if (!*ret_is_new)
		return *at;
	new = arena_alloc(t->arena, sizeof(*new));
	new->c = c;
	new->next = *at;
	*at = new;
	return new;
}

/* @node keeps the first @n characters of its prefix; the rest moves into a child. */
static void split(struct index_trie *t, struct index_node *node, size_t n)
{
	struct index_node *below = arena_alloc(t->arena, sizeof(*below));

	*below = *node;
	below->next = NULL;
	below->c = (uint8_t)node->prefix.ptr[n];
	below->prefix = (struct str){ node->prefix.ptr + n + 1, node->prefix.len - n - 1 };
	node->prefix.len = n;
	node->values = NULL;
	node->child = below;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.ptr[i] >= INDEX_CHILDREN || !s.ptr[i])
			return false;
	return true;
}

bool index_trie_add(struct index_trie *t, struct str key, struct str value, uint32_t priority)
{
	struct index_node *node = t->top;
	size_t i = 0;

	if (!is_ascii(key) || !is_ascii(value) || key.len >= INDEX_DEPTH)
		return false;
	for (;;) {
		size_t k = 0;
		bool is_new;

		while (k < node->prefix.len && i + k < key.len &&
		       node->prefix.ptr[k] == key.ptr[i + k])
			k++;
		if (k < node->prefix.len)
			split(t, node, k);
		i += k;
		if (i == key.len)
			break;
		node = child_at(t, node, (uint8_t)key.ptr[i], &is_new);
		i++;
		if (is_new) {
			node->prefix =
				arena_str(t->arena, (struct str){ key.ptr + i, key.len - i });
			break;
		}
	}
	add_value(t, node, value, priority);
	return true;
}

/* ---- the file ---- */

struct range {
	uint8_t first, last;
};

static struct range children_of(const struct index_node *node)
{
	struct range r = { node->child->c, node->child->c };

	for (const struct index_node *c = node->child; c; c = c->next)
		r.last = c->c;
	return r;
}

static uint64_t own_size(const struct index_node *node)
{
	uint64_t size = node->prefix.len ? node->prefix.len + 1 : 0;

	if (node->child) {
		struct range r = children_of(node);

		size += 2 + 4 * ((uint64_t)r.last - r.first + 1);
	}
	if (node->values)
		size += 4;
	for (const struct index_value *v = node->values; v; v = v->next)
		size += 4 + v->text.len + 1;
	return size;
}

static uint32_t flags_of(const struct index_node *node)
{
	return (node->prefix.len ? FLAG_PREFIX : 0) | (node->values ? FLAG_VALUES : 0) |
	       (node->child ? FLAG_CHILDREN : 0);
}

/* A key has at most INDEX_DEPTH characters and each level takes one: it is enough. */
struct walk {
	struct index_node *stack[INDEX_DEPTH + 1], *next[INDEX_DEPTH + 1];
	size_t depth;
};

static void walk_push(struct walk *w, struct index_node *node)
{
	w->stack[w->depth] = node;
	w->next[w->depth++] = node->child;
}

/* The next node with all its children done, or (@before) with none of them. */
static struct index_node *walk_next(struct walk *w, bool before)
{
	while (w->depth) {
		struct index_node *child = w->next[w->depth - 1];

		if (!child) {
			struct index_node *done = w->stack[--w->depth];

			if (!before)
				return done;
			continue;
		}
		w->next[w->depth - 1] = child->next;
		walk_push(w, child);
		if (before)
			return child;
	}
	return NULL;
}

static void measure(struct walk *w, struct index_node *top)
{
	struct index_node *node;

	walk_push(w, top);
	while ((node = walk_next(w, false))) {
		node->own = node->total = own_size(node);
		for (const struct index_node *c = node->child; c; c = c->next)
			node->total += c->total;
	}
}

static void put(struct buf *to, uint32_t v)
{
	uint8_t word[4];

	put_be32(word, v);
	buf_add(to, word, sizeof(word));
}

static void write_node(const struct index_node *node, struct buf *to)
{
	uint32_t n = 0;

	if (node->prefix.len) {
		buf_add_str(to, node->prefix);
		buf_add_char(to, '\0');
	}
	if (node->child) {
		struct range r = children_of(node);
		const struct index_node *c = node->child;

		buf_add_char(to, (char)r.first);
		buf_add_char(to, (char)r.last);
		for (unsigned i = r.first; i <= r.last; i++) {
			bool there = c->c == i;

			put(to, there ? c->offset | flags_of(c) : 0);
			if (there && c->next)
				c = c->next;
		}
	}
	for (const struct index_value *v = node->values; v; v = v->next)
		n++;
	if (n)
		put(to, n);
	for (const struct index_value *v = node->values; v; v = v->next) {
		put(to, v->priority);
		buf_add_str(to, v->text);
		buf_add_char(to, '\0');
	}
}

static void write_parent_first(struct walk *w, struct index_node *top, struct buf *to)
{
	struct index_node *node = top;

	top->offset = INDEX_FIRST;
	walk_push(w, top);
	do {
		uint64_t at = node->offset + node->own;

		for (struct index_node *c = node->child; c; c = c->next) {
			c->offset = (uint32_t)at;
			at += c->total;
		}
		write_node(node, to);
	} while ((node = walk_next(w, true)));
}

static void write_children_first(struct walk *w, struct index_node *top, struct buf *to)
{
	struct index_node *node;

	walk_push(w, top);
	while ((node = walk_next(w, false))) {
		node->offset = (uint32_t)to->len;
		write_node(node, to);
	}
}

int index_trie_encode(const struct index_trie *t, bool parent_first, struct buf *to,
		      struct error *err)
{
	struct walk *w = arena_alloc(t->arena, sizeof(*w));

	measure(w, t->top);
	if (t->top->total + INDEX_FIRST > DEPMOD_INDEX_MAX)
		return err_set(err, ERR_LIMIT, "an index of modules has more than %u bytes",
			       DEPMOD_INDEX_MAX);
	put(to, INDEX_MAGIC);
	put(to, INDEX_VERSION);
	put(to, 0);
	if (parent_first)
		write_parent_first(w, t->top, to);
	else
		write_children_first(w, t->top, to);
	put_be32(to->ptr + 8, t->top->offset | flags_of(t->top));
	return 0;
}

#include "debian/strbuf.h"

#define RECENT 16384u /* strings, a power of two */

/* A tree by last characters; each node stands for one string that was added. */
struct strbuf_node {
	uint32_t offset, len;
	uint8_t last; /* the character that leads here */
	struct strbuf_node *child, *next;
};

/*
 * Keys and names of files come again and again. Nodes never change, and new ones only hang
 * below: what a search has found once it finds again, so that it need not search.
 */
struct strbuf_recent {
	uint32_t offset, len;
	bool used;
};

void strbuf_init(struct strbuf *s, struct arena *arena, size_t max)
{
	*s = (struct strbuf){
		.bytes = BUF_INIT(max),
		.arena = arena,
		.top = arena_alloc(arena, sizeof(struct strbuf_node)),
		.recent = arena_array(arena, RECENT, sizeof(struct strbuf_recent)),
	};
	buf_add_char(&s->bytes, '\0');
}

void strbuf_release(struct strbuf *s)
{
	buf_release(&s->bytes);
}

static struct strbuf_node *child_by(const struct strbuf_node *node, uint8_t last)
{
	struct strbuf_node *c = node->child;

	while (c && c->last != last)
		c = c->next;
	return c;
}

static struct strbuf_recent *recent_of(const struct strbuf *s, struct str text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (uint8_t)text.ptr[i]) * 16777619u;
	return &s->recent[(hash ^ hash >> 16) & (RECENT - 1)];
}

static uint32_t find_or_add(struct strbuf *s, struct str text)
{
	struct strbuf_node *node = s->top, *new;
	uint32_t len = (uint32_t)text.len;
	uint8_t last = 0;

	for (uint32_t depth = 0; depth <= len; depth++) {
		struct strbuf_node *child;

		if (depth == len ||
		    (node->len >= len &&
		     memcmp(s->bytes.ptr + node->offset + node->len - len, text.ptr, len) == 0))
			return node->offset + node->len - len;
		last = (uint8_t)text.ptr[len - 1 - depth];
		child = child_by(node, last);
		if (!child)
			break;
		node = child;
	}
	if (text.len >= s->bytes.max - s->bytes.len)
		return UINT32_MAX;
	new = arena_alloc(s->arena, sizeof(*new));
	*new = (struct strbuf_node){
		.offset = (uint32_t)s->bytes.len,
		.len = len,
		.last = last,
		.next = node->child,
	};
	node->child = new;
	buf_add_str(&s->bytes, text);
	buf_add_char(&s->bytes, '\0');
	return new->offset;
}

uint32_t strbuf_add(struct strbuf *s, struct str text)
{
	struct strbuf_recent *r = recent_of(s, text);
	uint32_t offset;

	if (text.len && r->used && r->len == text.len &&
	    memcmp(s->bytes.ptr + r->offset, text.ptr, text.len) == 0)
		return r->offset;
	offset = find_or_add(s, text);
	if (offset != UINT32_MAX)
		*r = (struct strbuf_recent){ offset, (uint32_t)text.len, true };
	return offset;
}

/*
 * docs/formats/causes.md. Rows of paths are an indented listing: a name and how deep it lies
 * below the row of its folder. Causes are numbered in the order in which rows name them, so
 * that nothing shows in which order the tree came to know them.
 */
#include <stdlib.h>

#include "attest/causes.h"
#include "attest/causes_private.h"
#include "base/mem.h"
#include "format/json/json.h"

struct rows {
	const struct tree *tree;
	struct buf *to;
	uint32_t *number; /* by cause_id; 0: not named yet, else number + 1 */
	cause_id *named;  /* by number */
	uint32_t n_named;
	struct buf name;
};

static void add_number(struct buf *to, uint32_t value)
{
	char digits[10];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + value % 10);
	while (value /= 10);
	buf_add(to, digits + n, sizeof(digits) - n);
}

/* A name is bytes, JSON is UTF-8: what is not is "\xHH", and a backslash is two. */
static struct str escape(struct str text, struct buf *scratch)
{
	static const char digits[] = "0123456789abcdef";
	bool utf8 = text_is_utf8(text);

	if (utf8 && str_find_char(text, '\\') == text.len)
		return text;
	buf_reset(scratch);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.ptr[i];

		if (c == '\\') {
			buf_add_cstr(scratch, "\\\\");
		} else if (!utf8 && c >= 0x80) {
			buf_add_cstr(scratch, "\\x");
			buf_add_char(scratch, digits[c >> 4]);
			buf_add_char(scratch, digits[c & 15]);
		} else {
			buf_add_char(scratch, (char)c);
		}
	}
	return buf_str(scratch);
}

static uint32_t number_of(struct rows *r, cause_id id)
{
	if (!r->number[id]) {
		r->named[r->n_named++] = id;
		r->number[id] = r->n_named;
	}
	return r->number[id] - 1;
}

static void add_row(struct rows *r, const struct node *node, uint32_t depth)
{
	const cause_id *of = node->inode->cause;
	struct buf *to = r->to;

	buf_add_cstr(to, depth ? ",\n[" : "[");
	add_number(to, depth);
	buf_add_char(to, ',');
	json_write_str(escape(node->name, &r->name), to);
	buf_add_char(to, ',');
	add_number(to, number_of(r, node->cause));
	if (node->removed) {
		buf_add_cstr(to, ",null");
	} else if (of[CAUSE_CONTENT] != node->cause || of[CAUSE_OWNER] != node->cause ||
		   of[CAUSE_XATTRS] != node->cause) {
		for (int i = 0; i < CAUSE_OF_COUNT; i++) {
			buf_add_char(to, ',');
			add_number(to, number_of(r, of[i]));
		}
	}
	buf_add_char(to, ']');
}

static uint32_t depth_of(const struct node *node)
{
	uint32_t depth = 0;

	while ((node = node->parent))
		depth++;
	return depth;
}

/* Living nodes come in order, tombstones come in order: both lists as one. */
static void add_paths(struct rows *r)
{
	struct tree_iter it = tree_iter(r->tree, tree_root(r->tree));
	struct buf path = BUF_INIT(SIZE_MAX / 2);
	struct buf removed = BUF_INIT(SIZE_MAX / 2);
	struct arena arena = ARENA_INIT;
	struct node **gone, *node = tree_next(&it);
	size_t n = tree_tombstones(r->tree, &arena, &gone), i = 0;

	while (node || i < n) {
		bool living = i == n;

		if (node && i < n) {
			buf_reset(&path);
			buf_reset(&removed);
			tree_path(node, &path);
			tree_path(gone[i], &removed);
			living = tree_path_compare(buf_str(&path), buf_str(&removed)) < 0;
		}
		add_row(r, living ? node : gone[i], depth_of(living ? node : gone[i]));
		if (living)
			node = tree_next(&it);
		else
			i++;
	}
	buf_release(&path);
	buf_release(&removed);
	arena_release(&arena);
}

/* ---- all else ---- */

static void add_text(struct buf *to, const char *before, struct str text)
{
	buf_add_cstr(to, before);
	json_write_str(text, to);
}

static void add_causes(const struct rows *r, struct buf *to)
{
	struct buf who = BUF_INIT(SIZE_MAX / 2);

	buf_add_cstr(to, ",\n\"causes\":[");
	for (uint32_t i = 0; i < r->n_named; i++) {
		const struct cause *c = tree_cause(r->tree, r->named[i]);

		add_text(to, i ? ",\n[" : "\n[", str_of(cause_kind_names[c->kind]));
		add_text(to, ",", escape(c->who, &who));
		add_text(to, ",", escape(c->what, &who));
		buf_add_char(to, ']');
	}
	buf_add_cstr(to, "]");
	buf_release(&who);
}

static void add_facts(const struct causes *c, struct buf *to)
{
	buf_add_cstr(to, ",\n\"facts\":{");
	for (size_t i = 0; i < c->n_facts; i++) {
		add_text(to, i ? ",\n" : "\n", c->facts[i].name);
		add_text(to, ":", c->facts[i].value);
	}
	buf_add_char(to, '}');
}

static void add_keys(const struct causes *c, struct buf *to)
{
	buf_add_cstr(to, ",\n\"keys\":[");
	for (size_t i = 0; i < c->n_keys; i++) {
		add_text(to, i ? ",\n[" : "\n[", c->keys[i].key);
		add_text(to, ",", c->keys[i].value);
		add_text(to, ",", c->keys[i].at);
		buf_add_char(to, ']');
	}
	buf_add_char(to, ']');
}

static void add_packages(const struct causes *c, struct buf *to)
{
	buf_add_cstr(to, ",\n\"packages\":[");
	for (size_t i = 0; i < c->n_packages; i++) {
		const struct causes_package *p = &c->packages[i];
		char hex[DIGEST_HEX_MAX];

		add_text(to, i ? ",\n{\"architecture\":" : "\n{\"architecture\":", p->architecture);
		add_text(to, ",\"asked\":", p->asked);
		add_text(to, ",\"at\":", p->at);
		add_text(to, ",\"name\":", p->name);
		add_text(to, ",\"sha256\":", str_of(digest_hex(&p->digest, hex)));
		add_text(to, ",\"source\":", p->source);
		add_text(to, ",\"source_version\":", p->source_version);
		add_text(to, ",\"version\":", p->version);
		add_text(to, ",\"why\":", p->why);
		buf_add_char(to, '}');
	}
	buf_add_char(to, ']');
}

void causes_write(const struct causes *c, const struct tree *tree, struct buf *to)
{
	struct buf paths = BUF_INIT(SIZE_MAX / 2);
	struct rows r = { .tree = tree, .to = &paths, .name = BUF_INIT(SIZE_MAX / 2) };

	r.number = mem_array(tree_cause_count(tree), sizeof(*r.number));
	r.named = mem_array(tree_cause_count(tree), sizeof(*r.named));
	add_paths(&r);
	buf_add_cstr(to, "{\"_type\":\"" CAUSES_TYPE "\"");
	add_text(to, ",\n\"architecture\":", c->architecture);
	add_causes(&r, to);
	add_facts(c, to);
	add_keys(c, to);
	add_packages(c, to);
	buf_add_cstr(to, ",\n\"paths\":[\n");
	buf_add_str(to, buf_str(&paths));
	add_text(to, "],\n\"recipe\":", c->recipe);
	add_text(to, ",\n\"target\":", c->target);
	buf_add_cstr(to, "}\n");
	buf_release(&paths);
	buf_release(&r.name);
	free(r.number);
	free(r.named);
}

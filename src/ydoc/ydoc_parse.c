/*
 * The reader: one loop over libyaml's events with a stack of open lists and
 * maps, so that depth is known before a level is opened and nothing recurses.
 */
#include "ydoc/ydoc.h"

#include <assert.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/exhausted.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "ydoc/ydoc_text.h"

#define KEYS_HASHED 16 /* from here on a map's keys are looked up in a table */

/* An open list or map. */
struct frame {
	struct ydoc_node *node;
	struct ydoc_node **items;
	struct ydoc_pair *pairs;
	size_t n, capacity;
	bool has_key;            /* a key was read, its value was not */
	struct strtab keys;      /* of a large map: key to number of the pair */
};

struct reader {
	yaml_parser_t parser;
	struct str text;
	const char *file;
	struct arena *arena;
	struct ydoc_cursor seen; /* up to here, tabs between scalars were looked for */
	struct frame stack[LIMIT_YAML_DEPTH];
	unsigned depth;
	struct ydoc_node *root;
	unsigned n_documents;
};

static void reader_release(struct reader *r)
{
	for (unsigned i = 0; i < r->depth; i++) {
		free(r->stack[i].items);
		free(r->stack[i].pairs);
		strtab_release(&r->stack[i].keys);
	}
	yaml_parser_delete(&r->parser);
}

static struct src_pos position(const struct reader *r, yaml_mark_t mark)
{
	return (struct src_pos){ r->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1 };
}

static int refuse(struct src_pos pos, const char *what, const char *hint, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_SYNTAX, pos, "%s", what);
	return err_hint(err, "%s", hint);
}

static int refuse_tab(struct src_pos pos, struct error *err)
{
	return refuse(pos, "a tab stands where YAML takes blanks only",
		      "indent and separate with blanks; \"\\t\" in double quotes is a tab in a text",
		      err);
}

/* What libyaml says, and what a person does about it. */
struct advice {
	const char *problem, *text;
};

static const struct advice hints[] = {
	{ "mapping values are not allowed in this context",
	  "indent keys of one mapping alike, and put a text that holds ': ' in quotes" },
	{ "did not find expected key", "start all keys of one mapping in the same column" },
	{ "did not find expected '-' indicator", "start all '-' of one list in the same column" },
	{ "could not find expected ':'", "a line here reads 'key: value'" },
	{ "found unexpected end of stream", "a quote or a bracket is not closed" },
	{ "found unexpected document indicator", "a quote or a bracket is not closed" },
	{ "did not find expected ',' or ']'", "separate entries by ',' and close the list by ']'" },
	{ "did not find expected ',' or '}'",
	  "separate entries by ',' and close the mapping by '}'" },
	{ "found unknown escape character",
	  "write '\\\\' for a backslash in double quotes, or use single quotes" },
	{ "found character that cannot start any token", "put a text that starts so in quotes" },
	{ "did not find expected alphabetic or numeric character",
	  "put a text that starts with '*' or '&' in quotes" },
	{ "did not find expected whitespace or line break",
	  "put a text that starts with '!' in quotes" },
	{ "block sequence entries are not allowed in this context",
	  "start the list on a line of its own, or write it as [a, b]" },
	{ "did not find expected <document start>", "write the whole recipe as one mapping" },
	{ "found unknown directive name", "remove the line that starts with '%'" },
	{ "found undefined tag handle", "put a text that starts with '!' in quotes" },
};

/* Better words for what libyaml says. */
static const struct advice words[] = {
	{ "did not find expected alphabetic or numeric character",
	  "'*' and '&' at the start of a text make an alias or an anchor, which are refused" },
	{ "did not find expected whitespace or line break",
	  "'!' at the start of a text makes a tag, which is refused" },
	{ "found undefined tag handle",
	  "'!' at the start of a text makes a tag, which is refused" },
};

#define FIND(table, problem) find_advice(table, sizeof(table) / sizeof(*(table)), problem)

static const char *find_advice(const struct advice *table, size_t n, const char *problem)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].problem, problem) == 0)
			return table[i].text;
	return NULL;
}

static int syntax_error(struct reader *r, struct error *err)
{
	const yaml_parser_t *p = &r->parser;
	struct src_pos pos = position(r, p->problem_mark);
	const char *problem = p->problem ? p->problem : "malformed";
	const char *better = FIND(words, problem), *hint = FIND(hints, problem);

	if (p->error == YAML_READER_ERROR)
		return err_at(err, ERR_RECIPE_SYNTAX, (struct src_pos){ r->file, 1, 1 }, "%s",
			      problem);
	while (r->seen.byte < r->text.len && r->seen.index < p->problem_mark.index)
		(void)ydoc_cursor_next(&r->seen);
	if (r->seen.byte < r->text.len && r->text.ptr[r->seen.byte] == '\t')
		return refuse_tab(pos, err);
	/* What is not closed matters more than where the file ends. */
	if (strcmp(problem, "found unexpected end of stream") == 0 && p->context)
		pos = position(r, p->context_mark);
	(void)err_at(err, ERR_RECIPE_SYNTAX, pos, "%s", better ? better : problem);
	if (p->context && strstr(p->context, "flow"))
		(void)err_detail(err, "%s that starts at %s:%zu:%zu", p->context, r->file,
				 p->context_mark.line + 1, p->context_mark.column + 1);
	return hint ? err_hint(err, "%s", hint) : -1;
}

/*
 * Tabs in scalars and in comments are text. libyaml also takes them between
 * tokens, where they look like indentation: those are refused.
 */
static int look_for_tabs(struct reader *r, yaml_mark_t until, struct error *err)
{
	bool comment = false;

	while (r->seen.index < until.index && r->seen.byte < r->text.len) {
		char c = r->text.ptr[r->seen.byte];

		if (c == '\n')
			comment = false;
		else if (c == '#')
			comment = true;
		else if (c == '\t' && !comment)
			return refuse_tab((struct src_pos){ r->file, r->seen.line,
							    r->seen.column }, err);
		(void)ydoc_cursor_next(&r->seen);
	}
	return 0;
}

static int check_properties(struct reader *r, const yaml_event_t *e, struct error *err)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_ALIAS_EVENT) {
		(void)err_at(err, ERR_RECIPE_SYNTAX, position(r, e->start_mark),
			     "aliases are refused: '*%s'", e->data.alias.anchor);
		return err_hint(err, "write the value out, or put a text that starts with '*' "
				     "in quotes");
	}
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor) {
		(void)err_at(err, ERR_RECIPE_SYNTAX, position(r, e->start_mark),
			     "anchors are refused: '&%s'", anchor);
		return err_hint(err, "write the value out where it is used, or put a text that "
				     "starts with '&' in quotes");
	}
	if (tag) {
		static const char standard[] = "tag:yaml.org,2002:";
		const char *name = (const char *)tag;
		bool short_form = strncmp(name, standard, sizeof(standard) - 1) == 0;

		if (short_form)
			name += sizeof(standard) - 1;
		(void)err_at(err, ERR_RECIPE_SYNTAX, position(r, e->start_mark),
			     "tags are refused: '%s%s'", short_form ? "!!" : "", name);
		return err_hint(err, "remove it; a text that starts with '!' needs quotes");
	}
	return 0;
}

static int check_document(struct reader *r, const yaml_event_t *e, struct error *err)
{
	struct src_pos pos = position(r, e->start_mark);
	const yaml_tag_directive_t *tags = e->data.document_start.tag_directives.start;

	if (e->data.document_start.version_directive ||
	    tags != e->data.document_start.tag_directives.end)
		return refuse(pos, "directives are refused",
			      "remove the lines that start with '%'", err);
	if (r->n_documents++)
		return refuse(pos, "a second document starts here",
			      "one file holds one document: remove '---', or split the file", err);
	return 0;
}

static bool find_key(struct frame *f, struct str key, struct src_pos *ret)
{
	uint32_t i;

	if (f->n < KEYS_HASHED) {
		for (i = 0; i < f->n && !str_equal(f->pairs[i].key, key); i++)
			;
		if (i == f->n)
			return false;
	} else if (!strtab_find(&f->keys, key, &i)) {
		return false;
	}
	*ret = f->pairs[i].key_pos;
	return true;
}

static void remember_key(struct frame *f)
{
	if (f->n < KEYS_HASHED)
		return;
	for (size_t i = f->n == KEYS_HASHED ? 0 : f->n - 1; i < f->n; i++)
		(void)strtab_put(&f->keys, f->pairs[i].key, (uint32_t)i);
}

static int add_key(struct frame *f, const struct ydoc_node *key, struct error *err)
{
	struct src_pos first;

	if (key->kind != YDOC_SCALAR)
		return refuse(key->pos, "a key must be a text", "write 'key: value'", err);
	if (key->plain && str_equal_cstr(key->text, "<<"))
		return refuse(key->pos, "merge keys are refused: '<<'",
			      "write the keys out, or use 'include:'", err);
	if (key->text.len == 0)
		return refuse(key->pos, "a key is empty", "write 'key: value'", err);
	if (find_key(f, key->text, &first)) {
		(void)err_at(err, ERR_RECIPE_DUPLICATE_KEY, key->pos,
			     "key '" STR_FMT "' stands twice", STR_ARG(key->text));
		(void)err_detail(err, "first at %s:%u:%u", first.file, first.line, first.column);
		return err_hint(err, "remove one of the two, or join their values");
	}
	MEM_GROW(f->pairs, f->n, f->capacity);
	f->pairs[f->n++] = (struct ydoc_pair){ .key = key->text, .key_pos = key->pos };
	f->has_key = true;
	remember_key(f);
	return 0;
}

/* Puts a finished or just opened node where it belongs. */
static int place(struct reader *r, struct ydoc_node *node, struct error *err)
{
	struct frame *f;

	if (r->depth == 0) {
		assert(!r->root);
		r->root = node;
		return 0;
	}
	f = &r->stack[r->depth - 1];
	if (f->node->kind == YDOC_LIST) {
		MEM_GROW(f->items, f->n, f->capacity);
		f->items[f->n++] = node;
		return 0;
	}
	if (!f->has_key)
		return add_key(f, node, err);
	f->pairs[f->n - 1].value = node;
	f->has_key = false;
	return 0;
}

static struct ydoc_node *new_node(struct reader *r, enum ydoc_kind kind, yaml_mark_t mark)
{
	struct ydoc_node *node = arena_alloc(r->arena, sizeof(*node));

	node->kind = kind;
	node->pos = position(r, mark);
	return node;
}

static int read_scalar(struct reader *r, const yaml_event_t *e, struct error *err)
{
	struct ydoc_node *node = new_node(r, YDOC_SCALAR, e->start_mark);
	struct str text = { (const char *)e->data.scalar.value, e->data.scalar.length };

	if (text.len && memchr(text.ptr, 0, text.len))
		return refuse(node->pos, "a text holds a NUL byte",
			      "put bytes that are no text into a file and name it by 'from:'", err);
	node->text = arena_str(r->arena, text);
	node->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	while (r->seen.index < e->end_mark.index && ydoc_cursor_next(&r->seen))
		;
	return place(r, node, err);
}

static int open_level(struct reader *r, enum ydoc_kind kind, const yaml_event_t *e,
		      struct error *err)
{
	struct ydoc_node *node = new_node(r, kind, e->start_mark);

	if (r->depth == LIMIT_YAML_DEPTH) {
		(void)err_at(err, ERR_LIMIT, node->pos, "nested more than %u levels deep",
			     LIMIT_YAML_DEPTH);
		return err_hint(err, "nothing in a recipe needs more than six levels");
	}
	if (place(r, node, err) < 0)
		return -1;
	r->stack[r->depth++] = (struct frame){ .node = node };
	return 0;
}

static void close_level(struct reader *r)
{
	struct frame *f = &r->stack[--r->depth];
	struct ydoc_node *node = f->node;

	if (node->kind == YDOC_LIST) {
		node->items = arena_array(r->arena, f->n, sizeof(*node->items));
		node->n_items = f->n;
		if (f->n)
			memcpy(node->items, f->items, f->n * sizeof(*node->items));
	} else {
		node->pairs = arena_array(r->arena, f->n, sizeof(*node->pairs));
		node->n_pairs = f->n;
		if (f->n)
			memcpy(node->pairs, f->pairs, f->n * sizeof(*node->pairs));
	}
	free(f->items);
	free(f->pairs);
	strtab_release(&f->keys);
}

static int handle(struct reader *r, const yaml_event_t *e, struct error *err)
{
	if (e->type != YAML_DOCUMENT_END_EVENT && look_for_tabs(r, e->start_mark, err) < 0)
		return -1;
	if (check_properties(r, e, err) < 0)
		return -1;
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return check_document(r, e, err);
	case YAML_SCALAR_EVENT:
		return read_scalar(r, e, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(r, YDOC_LIST, e, err);
	case YAML_MAPPING_START_EVENT:
		return open_level(r, YDOC_MAP, e, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_level(r);
		return 0;
	default:
		return 0;
	}
}

static int read_events(struct reader *r, struct error *err)
{
	for (;;) {
		yaml_event_t e;
		yaml_event_type_t type;
		int status;

		if (!yaml_parser_parse(&r->parser, &e)) {
			if (r->parser.error == YAML_MEMORY_ERROR)
				mem_exhausted();
			return syntax_error(r, err);
		}
		type = e.type;
		status = handle(r, &e, err);
		yaml_event_delete(&e);
		if (status < 0)
			return -1;
		if (type == YAML_STREAM_END_EVENT)
			return 0;
	}
}

int ydoc_parse(struct bytes text, const char *file, size_t max, struct arena *arena,
	       struct ydoc_node **ret, struct error *err)
{
	CLEANUP(reader_release) struct reader r = {
		.text = bytes_str(text),
		.file = arena_strdup(arena, str_of(file)),
		.arena = arena,
		.seen = YDOC_CURSOR_INIT(bytes_str(text)),
	};

	if (!yaml_parser_initialize(&r.parser))
		mem_exhausted();
	if (text.len > max) {
		(void)err_at(err, ERR_LIMIT, (struct src_pos){ r.file, 0, 0 },
			     "the file has %zu bytes, at most %zu are read", text.len, max);
		return err_hint(err, "put large contents into files of their own");
	}
	if (ydoc_text_check(r.text, r.file, err) < 0)
		return -1;
	yaml_parser_set_input_string(&r.parser, text.len ? text.ptr : (const uint8_t *)"",
				     text.len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	if (read_events(&r, err) < 0)
		return -1;
	if (!r.root || (r.root->kind == YDOC_SCALAR && r.root->plain && !r.root->text.len))
		r.root = new_node(&r, YDOC_MAP, (yaml_mark_t){ 0 });
	*ret = r.root;
	return 0;
}

struct ydoc_node *ydoc_get(const struct ydoc_node *map, const char *key)
{
	assert(map->kind == YDOC_MAP);
	for (size_t i = 0; i < map->n_pairs; i++)
		if (str_equal_cstr(map->pairs[i].key, key))
			return map->pairs[i].value;
	return NULL;
}

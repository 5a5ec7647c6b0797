/*
 * hwdb.bin as `systemd-hwdb update` makes it: a trie of match strings, whose strings
 * lie in one store. Offsets follow from the order of insertion, which is the order
 * of the files and of their lines.
 */
#include "debian/hwdb.h"

#include <stdlib.h>

#include "base/endian.h"
#include "crypto/hash.h"
#include "debian/conf_files.h"
#include "debian/generators.h"
#include "debian/strbuf.h"

#define HWDB_VERSION 1	     /* of what is made from the same files */
#define HWDB_MAX (64u << 20) /* bytes of hwdb.bin, and of its sources */
#define HWDB_MATCHES 4096u   /* of one record */
#define HEADER_SIZE 80u
#define NODE_SIZE 24u
#define CHILD_SIZE 16u
#define VALUE_SIZE 32u
#define HWDB_DEPTH 4096u /* of the trie: LONG_LINE_MAX characters never branch that often */

struct value {
	uint32_t key, value, file, line;
	uint16_t priority;
};

struct trie {
	uint32_t prefix;    /* offset of a string */
	uint8_t c;	    /* leads here from the parent */
	struct trie *child; /* sorted by @c */
	struct trie *next;
	struct value *values; /* sorted by the key's text */
	size_t n_values, values_capacity;
};

struct hwdb {
	struct arena *arena;
	struct strbuf strings;
	struct trie *top;
	struct str matches[HWDB_MATCHES];
	size_t n_matches;
	struct str file;   /* that is read */
	uint16_t priority; /* its number */
	uint32_t line;
};

static const char *text_at(const struct hwdb *h, uint32_t offset)
{
	return (const char *)h->strings.bytes.ptr + offset;
}

static int store(struct hwdb *h, struct str text, uint32_t *ret, struct error *err)
{
	*ret = strbuf_add(&h->strings, text);
	if (*ret == UINT32_MAX)
		return err_set(err, ERR_LIMIT, "the hardware database has more than %u bytes",
			       HWDB_MAX);
	return 0;
}

static int add_value(struct hwdb *h, struct trie *node, struct str key, struct str value,
		     struct error *err)
{
	struct value new = { .line = h->line, .priority = h->priority };
	size_t at = 0;

	if (store(h, key, &new.key, err) < 0 || store(h, value, &new.value, err) < 0 ||
	    store(h, h->file, &new.file, err) < 0)
		return -1;
	while (at < node->n_values &&
	       strcmp(text_at(h, node->values[at].key), text_at(h, new.key)) < 0)
		at++;
	if (at < node->n_values &&
	    strcmp(text_at(h, node->values[at].key), text_at(h, new.key)) == 0) {
		new.key = node->values[at].key;
		node->values[at] = new;
		return 0;
	}
	ARENA_GROW(h->arena, node->values, node->n_values, node->values_capacity);
	memmove(&node->values[at + 1], &node->values[at],
		(node->n_values - at) * sizeof(*node->values));
	node->values[at] = new;
	node->n_values++;
	return 0;
}

static void add_child(struct trie *node, struct trie *child)
{
	struct trie **at = &node->child;

	while (*at && (*at)->c < child->c)
		at = &(*at)->next;
	child->next = *at;
	*at = child;
}

static struct trie *find_child(const struct trie *node, uint8_t c)
{
	struct trie *child = node->child;

	while (child && child->c < c)
		child = child->next;
	return child && child->c == c ? child : NULL;
}

/* @node's prefix ends before its character @n, which leads to what it was. */
static int split(struct hwdb *h, struct trie *node, size_t n, struct error *err)
{
	struct trie *child = arena_alloc(h->arena, sizeof(*child));
	uint8_t c = (uint8_t)text_at(h, node->prefix)[n];
	struct str kept = arena_str(h->arena, (struct str){ text_at(h, node->prefix), n });
	uint32_t prefix = 0;

	*child = *node;
	child->prefix = node->prefix + (uint32_t)n + 1;
	child->c = c;
	child->next = NULL;
	if (store(h, kept, &prefix, err) < 0)
		return -1;
	*node = (struct trie){ .prefix = prefix, .c = node->c, .next = node->next };
	add_child(node, child);
	return 0;
}

static int insert(struct hwdb *h, struct str match, struct str key, struct str value,
		  struct error *err)
{
	struct trie *node = h->top, *child;
	size_t i = 0;

	for (;;) {
		size_t p = 0;
		const char *prefix = text_at(h, node->prefix);

		while (prefix[p] && i + p < match.len && prefix[p] == match.ptr[i + p])
			p++;
		if (prefix[p] && split(h, node, p, err) < 0)
			return -1;
		i += p;
		if (i == match.len)
			return add_value(h, node, key, value, err);
		child = find_child(node, (uint8_t)match.ptr[i]);
		if (!child)
			break;
		node = child;
		i++;
	}
	child = arena_alloc(h->arena, sizeof(*child));
	child->c = (uint8_t)match.ptr[i];
	if (store(h, (struct str){ match.ptr + i + 1, match.len - i - 1 }, &child->prefix, err) < 0)
		return -1;
	add_child(node, child);
	return add_value(h, child, key, value, err);
}

/* ---- the text ---- */

enum state { STATE_NONE, STATE_MATCH, STATE_DATA };

/* " KEY=VALUE": one blank of those before the key is kept. */
static int property(struct hwdb *h, struct str line, struct error *err)
{
	size_t equals = str_find_char(line, '=');
	struct str key = { line.ptr, equals }, value;

	if (equals == line.len)
		return 0; /* the program says so on standard error and goes on */
	value = (struct str){ line.ptr + equals + 1, line.len - equals - 1 };
	while (key.len > 1 && strchr(" \t", key.ptr[0]) && strchr(" \t", key.ptr[1]))
		key = (struct str){ key.ptr + 1, key.len - 1 };
	if (key.len < 2)
		return 0;
	for (size_t i = 0; i < h->n_matches; i++)
		if (insert(h, h->matches[i], key, value, err) < 0)
			return -1;
	return 0;
}

static int add_match(struct hwdb *h, struct str line, struct error *err)
{
	if (h->n_matches == HWDB_MATCHES)
		return err_set(err, ERR_LIMIT, "'" STR_FMT "' has a record of more than %u matches",
			       STR_ARG(h->file), HWDB_MATCHES);
	h->matches[h->n_matches++] = line;
	return 0;
}

static int read_line(struct hwdb *h, struct str line, enum state *state, struct error *err)
{
	bool indented = line.len && *line.ptr == ' ';

	switch (*state) {
	case STATE_NONE:
		if (!line.len || indented)
			return 0;
		*state = STATE_MATCH;
		return add_match(h, line, err);
	case STATE_MATCH:
		if (line.len && !indented)
			return add_match(h, line, err);
		break;
	case STATE_DATA:
		break;
	}
	if (!indented) {
		*state = STATE_NONE;
		h->n_matches = 0;
		return 0;
	}
	*state = STATE_DATA;
	return property(h, line, err);
}

static struct str without_comment(struct str line)
{
	line.len = str_find_char(line, '#');
	while (line.len && strchr(" \t\n\v\f\r", line.ptr[line.len - 1]))
		line.len--;
	return line;
}

static int read_text(struct hwdb *h, struct str text, struct error *err)
{
	enum state state = STATE_NONE;
	struct str line;

	h->n_matches = 0;
	h->line = 0;
	if (memchr(text.ptr ? text.ptr : "", '\0', text.len))
		return err_set(err, ERR_UNSUPPORTED, "'" STR_FMT "' has a NUL", STR_ARG(h->file));
	while (str_split(&text, '\n', &line)) {
		h->line++;
		if ((line.len && *line.ptr == '#') || (!text.ptr && !line.len))
			continue;
		if (read_line(h, without_comment(line), &state, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the file ---- */

struct writer {
	const struct hwdb *h;
	uint32_t strings; /* where they begin */
	struct buf *to;	  /* nodes only: offset HEADER_SIZE is its first byte */
};

static size_t count_children(const struct trie *node)
{
	size_t n = 0;

	for (const struct trie *c = node->child; c; c = c->next)
		n++;
	return n;
}

static void add64(struct buf *to, uint64_t v)
{
	uint8_t word[8];

	put_le64(word, v);
	buf_add(to, word, sizeof(word));
}

static void write_value(struct writer *w, const struct value *v)
{
	uint8_t tail[8] = { 0 };

	add64(w->to, w->strings + v->key);
	add64(w->to, w->strings + v->value);
	add64(w->to, w->strings + v->file);
	put_le32(tail, v->line);
	put_le16(tail + 4, v->priority);
	buf_add(w->to, tail, sizeof(tail));
}

/* @offsets: of its children, which are written. Returns its own. */
static uint64_t write_node(struct writer *w, const struct trie *node, const uint64_t *offsets)
{
	uint64_t offset = HEADER_SIZE + w->to->len;
	size_t n = count_children(node), i = 0;
	uint8_t head[8] = { (uint8_t)n };

	add64(w->to, w->strings + node->prefix);
	buf_add(w->to, head, sizeof(head));
	add64(w->to, node->n_values);
	for (const struct trie *c = node->child; c; c = c->next) {
		uint8_t key[8] = { c->c };

		buf_add(w->to, key, sizeof(key));
		add64(w->to, offsets[i++]);
	}
	for (i = 0; i < node->n_values; i++)
		write_value(w, &node->values[i]);
	return offset;
}

struct walk {
	struct {
		const struct trie *node, *next;
		size_t first; /* of its children's offsets */
	} stack[HWDB_DEPTH];
	size_t depth;
	uint64_t *offsets;
	size_t n, capacity;
};

static int descend(struct walk *k, const struct trie *node, struct error *err)
{
	if (k->depth == HWDB_DEPTH)
		return err_set(err, ERR_LIMIT, "the hardware database is too deep");
	k->stack[k->depth].node = node;
	k->stack[k->depth].next = node->child;
	k->stack[k->depth].first = k->n;
	k->depth++;
	return 0;
}

/* Children before their parent, in the order of their characters. */
static int write_nodes(struct writer *w, uint64_t *ret_top, struct error *err)
{
	struct walk *k = arena_alloc(w->h->arena, sizeof(*k));

	if (descend(k, w->h->top, err) < 0)
		return -1;
	while (k->depth) {
		const struct trie *next = k->stack[k->depth - 1].next;

		if (next) {
			k->stack[k->depth - 1].next = next->next;
			if (descend(k, next, err) < 0)
				return -1;
			continue;
		}
		k->depth--;
		*ret_top = write_node(w, k->stack[k->depth].node,
				      k->offsets + k->stack[k->depth].first);
		k->n = k->stack[k->depth].first;
		ARENA_GROW(w->h->arena, k->offsets, k->n, k->capacity);
		k->offsets[k->n++] = *ret_top;
	}
	return 0;
}

/* Bytes of all nodes; UINT64_MAX: too deep. */
static uint64_t size_of_nodes(const struct trie *top)
{
	uint64_t size = 0;
	const struct trie *stack[HWDB_DEPTH];
	size_t depth = 0;

	stack[depth++] = top;
	while (depth) {
		const struct trie *node = stack[--depth];

		size += NODE_SIZE + VALUE_SIZE * (uint64_t)node->n_values;
		if (node->next && node != top)
			stack[depth++] = node->next;
		if (node->child && depth == HWDB_DEPTH)
			return UINT64_MAX;
		if (node->child)
			stack[depth++] = node->child;
		size += CHILD_SIZE * (uint64_t)count_children(node);
	}
	return size;
}

static int encode(struct hwdb *h, unsigned version, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf nodes = BUF_INIT(HWDB_MAX);
	uint64_t size = size_of_nodes(h->top), top = 0;
	struct writer w = { .h = h, .to = &nodes };

	if (size > HWDB_MAX || size + h->strings.bytes.len + HEADER_SIZE > HWDB_MAX)
		return err_set(err, ERR_LIMIT, "the hardware database has more than %u bytes",
			       HWDB_MAX);
	w.strings = HEADER_SIZE + (uint32_t)size;
	if (write_nodes(&w, &top, err) < 0)
		return -1;
	buf_add(to, "KSLPHHRH", 8);
	add64(to, version);
	add64(to, w.strings + h->strings.bytes.len);
	add64(to, HEADER_SIZE);
	add64(to, NODE_SIZE);
	add64(to, CHILD_SIZE);
	add64(to, VALUE_SIZE);
	add64(to, top);
	add64(to, nodes.len);
	add64(to, h->strings.bytes.len);
	buf_add_str(to, buf_str(&nodes));
	buf_add_str(to, buf_str(&h->strings.bytes));
	return 0;
}

int hwdb_compile(const struct hwdb_source *sources, size_t n, unsigned version, struct arena *arena,
		 struct buf *to, struct error *err)
{
	struct hwdb *h = arena_alloc(arena, sizeof(*h));
	int r = 0;

	h->arena = arena;
	h->top = arena_alloc(arena, sizeof(*h->top));
	strbuf_init(&h->strings, arena, HWDB_MAX);
	for (size_t i = 0; r == 0 && i < n; i++) {
		h->file = sources[i].path;
		h->priority = (uint16_t)(i + 1);
		r = read_text(h, sources[i].text, err);
	}
	if (r == 0)
		r = encode(h, version, to, err);
	strbuf_release(&h->strings);
	return r;
}

/* ---- the generator ---- */

struct hwdb_files {
	struct conf_file *files;
	size_t n;
	unsigned version;
};

static struct digest key_of(const struct debian *d, const struct hwdb_files *f)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("hwdb")));
	hash_add_u64(h, HWDB_VERSION);
	hash_add_u64(h, f->version);
	for (size_t i = 0; i < f->n; i++) {
		const struct node *node = tree_resolve(d->tree, f->files[i].path, true);
		bool is_file = node && node->inode->kind == NODE_FILE;

		hash_add_field(h, str_bytes(f->files[i].path));
		hash_add_field(h, is_file ? BYTES_OF(node->inode->content.digest.bytes)
					  : (struct bytes){ 0 });
	}
	key = hash_finish(h);
	hash_free(h);
	return key;
}

static int compile_files(struct debian *d, const struct hwdb_files *f, struct buf *to,
			 struct error *err)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct hwdb_source *sources = arena_array(&scratch, f->n, sizeof(*sources));

	for (size_t i = 0; i < f->n; i++) {
		sources[i].path = f->files[i].path;
		if (generator_read(d, f->files[i].path, HWDB_MAX, &scratch, &sources[i].text, err) <
		    0)
			return -1;
	}
	return hwdb_compile(sources, f->n, f->version, &scratch, to, err);
}

/* 12 MiB from as many: what was made of the same files once is remembered. */
static int obtain(struct debian *d, const struct hwdb_files *f, struct buf *to, struct error *err)
{
	const struct content_reader *reader = d->options->reader;
	struct digest key = key_of(d, f);
	const char *inputs;
	int r = CONTENT_UNKNOWN;

	if (reader && reader->recall)
		r = reader->recall(reader, "hwdb", &key, to, err);
	if (r != CONTENT_UNKNOWN)
		return r;
	if (compile_files(d, f, to, err) < 0)
		return -1;
	if (!reader || !reader->remember)
		return 0;
	inputs = arena_printf(d->arena, "%zu files of the hardware database\nversion %d\n", f->n,
			      HWDB_VERSION);
	return reader->remember(reader, "hwdb", &key, buf_bytes(to), str_of(inputs), err);
}

int generate_hwdb(struct debian *d, struct str argument, cause_id cause, struct error *err)
{
	static const char *const folders[] = { "/etc/udev/hwdb.d", "/usr/lib/udev/hwdb.d" };
	CLEANUP_BUF struct buf data = BUF_INIT(HWDB_MAX);
	const char *path =
		str_equal_cstr(argument, "usr") ? "usr/lib/udev/hwdb.bin" : "etc/udev/hwdb.bin";
	struct hwdb_files f = { .version = generator_major_version(d, STR("udev")) };

	conf_files_list(d, folders, 2, STR(".hwdb"), &f.files, &f.n);
	if (f.n == 0)
		return 0;
	if (obtain(d, &f, &data, err) < 0)
		return err_while(err, "making '/%s'", path);
	return generator_write(d, str_of(path), buf_bytes(&data), 0444, cause, err);
}

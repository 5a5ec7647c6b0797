#include "tools/tree_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#define WORDS_MAX 9

struct reader {
	struct tree *tree;
	struct str words[WORDS_MAX];
	size_t n_words;
	struct slice { struct node *node; uint32_t slice; } *slices;
	size_t n_slices, capacity;
	unsigned line;
};

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void add_plain(struct str text, struct buf *to)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '%' && i + 2 < text.len) {
			buf_add_char(to, (char)(hex_digit(text.ptr[i + 1]) << 4 |
						hex_digit(text.ptr[i + 2])));
			i += 2;
		} else {
			buf_add_char(to, text.ptr[i]);
		}
	}
}

static struct str expand(struct reader *r, struct str word)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 24);

	while (word.len) {
		size_t open = str_find_char(word, '{'), close = str_find_char(word, '}');
		struct str inside, count;
		uint64_t n;

		add_plain((struct str){ word.ptr, open }, &out);
		if (open == word.len)
			break;
		assert(close > open && close < word.len);
		inside = (struct str){ word.ptr + open + 1, close - open - 1 };
		if (!str_split(&inside, ':', &count) || !str_parse_u64(count, &n))
			abort();
		while (n--)
			add_plain(inside, &out);
		word.ptr += close + 1;
		word.len -= close + 1;
	}
	return arena_str(tree_arena(r->tree), buf_str(&out));
}

static uint64_t number(const struct reader *r, size_t i, int base)
{
	char text[32] = "";

	if (i >= r->n_words)
		return 0;
	assert(r->words[i].len < sizeof(text));
	memcpy(text, r->words[i].ptr, r->words[i].len);
	return strtoull(text, NULL, base);
}

static struct node *parent_of(struct reader *r, struct str path, struct str *ret_name)
{
	size_t slash = path.len;

	while (slash && path.ptr[slash - 1] != '/')
		slash--;
	*ret_name = (struct str){ path.ptr + slash, path.len - slash };
	return tree_find(r->tree, (struct str){ path.ptr, slash });
}

static struct content text_content(struct str text)
{
	return content_of_bytes(str_bytes(text));
}

static int put(struct reader *r, enum node_kind kind, struct error *err)
{
	bool link = kind == NODE_SYMLINK;
	size_t w = link ? 2 : 3; /* a symbolic link has no mode */
	struct inode inode = { .kind = kind, .mode = link ? 0777 : (uint16_t)number(r, 2, 8),
			       .uid = (uint32_t)number(r, w, 10),
			       .gid = (uint32_t)number(r, w + 1, 10),
			       .mtime = (int64_t)number(r, w + 2, 10) };
	struct str name;
	struct node *dir;

	if (kind == NODE_FILE)
		inode.content = text_content(r->n_words > 6 ? r->words[6] : STR(""));
	if (link)
		inode.target = r->words[5];
	if (kind == NODE_CHAR || kind == NODE_BLOCK) {
		inode.major = (uint32_t)number(r, 6, 10);
		inode.minor = (uint32_t)number(r, 7, 10);
	}
	if (str_equal_cstr(r->words[1], "/")) {
		tree_set_mode(tree_root(r->tree), inode.mode, 0);
		tree_set_owner(tree_root(r->tree), inode.uid, inode.gid, 0);
		return 0;
	}
	dir = parent_of(r, r->words[1], &name);
	if (!dir || !tree_is_name(name))
		return err_set(err, ERR_FORMAT, "line %u: no folder for that name", r->line);
	tree_put(r->tree, dir, name, &inode, 0);
	return 0;
}

static int put_zeros(struct reader *r, struct error *err)
{
	size_t size = (size_t)number(r, 6, 10);
	char *data = arena_alloc(tree_arena(r->tree), size);

	r->words[6] = (struct str){ data, size };
	r->n_words = 7;
	return put(r, NODE_FILE, err);
}

static int put_link(struct reader *r, struct error *err)
{
	struct str name;
	struct node *dir = parent_of(r, r->words[1], &name);
	struct node *target = tree_find(r->tree, r->words[2]);

	if (!dir || !target)
		return err_set(err, ERR_FORMAT, "line %u: no such name", r->line);
	tree_link(r->tree, dir, name, target, 0);
	return 0;
}

static int put_on_node(struct reader *r, bool slice, struct error *err)
{
	struct node *node = tree_find(r->tree, r->words[1]);

	if (!node)
		return err_set(err, ERR_FORMAT, "line %u: no such name", r->line);
	if (!slice) {
		tree_set_xattr(r->tree, node, r->words[2], str_bytes(r->words[3]), 0);
		return 0;
	}
	MEM_GROW(r->slices, r->n_slices, r->capacity);
	r->slices[r->n_slices++] = (struct slice){ node, (uint32_t)number(r, 2, 10) };
	return 0;
}

static int parse_line(struct reader *r, struct str line, struct error *err)
{
	static const struct {
		const char *word;
		enum node_kind kind;
	} kinds[] = { { "dir", NODE_DIRECTORY }, { "file", NODE_FILE },
		      { "symlink", NODE_SYMLINK }, { "fifo", NODE_FIFO },
		      { "char", NODE_CHAR },       { "block", NODE_BLOCK } };
	struct str word;

	for (r->n_words = 0; str_split(&line, ' ', &word);) {
		assert(r->n_words < WORDS_MAX);
		r->words[r->n_words++] = expand(r, word);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_equal_cstr(r->words[0], kinds[i].word))
			return put(r, kinds[i].kind, err);
	if (str_equal_cstr(r->words[0], "zeros"))
		return put_zeros(r, err);
	if (str_equal_cstr(r->words[0], "link"))
		return put_link(r, err);
	if (str_equal_cstr(r->words[0], "xattr") || str_equal_cstr(r->words[0], "slice"))
		return put_on_node(r, r->words[0].ptr[0] == 's', err);
	return err_set(err, ERR_FORMAT, "line %u: unknown word", r->line);
}

static uint32_t *slice_table(const struct reader *r)
{
	uint32_t *table = arena_array(tree_arena(r->tree), tree_serial_count(r->tree) + 1,
				      sizeof(*table));

	for (size_t i = 0; i < r->n_slices; i++)
		table[r->slices[i].node->serial] = r->slices[i].slice;
	return table;
}

int tree_text_parse(struct str text, struct tree **ret, uint32_t **ret_slices,
		    struct error *err)
{
	struct reader r = { .tree = tree_new() };
	struct str line;
	int status = 0;

	while (status == 0 && str_split(&text, '\n', &line)) {
		r.line++;
		if (line.len && line.ptr[0] != '#')
			status = parse_line(&r, line, err);
	}
	if (status == 0 && ret_slices)
		*ret_slices = slice_table(&r);
	free(r.slices);
	if (status < 0) {
		tree_free(r.tree);
		return -1;
	}
	*ret = r.tree;
	return 0;
}

static uint64_t next(uint64_t *state) /* splitmix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static struct str random_name(struct arena *a, uint64_t *state)
{
	static const char *const pieces[] = { "a", "B", "-", ".", "_", "9", "~", "conf", "lib",
					      " ", "\xc3\xa4", "\xe6\x97\xa5", "\xf0\x9f\x93\xa6",
					      "+", "=", "\\", "'", ",", "#" };
	size_t n = 1 + next(state) % 5, max = next(state) % 20 == 0 ? 255 : 40;
	CLEANUP_BUF struct buf name = BUF_INIT(400);

	if (max == 255)
		n = 200;
	buf_add_char(&name, (char)('a' + next(state) % 26));
	while (n-- && name.len + 4 < max)
		buf_add_cstr(&name, pieces[next(state) % (sizeof(pieces) / sizeof(*pieces))]);
	return arena_str(a, buf_str(&name));
}

static struct inode random_inode(struct arena *a, uint64_t *state)
{
	static const enum node_kind kinds[] = { NODE_DIRECTORY, NODE_DIRECTORY, NODE_FILE,
						NODE_FILE, NODE_FILE, NODE_FILE, NODE_SYMLINK,
						NODE_FIFO, NODE_CHAR, NODE_BLOCK };
	struct inode i = { .kind = kinds[next(state) % 10],
			   .mode = (uint16_t)(next(state) % 4 ? next(state) & 0777
							      : next(state) & 07777),
			   .uid = (uint32_t)(next(state) % 10 ? next(state) % 1000
							      : next(state) & 0x7fffffff),
			   .gid = (uint32_t)(next(state) % 10 ? next(state) % 1000
							      : next(state) & 0x7fffffff),
			   .mtime = (int64_t)(next(state) % 2000000000) };
	size_t size = next(state) % 8 ? next(state) % 700 : next(state) % 9000;

	if (i.kind == NODE_FILE) {
		uint8_t *data = arena_alloc(a, size + 1);

		for (size_t k = 0; k < size; k++)
			data[k] = (uint8_t)next(state);
		i.content = content_of_bytes((struct bytes){ data, size });
	}
	if (i.kind == NODE_SYMLINK) {
		i.target = random_name(a, state);
		i.mode = 0777;
	}
	if (i.kind == NODE_CHAR || i.kind == NODE_BLOCK) {
		i.major = (uint32_t)(next(state) % 512);
		i.minor = (uint32_t)(next(state) % 1000000);
	}
	return i;
}

struct tree *tree_random(uint64_t seed, unsigned n)
{
	struct tree *t = tree_new();
	struct arena *a = tree_arena(t);
	struct node **folders = arena_array(a, n + 1, sizeof(*folders)), *last_file = NULL;
	unsigned n_folders = 1;

	folders[0] = tree_root(t);
	while (n--) {
		struct node *dir = folders[next(&seed) % n_folders], *node;
		struct str name = random_name(a, &seed);
		struct inode inode = random_inode(a, &seed);

		if (tree_child(t, dir, name))
			continue;
		if (last_file && next(&seed) % 10 == 0) {
			tree_link(t, dir, name, last_file, 0);
			continue;
		}
		node = tree_put(t, dir, name, &inode, 0);
		if (node->inode->kind == NODE_DIRECTORY && n_folders < 30)
			folders[n_folders++] = node;
		if (node->inode->kind == NODE_FILE)
			last_file = node;
		if (node->inode->kind == NODE_FILE && next(&seed) % 8 == 0)
			tree_set_xattr(t, node, STR("user.note"),
				       str_bytes(random_name(a, &seed)), 0);
	}
	return t;
}

/* Pathname expansion over the tree, in byte order. XCU 2.6.6, 2.13.3. */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "shell/walk.h"

struct found_files {
	struct shell *sh;
	struct str *items; /* in scratch */
	size_t n, capacity;
};

static void found(struct found_files *f, struct str path)
{
	if (f->n == f->capacity) {
		size_t wider = f->capacity ? 2 * f->capacity : 16;
		struct str *items =
			scratch_alloc(&f->sh->session->scratch, wider * sizeof(*items));

		if (f->n)
			memcpy(items, f->items, f->n * sizeof(*items));
		f->items = items;
		f->capacity = wider;
	}
	f->items[f->n++] = scratch_str(&f->sh->session->scratch, path);
}

static bool has_pattern(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '*' || s.ptr[i] == '?' || s.ptr[i] == '[')
			return true;
	}
	return false;
}

static void add_unescaped(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\' && i + 1 < s.len)
			i++;
		buf_add_char(to, s.ptr[i]);
	}
}

static int walk(struct found_files *f, struct buf *path, struct str pattern, struct error *err);

/* Goes on behind the component that has just been appended to @path. */
static int next_component(struct found_files *f, struct buf *path, struct str rest,
			  struct error *err)
{
	struct node *node;

	if (!rest.len) {
		if (world_find(f->sh, buf_str(path), false))
			found(f, buf_str(path));
		return 0;
	}
	while (rest.len && rest.ptr[0] == '/') {
		buf_add_char(path, '/');
		rest.ptr++;
		rest.len--;
	}
	node = world_find(f->sh, buf_str(path), true);
	if (!node || node->inode->kind != NODE_DIRECTORY)
		return 0;
	if (!rest.len) {
		found(f, buf_str(path));
		return 0;
	}
	return walk(f, path, rest, err);
}

static int children(struct found_files *f, struct buf *path, struct str part, struct str rest,
		    struct error *err)
{
	struct node *dir = path->len ? world_find(f->sh, buf_str(path), true)
				     : world_find(f->sh, STR("."), true);
	struct node *const *list;
	size_t n, len = path->len;
	bool hidden = f->sh->state.flags & FLAG_DOTGLOB;
	static const char *const dots[] = { ".", ".." };

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return 0;
	if (world_is_outside(dir))
		return shell_abandon(f->sh, REFUSAL_CONSTRUCT, err,
				     "a pattern in a folder outside of the tree");
	for (size_t i = 0; i < 2; i++)
		if (part.ptr[0] == '.' && pattern_match(part, str_of(dots[i]), PATTERN_PERIOD)) {
			buf_add_cstr(path, dots[i]);
			if (next_component(f, path, rest, err))
				return -1;
			path->len = len;
		}
	n = tree_children(dir, &list);
	for (size_t i = 0; i < n; i++) {
		int r = shell_step(f->sh, err);
		bool matches = false;

		if (r)
			return r;
		r = shell_match(f->sh, part, list[i]->name, hidden ? 0 : PATTERN_PERIOD, &matches,
				err);
		if (r)
			return r;
		if (!matches)
			continue;
		buf_add_str(path, list[i]->name);
		r = next_component(f, path, rest, err);
		path->len = len;
		if (r)
			return r;
	}
	return 0;
}

static int walk(struct found_files *f, struct buf *path, struct str pattern, struct error *err)
{
	struct str part = { pattern.ptr, str_find_char(pattern, '/') };
	struct str rest = { pattern.ptr + part.len, pattern.len - part.len };
	size_t len = path->len;
	int r;

	if (++f->sh->session->depth > 4 * LIMIT_SHELL_DEPTH)
		return shell_abandon(f->sh, REFUSAL_LIMIT, err, "it nests too deeply");
	if (has_pattern(part)) {
		r = children(f, path, part, rest, err);
	} else {
		add_unescaped(path, part);
		r = next_component(f, path, rest, err);
		path->len = len;
	}
	f->sh->session->depth--;
	return r;
}

static int compare(const void *a, const void *b)
{
	struct str x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return str_compare(x, y);
}

int expand_files(struct shell *sh, struct str pattern, struct str **ret, size_t *ret_n,
		 struct error *err)
{
	struct found_files f = { .sh = sh };
	CLEANUP_BUF struct buf path = BUF_INIT((size_t)1 << 30);
	int r;

	*ret_n = 0;
	if (sh->world->identity)
		return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "a pattern as another user");
	if (streams_flush(sh->session, sh, err))
		return -1;
	while (pattern.len && pattern.ptr[0] == '/') {
		buf_add_char(&path, '/');
		pattern.ptr++;
		pattern.len--;
	}
	r = walk(&f, &path, pattern, err);
	if (r)
		return r;
	if (f.n)
		qsort(f.items, f.n, sizeof(*f.items), compare);
	*ret = f.items;
	*ret_n = f.n;
	return 0;
}

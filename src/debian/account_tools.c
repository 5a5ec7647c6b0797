#include "debian/account_tools.h"

#include <stdlib.h>

#define SUBORDINATE_FIRST 100000u
#define SUBORDINATE_LAST 600100000u
#define SUBORDINATE_COUNT 65536u
#define SUBORDINATE_LINES 4096u

bool account_number(struct str text, uint32_t *ret)
{
	uint64_t value;

	if (!str_parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

int settings_load(struct debian *d, struct str path, char separator, struct settings *ret,
		  struct error *err)
{
	*ret = (struct settings){ STR(""), separator };
	return debian_read(d, path, &ret->text, err) < 0 ? -1 : 0;
}

static bool setting_of(const struct settings *s, struct str line, struct str *key,
		       struct str *value)
{
	size_t end = 0;

	line = str_trim(line);
	if (!line.len || *line.ptr == '#')
		return false;
	while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t' &&
	       line.ptr[end] != s->separator)
		end++;
	*key = (struct str){ line.ptr, end };
	*value = str_trim((struct str){ line.ptr + end, line.len - end });
	if (s->separator == '=' && value->len && *value->ptr == '=')
		*value = str_trim((struct str){ value->ptr + 1, value->len - 1 });
	if (value->len > 1 && (*value->ptr == '"' || *value->ptr == '\'') &&
	    value->ptr[value->len - 1] == *value->ptr)
		*value = (struct str){ value->ptr + 1, value->len - 2 };
	return true;
}

bool settings_find(const struct settings *s, const char *key, struct str *ret)
{
	struct str rest = s->text, line, name, value;
	bool found = false;

	while (rest.len && str_split(&rest, '\n', &line))
		if (setting_of(s, line, &name, &value) && str_equal_cstr(name, key)) {
			*ret = value;
			found = true;
		}
	return found;
}

bool settings_number(const struct settings *s, const char *key, uint32_t otherwise, uint32_t *ret)
{
	struct str value;

	*ret = otherwise;
	return !settings_find(s, key, &value) || account_number(value, ret);
}

int account_new_group(struct accounts *a, const struct new_group *g, struct error *err)
{
	struct account_request r = { .name = g->name, .id = g->gid };
	uint32_t gid;

	return accounts_add_group(a, &r, &gid, err);
}

int account_new_user(struct accounts *a, const struct new_user *u, struct error *err)
{
	struct account_user user = {
		.request = { .name = u->name, .id = u->uid },
		.gid = u->gid,
		.gecos = u->gecos,
		.home = u->home,
		.shell = u->shell,
		.shadow = STR("!"),
		.human = !u->system,
	};
	uint32_t uid;

	return accounts_add_user(a, &user, &uid, err);
}

bool account_lowest(const struct accounts *a, enum lock_id_kind kind, struct str name,
		    uint32_t first, uint32_t last, uint32_t *ret)
{
	if (accounts_fixed_id(a, kind, name, ret))
		return true;
	for (uint32_t id = first; id <= last; id++)
		if (accounts_is_free(a, kind, id)) {
			*ret = id;
			return true;
		}
	return false;
}

/* ---- subordinate ids ---- */

static size_t parse_ranges(struct str text, uint64_t *starts, uint64_t *counts)
{
	struct str line;
	size_t n = 0;

	while (text.len && str_split(&text, '\n', &line) && n < SUBORDINATE_LINES) {
		struct str field[3] = { { 0 } };

		for (size_t i = 0; i < 3; i++)
			if (!str_split(&line, ':', &field[i]))
				break;
		if (str_parse_u64(field[1], &starts[n]) && str_parse_u64(field[2], &counts[n]))
			n++;
	}
	return n;
}

static uint64_t free_range(const uint64_t *starts, const uint64_t *counts, size_t n)
{
	uint64_t at = SUBORDINATE_FIRST;
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < n; i++)
			if (starts[i] < at + SUBORDINATE_COUNT && at < starts[i] + counts[i]) {
				at = starts[i] + counts[i];
				moved = true;
			}
	}
	return at;
}

static int add_range(struct debian *d, const char *path, struct str name, cause_id cause,
		     struct error *err)
{
	uint64_t *starts = arena_array(d->arena, SUBORDINATE_LINES, sizeof(*starts));
	uint64_t *counts = arena_array(d->arena, SUBORDINATE_LINES, sizeof(*counts));
	struct node *node = tree_resolve(d->tree, str_of(path), true);
	struct content content;
	struct str text;
	uint64_t start;
	int r = debian_read(d, str_of(path), &text, err);

	if (r || !node)
		return r < 0 ? -1 : 0;
	start = free_range(starts, counts, parse_ranges(text, starts, counts));
	if (start + SUBORDINATE_COUNT - 1 > SUBORDINATE_LAST)
		return err_set(err, ERR_LIMIT, "no subordinate ids are free in '%s'", path);
	text = str_of(arena_printf(d->arena, STR_FMT STR_FMT ":%llu:%u\n", STR_ARG(text),
				   STR_ARG(name), (unsigned long long)start, SUBORDINATE_COUNT));
	content = content_of_bytes(str_bytes(text));
	tree_set_content(node, &content, cause);
	return 0;
}

int account_subordinate(struct debian *d, struct str name, cause_id cause, struct error *err)
{
	return add_range(d, "/etc/subuid", name, cause, err) < 0 ||
			       add_range(d, "/etc/subgid", name, cause, err) < 0
		       ? -1
		       : 0;
}

/* ---- homes ---- */

int account_home(struct debian *d, struct str path, uint32_t uid, uint32_t gid, uint16_t mode,
		 cause_id cause, struct node **ret, struct error *err)
{
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (tree_make_folders(d->tree, path, cause, ret, err) < 0)
		return -1;
	tree_set_owner(*ret, uid, gid, cause);
	tree_set_mode(*ret, mode, cause);
	return 0;
}

static bool is_left_over(struct str name)
{
	static const char *const ends[] = { ".dpkg-old", ".dpkg-new", ".dpkg-dist",
					    ".ucf-old",	 ".ucf-new",  ".ucf-dist" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_has_suffix(name, str_of(ends[i])))
			return true;
	return false;
}

/* The path of @node below @top, taken along @home. */
static struct node *same_place(struct debian *d, const struct node *top, const struct node *node,
			       struct node *home)
{
	CLEANUP_BUF struct buf whole = BUF_INIT(1u << 16), start = BUF_INIT(1u << 16);
	struct node *at = home;
	struct str rest, name;

	if (node == top)
		return home;
	tree_path(node, &whole);
	tree_path(top, &start);
	rest = buf_str(&whole);
	rest = (struct str){ rest.ptr + start.len + 1, rest.len - start.len - 1 };
	while (at && str_split(&rest, '/', &name))
		at = tree_child(d->tree, at, name);
	return at;
}

void account_skeleton(struct debian *d, struct node *home, uint32_t uid, uint32_t gid,
		      cause_id cause)
{
	struct node *top = tree_resolve(d->tree, STR("/etc/skel"), true), *node;
	struct node **found;
	struct tree_iter it;
	size_t n = 0;

	if (!top || top->inode->kind != NODE_DIRECTORY)
		return;
	found = arena_array(d->arena, tree_node_count(d->tree), sizeof(struct node *));
	it = tree_iter(d->tree, top);
	while ((node = tree_next(&it)))
		if (node != top)
			found[n++] = node;
	for (size_t i = 0; i < n; i++) {
		struct node *dir = same_place(d, top, found[i]->parent, home);
		struct inode copy = *found[i]->inode;

		if (!dir || is_left_over(found[i]->name) ||
		    (copy.kind != NODE_FILE && copy.kind != NODE_SYMLINK &&
		     copy.kind != NODE_DIRECTORY))
			continue;
		copy.uid = uid;
		copy.gid = gid;
		copy.mtime = d->options->epoch;
		(void)tree_put(d->tree, dir, found[i]->name, &copy, cause);
	}
}

#include "shell/relative.h"

#include "base/limits.h"
#include "shell/command.h"
#include "shell/file_tool.h"

#define NAMES_MAX 2048 /* LIMIT_PATH_MAX / 2 */

struct walked {
	struct shell *sh;
	struct buf path; /* canonical so far, "" is the root */
	unsigned hops;
};

static void drop_last(struct buf *path)
{
	while (path->len && path->ptr[path->len - 1] != '/')
		path->len--;
	if (path->len)
		path->len--;
}

/* What is at the canonical path so far; NULL if nothing. */
static struct node *node_here(struct walked *w, int *ret_outcome)
{
	struct world_place place;
	struct str path = w->path.len ? buf_str(&w->path) : STR("/");

	*ret_outcome = world_walk(w->sh, path, false, &place);
	if (place.outside && (*ret_outcome || !place.node))
		*ret_outcome = WORLD_SPECIAL;
	return *ret_outcome ? NULL : place.node;
}

static bool has_more(struct str path)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] != '/')
			return true;
	return false;
}

/* One name is on the path; follows it if it is a link: *rest gets its target in front. */
static int look(struct walked *w, struct str *rest, enum canonical_mode mode, bool plain)
{
	struct shell *sh = w->sh;
	int outcome;
	struct node *node = node_here(w, &outcome);

	if (outcome == WORLD_SPECIAL)
		return outcome;
	if (!node) {
		if (mode == CANONICAL_MISSING || (mode == CANONICAL_ALL_BUT_LAST &&
						  !has_more(*rest) && outcome != WORLD_NO_FOLDER))
			return 0;
		return outcome ? outcome : WORLD_ABSENT;
	}
	if (node->inode->kind == NODE_SYMLINK && !plain) {
		struct str target = node->inode->target;

		if (w->hops++ == LIMIT_SYMLINK_HOPS)
			return mode == CANONICAL_MISSING ? 0 : WORLD_LOOP;
		if (target.len && target.ptr[0] == '/')
			w->path.len = 0;
		else
			drop_last(&w->path);
		*rest = str_of(arena_printf(shell_world(sh)->arena, STR_FMT "%s" STR_FMT,
					    STR_ARG(target), rest->len ? "/" : "", STR_ARG(*rest)));
		return 0;
	}
	if (node->inode->kind == NODE_SYMLINK)
		node = world_find(sh, buf_str(&w->path), true);
	if (mode != CANONICAL_MISSING && rest->len && !node_is(node, NODE_DIRECTORY))
		return WORLD_NO_FOLDER;
	return 0;
}

int canonical_path(struct shell *sh, struct str path, enum canonical_mode mode, bool plain,
		   struct str *ret)
{
	struct walked w = { sh, BUF_INIT(1u << 20), 0 };
	struct str rest = world_path(sh, path);
	int outcome = path.len ? 0 : WORLD_ABSENT;

	while (!outcome && rest.len) {
		size_t n;
		struct str name;

		if (rest.ptr[0] == '/') {
			rest = (struct str){ rest.ptr + 1, rest.len - 1 };
			continue;
		}
		n = str_find_char(rest, '/');
		name = (struct str){ rest.ptr, n };
		rest = (struct str){ rest.ptr + n, rest.len - n };
		if (str_equal_cstr(name, "."))
			continue;
		if (str_equal_cstr(name, "..")) {
			drop_last(&w.path);
			continue;
		}
		buf_add_char(&w.path, '/');
		buf_add_str(&w.path, name);
		outcome =
			w.path.len >= LIMIT_PATH_MAX ? WORLD_ABSENT : look(&w, &rest, mode, plain);
	}
	if (!outcome)
		*ret = w.path.len ? arena_str(shell_world(sh)->arena, buf_str(&w.path)) : STR("/");
	buf_release(&w.path);
	return outcome;
}

bool path_is_below(struct str path, struct str folder)
{
	if (folder.len == 1)
		return true;
	return str_has_prefix(path, folder) &&
	       (path.len == folder.len || path.ptr[folder.len] == '/');
}

struct str relative_path(struct shell *sh, struct str path, struct str from)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	size_t common = 0;

	if (str_equal(path, from))
		return STR(".");
	if (path.len == 1)
		path.len = 0;
	if (from.len == 1)
		from.len = 0;
	for (size_t i = 0; i <= path.len && i <= from.len; i++) {
		bool end_path = i == path.len || path.ptr[i] == '/';
		bool end_from = i == from.len || from.ptr[i] == '/';

		if (end_path && end_from)
			common = i;
		if (i == path.len || i == from.len || path.ptr[i] != from.ptr[i])
			break;
	}
	for (size_t i = common; i < from.len; i++)
		if (from.ptr[i] == '/')
			buf_add_cstr(&out, out.len ? "/.." : "..");
	if (common < path.len) {
		if (out.len)
			buf_add_char(&out, '/');
		buf_add_str(&out, (struct str){ path.ptr + common + 1, path.len - common - 1 });
	}
	return arena_str(shell_world(sh)->arena, buf_str(&out));
}

int relative_link(struct shell *sh, struct str target, struct str link, struct str *ret)
{
	struct str from, to;
	int outcome = canonical_path(sh, file_folder(link), CANONICAL_MISSING, false, &from);

	if (!outcome)
		outcome = canonical_path(sh, target, CANONICAL_MISSING, false, &to);
	if (outcome)
		return outcome;
	*ret = relative_path(sh, to, from);
	return 0;
}

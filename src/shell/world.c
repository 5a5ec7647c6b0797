#include "shell/world.h"

#include <assert.h>

#include "base/limits.h"
#include "shell/command.h"
#include "shell/walk.h"
#include "shell/world_cache.h"

struct str world_path(const struct shell *sh, struct str path)
{
	struct arena *arena = shell_world(sh)->arena;
	struct str folder = shell_folder(sh);

	if (path.len && path.ptr[0] == '/')
		return arena_str(arena, path);
	return str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(folder),
				   folder.len && folder.ptr[folder.len - 1] == '/' ? "" : "/",
				   STR_ARG(path)));
}

struct node *world_find(const struct shell *sh, struct str path, bool follow_last)
{
	struct world_place place;

	return world_walk(sh, path, follow_last, &place) ? NULL : place.node;
}

struct node *world_parent(const struct shell *sh, struct str path, struct str *ret_name)
{
	struct world_place place;

	if (world_walk(sh, path, false, &place) || !place.dir || world_is_outside(place.dir) ||
	    place.outside)
		return NULL;
	*ret_name = place.name;
	return place.dir;
}

const char *world_outcome_text(enum world_outcome o)
{
	switch (o) {
	case WORLD_ABSENT:
		return "No such file or directory";
	case WORLD_FOLDER:
		return "Is a directory";
	case WORLD_NO_FOLDER:
		return "Not a directory";
	case WORLD_EXISTS:
		return "File exists";
	case WORLD_NOT_EMPTY:
		return "Directory not empty";
	case WORLD_LOOP:
		return "Too many levels of symbolic links";
	case WORLD_SPECIAL:
		return "No such device or address";
	}
	assert(false);
	return "";
}

/* ---- reading: what was read once is not read again ---- */

static int load(struct world *w, const struct content *content, struct str *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_SHELL_FILE);

	if (world_cache_text(w, &content->digest, ret))
		return 0;
	if (content_load(w->reader, content, &text, err) < 0)
		return -1;
	*ret = arena_str(w->arena, buf_str(&text));
	world_cache_put_text(w, &content->digest, *ret);
	return 0;
}

static const char later[] = "made on the machine itself at its first start\n";
const struct str world_later = { later, sizeof(later) - 1 };

int world_read_node(struct shell *sh, const struct node *node, struct str *ret, struct error *err)
{
	const struct inode *inode = node->inode;

	switch (inode->kind) {
	case NODE_DIRECTORY:
		return WORLD_FOLDER;
	case NODE_FILE:
		break;
	case NODE_CHAR:
		if (inode->major != 1 || inode->minor != 3)
			return WORLD_SPECIAL;
		*ret = STR("");
		return 0;
	case NODE_SYMLINK:
		return WORLD_LOOP;
	case NODE_FIFO:
	case NODE_BLOCK:
		return WORLD_SPECIAL;
	}
	if (!inode->content.size) {
		*ret = STR("");
		return 0;
	}
	if (inode->content.size > LIMIT_SHELL_FILE)
		return err_set(err, ERR_LIMIT, "a script reads a file of %llu bytes",
			       (unsigned long long)inode->content.size);
	(void)shell_charge(sh, inode->content.size / 4);
	if (inode->content.where != CONTENT_MEMORY)
		return load(shell_world(sh), &inode->content, ret, err);
	*ret = (struct str){ (const char *)inode->content.data, (size_t)inode->content.size };
	return str_equal(*ret, world_later) ? WORLD_SPECIAL : 0;
}

int world_read(struct shell *sh, struct str path, struct str *ret, struct error *err)
{
	struct world_place place;
	int outcome = world_walk(sh, path, true, &place);

	if (outcome || !place.node)
		return place.outside ? WORLD_SPECIAL : outcome ? outcome : WORLD_ABSENT;
	return world_read_node(sh, place.node, ret, err);
}

/* ---- writing ---- */

void world_drop_capability(struct world *w, struct node *node, cause_id cause)
{
	for (uint32_t i = 0; i < node->inode->n_xattrs; i++)
		if (str_equal_cstr(node->inode->xattrs[i].name, "security.capability")) {
			tree_set_xattr(w->tree, node, STR("security.capability"),
				       (struct bytes){ 0 }, cause);
			return;
		}
}

static int write_over(struct shell *sh, struct node *node, struct str data, bool append,
		      struct error *err)
{
	struct world *w = shell_world(sh);
	struct str old = STR("");
	struct content content;
	char *text;
	int outcome;

	if (append && !data.len)
		return 0;
	if (append) {
		outcome = world_read_node(sh, node, &old, err);
		if (outcome)
			return outcome;
	}
	if (old.len + data.len > LIMIT_SHELL_FILE)
		return err_set(err, ERR_LIMIT, "a script writes a file of %zu bytes",
			       old.len + data.len);
	(void)shell_charge(sh, old.len + data.len);
	text = arena_alloc(w->arena, old.len + data.len + 1);
	if (old.len)
		memcpy(text, old.ptr, old.len);
	if (data.len)
		memcpy(text + old.len, data.ptr, data.len);
	content = content_of_bytes((struct bytes){ (uint8_t *)text, old.len + data.len });
	tree_set_content(node, &content, shell_cause(sh));
	tree_set_mtime(node, w->epoch);
	world_drop_capability(w, node, shell_cause(sh));
	return 0;
}

int world_write(struct shell *sh, struct str path, struct str data, bool append, struct error *err)
{
	struct world *w = shell_world(sh);
	struct world_place place;
	struct inode inode;
	int outcome = world_walk(sh, path, true, &place);

	if (place.node && place.node->inode->kind == NODE_CHAR && place.node->inode->major == 1 &&
	    place.node->inode->minor == 3)
		return 0;
	if (place.outside)
		return WORLD_SPECIAL;
	if (outcome)
		return outcome;
	if (!place.node && place.slash)
		return WORLD_FOLDER;
	if (place.node && place.node->inode->kind == NODE_DIRECTORY)
		return WORLD_FOLDER;
	if (place.node && place.node->inode->kind != NODE_FILE)
		return WORLD_SPECIAL;
	if (!place.node) {
		if (!tree_is_name(place.name) || world_is_outside(place.dir))
			return WORLD_SPECIAL;
		inode = world_new_inode(w, place.dir, NODE_FILE,
					(uint16_t)(0666 & ~shell_umask(sh)));
		place.node = tree_put(w->tree, place.dir, place.name, &inode, shell_cause(sh));
		if (!data.len)
			return 0;
		append = false;
	}
	return write_over(sh, place.node, data, append, err);
}

int world_make_folder(struct shell *sh, struct str path, struct node **ret, struct error *err)
{
	struct world *w = shell_world(sh);
	struct world_place place;
	struct inode inode;
	int outcome = world_walk(sh, path, false, &place);

	(void)err;
	if (outcome == WORLD_NO_FOLDER &&
	    world_find(sh, (struct str){ path.ptr, path.len - 1 }, false))
		return WORLD_EXISTS; /* "file/" */
	if (outcome)
		return place.outside ? WORLD_SPECIAL : outcome;
	if (place.node)
		return WORLD_EXISTS;
	if (place.outside || world_is_outside(place.dir) || !tree_is_name(place.name))
		return WORLD_SPECIAL;
	inode = world_new_inode(w, place.dir, NODE_DIRECTORY, (uint16_t)(0777 & ~shell_umask(sh)));
	*ret = tree_put(w->tree, place.dir, place.name, &inode, shell_cause(sh));
	return 0;
}

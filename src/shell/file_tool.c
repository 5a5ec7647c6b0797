#include "shell/file_tool.h"

#include <assert.h>

#include "base/limits.h"
#include "shell/world_accounts.h"

int file_complain(struct shell_call *c, const char *what, struct str path, const char *reason)
{
	CLEANUP_BUF struct buf name = BUF_INIT(1u << 20);

	file_quote(&name, path);
	buf_printf(c->err, STR_FMT ": %s%s%s", STR_ARG(c->argv[0]), what, *what ? " " : "",
		   buf_cstr(&name));
	if (*reason)
		buf_printf(c->err, ": %s", reason);
	buf_add_char(c->err, '\n');
	return 1;
}

int file_failed(struct shell_call *c, const char *what, struct str path, int outcome)
{
	return file_complain(c, what, path, world_outcome_text((enum world_outcome)outcome));
}

int file_usage(struct shell_call *c, const char *message)
{
	buf_printf(c->err, STR_FMT ": %s\n", STR_ARG(c->argv[0]), message);
	return 1;
}

bool file_escape(struct str format, size_t *at, const char *names, const char *values,
		 struct buf *out)
{
	const char *found;
	unsigned value = 0;
	int digits = 0;

	if (++*at == format.len)
		return false;
	for (; digits < 3 && *at < format.len && format.ptr[*at] >= '0' && format.ptr[*at] <= '7';
	     digits++)
		value = 8 * value + (unsigned)(format.ptr[(*at)++] - '0');
	if (digits) {
		--*at;
		buf_add_char(out, (char)value);
		return true;
	}
	found = strchr(names, format.ptr[*at]);
	if (!found || !*found)
		return false;
	buf_add_char(out, values[found - names]);
	return true;
}

/* gnulib's shell_escape_always_quoting_style, for text without control characters. */
void file_quote(struct buf *out, struct str name)
{
	bool quote = name.len && memchr(name.ptr, '\'', name.len);

	if (quote && !memchr(name.ptr, '"', name.len) && !memchr(name.ptr, '$', name.len) &&
	    !memchr(name.ptr, '`', name.len) && !memchr(name.ptr, '\\', name.len)) {
		buf_add_char(out, '"');
		buf_add_str(out, name);
		buf_add_char(out, '"');
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\'')
			buf_add_cstr(out, "'\\''");
		else
			buf_add_char(out, name.ptr[i]);
	}
	buf_add_char(out, '\'');
}

void file_say(struct shell_call *c, const char *verb, struct str path)
{
	buf_add_cstr(c->out, verb);
	buf_add_char(c->out, ' ');
	file_quote(c->out, path);
	buf_add_char(c->out, '\n');
}

void file_say_pair(struct shell_call *c, const char *verb, struct str from, struct str to)
{
	buf_add_cstr(c->out, verb);
	file_quote(c->out, from);
	buf_add_cstr(c->out, " -> ");
	file_quote(c->out, to);
	buf_add_char(c->out, '\n');
}

struct str file_strip(struct str path)
{
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

struct str file_base(struct str path)
{
	size_t start;

	path = file_strip(path);
	for (start = path.len; start && path.ptr[start - 1] != '/';)
		start--;
	if (start == path.len)
		return path; /* "/" or "" */
	return (struct str){ path.ptr + start, path.len - start };
}

struct str file_folder(struct str path)
{
	path = file_strip(path);
	while (path.len && path.ptr[path.len - 1] != '/')
		path.len--;
	if (!path.len)
		return STR(".");
	return file_strip(path);
}

struct str file_join(struct shell_call *c, struct str folder, struct str name)
{
	bool slash = folder.len && folder.ptr[folder.len - 1] == '/';

	return str_of(arena_printf(c->world->arena, STR_FMT "%s" STR_FMT, STR_ARG(folder),
				   slash ? "" : "/", STR_ARG(name)));
}

bool file_is_folder(const struct shell_call *c, struct str path, bool follow)
{
	return node_is(world_find(c->shell, path, follow), NODE_DIRECTORY);
}

int file_place(struct shell_call *c, struct str path, bool follow, struct world_place *ret)
{
	int outcome = world_walk(c->shell, path, follow, ret);

	if (ret->outside)
		return WORLD_SPECIAL;
	if (outcome)
		return outcome;
	if (ret->dir && world_is_outside(ret->dir))
		return WORLD_SPECIAL;
	if (!ret->node && !tree_is_name(ret->name))
		return WORLD_ABSENT;
	return 0;
}

size_t file_children(struct shell_call *c, const struct node *dir, struct node ***ret)
{
	struct node *const *list = NULL;
	size_t n;

	*ret = NULL;
	if (world_is_outside(dir))
		return 0;
	n = tree_children(dir, &list);
	(void)shell_charge(c->shell, 64 * (uint64_t)n);
	*ret = arena_array(c->world->arena, n + 1, sizeof(**ret));
	if (n)
		memcpy(*ret, list, n * sizeof(*list));
	return n;
}

static int wrong_target(struct shell_call *c, struct str target)
{
	struct world_place place;
	int outcome = world_walk(c->shell, target, true, &place);

	return file_failed(c, "target", target,
			   outcome	? outcome
			   : place.node ? WORLD_NO_FOLDER
					: WORLD_ABSENT);
}

int file_targets(struct shell_call *c, const struct shell_arguments *a, struct str folder,
		 bool no_folder, bool no_dereference, struct file_targets *ret)
{
	size_t n = a->n_operands;

	*ret = (struct file_targets){ a->operands, n, folder, folder.ptr != NULL };
	if (folder.ptr && no_folder)
		return file_usage(c, "cannot combine --target-directory (-t) "
				     "and --no-target-directory (-T)");
	if (!n)
		return file_usage(c, "missing file operand");
	if (folder.ptr)
		return file_is_folder(c, folder, true) ? 0 : wrong_target(c, folder);
	if (n == 1)
		return file_complain(c, "missing destination file operand after", a->operands[0],
				     "");
	ret->n = n - 1;
	ret->target = a->operands[n - 1];
	if (no_folder)
		return n == 2 ? 0 : file_complain(c, "extra operand", a->operands[2], "");
	ret->into = file_is_folder(c, ret->target, !no_dereference);
	return n == 2 || ret->into ? 0 : wrong_target(c, ret->target);
}

struct str file_target(struct shell_call *c, const struct file_targets *t, struct str source)
{
	return t->into ? file_join(c, t->target, file_base(source)) : t->target;
}

int file_backup_option(struct shell_call *c, struct file_backup *b, struct str control,
		       int *ret_status, struct error *err)
{
	if (control.ptr && (str_equal_cstr(control, "none") || str_equal_cstr(control, "off")))
		return 0;
	if (control.ptr && !str_equal_cstr(control, "simple") &&
	    !str_equal_cstr(control, "never") && !str_equal_cstr(control, "existing") &&
	    !str_equal_cstr(control, "nil")) {
		*ret_status = shell_refuse(c, err, "backups: " STR_FMT, STR_ARG(control));
		return *ret_status < 0 ? -1 : 1;
	}
	b->wanted = true;
	if (!b->suffix.ptr)
		b->suffix = STR("~");
	return 0;
}

/* "existing" makes numbered backups where there are some. */
static bool has_numbered(struct shell_call *c, const struct world_place *place)
{
	struct node **list;
	size_t n = file_children(c, place->dir, &list);

	for (size_t i = 0; i < n; i++) {
		struct str name = list[i]->name;

		if (name.len > place->name.len + 3 && str_has_prefix(name, place->name) &&
		    name.ptr[place->name.len] == '.' && name.ptr[place->name.len + 1] == '~')
			return true;
	}
	return false;
}

int file_make_backup(struct shell_call *c, const struct file_backup *b, struct str path,
		     int *ret_status, struct error *err)
{
	struct world_place place, to;
	struct str name;

	if (!b->wanted || file_place(c, path, false, &place) || !place.node || !place.dir ||
	    node_is(place.node, NODE_DIRECTORY))
		return 0;
	name = str_of(arena_printf(c->world->arena, STR_FMT STR_FMT, STR_ARG(file_strip(path)),
				   STR_ARG(b->suffix)));
	if (has_numbered(c, &place) || file_place(c, name, false, &to) || !to.dir ||
	    node_is(to.node, NODE_DIRECTORY)) {
		*ret_status = shell_refuse(c, err, "a backup of " STR_FMT, STR_ARG(path));
		return *ret_status < 0 ? -1 : 1;
	}
	tree_move(c->world->tree, place.node, to.dir, to.name, c->cause);
	return 0;
}

void file_chown(struct shell_call *c, struct node *node, uint32_t uid, uint32_t gid)
{
	struct inode *inode = node->inode;
	uint16_t mode = inode->mode;

	if (inode->kind != NODE_DIRECTORY && inode->kind != NODE_SYMLINK) {
		mode &= (uint16_t)~04000;
		if (mode & 010)
			mode &= (uint16_t)~02000;
		world_drop_capability(c->world, node, c->cause);
	}
	tree_set_owner(node, uid == UINT32_MAX ? inode->uid : uid,
		       gid == UINT32_MAX ? inode->gid : gid, c->cause);
	if (mode != inode->mode)
		tree_set_mode(node, mode, c->cause);
}

bool file_parse_owner(struct shell_call *c, struct str text, uint32_t *ret_uid, uint32_t *ret_gid)
{
	size_t colon = str_find_char(text, ':');
	struct str user = { text.ptr, colon }, group;
	uint32_t login = UINT32_MAX;

	*ret_uid = *ret_gid = UINT32_MAX;
	if (colon == text.len) {
		if (!text.len || world_user_or_id(c->shell, text, ret_uid, &login))
			return true;
		colon = str_find_char(text, '.'); /* the old separator */
		if (colon == text.len)
			return false;
		user.len = colon;
	}
	group = (struct str){ text.ptr + colon + 1, text.len - colon - 1 };
	if (user.len && !world_user_or_id(c->shell, user, ret_uid, &login))
		return false;
	if (group.len)
		return world_group_or_id(c->shell, group, ret_gid);
	if (user.len) {
		*ret_gid = login;
		return login != UINT32_MAX; /* "ID:" of no account */
	}
	return true;
}

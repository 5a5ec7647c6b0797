/*
 * deb-systemd-helper: what Debian's maintainer scripts call instead of systemctl
 * (init-system-helpers 1.65, 1.69). Its reading of unit files is its own: any line of
 * the file counts, whatever the section.
 */
#include "debian/systemd_helper.h"

static struct str state_path(const struct helper *h, struct str name)
{
	return str_of(arena_printf(h->f.arena, "%s/" STR_FMT ".dsh-also", h->enabled_state,
				   STR_ARG(path_last(name))));
}

/* Where the folder of states has a file for a link below /etc/systemd/INSTANCE. */
static struct str state_of_link(const struct helper *h, const char *folder, struct str link)
{
	struct str prefix = str_of(arena_printf(h->f.arena, "/etc/systemd/%s/", h->instance));

	if (!str_has_prefix(link, prefix))
		return link;
	return str_of(arena_printf(h->f.arena, "%s/%.*s", folder, (int)(link.len - prefix.len),
				   link.ptr + prefix.len));
}

static void touch(const struct helper *h, struct str path)
{
	if (!files_find(&h->f, path, true))
		(void)files_write(&h->f, path, STR(""), 0644);
}

static int record(struct helper *h, struct str state, struct str link, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILES_READ_MAX + COMMAND_LINE_MAX);
	struct str old = STR(""), rest, line;
	bool there = false;

	if (files_read(&h->f, state, &old, err) < 0)
		return -1;
	for (rest = old; str_split(&rest, '\n', &line);)
		there |= str_equal(line, link);
	buf_add_str(&text, old);
	if (!there)
		buf_printf(&text, STR_FMT "\n", STR_ARG(link));
	(void)files_write(&h->f, state, buf_str(&text), 0644);
	return 0;
}

static int make_links(struct helper *h, struct str name, struct str path, bool create,
		      struct error *err)
{
	int r = helper_link_closure(h, path, err);

	for (size_t i = 0; r == 0 && i < h->n; i++) {
		struct helper_link *l = &h->links[i];
		struct str state = state_of_link(h, h->enabled_state, l->src);

		if (record(h, state_path(h, name), l->src, err) < 0)
			return -1;
		if (files_find(&h->f, state, true))
			continue;
		if (create && !files_is_link(&h->f, l->src)) {
			if (files_find(&h->f, l->src, false) || !files_link(&h->f, l->src, l->dest))
				return helper_fail(h, "unable to link ", l->src);
		}
		touch(h, state);
	}
	return r;
}

static int enable(struct helper *h, struct str name, struct str path, struct error *err)
{
	struct unit_root root = service_root(h->c, h->instance[0] == 'u');
	bool create = false;
	int r;

	if (!files_is_executable(&h->f, "/usr/bin/systemctl"))
		return make_links(h, name, path, true, err);
	if (files_is_regular(&h->f, state_path(h, name))) {
		r = helper_link_closure(h, path, err);
		if (r)
			return r;
		for (size_t i = 0; i < h->n; i++)
			create |= files_is_link(&h->f, h->links[i].src);
	} else {
		r = service_preset(h->c, &root, name, err);
		if (r)
			return r < 0 ? -1 : helper_fail(h, "systemctl preset failed on ", name);
	}
	return make_links(h, name, path, create, err);
}

static int update_state(struct helper *h, struct str name, struct str path, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILES_READ_MAX);
	int r = helper_link_closure(h, path, err);

	if (r)
		return r;
	for (size_t i = 0; i < h->n; i++)
		buf_printf(&text, STR_FMT "\n", STR_ARG(h->links[i].src));
	(void)files_write(&h->f, state_path(h, name), buf_str(&text), 0644);
	return 0;
}

/* 1 if every recorded link is there (also if none is), 0, or -1. */
static int was_enabled(struct helper *h, struct str name, struct error *err)
{
	struct str text = STR(""), line;

	if (files_read(&h->f, state_path(h, name), &text, err) < 0)
		return -1;
	while (text.len && str_split(&text, '\n', &line))
		if (line.len && !files_is_link(&h->f, line))
			return 0;
	return 1;
}

static void remove_node(const struct helper *h, struct str path)
{
	struct node *n = files_find(&h->f, path, false);

	if (n && n->inode->kind != NODE_DIRECTORY)
		tree_remove(h->f.tree, n, h->f.cause);
}

static int remove_links(struct helper *h, struct str path, unsigned depth, struct error *err)
{
	struct str text = STR(""), line, value;
	bool exact;
	int r = files_read(&h->f, state_path(h, path), &text, err);

	if (r < 0)
		return -1;
	if (depth == DEPTH_MAX)
		return shell_refuse(h->c, err, "Also= leads in a circle");
	if (h->purge)
		remove_node(h, state_path(h, path));
	while (text.len && str_split(&text, '\n', &line)) {
		if (!line.len)
			continue;
		if (h->purge || files_is_link(&h->f, line))
			remove_node(h, state_of_link(h, h->enabled_state, line));
		if (files_is_link(&h->f, line))
			remove_node(h, line);
	}
	r = files_read(&h->f, path, &text, err);
	while (r == 0 && str_split(&text, '\n', &line))
		if (helper_value(line, "Also", &value, &exact))
			r = remove_links(h, helper_find_unit(h, value), depth + 1, err);
	return r == FILES_ABSENT ? 0 : r;
}

/* Folders that hold nothing but empty folders go. */
static void remove_empty(const struct helper *h, struct str path, unsigned depth)
{
	struct node *n = files_find(&h->f, path, false);
	struct node *const *children;
	size_t count;

	if (!n || n->inode->kind != NODE_DIRECTORY || depth == DEPTH_MAX)
		return;
	count = tree_children(n, &children);
	for (size_t i = count; i > 0; i--) {
		count = tree_children(n, &children);
		if (i <= count && children[i - 1]->inode->kind == NODE_DIRECTORY &&
		    children[i - 1]->name.ptr[0] != '.')
			remove_empty(
				h,
				str_of(arena_printf(h->f.arena, STR_FMT "/" STR_FMT, STR_ARG(path),
						    STR_ARG(children[i - 1]->name))),
				depth + 1);
	}
	(void)files_remove_empty(&h->f, path);
}

static void remove_empty_below(const struct helper *h, const char *path)
{
	struct node *n = files_find(&h->f, str_of(path), true);
	struct node *const *children;

	if (!n || n->inode->kind != NODE_DIRECTORY)
		return;
	for (size_t i = tree_children(n, &children); i > 0; i--) {
		(void)tree_children(n, &children);
		remove_empty(h,
			     str_of(arena_printf(h->f.arena, "%s/" STR_FMT, path,
						 STR_ARG(children[i - 1]->name))),
			     0);
	}
}

#define STATES "/var/lib/systemd/deb-systemd-"

static int disable(struct helper *h, struct str path, struct error *err)
{
	int r = remove_links(h, path, 0, err);

	if (r)
		return r;
	remove_empty(h, STR(STATES "helper-enabled"), 0);
	remove_empty(h, STR(STATES "user-helper-enabled"), 0);
	remove_empty_below(h, "/etc/systemd/system");
	remove_empty_below(h, "/etc/systemd/user");
	return 0;
}

static struct str mask_link(const struct helper *h, struct str path)
{
	return str_of(arena_printf(h->f.arena, "/etc/systemd/%s/" STR_FMT, h->instance,
				   STR_ARG(path_last(path))));
}

static bool is_null_link(const struct helper *h, struct str path)
{
	const struct node *n = files_find(&h->f, path, false);

	return n && n->inode->kind == NODE_SYMLINK && str_equal_cstr(n->inode->target, "/dev/null");
}

static int mask(struct helper *h, struct str path)
{
	struct str link = mask_link(h, path);

	if (is_null_link(h, link) || files_find(&h->f, link, true))
		return 0;
	remove_node(h, link);
	if (!files_link(&h->f, link, STR("/dev/null")))
		return helper_fail(h, "unable to link ", link);
	touch(h, state_of_link(h, h->masked_state, link));
	return 0;
}

static void unmask(struct helper *h, struct str path)
{
	struct str link = mask_link(h, path), state = state_of_link(h, h->masked_state, link);

	if (!is_null_link(h, link) || !files_find(&h->f, state, true))
		return;
	remove_node(h, link);
	remove_node(h, state);
}

/* *ret_true: whether a question was answered with yes. */
static int ask(struct helper *h, struct str action, struct str name, struct str path,
	       bool *ret_true, struct error *err)
{
	int yes = 1, r = 0;

	if (str_equal_cstr(action, "debian-installed")) {
		*ret_true |= files_is_regular(&h->f, state_path(h, name));
		return 0;
	}
	if (str_equal_cstr(action, "is-enabled")) {
		r = helper_link_closure(h, path, err);
		for (size_t i = 0; i < h->n; i++)
			yes &= files_is_link(&h->f, h->links[i].src);
	} else {
		yes = was_enabled(h, name, err);
		r = yes < 0 ? -1 : 0;
	}
	if (r)
		return r;
	if (!h->quiet)
		buf_add_cstr(h->c->err, yes ? "enabled\n" : "disabled\n");
	*ret_true |= yes;
	return 0;
}

static int act(struct helper *h, struct str action, struct str name, bool *ret_true,
	       struct error *err)
{
	struct str path = helper_find_unit(h, name);
	int r = 0;

	if (str_equal_cstr(action, "is-enabled") || str_equal_cstr(action, "was-enabled") ||
	    str_equal_cstr(action, "debian-installed"))
		return ask(h, action, name, path, ret_true, err);
	if (str_equal_cstr(action, "update-state"))
		return update_state(h, name, path, err);
	if (str_equal_cstr(action, "reenable")) {
		r = remove_links(h, path, 0, err);
		return r ? r : make_links(h, name, path, true, err);
	}
	if (str_equal_cstr(action, "disable"))
		return disable(h, path, err);
	if (str_equal_cstr(action, "enable"))
		return enable(h, name, path, err);
	if (str_equal_cstr(action, "mask"))
		return mask(h, path);
	if (!str_equal_cstr(action, "unmask"))
		return 0; /* unknown actions do nothing, as with the real one */
	unmask(h, path);
	remove_empty(h, STR(STATES "helper-masked"), 0);
	remove_empty(h, STR(STATES "user-helper-masked"), 0);
	return 0;
}

/* Options may stand anywhere, with one or two dashes, shortened. */
static bool take_option(struct helper *h, struct str word)
{
	static const char *const names[] = { "quiet", "user", "system" };
	size_t dashes = str_has_prefix(word, STR("--")) ? 2 : 1;
	struct str bare = { word.ptr + dashes, word.len - dashes };

	for (size_t i = 0; i < 3; i++) {
		if (!bare.len || !str_has_prefix(str_of(names[i]), bare))
			continue;
		if (i == 0)
			h->quiet = true;
		else
			h->instance = names[i];
		return true;
	}
	return false;
}

static bool is_purge(const struct helper *h, struct str action)
{
	struct str value;

	return str_equal_cstr(action, "purge") ||
	       (h->c->shell &&
		shell_exported(h->c->shell, STR("_DEB_SYSTEMD_HELPER_PURGE"), &value) &&
		str_equal_cstr(value, "1"));
}

static int run_helper(struct helper *h, const struct str *words, size_t n, struct error *err)
{
	struct str action = n ? words[0] : STR("");
	bool question, yes = false;

	if (!n) {
		buf_add_cstr(h->c->out,
			     "/usr/bin/deb-systemd-helper is a program which should be called by "
			     "dpkg maintscripts only.\nPlease do not run it interactively, ever. "
			     "Also see the manpage deb-systemd-helper(1).\n");
		return 0;
	}
	h->purge = is_purge(h, action);
	if (str_equal_cstr(action, "purge"))
		action = STR("disable");
	question = str_equal_cstr(action, "is-enabled") || str_equal_cstr(action, "was-enabled") ||
		   str_equal_cstr(action, "debian-installed");
	for (size_t i = 1; i < n; i++) {
		int r = act(h, action, words[i], &yes, err);

		if (r)
			return r;
	}
	return question && !yes ? 1 : 0;
}

int command_deb_systemd_helper(struct shell_call *c, struct error *err)
{
	struct helper *h = arena_alloc(c->world->arena, sizeof(*h));
	struct str *words = arena_array(c->world->arena, c->argc + 1, sizeof(*words));
	size_t n = 0;
	bool options = true;

	if (service_elsewhere(c))
		return shell_refuse(c, err, "DPKG_ROOT");
	*h = (struct helper){ .c = c, .f = service_files(c), .instance = "system" };
	for (size_t i = 1; i < c->argc; i++) {
		struct str word = c->argv[i];

		if (options && str_equal_cstr(word, "--"))
			options = false;
		else if (!options || word.len < 2 || word.ptr[0] != '-')
			words[n++] = word;
		else if (!take_option(h, word))
			return shell_refuse(c, err, "no such option: " STR_FMT, STR_ARG(word));
	}
	h->enabled_state =
		h->instance[0] == 'u' ? STATES "user-helper-enabled" : STATES "helper-enabled";
	h->masked_state =
		h->instance[0] == 'u' ? STATES "user-helper-masked" : STATES "helper-masked";
	return run_helper(h, words, n, err);
}

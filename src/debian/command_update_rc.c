/* update-rc.d: the links of init scripts in /etc/rc?.d (init-system-helpers 1.65, 1.69). */
#include "debian/service_commands.h"

#define LEVELS_MAX 32u

struct levels {
	struct str start, stop; /* words between blanks */
};

static const char *const folders[] = { "etc/rc0.d", "etc/rc1.d", "etc/rc2.d", "etc/rc3.d",
				       "etc/rc4.d", "etc/rc5.d", "etc/rc6.d", "etc/rcS.d" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* [SK][0-9][0-9]NAME */
static bool is_link_of(struct str link, struct str name)
{
	return link.len == name.len + 3 && (link.ptr[0] == 'S' || link.ptr[0] == 'K') &&
	       is_digit(link.ptr[1]) && is_digit(link.ptr[2]) && str_has_suffix(link, name);
}

/* The links of @name in one folder: their number; *ret has room for @max. */
static size_t find_links(const struct tree_files *f, struct str folder, struct str name,
			 struct node **ret, size_t max)
{
	struct node *dir = files_find(f, folder, true);
	struct node *const *children;
	size_t n = 0, count;

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return 0;
	count = tree_children(dir, &children);
	for (size_t i = 0; i < count && n < max; i++)
		if (is_link_of(children[i]->name, name))
			ret[n++] = children[i];
	return n;
}

static size_t all_links(const struct tree_files *f, struct str name, struct node **ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(folders); i++)
		n += find_links(f, str_of(folders[i]), name, ret + n, max - n);
	return n;
}

/* "# Default-Start:" and what follows it, or false. */
static bool header_value(struct str line, struct str key, struct str *ret)
{
	if (!str_has_prefix(line, key))
		return false;
	*ret = str_trim((struct str){ line.ptr + key.len, line.len - key.len });
	return true;
}

static bool is_mark(struct str line, struct str mark)
{
	return str_has_prefix(line, mark) && str_trim(line).len == mark.len;
}

static struct levels parse_header(struct str text)
{
	struct levels l = { STR(""), STR("") };
	struct str line;
	bool inside = false;

	while (str_split(&text, '\n', &line)) {
		if (is_mark(line, STR("### BEGIN INIT INFO")))
			inside = true;
		else if (is_mark(line, STR("### END INIT INFO")))
			break;
		else if (inside && !header_value(line, STR("# Default-Start:"), &l.start))
			(void)header_value(line, STR("# Default-Stop:"), &l.stop);
	}
	return l;
}

static bool next_word(struct str *rest, struct str *ret)
{
	*rest = str_trim(*rest);
	for (ret->len = 0; ret->len < rest->len; ret->len++)
		if (strchr(" \t", rest->ptr[ret->len]))
			break;
	ret->ptr = rest->ptr;
	*rest = (struct str){ rest->ptr + ret->len, rest->len - ret->len };
	return ret->len > 0;
}

static void make_links(const struct tree_files *f, struct str levels, char kind, struct str name)
{
	char *target = arena_printf(f->arena, "../init.d/" STR_FMT, STR_ARG(name));
	struct str level;

	while (next_word(&levels, &level)) {
		char *path = arena_printf(f->arena, "/etc/rc" STR_FMT ".d/%c01" STR_FMT,
					  STR_ARG(level), kind, STR_ARG(name));

		if (!files_find(f, str_of(path), false))
			(void)files_link(f, str_of(path), str_of(target));
	}
}

static int fail_rc(struct shell_call *c, const char *what, struct str name)
{
	buf_printf(c->err, "update-rc.d: error: %s" STR_FMT "\n", what, STR_ARG(name));
	return 1;
}

static int read_script(struct shell_call *c, const struct tree_files *f, struct str name,
		       struct levels *ret, struct error *err)
{
	char *path = arena_printf(f->arena, "/etc/init.d/" STR_FMT, STR_ARG(name));
	struct str text;
	int r = files_read(f, str_of(path), &text, err);

	if (r < 0)
		return -1;
	if (r)
		return fail_rc(c, "unable to read /etc/init.d/", name);
	*ret = parse_header(text);
	return 0;
}

static int add_defaults(struct shell_call *c, const struct tree_files *f, struct str name,
			bool disabled, struct error *err)
{
	struct node *links[1];
	struct levels l;
	int r;

	if (all_links(f, name, links, 1))
		return 0; /* what the administrator has chosen stays */
	r = read_script(c, f, name, &l, err);
	if (r)
		return r;
	make_links(f, l.start, disabled ? 'K' : 'S', name);
	make_links(f, l.stop, 'K', name);
	return 0;
}

static bool is_start_level(struct str level)
{
	return level.len == 1 && strchr("S2345", level.ptr[0]);
}

static int split_levels(struct shell_call *c, const struct tree_files *f, struct str name,
			struct str *ret, size_t *ret_n, struct error *err)
{
	struct levels l;
	struct str word;
	int r = read_script(c, f, name, &l, err);

	if (r)
		return r;
	for (*ret_n = 0; *ret_n < LEVELS_MAX && next_word(&l.start, &word);)
		ret[(*ret_n)++] = word;
	if (!*ret_n)
		return fail_rc(c, arena_printf(f->arena, STR_FMT, STR_ARG(name)),
			       STR(" Default-Start contains no runlevels, aborting."));
	return 0;
}

/* Turns S links to K links or back in the runlevels given, else in those of the header. */
static int toggle(struct shell_call *c, const struct tree_files *f, struct str name, bool enable,
		  const struct str *levels, size_t n_levels, struct error *err)
{
	struct node *links[LEVELS_MAX * 2];
	struct str own[LEVELS_MAX];
	size_t n = 0;
	int r;

	if (!n_levels) {
		r = split_levels(c, f, name, own, &n_levels, err);
		if (r)
			return r;
		levels = own;
	}
	for (size_t i = 0; i < n_levels; i++) {
		char *folder = arena_printf(f->arena, "etc/rc" STR_FMT ".d", STR_ARG(levels[i]));

		if (is_start_level(levels[i]))
			n += find_links(f, str_of(folder), name, links + n, COUNT(links) - n);
	}
	if (!n)
		return fail_rc(c, "no runlevel symlinks to modify, aborting!", STR(""));
	for (size_t i = 0; i < n; i++) {
		char *other = arena_printf(f->arena, "%c%.*s", enable ? 'S' : 'K',
					   (int)(links[i]->name.len - 1), links[i]->name.ptr + 1);

		if (links[i]->name.ptr[0] != *other)
			tree_move(f->tree, links[i], links[i]->parent, str_of(other), f->cause);
	}
	return 0;
}

int rc_links(struct shell_call *c, struct str name, enum rc_action action, const struct str *levels,
	     size_t n_levels, struct error *err)
{
	struct tree_files f = service_files(c);
	struct node *links[COUNT(folders) * 4];
	size_t n;

	if (str_find_char(name, '/') < name.len || !name.len)
		return shell_refuse(c, err, "an init script whose name is no file name");
	switch (action) {
	case RC_REMOVE:
		n = all_links(&f, name, links, COUNT(links));
		for (size_t i = 0; i < n; i++)
			tree_remove(f.tree, links[i], f.cause);
		return 0;
	case RC_DEFAULTS:
	case RC_DEFAULTS_DISABLED:
		return add_defaults(c, &f, name, action == RC_DEFAULTS_DISABLED, err);
	case RC_ENABLE:
	case RC_DISABLE:
		break;
	}
	return toggle(c, &f, name, action == RC_ENABLE, levels, n_levels, err);
}

/* Without systemctl the program makes the links of WantedBy= by itself. */
static int toggle_unit(const struct tree_files *f, struct str name, bool enable, struct error *err)
{
	static const char *const tops[] = { "/etc", "/lib", "/usr/lib" };
	struct str text, line, path = STR("");
	int r;

	for (size_t i = 0; i < COUNT(tops) && !path.len; i++) {
		path = str_of(arena_printf(f->arena, "%s/systemd/system/" STR_FMT ".service",
					   tops[i], STR_ARG(name)));
		if (!files_is_regular(f, path))
			path = STR("");
	}
	if (!path.len)
		return 0;
	r = files_read(f, path, &text, err);
	while (r == 0 && str_split(&text, '\n', &line)) {
		struct str bare = str_trim(line);
		char *link;

		if (!str_has_prefix(bare, STR("WantedBy=")) || bare.len == strlen("WantedBy="))
			continue;
		link = arena_printf(f->arena, "/etc/systemd/system/%.*s.wants/" STR_FMT ".service",
				    (int)(bare.len - strlen("WantedBy=")),
				    bare.ptr + strlen("WantedBy="), STR_ARG(name));
		if (!enable && files_find(f, str_of(link), true))
			tree_remove(f->tree, files_find(f, str_of(link), false), f->cause);
		if (enable && !files_find(f, str_of(link), false))
			(void)files_link(f, str_of(link), path);
	}
	return r < 0 ? -1 : 0;
}

static int usage(struct shell_call *c)
{
	buf_add_cstr(c->err, "usage: update-rc.d [-f] <basename> remove\n"
			     "       update-rc.d [-f] <basename> defaults\n"
			     "       update-rc.d [-f] <basename> defaults-disabled\n"
			     "       update-rc.d <basename> disable|enable [S|2|3|4|5]\n"
			     "\t\t-f: force\n\n"
			     "The disable|enable API is not stable and might change in the "
			     "future.\n");
	return 1;
}

static int toggle_all(struct shell_call *c, struct str name, bool enable, const struct str *levels,
		      size_t n_levels, struct error *err)
{
	struct tree_files f = service_files(c);
	struct unit_root root = service_root(c, false);
	struct str skip;
	int r = rc_links(c, name, enable ? RC_ENABLE : RC_DISABLE, levels, n_levels, err);

	if (r)
		return r;
	if (c->shell && shell_exported(c->shell, STR("_SKIP_SYSTEMD_NATIVE"), &skip) &&
	    str_equal(skip, STR("1")))
		return 0;
	if (!files_is_executable(&f, "/usr/bin/systemctl"))
		return toggle_unit(&f, name, enable, err);
	root.messages = NULL;
	return service_toggle(c, &root, &name, 1, enable, err) < 0 ? -1 : 0;
}

int command_update_rc(struct shell_call *c, struct error *err)
{
	static const struct {
		const char *word;
		enum rc_action action;
	} actions[] = {
		{ "defaults", RC_DEFAULTS },
		{ "start", RC_DEFAULTS },
		{ "stop", RC_DEFAULTS },
		{ "remove", RC_REMOVE },
		{ "defaults-disabled", RC_DEFAULTS_DISABLED },
		{ "enable", RC_ENABLE },
		{ "disable", RC_DISABLE },
	};
	struct tree_files f = service_files(c);
	size_t at = 1;

	if (service_elsewhere(c))
		return shell_refuse(c, err, "DPKG_ROOT");
	if (files_find(&f, STR("/usr/lib/insserv/insserv"), true) ||
	    files_find(&f, STR("/sbin/insserv"), true) || files_find(&f, STR("/sbin/openrc"), true))
		return shell_refuse(c, err, "insserv or openrc in the image");
	for (; at < c->argc && str_has_prefix(c->argv[at], STR("-")); at++)
		if (!str_equal_cstr(c->argv[at], "-f"))
			return usage(c);
	if (c->argc < at + 2)
		return usage(c);
	for (size_t i = 0; i < COUNT(actions); i++) {
		enum rc_action action = actions[i].action;

		if (!str_equal_cstr(c->argv[at + 1], actions[i].word))
			continue;
		if (action == RC_ENABLE || action == RC_DISABLE)
			return toggle_all(c, c->argv[at], action == RC_ENABLE, c->argv + at + 2,
					  c->argc - at - 2, err);
		return rc_links(c, c->argv[at], action, NULL, 0, err);
	}
	return usage(c);
}

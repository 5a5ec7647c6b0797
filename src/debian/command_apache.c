/*
 * a2enmod, a2dismod, a2ensite, a2dissite, a2enconf, a2disconf and a2query of Apache's
 * package: links from *-enabled to *-available, and markers of who did it.
 */
#include "debian/generator_commands.h"

#define APACHE_CONF "/etc/apache2"
#define APACHE_STATE "/var/lib/apache2"
#define DEPTH_MAX 16u /* dependencies of dependencies */

struct apache {
	struct shell_call *c;
	const char *kind;   /* "module", "conf", "site" */
	const char *title;  /* "Module" */
	const char *folder; /* "mods" */
	const char *ending; /* ".load" */
	bool enable, quiet, force, by_maintainer, purge, changed;
};

static struct str path_of(const struct apache *a, const char *state, struct str name,
			  const char *ending)
{
	return str_of(arena_printf(a->c->world->arena, APACHE_CONF "/%s-%s/" STR_FMT "%s",
				   a->folder, state, STR_ARG(name), ending));
}

static bool is_there(const struct apache *a, struct str path)
{
	return world_find(a->c->shell, path, true) != NULL;
}

static struct node *link_at(const struct apache *a, struct str path)
{
	struct node *node = world_find(a->c->shell, path, false);

	return node && node->inode->kind == NODE_SYMLINK ? node : NULL;
}

static void info(struct apache *a, const char *fmt, struct str x, struct str y)
{
	if (!a->quiet)
		buf_printf(a->c->out, fmt, STR_ARG(x), STR_ARG(y));
}

enum check { CHECK_MISSING, CHECK_OK, CHECK_WRONG };

/* A link that leads nowhere is removed. */
static enum check check_link(struct apache *a, struct str target, struct str path)
{
	struct node *link = link_at(a, path), *file = world_find(a->c->shell, path, true);

	if (!file) {
		if (link)
			tree_remove(a->c->world->tree, link, a->c->cause);
		return CHECK_MISSING;
	}
	return link && file == world_find(a->c->shell, target, true) ? CHECK_OK : CHECK_WRONG;
}

/* Both are in neighbouring folders: the target is "../mods-available/NAME". */
static int add_link(struct apache *a, struct str target, struct str path, struct error *err)
{
	size_t skip = sizeof(APACHE_CONF) - 1;
	struct inode link = {
		.kind = NODE_SYMLINK,
		.mode = 0777,
		.mtime = a->c->world->epoch,
		.target = str_of(arena_printf(a->c->world->arena, ".." STR_FMT,
					      (int)(target.len - skip), target.ptr + skip)),
	};
	struct str name;
	struct node *dir = world_parent(a->c->shell, path, &name);

	if (!dir)
		return shell_refuse(a->c, err, "there is no folder for '" STR_FMT "'",
				    STR_ARG(path));
	tree_put(a->c->world->tree, dir, name, &link, a->c->cause);
	a->changed = true;
	return 0;
}

/* Markers of @name in all folders of this kind give way to one. */
static int mark(struct apache *a, struct str name, struct error *err)
{
	struct arena *arena = a->c->world->arena;
	char *top = arena_printf(arena, APACHE_STATE "/%s", a->kind);
	char *dir = arena_printf(arena, "%s/%s_by_%s", top, a->enable ? "enabled" : "disabled",
				 a->by_maintainer ? "maint" : "admin");
	struct node *folder, *node, *old[64];
	struct tree_iter it;
	size_t n = 0;

	if (tree_make_folders(a->c->world->tree, str_of(dir), a->c->cause, &folder, err) < 0)
		return -1;
	it = tree_iter(a->c->world->tree, world_find(a->c->shell, str_of(top), true));
	while ((node = tree_next(&it)) && n < 64)
		if (node->inode->kind == NODE_FILE && str_equal(node->name, name))
			old[n++] = node;
	for (size_t i = 0; i < n; i++)
		tree_remove(a->c->world->tree, old[i], a->c->cause);
	if (a->purge)
		return 0;
	return world_write(a->c->shell,
			   str_of(arena_printf(arena, "%s/" STR_FMT, dir, STR_ARG(name))), STR(""),
			   false, err) < 0
		       ? -1
		       : 0;
}

/* "# Depends: a b" among the first lines, which are comments. */
static int words_of(struct apache *a, struct str path, const char *key, struct str *ret,
		    struct error *err)
{
	char *head = arena_printf(a->c->world->arena, "# %s:", key);
	struct str text, line;

	*ret = STR("");
	if (world_read(a->c->shell, path, &text, err))
		return err->code ? -1 : 0;
	while (str_split(&text, '\n', &line)) {
		if (str_has_prefix(line, str_of(head)) && line.len > strlen(head) &&
		    strchr(" \t", line.ptr[strlen(head)])) {
			*ret = str_trim(
				(struct str){ line.ptr + strlen(head), line.len - strlen(head) });
			return 0;
		}
		line = str_trim(line);
		if (line.len && *line.ptr != '#')
			return 0;
	}
	return 0;
}

static bool next_word(struct str *rest, struct str *ret)
{
	while (str_split(rest, ' ', ret))
		if (ret->len)
			return true;
	return false;
}

/* Results of one step: done, the program's "return 0", evaluation must stop. */
enum { STEP_DONE = 1, STEP_FAILED = 0, STEP_STOP = -1 };

static int fail(struct apache *a, const char *fmt, struct str x, struct str y)
{
	buf_printf(a->c->err, fmt, STR_ARG(x), STR_ARG(y));
	return STEP_FAILED;
}

static int act_on(struct apache *a, struct str name, unsigned depth, struct error *err);

static int enable_dependencies(struct apache *a, struct str name, struct str load, unsigned depth,
			       struct error *err)
{
	struct str words, word;

	if (words_of(a, load, "Depends", &words, err) < 0)
		return STEP_STOP;
	while (next_word(&words, &word)) {
		int r;

		info(a, "Considering dependency " STR_FMT " for " STR_FMT ":\n", word, name);
		r = act_on(a, word, depth + 1, err);
		if (r == STEP_FAILED)
			return fail(a,
				    "ERROR: Could not enable dependency " STR_FMT " for " STR_FMT
				    ", aborting\n",
				    word, name);
		if (r < 0)
			return STEP_STOP;
	}
	if (words_of(a, load, "Conflicts", &words, err) < 0)
		return STEP_STOP;
	while (next_word(&words, &word)) {
		info(a, "Considering conflict " STR_FMT " for " STR_FMT ":\n", word, name);
		if (check_link(a, path_of(a, "available", word, a->ending),
			       path_of(a, "enabled", word, a->ending)) == CHECK_OK)
			return fail(a,
				    "ERROR: Module " STR_FMT " is enabled - cannot proceed due to"
				    " conflicts. It needs to be disabled first!%.*s\n",
				    word, STR(""));
	}
	return STEP_DONE;
}

/* A site or configuration only asks whether its modules are there. */
static int check_dependencies(struct apache *a, struct str name, struct str file, struct error *err)
{
	struct str words, word;

	if (words_of(a, file, "Depends", &words, err) < 0)
		return STEP_STOP;
	while (next_word(&words, &word)) {
		char *load =
			arena_printf(a->c->world->arena,
				     APACHE_CONF "/mods-enabled/" STR_FMT ".load", STR_ARG(word));

		info(a, "Checking dependency " STR_FMT " for " STR_FMT ":\n", word, name);
		if (!is_there(a, str_of(load)))
			return fail(a,
				    "WARNING: Module " STR_FMT " is not enabled, but " STR_FMT
				    " depends on it, aborting\n",
				    word, name);
	}
	return STEP_DONE;
}

static int do_enable(struct apache *a, struct str name, struct error *err)
{
	struct str target = path_of(a, "available", name, a->ending);
	struct str link = path_of(a, "enabled", name, a->ending);
	struct str conf_target = path_of(a, "available", name, ".conf");
	struct str conf_link = path_of(a, "enabled", name, ".conf");
	bool is_module = strcmp(a->kind, "module") == 0;
	bool has_conf = is_module && is_there(a, conf_target);
	enum check check = check_link(a, target, link);
	enum check conf =
		has_conf && check != CHECK_WRONG ? check_link(a, conf_target, conf_link) : CHECK_OK;

	if (check == CHECK_WRONG || conf == CHECK_WRONG)
		return fail(a, "ERROR: " STR_FMT " " STR_FMT " not properly enabled\n",
			    str_of(a->title), name);
	if (check == CHECK_OK && conf == CHECK_OK) {
		info(a, STR_FMT " " STR_FMT " already enabled\n", str_of(a->title), name);
		return STEP_DONE;
	}
	if (check == CHECK_OK)
		buf_printf(a->c->out, "Enabling config file " STR_FMT ".conf.\n", STR_ARG(name));
	if (conf == CHECK_MISSING && add_link(a, conf_target, conf_link, err))
		return STEP_STOP;
	if (check == CHECK_OK)
		return STEP_DONE; /* without a marker, as the program has it */
	buf_printf(a->c->out, "Enabling %s " STR_FMT ".\n", a->kind, STR_ARG(name));
	if (is_module && str_equal_cstr(name, "ssl") && !a->quiet)
		buf_add_cstr(a->c->out, "See /usr/share/doc/apache2/README.Debian.gz on how to "
					"configure SSL and create self-signed certificates.\n");
	if (add_link(a, target, link, err))
		return STEP_STOP;
	return mark(a, name, err) < 0 ? STEP_STOP : STEP_DONE;
}

/* Enabled modules that depend on @name keep it. */
static int check_users(struct apache *a, struct str name, struct error *err)
{
	struct node *dir = world_find(a->c->shell, STR(APACHE_CONF "/mods-enabled"), true);
	struct node *const *child = NULL;
	size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;

	for (size_t i = 0; i < n; i++) {
		struct str file = child[i]->name, words, word;

		if (!str_has_suffix(file, STR(".load")))
			continue;
		file.len -= 5;
		if (words_of(a, path_of(a, "enabled", file, ".load"), "Depends", &words, err) < 0)
			return STEP_STOP;
		while (next_word(&words, &word))
			if (str_equal(word, name))
				return fail(a,
					    "ERROR: The following modules depend on " STR_FMT
					    " and need to be disabled first: " STR_FMT "\n",
					    name, file);
	}
	return STEP_DONE;
}

static bool is_essential(struct str name)
{
	static const char *const names[] = {
		"alias",       "auth_basic", "authn_file", "authz_host", "authz_user", "autoindex",
		"deflate",     "dir",	     "env",	   "filter",	 "logio",      "mime",
		"negotiation", "setenvif",   "unixd",	   "version",	 "watchdog",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_cstr(name, names[i]))
			return true;
	return false;
}

static void remove_link(struct apache *a, struct str path)
{
	struct node *link = link_at(a, path);

	if (link) {
		tree_remove(a->c->world->tree, link, a->c->cause);
		a->changed = true;
	}
}

static int do_disable(struct apache *a, struct str name, struct error *err)
{
	struct str link = path_of(a, "enabled", name, a->ending);
	struct str conf = path_of(a, "enabled", name, ".conf");
	bool is_module = strcmp(a->kind, "module") == 0;
	bool has_conf = is_module && is_there(a, path_of(a, "available", name, ".conf"));

	if (!world_find(a->c->shell, link, false)) {
		if (has_conf && is_there(a, conf))
			remove_link(a, conf);
		else
			info(a, STR_FMT " " STR_FMT " already disabled\n", str_of(a->title), name);
		return a->purge && mark(a, name, err) < 0 ? STEP_STOP : STEP_DONE;
	}
	if (is_module && !a->force && is_essential(name))
		return shell_refuse(a->c, err, "an essential module is not disabled without -f")
			       ? STEP_STOP
			       : STEP_DONE;
	remove_link(a, link);
	if (has_conf && is_there(a, conf))
		remove_link(a, conf);
	if (mark(a, name, err) < 0)
		return STEP_STOP;
	buf_printf(a->c->out, "%s " STR_FMT " disabled.\n", a->title, STR_ARG(name));
	return STEP_DONE;
}

static int act_on(struct apache *a, struct str name, unsigned depth, struct error *err)
{
	struct str target = path_of(a, "available", name, a->ending);
	bool is_module = strcmp(a->kind, "module") == 0;
	int r = STEP_DONE;

	if (depth > DEPTH_MAX ||
	    (is_module && (str_equal_cstr(name, "cgi") || str_equal_cstr(name, "cache_disk"))))
		return shell_refuse(a->c, err, "module '" STR_FMT "' asks other programs",
				    STR_ARG(name))
			       ? STEP_STOP
			       : STEP_DONE;
	if (!is_there(a, target)) {
		if (link_at(a, path_of(a, "enabled", name, a->ending)) || a->purge)
			return shell_refuse(a->c, err, "a link that leads nowhere, or --purge")
				       ? STEP_STOP
				       : STEP_DONE;
		return fail(a, "ERROR: " STR_FMT " " STR_FMT " does not exist!\n", str_of(a->title),
			    name);
	}
	if (is_module && a->enable)
		r = enable_dependencies(a, name, target, depth, err);
	else if (is_module)
		r = check_users(a, name, err);
	else if (a->enable)
		r = check_dependencies(a, name, target, err);
	if (r != STEP_DONE)
		return r;
	return a->enable ? do_enable(a, name, err) : do_disable(a, name, err);
}

enum { A2_QUIET = 1, A2_FORCE, A2_MAINTAINER, A2_PURGE };

/* "a2enmod": enable modules. */
static void name_tool(struct apache *a, struct str name)
{
	size_t slash = name.len;

	while (slash && name.ptr[slash - 1] != '/')
		slash--;
	name = (struct str){ name.ptr + slash, name.len - slash };
	a->enable = str_has_prefix(name, STR("a2en"));
	a->kind = "site";
	a->title = "Site";
	a->folder = "sites";
	a->ending = ".conf";
	if (str_has_suffix(name, STR("mod"))) {
		a->kind = "module";
		a->title = "Module";
		a->folder = "mods";
		a->ending = ".load";
	} else if (str_has_suffix(name, STR("conf"))) {
		a->kind = "conf";
		a->title = "Conf";
		a->folder = "conf";
	}
}

int command_apache_switch(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'q', "quiet", OPTION_NO_VALUE, A2_QUIET },
		{ 'f', "force", OPTION_NO_VALUE, A2_FORCE },
		{ 'm', "maintmode", OPTION_NO_VALUE, A2_MAINTAINER },
		{ 'p', "purge", OPTION_NO_VALUE, A2_PURGE },
		{ 0 },
	};
	struct apache a = { .c = c };
	struct shell_arguments args;
	int status = 0, r = shell_options(c, table, false, &args, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	name_tool(&a, c->argv[0]);
	for (size_t i = 0; i < args.n_options; i++) {
		a.quiet |= args.options[i].id == A2_QUIET;
		a.force |= args.options[i].id == A2_FORCE;
		a.by_maintainer |= args.options[i].id == A2_MAINTAINER;
		a.purge |= args.options[i].id == A2_PURGE;
	}
	if (!args.n_operands)
		return shell_refuse(c, err, "it would ask for names");
	for (size_t i = 0; i < args.n_operands; i++) {
		struct str name = args.operands[i];

		if (str_has_suffix(name, str_of(a.ending)))
			name.len -= strlen(a.ending);
		for (size_t k = 0; k < name.len; k++)
			if (strchr("*?[]{}~\\ /", name.ptr[k]))
				return shell_refuse(c, err, "patterns of names");
		r = act_on(&a, name, 0, err);
		if (r < 0)
			return -1;
		status |= r == STEP_FAILED;
	}
	if (a.changed && !a.quiet)
		buf_printf(c->out,
			   "To activate the new configuration, you need to run:\n"
			   "  service apache2 %s\n",
			   strcmp(a.kind, "module") == 0 ? "restart" : "reload");
	return status;
}

/* ---- a2query ---- */

static const char *state_of(struct apache *a, const char *what, struct str name)
{
	static const char *const who[] = { "maint", "admin" };

	for (size_t i = 0; i < 2; i++)
		if (is_there(a, str_of(arena_printf(a->c->world->arena,
						    APACHE_STATE "/%s/%s_by_%s/" STR_FMT, a->kind,
						    what, who[i], STR_ARG(name)))))
			return who[i];
	return NULL;
}

static int query(struct apache *a, struct str name)
{
	const char *state;

	if (str_has_prefix(name, STR("mod")))
		name = (struct str){ name.ptr + 3, name.len - 3 };
	if (str_has_suffix(name, STR(".conf")) || str_has_suffix(name, STR(".load")))
		name.len -= 5;
	if (world_find(a->c->shell, path_of(a, "enabled", name, a->ending), false)) {
		state = state_of(a, "enabled", name);
		if (!a->quiet)
			buf_printf(a->c->out, STR_FMT " (enabled by %s)\n", STR_ARG(name),
				   !state	   ? "unknown"
				   : *state == 'm' ? "maintainer script"
						   : "site administrator");
		return 0;
	}
	state = state_of(a, "disabled", name);
	return !state ? 1 : *state == 'm' ? 33 : 32;
}

/* All that are enabled, in byte order where the real program has the folder's. */
static int query_all(struct apache *a)
{
	struct str folder = path_of(a, "enabled", STR(""), "");
	struct node *dir = world_find(a->c->shell, folder, true);
	struct node *const *child = NULL;
	size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;
	int status = 1;

	for (size_t i = 0; i < n; i++) {
		struct str name = child[i]->name;

		if (!str_has_suffix(name, str_of(a->ending)))
			continue;
		name.len -= strlen(a->ending);
		if (query(a, name) == 0)
			status = 0;
	}
	return status;
}

/* The one MPM that is enabled. */
static int query_mpm(struct apache *a, struct error *err)
{
	static const char *const names[] = { "event", "worker", "prefork" };
	const char *found = NULL;

	for (size_t i = 0; i < 3; i++) {
		if (!is_there(a, str_of(arena_printf(a->c->world->arena,
						     APACHE_CONF "/mods-enabled/mpm_%s.load",
						     names[i]))))
			continue;
		if (found)
			return shell_fail(a->c, 1,
					  "There is more than one MPM loaded. Do not "
					  "proceed due to undefined results\n");
		found = names[i];
	}
	if (!found)
		return shell_refuse(a->c, err, "no MPM is enabled");
	if (!a->quiet)
		buf_printf(a->c->out, "%s\n", found);
	return 0;
}

int command_a2query(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'q', NULL, OPTION_NO_VALUE, 'q' }, { 'M', NULL, OPTION_NO_VALUE, 'M' },
		{ 'm', NULL, OPTION_VALUE, 'm' },    { 's', NULL, OPTION_VALUE, 's' },
		{ 'c', NULL, OPTION_VALUE, 'c' },    { 0 },
	};
	struct apache a = { .c = c };
	struct shell_arguments args;
	const struct shell_taken *asked = NULL;
	int status = 0, r;

	/* "-m" as the last word asks for all. */
	if (c->argc == 2 && (str_equal_cstr(c->argv[1], "-m") || str_equal_cstr(c->argv[1], "-c") ||
			     str_equal_cstr(c->argv[1], "-s"))) {
		name_tool(&a, c->argv[1].ptr[1] == 'm'	 ? STR("a2enmod")
			      : c->argv[1].ptr[1] == 'c' ? STR("a2enconf")
							 : STR("a2ensite"));
		return query_all(&a);
	}
	r = shell_options(c, table, true, &args, &status, err);
	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < args.n_options; i++) {
		if (args.options[i].id == 'q') {
			a.quiet = true;
			continue;
		}
		if (asked)
			return shell_refuse(c, err, "more than one question");
		asked = &args.options[i];
	}
	if (!asked || args.n_operands || (asked->value.ptr && !asked->value.len))
		return shell_refuse(c, err, "one of -m, -s, -c, -M with a name is expected");
	if (asked->id == 'M')
		return query_mpm(&a, err);
	name_tool(&a, asked->id == 'm'	 ? STR("a2enmod")
		      : asked->id == 'c' ? STR("a2enconf")
					 : STR("a2ensite"));
	return query(&a, asked->value);
}

/*
 * apache2 -t, by apache2ctl: whether the server would start. Its configuration is that of
 * packages; apache2's helper for scripts reloads no server here whatever it hears.
 */
int command_apache_server(struct shell_call *c, struct error *err)
{
	if (c->argc != 2 || !str_equal_cstr(c->argv[1], "-t") ||
	    !str_has_suffix(shell_name(c->shell), STR("apache2ctl")))
		return shell_refuse(c, err, "only apache2ctl's configtest is modelled");
	buf_add_cstr(c->err, "Syntax OK\n");
	return 0;
}

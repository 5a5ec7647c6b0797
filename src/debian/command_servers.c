/*
 * What the scripts of servers ask the server's own programs: to check or print a
 * configuration, to make an empty database. A configuration is known only as long as it
 * is what the package ships: no script has touched it, and the program accepts it.
 */
#include "debian/server_commands.h"

#include <stdlib.h>

#include "base/limits.h"
#include "debian/firstboot.h"
#include "debian/tree_files.h"

#define INCLUDE_DEPTH 4

int server_write(struct shell_call *c, const char *path, struct str text, uint16_t mode,
		 struct error *err)
{
	struct debian *d = debian_of(c);
	struct tree_files f = { d->tree, d->options->reader, d->arena, d->options->epoch,
				c->cause };

	if (!files_write(&f, str_of(path), arena_str(d->arena, text), mode))
		return shell_refuse(c, err, "no folder for %s", path);
	return 0;
}

/* The text of a file as its package ships it, or as ucf copied it from there. */
static int read_shipped(struct shell_call *c, struct str path, struct str *ret, struct error *err)
{
	struct node *node = world_find(c->shell, path, true);
	const struct cause *cause =
		node ? tree_cause(c->world->tree, node->inode->cause[CAUSE_CONTENT]) : NULL;
	int outcome = node ? world_read_node(c->shell, node, ret, err) : WORLD_ABSENT;

	if (outcome)
		return outcome < 0 ? -1 : shell_refuse(c, err, "no " STR_FMT, STR_ARG(path));
	if (cause->kind != CAUSE_PACKAGE && node->inode->content.where != CONTENT_OBJECT)
		return shell_refuse(c, err, STR_FMT " is not as its package ships it",
				    STR_ARG(path));
	return 0;
}

static struct str first_word(struct str line, struct str *ret_rest)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t')
		n++;
	*ret_rest = str_trim((struct str){ line.ptr + n, line.len - n });
	return (struct str){ line.ptr, n };
}

/* ---- squid -k parse ---- */

static int compare_nodes(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return str_compare((*x)->name, (*y)->name);
}

static int squid_file(struct shell_call *c, struct str path, unsigned depth, struct error *err);

/* include FOLDER/PATTERN, in the order of glob(3) */
static int squid_include(struct shell_call *c, struct str pattern, unsigned depth,
			 struct error *err)
{
	size_t slash = pattern.len;
	struct node *dir, *const *children;
	struct node **list;
	size_t n, used = 0;

	while (slash && pattern.ptr[slash - 1] != '/')
		slash--;
	dir = slash ? world_find(c->shell, (struct str){ pattern.ptr, slash }, true) : NULL;
	if (!dir || dir->inode->kind != NODE_DIRECTORY || depth >= INCLUDE_DEPTH ||
	    str_find_char(pattern, ' ') < pattern.len)
		return shell_refuse(c, err, "include " STR_FMT, STR_ARG(pattern));
	n = tree_children(dir, &children);
	list = arena_array(c->world->arena, n + 1, sizeof(struct node *));
	for (size_t i = 0; i < n; i++)
		if (pattern_match((struct str){ pattern.ptr + slash, pattern.len - slash },
				  children[i]->name, PATTERN_PERIOD))
			list[used++] = children[i];
	qsort(list, used, sizeof(struct node *), compare_nodes);
	for (size_t i = 0; i < used; i++) {
		char *path = arena_printf(c->world->arena, "%.*s" STR_FMT, (int)slash, pattern.ptr,
					  STR_ARG(list[i]->name));
		int r = squid_file(c, str_of(path), depth + 1, err);

		if (r)
			return r;
	}
	return 0;
}

static int squid_file(struct shell_call *c, struct str path, unsigned depth, struct error *err)
{
	struct str text = STR(""), line, rest;
	int r = read_shipped(c, path, &text, err);

	if (r || !text.len)
		return r;
	buf_printf(c->err, "Processing Configuration File: " STR_FMT " (depth %u)\n", STR_ARG(path),
		   depth);
	while (text.len && str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (line.ptr[line.len - 1] == '\\' || c->err->len > LIMIT_SHELL_FILE / 2)
			return shell_refuse(c, err, "a configuration of this form");
		if (str_equal_cstr(first_word(line, &rest), "include")) {
			r = squid_include(c, rest, depth, err);
			if (r)
				return r;
			continue;
		}
		buf_printf(c->err, "Processing: " STR_FMT "\n", STR_ARG(line));
	}
	return 0;
}

/* Only the lines about the configuration; warnings about the network are left out. */
int command_squid(struct shell_call *c, struct error *err)
{
	if (c->argc != 3 || !str_equal_cstr(c->argv[1], "-k") ||
	    !str_equal_cstr(c->argv[2], "parse"))
		return shell_refuse(c, err, "only -k parse is modelled");
	return squid_file(c, STR("/etc/squid/squid.conf"), 0, err);
}

/* ---- chronyd -p ---- */

int command_chronyd(struct shell_call *c, struct error *err)
{
	struct str text = STR(""), line, rest, word;
	struct node *dir, *const *children;
	int r;

	if (c->argc != 2 || !str_equal_cstr(c->argv[1], "-p"))
		return shell_refuse(c, err, "only -p is modelled");
	r = read_shipped(c, STR("/etc/chrony/chrony.conf"), &text, err);
	if (r)
		return r;
	while (text.len && str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (!line.len || memchr("#%!;", line.ptr[0], 4))
			continue;
		word = first_word(line, &rest);
		if (str_equal_cstr(word, "include"))
			return shell_refuse(c, err, "include " STR_FMT, STR_ARG(rest));
		if (!str_equal_cstr(word, "confdir")) {
			buf_printf(c->out, STR_FMT "\n", STR_ARG(line));
			continue;
		}
		dir = world_find(c->shell, rest, true);
		r = dir && dir->inode->kind == NODE_DIRECTORY ? (int)tree_children(dir, &children)
							      : 0;
		for (int i = 0; i < r; i++)
			if (str_has_suffix(children[i]->name, STR(".conf")))
				return shell_refuse(c, err, "files in " STR_FMT, STR_ARG(rest));
	}
	return 0;
}

/* ---- bind9 ---- */

/* A quoted word after "include". */
static bool included(struct str line, struct str *ret)
{
	struct str rest, word = first_word(str_trim(line), &rest);
	size_t end;

	if (!str_equal_cstr(word, "include") || rest.len < 2 || rest.ptr[0] != '"')
		return false;
	rest = (struct str){ rest.ptr + 1, rest.len - 1 };
	end = str_find_char(rest, '"');
	*ret = (struct str){ rest.ptr, end };
	return end < rest.len;
}

static int check_named(struct shell_call *c, struct str path, unsigned depth, struct error *err)
{
	struct str text = STR(""), line, name;
	int r = read_shipped(c, path, &text, err);

	if (r)
		return r;
	while (text.len && str_split(&text, '\n', &line)) {
		if (!included(line, &name))
			continue;
		if (depth >= INCLUDE_DEPTH)
			return shell_refuse(c, err, "include " STR_FMT, STR_ARG(name));
		r = check_named(c, name, depth + 1, err);
		if (r)
			return r;
	}
	return 0;
}

/* It says nothing about the configuration that the package ships. */
int command_named_checkconf(struct shell_call *c, struct error *err)
{
	if (c->argc > 2 || (c->argc == 2 && c->argv[1].ptr[0] == '-'))
		return shell_refuse(c, err, "options of named-checkconf");
	return check_named(c, c->argc == 2 ? c->argv[1] : STR("/etc/bind/named.conf"), 0, err);
}

/* ---- others ---- */

/*
 * exim4 -C FILE -bV checks a configuration that update-exim4.conf has just put together
 * from the package's parts. Only the status counts: what it tells of itself is left out.
 */
int command_exim(struct shell_call *c, struct error *err)
{
	if (c->argc != 4 || !str_equal_cstr(c->argv[1], "-C") ||
	    !str_equal_cstr(c->argv[3], "-bV") || !world_find(c->shell, c->argv[2], true) ||
	    !str_equal_cstr(c->argv[2], "/var/lib/exim4/config.autogenerated.tmp"))
		return shell_refuse(c, err,
				    "only the check of a generated configuration is modelled");
	return 0;
}

/* saslpasswd2 -c USER, -d USER: the first makes the database, which stays without a user. */
int command_saslpasswd(struct shell_call *c, struct error *err)
{
	if (c->argc != 3 || !str_equal_cstr(c->argv[2], "no:such:user") ||
	    !(str_equal_cstr(c->argv[1], "-c") || str_equal_cstr(c->argv[1], "-d")))
		return shell_refuse(c, err, "only the empty database is modelled");
	return first_boot_file(c, FIRST_BOOT_SASLDB, "/etc/sasldb2", 0640, 0, err);
}

/*
 * machine-secret MODE PATH NAME: of the catalogue's own lines. What the script would fill
 * with random bytes is made on the machine itself.
 */
int command_machine_secret_file(struct shell_call *c, struct error *err)
{
	unsigned mode = 0;

	if (c->argc != 4)
		return shell_refuse(c, err, "MODE PATH NAME are expected");
	for (size_t i = 0; i < c->argv[1].len; i++)
		mode = 8 * mode + (unsigned)(c->argv[1].ptr[i] - '0');
	return first_boot_file(c, arena_printf(c->world->arena, STR_FMT, STR_ARG(c->argv[3])),
			       arena_printf(c->world->arena, STR_FMT, STR_ARG(c->argv[2])),
			       (uint16_t)(mode & 07777), 0, err);
}

/* The world has a terabyte to spare. */
int command_df(struct shell_call *c, struct error *err)
{
	bool available = c->argc == 3 && str_equal_cstr(c->argv[1], "--output=avail");
	bool portable = c->argc == 3 && (str_equal_cstr(c->argv[1], "-P") ||
					 str_equal_cstr(c->argv[1], "--portability"));

	if (!available && !portable)
		return shell_refuse(c, err, "only -P and --output=avail of a folder are modelled");
	if (!world_find(c->shell, c->argv[2], true))
		return shell_fail(c, 1, "df: " STR_FMT ": No such file or directory",
				  STR_ARG(c->argv[2]));
	if (available)
		buf_add_cstr(c->out, "     Avail\n1073741824\n");
	else
		buf_printf(c->out, "%-14s %11s %7s %10s %8s %s\n%-14s %11s %7s %10s %8s %s\n",
			   "Filesystem", "1024-blocks", "Used", "Available", "Capacity",
			   "Mounted on", "-", "1074741824", "1000000", "1073741824", "1%", "/");
	return 0;
}

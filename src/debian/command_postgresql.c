/*
 * The tools of postgresql-common that maintainer scripts call. A cluster is data of one
 * machine: it is made at its first start, and until then what asks for clusters hears of
 * it as of one that is there and down, as on a real system.
 */
#include "debian/firstboot.h"
#include "debian/service_commands.h"

#define CLUSTER_MAX 64u

/* "17 main" */
struct cluster {
	struct str version, name;
};

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len != 0;
}

/* As the tool wants it: a letter or digit or one of "-._". */
static bool is_cluster_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("-._", s.ptr[i]) && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') &&
		    !((s.ptr[i] | 32) >= 'a' && (s.ptr[i] | 32) <= 'z'))
			return false;
	return s.len && s.len <= CLUSTER_MAX;
}

/* What first boot shall make, in the order of asking. */
static size_t pending(const struct debian *d, struct cluster *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_at_first_boot && n < max; i++)
		if (first_boot_cluster(d->at_first_boot[i].what, &ret[n].version, &ret[n].name))
			n++;
	return n;
}

/* Whether a folder of /etc/postgresql has the configuration of a cluster. */
static bool has_clusters(struct shell_call *c)
{
	struct node *root = world_find(c->shell, STR("/etc/postgresql"), true);
	struct node *const *version = NULL, *const *cluster = NULL;
	size_t n = root && root->inode->kind == NODE_DIRECTORY ? tree_children(root, &version) : 0;

	for (size_t i = 0; i < n; i++) {
		size_t m = 0;

		if (version[i]->inode->kind == NODE_SYMLINK)
			return true;
		if (version[i]->inode->kind == NODE_DIRECTORY)
			m = tree_children(version[i], &cluster);
		for (size_t k = 0; k < m; k++)
			if (cluster[k]->inode->kind == NODE_SYMLINK ||
			    (cluster[k]->inode->kind == NODE_DIRECTORY &&
			     tree_child(c->world->tree, cluster[k], STR("postgresql.conf"))))
				return true;
	}
	return false;
}

/* pg_checksystem: looks at the devices that data of clusters lies on. */
int command_pg_checksystem(struct shell_call *c, struct error *err)
{
	struct cluster first;

	if (c->argc != 1 || has_clusters(c) || pending(debian_of(c), &first, 1))
		return shell_refuse(c, err, "with clusters or operands");
	return 0;
}

/* pg_lsclusters [-h] */
int command_pg_lsclusters(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'h', "no-header", OPTION_NO_VALUE, 1 },
		{ 0 },
	};
	struct cluster found[2];
	struct shell_arguments a;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);
	size_t n = pending(debian_of(c), found, 2);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands || has_clusters(c) || n > 1 || (n && !a.n_options))
		return shell_refuse(c, err, "several clusters, or of one version only");
	if (!a.n_options)
		buf_add_cstr(c->out, "Ver Cluster Port Status Owner Data directory Log file\n");
	else if (n)
		buf_printf(c->out,
			   STR_FMT " " STR_FMT " 5432 down postgres /var/lib/postgresql/" STR_FMT
				   "/" STR_FMT " /var/log/postgresql/postgresql-" STR_FMT
				   "-" STR_FMT ".log\n",
			   STR_ARG(found[0].version), STR_ARG(found[0].name),
			   STR_ARG(found[0].version), STR_ARG(found[0].name),
			   STR_ARG(found[0].version), STR_ARG(found[0].name));
	return 0;
}

/* pg_createcluster -u postgres [--no-status] VERSION NAME: left to the first start. */
int command_pg_createcluster(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'u', "user", OPTION_VALUE, 1 },
		{ 0, "no-status", OPTION_NO_VALUE, 2 },
		{ 0 },
	};
	struct shell_arguments a;
	struct cluster found[1];
	int status = 0, r = shell_options(c, table, false, &a, &status, err);
	char *what;

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (a.options[i].id == 1 && !str_equal_cstr(a.options[i].value, "postgres"))
			return shell_refuse(c, err, "a cluster of another user");
	if (a.n_operands != 2 || !is_digits(a.operands[0]) || a.operands[0].len > 4 ||
	    !is_cluster_name(a.operands[1]))
		return shell_refuse(c, err, "a version and a name are expected");
	if (has_clusters(c) || pending(debian_of(c), found, 1))
		return shell_refuse(c, err, "there is a cluster already");
	what = arena_printf(c->world->arena, "%s " STR_FMT " " STR_FMT, FIRST_BOOT_POSTGRESQL,
			    STR_ARG(a.operands[0]), STR_ARG(a.operands[1]));
	debian_first_boot(debian_of(c), str_of(what), c->cause);
	return 0;
}

/* ---- pg_conftool FILE show KEY ---- */

static bool is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static struct str skip_blanks(struct str s)
{
	while (s.len && is_blank(*s.ptr))
		s = (struct str){ s.ptr + 1, s.len - 1 };
	return s;
}

/* KEY [=] VALUE [# ...]; VALUE is a word or '...' without quotes and backslashes in it. */
static bool split_line(struct str line, struct str *ret_key, struct str *ret_value)
{
	struct str rest;
	size_t n = 0;

	while (n < line.len && is_key(line.ptr[n]))
		n++;
	*ret_key = (struct str){ line.ptr, n };
	rest = (struct str){ line.ptr + n, line.len - n };
	if (!n || !rest.len || (!is_blank(*rest.ptr) && *rest.ptr != '='))
		return false;
	rest = skip_blanks(rest);
	if (rest.len && *rest.ptr == '=')
		rest = skip_blanks((struct str){ rest.ptr + 1, rest.len - 1 });
	n = 0;
	if (rest.len && *rest.ptr == '\'') {
		rest = (struct str){ rest.ptr + 1, rest.len - 1 };
		n = str_find_char(rest, '\'');
		if (n == rest.len || str_find_char(rest, '\\') < n)
			return false;
		*ret_value = (struct str){ rest.ptr, n++ };
	} else {
		while (n < rest.len && (is_key(rest.ptr[n]) || strchr(":/+", rest.ptr[n])))
			n++;
		*ret_value = (struct str){ rest.ptr, n };
		if (!n || (*rest.ptr == '_' || *rest.ptr == '.'))
			return false;
	}
	rest = skip_blanks((struct str){ rest.ptr + n, rest.len - n });
	return !rest.len || *rest.ptr == '#';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool same_word(struct str a, struct str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return a.len == b.len;
}

/* 1: found; 0: not; 2: a line that is not modelled. The last one counts. */
static int find_value(struct shell_call *c, struct str text, struct str folder, struct str key,
		      struct str *ret)
{
	struct str line, name = STR(""), value = STR("");
	int found = 0;

	while (str_split(&text, '\n', &line)) {
		line = skip_blanks(line);
		if (!line.len || *line.ptr == '#')
			continue;
		if (!split_line(line, &name, &value))
			return 2;
		if (same_word(name, STR("include_dir"))) {
			struct node *const *child = NULL;
			struct node *dir;
			char *path = arena_printf(c->world->arena, "%s" STR_FMT "%s" STR_FMT, "",
						  STR_ARG(*value.ptr == '/' ? STR("") : folder),
						  *value.ptr == '/' ? "" : "/", STR_ARG(value));

			dir = world_find(c->shell, str_of(path), true);
			if (dir &&
			    (dir->inode->kind != NODE_DIRECTORY || tree_children(dir, &child)))
				return 2;
			continue;
		}
		if (same_word(name, STR("include")) || same_word(name, STR("include_if_exists")))
			return 2;
		if (same_word(name, key)) {
			*ret = value;
			found = 1;
		}
	}
	return found;
}

static const char *as_boolean(struct str value)
{
	static const char *const yes[] = { "on", "true", "yes", "1" };

	for (size_t i = 0; i < 4; i++)
		if (same_word(value, str_of(yes[i])))
			return "on";
	return "off";
}

/* VERSION NAME show data_directory, of a cluster that is still to be made. */
static int show_of_cluster(struct shell_call *c, const struct str *words, bool only_value,
			   struct error *err)
{
	struct cluster found[1];
	size_t n = pending(debian_of(c), found, 1);

	if (!only_value || has_clusters(c) || !n || !str_equal(found[0].version, words[0]) ||
	    !str_equal(found[0].name, words[1]) || !str_equal_cstr(words[2], "show") ||
	    !str_equal_cstr(words[3], "data_directory"))
		return shell_refuse(c, err, "settings of a cluster");
	buf_printf(c->out, "/var/lib/postgresql/" STR_FMT "/" STR_FMT "\n", STR_ARG(words[0]),
		   STR_ARG(words[1]));
	return 0;
}

int command_pg_conftool(struct shell_call *c, struct error *err)
{
	static const struct shell_option table[] = {
		{ 'b', "boolean", OPTION_NO_VALUE, 'b' },
		{ 's', "short", OPTION_NO_VALUE, 's' },
		{ 'v', "verbose", OPTION_NO_VALUE, 'v' },
		{ 0 },
	};
	struct shell_arguments a;
	struct str text = STR(""), value = STR("");
	bool boolean = false, only_value = false, verbose = false;
	int status = 0, r = shell_options(c, table, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		boolean |= a.options[i].id == 'b';
		only_value |= a.options[i].id == 's';
		verbose |= a.options[i].id == 'v';
	}
	if (a.n_operands == 4 && is_digits(a.operands[0]))
		return show_of_cluster(c, a.operands, only_value && !boolean, err);
	if (a.n_operands != 3 || *a.operands[0].ptr != '/' ||
	    !str_has_suffix(a.operands[0], STR(".conf")) ||
	    !(str_equal_cstr(a.operands[1], "show") || str_equal_cstr(a.operands[1], "get")) ||
	    str_equal_cstr(a.operands[2], "all") || !only_value || verbose)
		return shell_refuse(c, err,
				    "only -s [VERSION NAME|FILE.conf] show KEY is modelled");
	r = world_read(c->shell, a.operands[0], &text, err);
	if (r < 0)
		return -1;
	if (r)
		return 1; /* no such file: no such key */
	r = find_value(c, text, path_parent(a.operands[0]), a.operands[2], &value);
	if (r == 2)
		return shell_refuse(c, err, "a line of " STR_FMT, STR_ARG(a.operands[0]));
	if (!r)
		return 1;
	buf_printf(c->out, STR_FMT "\n", STR_ARG(boolean ? str_of(as_boolean(value)) : value));
	return 0;
}

/* ---- pg_updatedicts, where no dictionary is installed ---- */

static bool any_name(struct shell_call *c, const char *folder, const char *suffix)
{
	struct node *dir = world_find(c->shell, str_of(folder), true);
	struct node *const *child = NULL;
	size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;

	for (size_t i = 0; i < n; i++)
		if (str_has_suffix(child[i]->name, str_of(suffix)))
			return true;
	return false;
}

int command_pg_updatedicts(struct shell_call *c, struct error *err)
{
	struct tree_files f = service_files(c);

	if (any_name(c, "/usr/share/hunspell", ".aff") ||
	    any_name(c, "/usr/share/myspell/dicts", ".aff") ||
	    any_name(c, "/var/cache/postgresql/dicts", ""))
		return shell_refuse(c, err, "dictionaries are not converted");
	if (!files_folder(&f, STR("/var/cache/postgresql/dicts")))
		return shell_refuse(c, err, "/var/cache/postgresql/dicts is no folder");
	buf_add_cstr(c->out, "Building PostgreSQL dictionaries from installed myspell/hunspell "
			     "packages...\nRemoving obsolete dictionary files:\n");
	return 0;
}

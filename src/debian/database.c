/*
 * /var/lib/dpkg and apt's extended_states, byte for byte as the programs write
 * them after a fresh installation. Spec: docs/formats/dpkg.md.
 */
#include <stdlib.h>

#include "debian/relation.h"
#include "debian/unpack.h"
#include "resolve/archive.h"

#define DATABASE_MAX ((size_t)1 << 30) /* bytes of status or of one .list */
#define DPKG         "var/lib/dpkg/"

/* dpkg's own order of fields; fields that it does not know follow after. */
static const char *const status_fields[] = {
	"Package", "Essential", "Protected", "Status", "Priority", "Section", "Installed-Size",
	"Origin", "Maintainer", "Bugs", "Architecture", "Multi-Arch", "Source", "Version",
	"Config-Version", "Replaces", "Provides", "Depends", "Pre-Depends", "Recommends",
	"Suggests", "Breaks", "Conflicts", "Enhances", "Conffiles", "Filename", "Size",
	"MD5sum", "Description", "Triggers-Pending", "Triggers-Awaited",
};
static const char *const relation_fields[] = {
	"Replaces", "Provides", "Depends", "Pre-Depends", "Recommends",
	"Suggests", "Breaks", "Conflicts", "Enhances",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_listed(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (deb822_is(name, str_of(list[i])))
			return true;
	return false;
}

static const struct pack_member *find_member(const struct pack *pack, struct str path)
{
	for (size_t i = 0; i < pack->n_members; i++)
		if (str_equal(pack->members[i].path, path))
			return &pack->members[i];
	return NULL;
}

/* MD5 of a regular file as shipped, through a hard link too; "" if it is none. */
static struct str shipped_md5(const struct pack *pack, const struct pack_member *m)
{
	if (m && m->hard_link)
		m = find_member(pack, m->target);
	return m && m->kind == NODE_FILE && !m->hard_link ? m->md5 : STR("");
}

/* dpkg knows no digest of a conffile that it was told to leave out. */
static struct str conffile_md5(const struct unpacked *u, struct str path)
{
	const struct pack *pack = u->package->pack;
	const struct pack_member *m = find_member(pack, path);

	return m && !u->excluded[m - pack->members] ? shipped_md5(pack, m) : STR("");
}

static void add_conffiles(const struct unpacked *u, struct buf *to)
{
	static const char flag[] = "remove-on-upgrade ";

	if (u->n_conffiles)
		buf_add_cstr(to, "Conffiles:\n");
	for (size_t i = 0; i < u->n_conffiles; i++) {
		struct str path = u->conffiles[i], md5 = STR("");
		const char *after = "";

		if (str_has_prefix(path, str_of(flag))) {
			path = str_trim((struct str){ path.ptr + sizeof(flag) - 1,
						      path.len - (sizeof(flag) - 1) });
			after = " remove-on-upgrade";
		} else if (path.len) {
			md5 = conffile_md5(u, (struct str){ path.ptr + 1, path.len - 1 });
		}
		buf_printf(to, " " STR_FMT " " STR_FMT "%s\n", STR_ARG(path),
			   STR_ARG(md5.len ? md5 : STR("newconffile")), after);
	}
}

static void add_field(struct str name, struct str value, struct buf *to)
{
	if (!value.len)
		return;
	buf_add_str(to, name);
	buf_add_char(to, ':');
	if (*value.ptr != '\n')
		buf_add_char(to, ' ');
	if (is_listed(name, relation_fields, COUNT(relation_fields)))
		relation_format(value, to);
	else
		buf_add_str(to, value);
	buf_add_char(to, '\n');
}

void debian_stanza(const struct unpacked *u, const char *status, struct buf *to)
{
	for (size_t i = 0; i < COUNT(status_fields); i++) {
		struct str name = str_of(status_fields[i]);

		if (str_equal_cstr(name, "Status"))
			buf_printf(to, "Status: %s\n", status);
		else if (str_equal_cstr(name, "Conffiles"))
			add_conffiles(u, to);
		else
			add_field(name, unpacked_field(u, name), to);
	}
	for (size_t i = 0; i < u->n_fields; i++)
		if (!is_listed(u->fields[i].name, status_fields, COUNT(status_fields)))
			add_field(u->fields[i].name, u->fields[i].value, to);
}

static int by_name(const void *x, const void *y)
{
	const struct unpacked *const *a = x, *const *b = y;

	return str_compare((*a)->package->name, (*b)->package->name);
}

/* Packages that stay in the image, by name. */
static struct unpacked **kept_packages(struct debian *d, size_t *ret_n)
{
	struct unpacked **list = arena_array(d->arena, d->n_packages + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < d->n_packages; i++)
		if (d->packages[i].package->kept)
			list[n++] = &d->packages[i];
	qsort(list, n, sizeof(struct unpacked *), by_name);
	*ret_n = n;
	return list;
}

static int write_file(struct debian *d, const char *path, const struct buf *text, uint16_t mode,
		      cause_id cause, struct error *err)
{
	return tree_write_file(d->tree, str_of(path), buf_bytes(text), mode, cause, NULL, err);
}

static int write_text(struct debian *d, const char *path, const char *text, struct error *err)
{
	return tree_write_file(d->tree, str_of(path), str_bytes(str_of(text)), 0644,
			       debian_rule(d, "dpkg database"), NULL, err);
}

static cause_id member_cause(struct debian *d, const struct unpacked *u, struct str member)
{
	return tree_cause_intern(d->tree,
				 (struct cause){ CAUSE_PACKAGE, u->package->name, member });
}

static int write_info(struct debian *d, const struct unpacked *u, struct str member,
		      struct bytes data, uint16_t mode, struct error *err)
{
	char *path = arena_printf(d->arena, DPKG "info/" STR_FMT "." STR_FMT, STR_ARG(u->id),
				  STR_ARG(member));

	return tree_write_file(d->tree, str_of(path), data, mode, member_cause(d, u, member), NULL,
			       err);
}

int database_write_list(struct debian *d, const struct unpacked *u, struct error *err)
{
	const struct pack *pack = u->package->pack;
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	for (size_t i = 0; i < pack->n_members; i++) {
		if (u->given_away[i])
			continue;
		buf_printf(&text, "/" STR_FMT "\n",
			   STR_ARG(pack->members[i].path.len ? pack->members[i].path : STR(".")));
	}
	return write_info(d, u, STR("list"), buf_bytes(&text), 0644, err);
}

static bool is_conffile(const struct unpacked *u, struct str path)
{
	for (size_t i = 0; i < u->n_conffiles; i++)
		if (u->conffiles[i].len == path.len + 1 &&
		    memcmp(u->conffiles[i].ptr + 1, path.ptr, path.len) == 0)
			return true;
	return false;
}

/* dpkg makes the list itself where a package ships none. */
static int write_md5sums(struct debian *d, const struct unpacked *u, struct error *err)
{
	const struct pack *pack = u->package->pack;
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	for (size_t i = 0; i < pack->n_members; i++) {
		struct str md5 = shipped_md5(pack, &pack->members[i]);

		if (md5.len && !u->given_away[i] && !is_conffile(u, pack->members[i].path))
			buf_printf(&text, STR_FMT "  " STR_FMT "\n", STR_ARG(md5),
				   STR_ARG(pack->members[i].path));
	}
	return write_info(d, u, STR("md5sums"), buf_bytes(&text), 0644, err);
}

int database_write_info(struct debian *d, const struct unpacked *u, struct error *err)
{
	const struct pack *pack = u->package->pack;

	if (database_write_list(d, u, err) < 0)
		return -1;
	for (size_t i = 0; i < pack->n_controls; i++) {
		const struct pack_control *c = &pack->controls[i];

		if (str_equal_cstr(c->name, "control"))
			continue;
		if (write_info(d, u, c->name, c->data, c->mode, err) < 0)
			return -1;
	}
	if (!pack_control(pack, STR("md5sums")))
		return write_md5sums(d, u, err);
	return 0;
}

/* ---- triggers ---- */

struct interest_line {
	struct str name; /* "ldconfig" or "/usr/lib32" */
	char *line;      /* what stands in the file of that name */
};

struct interests {
	struct interest_line *items;
	size_t n, capacity;
};

static struct str next_word(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	word = (struct str){ rest->ptr, 0 };
	while (word.len < rest->len && rest->ptr[word.len] != ' ' && rest->ptr[word.len] != '\t')
		word.len++;
	rest->ptr += word.len;
	rest->len -= word.len;
	return word;
}

static void add_interest(struct debian *d, const struct unpacked *u, struct str line,
			 struct interests *to)
{
	struct str rest = { line.ptr, str_find_char(line, '#') };
	struct str directive = next_word(&rest), name = next_word(&rest);
	const char *noawait = str_equal_cstr(directive, "interest-noawait") ? "/noawait" : "";

	if (!str_has_prefix(directive, STR("interest")) || !name.len)
		return;
	ARENA_GROW(d->arena, to->items, to->n, to->capacity);
	to->items[to->n].name = name;
	to->items[to->n++].line =
		*name.ptr == '/' ? arena_printf(d->arena, STR_FMT " " STR_FMT "%s\n", STR_ARG(name),
						STR_ARG(u->id), noawait)
				 : arena_printf(d->arena, STR_FMT "%s\n", STR_ARG(u->id), noawait);
}

static struct interests collect_interests(struct debian *d)
{
	struct interests all = { 0 };

	for (size_t i = 0; i < d->n_packages; i++) {
		const struct unpacked *u = &d->packages[i];
		const struct pack_control *c = pack_control(u->package->pack, STR("triggers"));
		struct str rest = c ? bytes_str(c->data) : (struct str){ NULL, 0 }, line;

		if (!u->package->kept)
			continue;
		while (str_split(&rest, '\n', &line))
			add_interest(d, u, line, &all);
	}
	return all;
}

static bool is_named_before(const struct interests *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_equal(all->items[k].name, all->items[i].name))
			return true;
	return false;
}

static int write_explicit(struct debian *d, const struct interests *all, size_t i,
			  struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);
	struct str name = all->items[i].name;
	char *path;

	if (*name.ptr == '/' || is_named_before(all, i))
		return 0;
	for (size_t k = i; k < all->n; k++)
		if (str_equal(all->items[k].name, name))
			buf_add_cstr(&text, all->items[k].line);
	path = arena_printf(d->arena, DPKG "triggers/" STR_FMT, STR_ARG(name));
	return write_file(d, path, &text, 0644, debian_rule(d, "dpkg database"), err);
}

static int write_triggers(struct debian *d, struct error *err)
{
	struct interests all = collect_interests(d);
	CLEANUP_BUF struct buf file = BUF_INIT(DATABASE_MAX);

	for (size_t i = 0; i < all.n; i++) {
		if (*all.items[i].name.ptr == '/')
			buf_add_cstr(&file, all.items[i].line);
		if (write_explicit(d, &all, i, err) < 0)
			return -1;
	}
	if (file.len && write_file(d, DPKG "triggers/File", &file, 0644,
				   debian_rule(d, "dpkg database"), err) < 0)
		return -1;
	return write_text(d, DPKG "triggers/Unincorp", "", err);
}

/* ---- the rest ---- */

/* A package that goes (essential: false) takes its diversions with it. */
static bool is_kept(const struct debian *d, struct str package)
{
	const struct unpacked *u = debian_find(d, package);

	return !u || u->package->kept;
}

static int write_diversions(struct debian *d, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);
	size_t n = 0;

	if (unpack_rules(d, err) < 0)
		return -1;
	for (size_t i = 0; i < d->n_diversions; i++) {
		if (!is_kept(d, d->diversions[i].package))
			continue;
		buf_printf(&text, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
			   STR_ARG(d->diversions[i].path), STR_ARG(d->diversions[i].to),
			   STR_ARG(d->diversions[i].package));
		n++;
	}
	if (n == d->n_diversions)
		return 0; /* the file stands as scripts have left it */
	return write_file(d, DPKG "diversions", &text, 0644, debian_rule(d, "dpkg database"), err);
}

/* What scripts of the others had to see, and nobody needs from now on. */
static void drop_info(struct debian *d, const struct unpacked *u)
{
	struct node *dir = tree_resolve(d->tree, STR(DPKG "info"), true);
	char *prefix = arena_printf(d->arena, STR_FMT ".", STR_ARG(u->id));
	struct node *const *child;
	struct node **list;
	size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &child) : 0;
	size_t k = 0;

	list = arena_array(d->arena, n + 1, sizeof(struct node *));
	for (size_t i = 0; i < n; i++)
		if (str_has_prefix(child[i]->name, str_of(prefix)) &&
		    !memchr(child[i]->name.ptr + strlen(prefix), '.',
			    child[i]->name.len - strlen(prefix)))
			list[k++] = child[i];
	for (size_t i = 0; i < k; i++)
		tree_remove(d->tree, list[i], debian_rule(d, "essential: false"));
}

static void drop_infos(struct debian *d)
{
	for (size_t i = 0; i < d->n_packages; i++)
		if (!d->packages[i].package->kept)
			drop_info(d, &d->packages[i]);
}

static int write_architecture(struct debian *d, struct error *err)
{
	const struct unpacked *dpkg = debian_find(d, STR("dpkg"));
	char *text = arena_printf(d->arena, STR_FMT "\n", STR_ARG(d->options->architecture));

	if (write_text(d, DPKG "arch", text, err) < 0)
		return -1;
	if (!dpkg || version_compare(dpkg->package->version, STR("1.22")) < 0)
		return 0;
	return write_text(d, DPKG "arch-native", text, err);
}

/* So that an upgrade does not bring back what the recipe keeps out. */
static int write_exclusions(struct debian *d, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	if (!d->exclude.n || !debian_find(d, STR("dpkg")) || !is_kept(d, STR("dpkg")))
		return 0;
	buf_add_cstr(&text, "# The recipe's `exclude`: these paths are not unpacked.\n");
	glob_dpkg_lines(&d->exclude, &text);
	for (size_t i = 0; i < d->n_exceptions; i++)
		buf_add_str(&text, d->exceptions[i]);
	return write_file(d, "etc/dpkg/dpkg.cfg.d/ingot", &text, 0644,
			  debian_rule(d, "exclude"), err);
}

static int write_extended_states(struct debian *d, struct unpacked *const *kept, size_t n,
				 struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);
	bool apt = false;

	for (size_t i = 0; i < n; i++) {
		apt |= str_equal_cstr(kept[i]->package->name, "apt");
		if (kept[i]->package->automatic)
			buf_printf(&text,
				   "Package: " STR_FMT "\nArchitecture: " STR_FMT
				   "\nAuto-Installed: 1\n\n",
				   STR_ARG(kept[i]->package->name),
				   STR_ARG(d->options->architecture));
	}
	if (!apt || !text.len)
		return 0;
	return write_file(d, "var/lib/apt/extended_states", &text, 0644,
			  debian_rule(d, "apt database"), err);
}

static int write_status(struct debian *d, struct unpacked *const *kept, size_t n,
			struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DATABASE_MAX);

	for (size_t i = 0; i < n; i++) {
		debian_stanza(kept[i], kept[i]->first_boot ? "install ok unpacked" :
				       "install ok installed", &text);
		buf_add_char(&text, '\n');
	}
	return write_file(d, DPKG "status", &text, 0644, debian_rule(d, "dpkg database"), err);
}

int debian_database(struct debian *d, struct error *err)
{
	size_t n;
	struct unpacked **kept = kept_packages(d, &n);

	drop_infos(d);
	if (write_text(d, DPKG "info/format", "1\n", err) < 0 ||
	    write_status(d, kept, n, err) < 0 || write_triggers(d, err) < 0 ||
	    write_diversions(d, err) < 0 ||
	    write_architecture(d, err) < 0 || write_exclusions(d, err) < 0 ||
	    write_extended_states(d, kept, n, err) < 0)
		return err_while(err, "writing the package database");
	return 0;
}

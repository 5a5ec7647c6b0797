/*
 * What `systemctl enable` and `disable` do to /etc/systemd/system, from the
 * [Install] section of the unit (systemd.unit(5)).
 */

#include "base/limits.h"
#include "compose/work.h"

#define UNIT_FILE_MAX (1u << 20) /* bytes */
#define ALSO_MAX      32u        /* units that one service may bring along */
#define CONFIG        "etc/systemd/system"
#define STATE         "var/lib/systemd/deb-systemd-helper-enabled"

struct unit {
	struct str name;     /* as it is linked: "nginx.service", "getty@tty1.service" */
	struct str instance; /* "tty1", or "" */
	struct str file;     /* absolute path that links point to */
	struct str text;
};

struct enabling {
	struct work *w;
	const struct recipe_service *service;
	struct place at;
	struct str pending[ALSO_MAX]; /* in order; those before `done` are linked */
	unsigned n, done;
	struct buf *links; /* paths of the links only, when nothing is to be made; or NULL */
};

static bool has_systemd(const struct work *w)
{
	return work_has_file(w, "usr/bin/systemctl");
}

static struct str with_suffix(const struct work *w, struct str name)
{
	static const char *const suffixes[] = { ".service", ".socket", ".timer", ".target", ".path",
						".mount", ".automount", ".swap", ".slice" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (str_has_suffix(name, str_of(suffixes[i])))
			return name;
	}
	return str_of(arena_printf(w->arena, STR_FMT ".service", STR_ARG(name)));
}

/* "getty@tty1.service" is of "getty@.service"; *ret_instance is "tty1". */
static struct str template_of(const struct work *w, struct str name, struct str *ret_instance)
{
	size_t at = str_find_char(name, '@'), dot = name.len;

	*ret_instance = STR("");
	while (dot > 0 && name.ptr[dot - 1] != '.')
		dot--;
	if (at + 1 >= dot || dot == 0)
		return name;
	*ret_instance = (struct str){ name.ptr + at + 1, dot - 1 - (at + 1) };
	return str_of(arena_printf(w->arena, "%.*s@.%.*s", (int)at, name.ptr,
				   (int)(name.len - dot), name.ptr + dot));
}

/* Where the unit's file is; the administrator's folder wins. */
static const struct node *find_file(const struct work *w, struct str name, struct str *ret_link)
{
	const char *vendor = w->release <= 12 ? "/lib/systemd/system" : "/usr/lib/systemd/system";
	const char *folders[] = { "/" CONFIG, vendor };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct str path = str_of(arena_printf(w->arena, "%s/" STR_FMT, folders[i],
						      STR_ARG(name)));
		const struct node *n = tree_resolve(w->tree, path, /* follow_last= */ true);

		if (n && n->inode->kind == NODE_FILE) {
			*ret_link = path;
			return n;
		}
	}
	return NULL;
}

/* Return: 1 if the image has no such unit. */
static int load_unit(const struct work *w, struct str name, struct unit *ret, struct error *err)
{
	struct str template = template_of(w, name, &ret->instance);
	const struct node *n;
	struct bytes text;

	ret->name = name;
	n = find_file(w, name, &ret->file);
	if (!n)
		n = find_file(w, template, &ret->file);
	if (!n)
		return 1;
	if (work_load(w, n, UNIT_FILE_MAX, &text, err) < 0)
		return -1;
	ret->text = bytes_str(text);
	return 0;
}

static bool next_line(struct str *rest, struct str *section, struct str *ret_key,
		      struct str *ret_value)
{
	struct str line;

	while (str_split(rest, '\n', &line)) {
		size_t equals;

		line = str_trim(line);
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
			continue;
		if (line.ptr[0] == '[') {
			*section = line;
			continue;
		}
		equals = str_find_char(line, '=');
		if (equals == line.len)
			continue;
		*ret_key = str_trim((struct str){ line.ptr, equals });
		*ret_value = str_trim((struct str){ line.ptr + equals + 1,
						    line.len - equals - 1 });
		return true;
	}
	return false;
}

/* The next "Key=value" of [Install]. */
static bool next_install(struct str *rest, struct str *section, struct str *ret_key,
			 struct str *ret_value)
{
	while (next_line(rest, section, ret_key, ret_value)) {
		if (str_equal(*section, STR("[Install]")))
			return true;
	}
	return false;
}

/* "%i" is the instance; ERR_UNSUPPORTED for other specifiers. */
static int expand(const struct enabling *e, const struct unit *u, struct str word,
		  struct str *ret, struct error *err)
{
	CLEANUP_BUF struct buf b = BUF_INIT(UNIT_FILE_MAX + LIMIT_PATH_MAX);

	for (size_t i = 0; i < word.len; i++) {
		char next = i + 1 < word.len ? word.ptr[i + 1] : '\0';

		if (word.ptr[i] != '%') {
			buf_add_char(&b, word.ptr[i]);
			continue;
		}
		if (next != 'i' && next != '%')
			return err_at(err, ERR_UNSUPPORTED, e->service->pos,
				      "unit '" STR_FMT "' is installed as '" STR_FMT
				      "', a specifier that ingot does not expand",
				      STR_ARG(u->name), STR_ARG(word));
		if (next == 'i')
			buf_add_str(&b, u->instance);
		else
			buf_add_char(&b, '%');
		i++;
	}
	*ret = arena_str(e->w->arena, buf_str(&b));
	return 0;
}

static int put_link(struct enabling *e, const struct unit *u, const char *path, struct error *err)
{
	struct inode link = work_link_of(e->w, u->file);
	const struct node *there = tree_resolve(e->w->tree, str_of(path), false);

	if (e->links) {
		buf_printf(e->links, "/%s\n", path);
		return 0;
	}
	/* A package has enabled it already: the same link, and the package's. */
	if (there && there->inode->kind == NODE_SYMLINK)
		return 0;
	return work_put(e->w, &e->at, str_of(path), &link, NULL, err);
}

static int add_pending(struct enabling *e, struct str name, struct error *err)
{
	for (unsigned i = 0; i < e->n; i++) {
		if (str_equal(e->pending[i], name))
			return 0;
	}
	if (e->n == ALSO_MAX)
		return err_at(err, ERR_LIMIT, e->service->pos,
			      "service '" STR_FMT "' brings more than %u units along",
			      STR_ARG(e->service->name), ALSO_MAX);
	e->pending[e->n++] = name;
	return 0;
}

/* One word of WantedBy=, RequiredBy=, Alias= or Also=. */
static int install_word(struct enabling *e, const struct unit *u, struct str key, struct str raw,
			struct error *err)
{
	const char *path;
	struct str word;

	if (expand(e, u, raw, &word, err) < 0)
		return -1;
	if (!tree_is_name(word))
		return err_at(err, ERR_FORMAT, e->service->pos,
			      "unit '" STR_FMT "': '" STR_FMT "' is not the name of a unit",
			      STR_ARG(u->name), STR_ARG(word));
	if (str_equal(key, STR("Also")))
		return add_pending(e, word, err);
	if (str_equal(key, STR("Alias")))
		path = arena_printf(e->w->arena, CONFIG "/" STR_FMT, STR_ARG(word));
	else
		path = arena_printf(e->w->arena, CONFIG "/" STR_FMT ".%s/" STR_FMT, STR_ARG(word),
				    str_equal(key, STR("WantedBy")) ? "wants" : "requires",
				    STR_ARG(u->name));
	return put_link(e, u, path, err);
}

/* A bare template is enabled as its DefaultInstance=; false if it has none. */
static bool choose_instance(const struct work *w, struct unit *u)
{
	struct str rest = u->text, section = STR(""), key, value;
	size_t at = str_find_char(u->name, '@');

	if (at + 1 >= u->name.len || u->name.ptr[at + 1] != '.')
		return true;
	while (next_install(&rest, &section, &key, &value)) {
		if (!str_equal(key, STR("DefaultInstance")))
			continue;
		u->instance = value;
		u->name = str_of(arena_printf(w->arena, "%.*s@" STR_FMT "%.*s", (int)at,
					      u->name.ptr, STR_ARG(value),
					      (int)(u->name.len - at - 1), u->name.ptr + at + 1));
		return true;
	}
	return false;
}

static int install_unit(struct enabling *e, struct unit *u, struct error *err)
{
	struct str rest = u->text, section = STR(""), key, value, word;

	if (!choose_instance(e->w, u))
		return 0;
	while (next_install(&rest, &section, &key, &value)) {
		if (!str_equal(key, STR("WantedBy")) && !str_equal(key, STR("RequiredBy")) &&
		    !str_equal(key, STR("Alias")) && !str_equal(key, STR("Also")))
			continue;
		while (str_split(&value, ' ', &word)) {
			if (word.len > 0 && install_word(e, u, key, word, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int no_unit(const struct enabling *e, struct str name, struct error *err)
{
	err_at(err, ERR_RECIPE_VALUE, e->service->pos, "no unit '" STR_FMT "' in the image",
	       STR_ARG(name));
	return err_hint(err, "add the package that ships it, or write '/" CONFIG "/" STR_FMT
			"' under 'files:'", STR_ARG(name));
}

static int install_all(struct enabling *e, struct error *err)
{
	while (e->done < e->n) {
		struct unit u = { 0 };
		struct str name = e->pending[e->done++];
		int r = load_unit(e->w, name, &u, err);

		if (r < 0)
			return -1;
		if (r > 0 && e->done == 1)
			return no_unit(e, name, err);
		if (r == 0 && install_unit(e, &u, err) < 0)
			return -1;
	}
	return 0;
}

static struct enabling enabling_of(struct work *w, const struct recipe_service *s)
{
	return (struct enabling){
		.w = w, .service = s, .at = work_place(w, s->pos),
		.pending = { with_suffix(w, s->name) }, .n = 1,
	};
}

int systemd_enable(struct work *w, const struct recipe_service *s, struct error *err)
{
	struct enabling e = enabling_of(w, s);

	if (!has_systemd(w))
		return 0;
	return install_all(&e, err);
}

/*
 * The helper of Debian's maintainer scripts takes a unit without a record for
 * new and enables it on the next upgrade: the record says that it was known.
 */
static int put_state(struct enabling *e, struct error *err)
{
	const char *path = arena_printf(e->w->arena, STATE "/" STR_FMT ".dsh-also",
					STR_ARG(e->pending[0]));
	CLEANUP_BUF struct buf links = BUF_INIT(UNIT_FILE_MAX * ALSO_MAX);
	struct inode i;

	if (!work_has_file(e->w, "usr/bin/deb-systemd-helper") || work_has_file(e->w, path))
		return 0;
	e->links = &links;
	if (install_all(e, err) < 0)
		return -1;
	i = work_file_of(e->w, arena_bytes(tree_arena(e->w->tree), buf_bytes(&links)), 0644);
	return work_put(e->w, &e->at, str_of(path), &i, NULL, err);
}

static bool is_link_of(const struct node *n, struct str unit)
{
	struct str rest, name = STR("");

	if (n->inode->kind != NODE_SYMLINK)
		return false;
	if (str_equal(n->name, unit))
		return true;
	rest = n->inode->target;
	while (str_split(&rest, '/', &name))
		;
	return str_equal(name, unit);
}

/* All links of @unit below /etc/systemd/system, however they are called. */
static size_t list_links(const struct work *w, struct str unit, struct node ***ret)
{
	struct node *top = tree_resolve(w->tree, STR(CONFIG), true), *n;
	struct tree_iter it;
	size_t count = 0;

	*ret = arena_array(w->arena, tree_node_count(w->tree), sizeof(**ret));
	if (!top || top->inode->kind != NODE_DIRECTORY)
		return 0;
	for (it = tree_iter(w->tree, top); (n = tree_next(&it));) {
		if (is_link_of(n, unit))
			(*ret)[count++] = n;
	}
	return count;
}

int systemd_disable(struct work *w, const struct recipe_service *s, struct error *err)
{
	struct enabling e = enabling_of(w, s);
	struct unit unit = { 0 };
	struct node **links;
	size_t n;
	int r = load_unit(w, e.pending[0], &unit, err);

	if (r < 0)
		return -1;
	if (r > 0)
		return has_systemd(w) ? no_unit(&e, e.pending[0], err) : 0;
	n = list_links(w, e.pending[0], &links);
	for (size_t i = 0; i < n; i++)
		tree_remove(w->tree, links[i], e.at.cause);
	return put_state(&e, err);
}

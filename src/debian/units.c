/*
 * deb-systemd-helper enable and update-rc.d defaults (debian.md 5.5, 5.6): links
 * that a unit's [Install] section or an init script's header asks for.
 */
#include "debian/effects.h"

#define UNIT_ALSO_MAX 16u /* units that one `enable` reaches through Also= */
#define STATE_DIR     "var/lib/systemd/deb-systemd-helper-enabled/"

struct unit_link {
	struct str path;   /* below etc/systemd/system: "T.wants/U" or an alias */
	struct str target; /* the unit file */
	bool alias;
};

struct unit_links {
	struct unit_link *links;
	size_t n, capacity;
	struct str units[UNIT_ALSO_MAX]; /* still to read, then read */
	size_t n_units;
};

/* "getty@tty1.service" to "getty@.service"; anything else stays. */
static struct str template_of(struct debian *d, struct str unit)
{
	size_t at = str_find_char(unit, '@'), dot = unit.len;

	while (dot && unit.ptr[dot - 1] != '.')
		dot--;
	if (at == unit.len || dot == 0 || dot - 1 <= at)
		return unit;
	return str_of(arena_printf(d->arena, "%.*s@.%.*s", (int)at, unit.ptr,
				   (int)(unit.len - dot), unit.ptr + dot));
}

/* The unit's file as the links name it, or "". */
static struct str unit_file(struct debian *d, struct str unit)
{
	const char *prefix = tree_resolve(d->tree, STR("usr/bin/systemctl"), true) ? "/usr" : "";
	char *path = arena_printf(d->arena, "%s/lib/systemd/system/" STR_FMT, prefix,
				  STR_ARG(template_of(d, unit)));

	return tree_resolve(d->tree, str_of(path), true) ? str_of(path) : STR("");
}

static void add_link(struct debian *d, struct unit_links *to, char *path, struct str target,
		     bool alias)
{
	ARENA_GROW(d->arena, to->links, to->n, to->capacity);
	to->links[to->n++] = (struct unit_link){ str_of(path), target, alias };
}

static void add_also(struct unit_links *to, struct str unit)
{
	for (size_t i = 0; i < to->n_units; i++)
		if (str_equal(to->units[i], unit))
			return;
	if (to->n_units < UNIT_ALSO_MAX)
		to->units[to->n_units++] = unit;
}

static void install_word(struct debian *d, struct unit_links *to, struct str unit,
			 struct str file, struct str key, struct str word)
{
	if (str_equal_cstr(key, "Alias"))
		add_link(d, to, arena_printf(d->arena, STR_FMT, STR_ARG(word)), file, true);
	else if (str_equal_cstr(key, "WantedBy"))
		add_link(d, to, arena_printf(d->arena, STR_FMT ".wants/" STR_FMT, STR_ARG(word),
					     STR_ARG(unit)), file, false);
	else if (str_equal_cstr(key, "RequiredBy"))
		add_link(d, to, arena_printf(d->arena, STR_FMT ".requires/" STR_FMT, STR_ARG(word),
					     STR_ARG(unit)), file, false);
	else if (str_equal_cstr(key, "Also"))
		add_also(to, word);
}

static void install_line(struct debian *d, struct unit_links *to, struct str unit,
			 struct str file, struct str line)
{
	size_t equals = str_find_char(line, '=');
	struct str key = str_trim((struct str){ line.ptr, equals }), value, word;

	if (equals == line.len)
		return;
	value = (struct str){ line.ptr + equals + 1, line.len - equals - 1 };
	while (str_split(&value, ' ', &word))
		if (word.len)
			install_word(d, to, unit, file, key, word);
}

static int read_unit(struct debian *d, struct unit_links *to, struct str unit, struct error *err)
{
	struct str file = unit_file(d, unit), text, line;
	bool install = false;
	int r;

	if (!file.len)
		return 0;
	r = debian_read(d, file, &text, err);
	if (r)
		return r < 0 ? -1 : 0;
	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.len && *line.ptr == '[')
			install = str_equal_cstr(line, "[Install]");
		else if (install && line.len && *line.ptr != '#')
			install_line(d, to, unit, file, line);
	}
	return 0;
}

static int write_link(const struct effect_context *c, const struct unit_link *link,
		      struct error *err)
{
	struct debian *d = c->d;
	char *path = arena_printf(d->arena, "etc/systemd/system/" STR_FMT, STR_ARG(link->path));
	char *state = arena_printf(d->arena, STATE_DIR STR_FMT, STR_ARG(link->path));

	if (!tree_resolve(d->tree, str_of(path), false) &&
	    tree_write_symlink(d->tree, str_of(path), link->target, c->cause, NULL, err) < 0)
		return -1;
	return tree_write_file(d->tree, str_of(state), (struct bytes){ 0 }, 0644, c->cause, NULL,
			       err);
}

static int write_also(const struct effect_context *c, struct str unit,
		      const struct unit_links *links, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEBIAN_SCRIPT_MAX);
	char *path = arena_printf(c->d->arena, STATE_DIR STR_FMT ".dsh-also", STR_ARG(unit));

	for (int alias = 1; alias >= 0; alias--)
		for (size_t i = 0; i < links->n; i++)
			if (links->links[i].alias == alias)
				buf_printf(&text, "/etc/systemd/system/" STR_FMT "\n",
					   STR_ARG(links->links[i].path));
	return tree_write_file(c->d->tree, str_of(path), buf_bytes(&text), 0644, c->cause, NULL,
			       err);
}

/* enable UNIT */
int effect_enable(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err)
{
	struct unit_links links = { .units = { word[0] }, .n_units = 1 };

	(void)n;
	if (!unit_file(c->d, word[0]).len)
		return 0;
	for (size_t i = 0; i < links.n_units; i++)
		if (read_unit(c->d, &links, links.units[i], err) < 0)
			return -1;
	for (size_t i = 0; i < links.n; i++)
		if (write_link(c, &links.links[i], err) < 0)
			return -1;
	return write_also(c, word[0], &links, err);
}

/* The value of an LSB header's line "# KEY: value", or "". */
static struct str lsb_value(struct str text, const char *key)
{
	struct str line, word = str_of(key);
	bool header = false;

	while (str_split(&text, '\n', &line)) {
		if (str_has_prefix(line, STR("### BEGIN INIT INFO")))
			header = true;
		else if (str_has_prefix(line, STR("### END INIT INFO")))
			break;
		if (!header || !line.len || *line.ptr != '#')
			continue;
		line = str_trim((struct str){ line.ptr + 1, line.len - 1 });
		if (str_has_prefix(line, word) && line.len > word.len && line.ptr[word.len] == ':')
			return str_trim((struct str){ line.ptr + word.len + 1,
						      line.len - word.len - 1 });
	}
	return STR("");
}

static int rc_links(const struct effect_context *c, struct str levels, char kind,
		    struct str name, struct error *err)
{
	struct str level;

	while (str_split(&levels, ' ', &level)) {
		char *path, *target;

		if (!level.len)
			continue;
		path = arena_printf(c->d->arena, "etc/rc" STR_FMT ".d/%c01" STR_FMT,
				    STR_ARG(level), kind, STR_ARG(name));
		target = arena_printf(c->d->arena, "../init.d/" STR_FMT, STR_ARG(name));
		if (tree_write_symlink(c->d->tree, str_of(path), str_of(target), c->cause, NULL,
				       err) < 0)
			return -1;
	}
	return 0;
}

/* rc NAME: nothing without the init script */
int effect_rc(const struct effect_context *c, const struct str *word, size_t n,
	      struct error *err)
{
	char *path = arena_printf(c->d->arena, "etc/init.d/" STR_FMT, STR_ARG(word[0]));
	struct str text;
	int r = debian_read(c->d, str_of(path), &text, err);

	(void)n;
	if (r)
		return r < 0 ? -1 : 0;
	if (rc_links(c, lsb_value(text, "Default-Start"), 'S', word[0], err) < 0)
		return -1;
	return rc_links(c, lsb_value(text, "Default-Stop"), 'K', word[0], err);
}

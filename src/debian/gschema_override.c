/* *.gschema.override: keyfiles with other values for keys, for all or for one desktop. */
#include <string.h>

#include "base/text.h"
#include "debian/gschema_private.h"

static struct str trim_right(struct str s)
{
	while (s.len && strchr(" \t\r\n\v\f", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static struct str trim_left(struct str s)
{
	while (s.len && strchr(" \t\r\n\v\f", *s.ptr))
		s = (struct str){ s.ptr + 1, s.len - 1 };
	return s;
}

static int set(struct gschemas *g, struct gschema_key *k, struct str desktop, struct str text)
{
	struct gschema_desktop *d;
	struct gvariant value;
	const char *reason = gvariant_parse(g->arena, k->type, text, &value);

	if (reason)
		return gschemas_refuse(g, "the value of '" STR_FMT "': %s", STR_ARG(k->name),
				       reason);
	if (gschema_check(g, k, &value))
		return 1;
	if (!desktop.ptr) {
		k->value = value;
		return 0;
	}
	if (!k->desktops) {
		k->desktops = arena_alloc(g->arena, sizeof(*k->desktops));
		glib_table_init(k->desktops, g->arena);
	}
	d = glib_table_find(k->desktops, desktop);
	if (!d) {
		d = arena_alloc(g->arena, sizeof(*d));
		glib_table_put(k->desktops, desktop, d);
	}
	*d = (struct gschema_desktop){ desktop, value };
	return 0;
}

/* KEY=VALUE of a group. Keys that the schema lacks are passed over with a warning. */
static int assign(struct gschemas *g, const struct gschema *s, struct str desktop, struct str line)
{
	size_t eq = str_find_char(line, '=');
	struct str name = trim_right((struct str){ line.ptr, eq }), value;
	struct gschema_key *k;

	if (eq == line.len || !name.len || str_find_char(name, '[') < name.len)
		return gschemas_refuse(g, "a line that is malformed");
	value = trim_left((struct str){ line.ptr + eq + 1, line.len - eq - 1 });
	k = s ? glib_table_find(&s->keys, name) : NULL;
	if (!k)
		return 0;
	if (k->child.ptr)
		return gschemas_refuse(g, "'" STR_FMT "' is no key", STR_ARG(name));
	if (desktop.ptr && k->l10n)
		return 0; /* with a warning, too */
	return set(g, k, desktop, value);
}

static int open_group(struct gschemas *g, struct glib_table *seen, struct str line,
		      const struct gschema **ret_schema, struct str *ret_desktop)
{
	struct str name = trim_right(line), id;
	size_t colon;

	if (name.len < 3 || name.ptr[name.len - 1] != ']')
		return gschemas_refuse(g, "a group that is malformed");
	name = (struct str){ name.ptr + 1, name.len - 2 };
	if (str_find_char(name, '[') < name.len || str_find_char(name, ']') < name.len)
		return gschemas_refuse(g, "a group that is malformed");
	/* Parts of one group are taken together, before the groups in between. */
	if (glib_table_find(seen, name))
		return gschemas_refuse(g, "a group a second time");
	glib_table_put(seen, name, g);
	colon = str_find_char(name, ':');
	id = (struct str){ name.ptr, colon };
	*ret_schema = glib_table_find(&g->schemas, id);
	*ret_desktop = colon == name.len
			       ? (struct str){ NULL, 0 }
			       : arena_str(g->arena, (struct str){ name.ptr + colon + 1,
								   name.len - colon - 1 });
	return 0;
}

/* Line by line: a later value of a key replaces an earlier one, as in the real program. */
int gschemas_override(struct gschemas *g, struct str text)
{
	const struct gschema *schema = NULL;
	struct str line, desktop = { NULL, 0 };
	struct glib_table seen;
	bool in_group = false;

	glib_table_init(&seen, g->arena);
	g->line = 0;
	if (text.len > GSCHEMA_FILE_MAX || !text_is_utf8(text) ||
	    memchr(text.ptr ? text.ptr : "", '\0', text.len))
		return gschemas_refuse(g, "it is no text");
	while (str_split(&text, '\n', &line)) {
		int status = 0;

		g->line++;
		line = trim_left(line);
		if (!line.len || *line.ptr == '#')
			continue;
		if (*line.ptr == '[') {
			in_group = true;
			status = open_group(g, &seen, line, &schema, &desktop);
		} else {
			status = in_group ? assign(g, schema, desktop, line)
					  : gschemas_refuse(g, "a line before a group");
		}
		if (status)
			return status;
	}
	g->line = 0;
	return 0;
}

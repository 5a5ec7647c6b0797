/* One key of a schema: its limits and names. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "debian/gschema_private.h"

int gschemas_refuse(struct gschemas *g, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	g->reason = arena_printf(g->arena, "%s", text);
	return 1;
}

void gschemas_init(struct gschemas *g, struct arena *arena)
{
	*g = (struct gschemas){ .arena = arena };
	glib_table_init(&g->schemas, arena);
	glib_table_init(&g->enums, arena);
	glib_table_init(&g->flags, arena);
}

/* All strings in it; no value is deeper than GVARIANT_DEPTH_MAX. */
static bool names_are_known(const struct strinfo *names, const struct gvariant *value)
{
	if (*value->type.ptr == 's')
		return strinfo_has(names, value->text);
	for (size_t i = 0; i < value->n; i++)
		if (!names_are_known(names, &value->items[i]))
			return false;
	return true;
}

int gschema_check(struct gschemas *g, const struct gschema_key *key, const struct gvariant *value)
{
	if (key->has_range) {
		if (gvariant_compare(value, &key->minimum) < 0 ||
		    gvariant_compare(value, &key->maximum) > 0)
			return gschemas_refuse(g, "a value of '" STR_FMT "' is out of range",
					       STR_ARG(key->name));
	} else if (key->names.n && !names_are_known(&key->names, value)) {
		return gschemas_refuse(g, "a value of '" STR_FMT "' is not among its choices",
				       STR_ARG(key->name));
	}
	return 0;
}

#pragma once

/* debian/gschema_private.h - what reading, overriding and compiling schemas share. */

#include "debian/gschema.h"
#include "debian/strinfo.h"

struct gschema_enum {
	struct strinfo names;
	bool is_flags;
};

/* "GNOME" in [org.example:GNOME]. */
struct gschema_desktop {
	struct str name;
	struct gvariant value;
};

struct gschema_key {
	struct str name;
	struct str child; /* ptr not NULL: <child>, and nothing else is set */
	struct str type;
	bool has_domain, is_enum, is_flags, is_override, has_choices, has_aliases, has_default;
	bool has_range;
	char l10n;	    /* 'm', 't', 0 */
	struct str context; /* ptr NULL: none */
	struct str text;    /* of <default>, as it stands in the file */
	struct gvariant value, minimum, maximum;
	struct strinfo names;
	struct glib_table *desktops; /* of struct gschema_desktop; NULL: none */
};

struct gschema {
	struct str id, path, domain, extends_name, list_of; /* ptr NULL: none */
	const struct gschema *extends;
	struct glib_table keys;
};

/* Sets @g->reason. Returns 1. */
int gschemas_refuse(struct gschemas *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Whether the value lies in the range, or among the names. 1: refused. */
int gschema_check(struct gschemas *g, const struct gschema_key *key,
		  const struct gvariant *value) MUST_CHECK;

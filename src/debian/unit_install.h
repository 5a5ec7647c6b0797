#pragma once

/*
 * debian/unit_install.h - the [Install] section of a unit, as systemd reads it.
 *
 * Spec: systemd.unit(5), "[Install] section options"; systemd.syntax(7).
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct unit_words {
	struct str *words;
	size_t n, capacity;
};

enum unit_install_key {
	INSTALL_ALIAS,
	INSTALL_WANTED_BY,
	INSTALL_REQUIRED_BY,
	INSTALL_UPHELD_BY, /* from systemd 254 on */
	INSTALL_ALSO,
	INSTALL_LISTS,
};

struct unit_install {
	struct unit_words list[INSTALL_LISTS]; /* words as written, specifiers unexpanded */
	struct str default_instance;	       /* "" if there is none */
	bool foreign;			       /* something that is not modelled: quotes, escapes */
};

/* Adds what @text says to *to: the unit's own text first, then its drop-ins. */
void unit_install_read(struct arena *arena, struct str text, unsigned systemd,
		       struct unit_install *to);

/*
 * Expands %i %j %n %N %p %% for the unit called @name with the default instance.
 * False for other specifiers.
 */
bool unit_expand(struct arena *arena, struct str word, struct str name, struct str default_instance,
		 struct str *ret);

/* Adds @word if it is not there. */
void unit_words_add(struct arena *arena, struct unit_words *to, struct str word);

/* ---- names of units: unit(5), "Description" ---- */

enum unit_name_kind { UNIT_NAME_BAD, UNIT_NAME_PLAIN, UNIT_NAME_TEMPLATE, UNIT_NAME_INSTANCE };
enum unit_name_kind unit_name_kind(struct str name);
struct str unit_name_suffix(struct str name);	/* ".service" */
struct str unit_name_instance(struct str name); /* "" if it has none */
/* "t@x.service" to "t@.service". */
struct str unit_name_template(struct arena *arena, struct str name);
/* "t@.service" and "x" to "t@x.service". */
struct str unit_name_of_instance(struct arena *arena, struct str template, struct str instance);
/* "cron" to "cron.service"; a name with the suffix of a unit stays. */
struct str unit_name_complete(struct arena *arena, struct str name);

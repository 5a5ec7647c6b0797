#pragma once

/*
 * debian/units.h - what systemctl does to unit files of a tree that is not running.
 *
 * Spec: systemctl(1), "Unit File Commands"; systemd.unit(5); systemd.preset(5).
 * Measured with systemd 252 and 257 (tests/oracle/units.sh).
 */

#include "debian/tree_files.h"
#include "debian/unit_install.h"

struct unit_root {
	struct tree_files files;
	unsigned systemd;     /* whose rules: 252, 257 */
	bool user;	      /* --global: units of users' managers */
	struct buf *messages; /* what it says on standard error, or NULL */
};

/* Positive outcomes. */
enum unit_outcome {
	UNIT_NOT_FOUND = 1,
	UNIT_IS_MASKED,
	UNIT_IS_ALIAS,	 /* a link below /etc stands for another unit: refused */
	UNIT_IN_THE_WAY, /* a file or another unit's link has the name */
	UNIT_BAD_NAME,
	UNIT_NOT_MODELLED, /* what the unit says in [Install] */
};
/* As 252 and 257 say it: "unit x.service does not exist". */
void unit_outcome_print(const struct unit_root *r, const char *verb, struct str name,
			enum unit_outcome o);

enum unit_mode { UNIT_REGULAR, UNIT_MASK, UNIT_ALIAS_LINK, UNIT_LINKED };

struct unit_file {
	struct str name; /* of the unit that it is, after aliases */
	struct str path; /* absolute, as links are to name it */
	enum unit_mode mode;
	struct str target; /* ALIAS_LINK, LINKED */
	struct unit_install install;
};

/* @follow: also aliases below /etc. Return: 0, -1 or an outcome. */
int unit_load(const struct unit_root *r, struct str name, bool follow, struct unit_file *ret,
	      struct error *err) MUST_CHECK;

struct unit_link {
	struct str path;   /* "/etc/systemd/system/multi-user.target.wants/x.service" */
	struct str target; /* "/usr/lib/systemd/system/x.service" */
	bool alias;
};

struct unit_links {
	struct unit_link *links; /* in the order that they are made */
	size_t n, capacity;
	struct str culprit; /* whose outcome it is */
	bool left_out;	    /* a template without an instance: no plain unit can want it */
};

/* The links that enabling @names makes, with those of Also=. Nothing is made. */
int unit_links_of(const struct unit_root *r, const struct str *names, size_t n, bool follow,
		  struct unit_links *ret, struct error *err) MUST_CHECK; /* or an outcome */

/* Makes them; UNIT_IN_THE_WAY stands for the first that could not be made. */
int unit_links_make(const struct unit_root *r, const struct unit_links *l, bool force);

/* All links below /etc to these units (and those of Also=), and by their names. */
int unit_disable(const struct unit_root *r, const struct str *names, size_t n, size_t *ret_removed,
		 struct error *err) MUST_CHECK;

int unit_mask(const struct unit_root *r, struct str name, bool force); /* 0 or IN_THE_WAY */
void unit_unmask(const struct unit_root *r, struct str name);

/* Whether the presets of the tree enable @name: 1, 0, -1, or PRESET_UNKNOWN. */
#define PRESET_UNKNOWN 2 /* a line with a list of instances */
int unit_preset(const struct unit_root *r, struct str name, struct error *err) MUST_CHECK;

/* What is-enabled prints, or NULL with *ret_outcome. */
int unit_state(const struct unit_root *r, struct str name, const char **ret,
	       struct error *err) MUST_CHECK; /* or an outcome */

const char *unit_config_folder(const struct unit_root *r); /* "/etc/systemd/system" */
/* The n-th folder of the search path, NULL behind the last. */
const char *unit_folder(const struct unit_root *r, size_t n);

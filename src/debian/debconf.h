#pragma once

/*
 * debian/debconf.h - debconf's questions, asked of nobody: the noninteractive frontend
 * with DEBCONF_NONINTERACTIVE_SEEN=true, and the recipe's answers as preseeds.
 *
 * Spec: debconf-devel(7), debconf(7); what debconf 1.5.82 (Debian 12) and 1.5.91
 * (Debian 13) do. The database lives in memory and is not written to the tree
 * (debian.md 5.15). Private to debian/.
 */

#include "debian/commands.h"

struct debconf_field {
	struct str name, value; /* name in lower case: "choices-de.utf-8" */
};

struct debconf_template {
	struct str name, type;
	struct debconf_field *fields;
	size_t n_fields, capacity;
	struct debconf_template *next;
};

struct debconf_question {
	struct str name;
	struct debconf_template *template;
	struct str value; /* ptr NULL: the template's default */
	struct debconf_field *flags, *variables;
	size_t n_flags, flags_capacity, n_variables, variables_capacity;
	struct str *owners;
	size_t n_owners, owners_capacity;
	struct debconf_question *next;
};

/* One question that waits for `go`. */
struct debconf_element {
	struct debconf_question *question;
	bool mark_seen;
};

struct debconf {
	struct debian *d;
	struct debconf_template *templates;
	struct debconf_question *questions;

	/* The conversation with the script that runs now. */
	bool talking;
	struct str owner;
	bool escape; /* client's capability */
	bool stopped;
	struct debconf_element *elements; /* since the last `go` */
	size_t n_elements, elements_capacity;
	struct debconf_question **seen; /* marked when the conversation ends */
	size_t n_seen, seen_capacity;
};

/* The database; made at the first call. */
struct debconf *debconf_of(struct debian *d);

struct debconf_question *debconf_find(const struct debconf *db, struct str name);
struct debconf_template *debconf_template(const struct debconf *db, struct str name);
/* Makes the question of that name, or adds an owner to it. */
struct debconf_question *debconf_own(struct debconf *db, struct debconf_template *t,
				     struct str name, struct str owner);
void debconf_disown(struct debconf *db, struct debconf_question *q, struct str owner);

/* Templates of a package. 0, or 1 with *ret_fault where the text is malformed. */
int debconf_load(struct debconf *db, struct str text, struct str owner, const char **ret_fault);

struct str debconf_flag(const struct debconf_question *q, struct str flag); /* "false" if unset */
void debconf_set_flag(struct debconf *db, struct debconf_question *q, struct str flag,
		      struct str value);
void debconf_set_variable(struct debconf *db, struct debconf_question *q, struct str name,
			  struct str value);
struct str debconf_value(const struct debconf_question *q); /* or the default; ptr may be NULL */
void debconf_set_value(struct debconf *db, struct debconf_question *q, struct str value);
/* A field of the template as LANG=C.UTF-8 sees it (@plain: untranslated). "" if unset. */
struct str debconf_field(const struct debconf_template *t, struct str name, bool plain);
/* ${name} of the question's variables put in. */
struct str debconf_expand(struct debconf *db, const struct debconf_question *q, struct str text);

/* `go`: each waiting question gets the value that nobody changes. */
void debconf_go(struct debconf *db);
/* The conversation is over: what was shown counts as seen. */
void debconf_finish(struct debconf *db);

/* The frontend's answer to one line of a script. */
shell_answer debconf_answer;

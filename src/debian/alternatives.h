#pragma once

/* debian/alternatives.h - the groups that update-alternatives keeps. Private. */

#include "base/bytes.h"
#include "tree/tree.h"

/* A slave's name with its link (in the group) or with its path (in a choice). */
struct alternative_link {
	struct str name, path;
};

struct alternative_choice {
	struct str path;
	int32_t priority;
	cause_id cause;
	struct alternative_link *slaves;
	size_t n_slaves;
};

struct alternative {
	struct str name, link;
	struct alternative_link *slaves;
	size_t n_slaves, slaves_capacity;
	struct alternative_choice *choices;
	size_t n_choices, choices_capacity;
};

#pragma once

/* fetch/machine_private.h - what machine.c, mirrors.c and apt_sources.c share. */

#include "fetch/mirrors.h"

/* Mirrors as they are found, in order. */
struct mirror_list {
	struct arena *arena; /* where all text goes */
	struct machine_mirror *v; /* heap */
	size_t n, capacity;
};

/* @url without trailing slashes; nothing is added that is not http, https or file. */
void mirror_add(struct mirror_list *l, struct str suite, struct str url, struct str where,
		enum machine_source source);

/* The host's apt configuration in folder @root ("/etc/apt"). */
int apt_sources_load(const char *root, struct mirror_list *list, struct error *err) MUST_CHECK;

/* Both take the whole text of a file; @where names it. They never fail: what
   apt would refuse is passed over, it is not ours to judge. */
void apt_list_parse(struct str text, struct str where, struct mirror_list *list);
void apt_deb822_parse(struct str text, struct str where, struct mirror_list *list);

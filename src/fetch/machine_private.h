#pragma once

/* fetch/machine_private.h - what machine*.c, mirrors.c and apt_sources.c share. */

#include "fetch/mirrors.h"
#include "ydoc/ydoc.h"

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

/* ERR_USAGE with the place in config.yaml. The first always returns -1. */
int config_unknown_key(const struct ydoc_pair *p, const char *const *keys, size_t n,
		       struct error *err);
int config_want_kind(const struct ydoc_node *node, enum ydoc_kind kind, const char *what,
		     struct error *err) MUST_CHECK;

/* The value of `trust:`. @home: of the user, or NULL. */
int machine_read_trust(struct machine *m, const struct ydoc_node *node, const char *home,
		       struct error *err) MUST_CHECK;

/* `builder:` of config.yaml: who builds here. ERR_USAGE with its place. */
int machine_read_builder(struct machine *m, const struct ydoc_node *node,
			 struct error *err) MUST_CHECK;

/* A URI (RFC 3986), as SLSA asks for: a scheme, a colon, and no blanks. */
bool machine_is_builder_id(struct str id);

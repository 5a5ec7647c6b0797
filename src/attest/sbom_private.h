#pragma once

/* attest/sbom_private.h - what both kinds of document say of the packages. */

#include "attest/copyright.h"
#include "attest/sbom.h"
#include "format/json/json.h"

/* Of one package, in the order of s->packages. */
struct sbom_facts {
	struct str purl; /* with "upstream" */
	struct copyright copyright;
	size_t source;	 /* in sources[] */
	size_t *depends; /* in s->packages; sorted, each once */
	size_t n_depends;
};

struct sbom_source {
	struct str name, version, purl;
	const struct sbom_package *package; /* the first that is made from it */
};

struct sbom_index {
	const struct sbom *sbom;
	struct arena *arena;
	struct sbom_facts *facts;
	struct sbom_source *sources; /* sorted by name, version */
	size_t n_sources;
};

/* *ret in @arena, with views into @s. */
void sbom_index_make(const struct sbom *s, struct arena *arena, struct sbom_index *ret);

/* What each package needs of the others: fills in facts[].depends. */
void sbom_resolve(struct sbom_index *x);

/* A version-8 UUID (RFC 9562) derived from all that tells one document from another. */
struct str sbom_uuid(const struct sbom *s, const char *role, struct arena *arena);

static inline bool sbom_is_archive(const struct sbom_file *f)
{
	return str_equal(f->kind, STR("archive"));
}

/* "web-1.4.0-container-amd64", or what of it is known. */
struct str sbom_title(const struct sbom *s, struct arena *arena);

/* The value in UTF-8. */
struct json *sbom_text(struct sbom_index *x, struct str text);
void sbom_set(struct sbom_index *x, struct json *object, const char *name, struct str text);

/* "NAME (EMAIL)" of "Name <email>", and whether it is a group of people. */
struct str sbom_contact(struct str maintainer, struct arena *arena, bool *ret_is_group);

/* "debian" and "13" of "debian-13". */
void sbom_distribution(const struct sbom *s, struct str *ret_id, struct str *ret_version);

/* Writes @document, a line end after it. */
int sbom_finish(const struct json *document, struct buf *to, struct error *err) MUST_CHECK;

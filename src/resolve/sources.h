#pragma once

/*
 * resolve/sources.h - source packages of a Sources index.
 *
 * Spec: Debian repository format, "Sources Indices"; deb-src-control(5): Checksums-Sha256.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

#define SOURCE_FILES_MAX 256u /* of one source package; the largest of Debian has 60 */

struct source_file {
	struct str path; /* "pool/main/n/nginx/nginx_1.26.3-3.dsc" */
	uint64_t size;
	struct digest digest;
};

struct source_package {
	struct str name, version;
	struct source_file *files;
	size_t n_files;
};

/*
 * The packages of @text for which @wants says true, in its order, in @arena. A stanza that is
 * wanted needs Package, Version, Directory and Checksums-Sha256: else ERR_FORMAT. @name is
 * for messages.
 */
struct source_list {
	struct source_package *packages;
	size_t n, capacity;
};
int sources_parse(struct bytes text, const char *name,
		  bool (*wants)(void *context, struct str package, struct str version),
		  void *context, struct arena *arena, struct source_list *ret,
		  struct error *err) MUST_CHECK;

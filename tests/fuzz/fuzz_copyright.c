/*
 * Any bytes as a debian/copyright file: the expression holds only ids of the list, references
 * that have a text, and operators; a document with it can be written and is JSON.
 */

#include <stdlib.h>

#include "attest/copyright.h"
#include "attest/sbom.h"
#include "format/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct sbom_package package = {
		.name = STR("a"),
		.version = STR("1"),
		.architecture = STR("all"),
		.source = STR("a"),
		.source_version = STR("1"),
		.copyright = { data, size },
		/* the same bytes where a control member may have any */
		.supplier = text,
		.homepage = text,
		.summary = text,
		.depends = text,
		.provides = text,
	};
	struct sbom s = {
		.name = STR("x"), .tool_version = STR("0"), .packages = &package, .n_packages = 1
	};
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct buf a = BUF_INIT(SIZE_MAX / 8), b = BUF_INIT(SIZE_MAX / 8);
	struct copyright c;
	struct json *v;

	copyright_read(str_bytes(text), &arena, &c);
	if (c.n_texts > COPYRIGHT_TEXTS_MAX || c.licence.len > COPYRIGHT_LICENCE_MAX)
		abort();
	if (sbom_write_spdx(&s, &a, &err) < 0 || sbom_write_cyclonedx(&s, &b, &err) < 0 ||
	    json_parse(buf_bytes(&a), "spdx", &arena, &v, &err) < 0 ||
	    json_parse(buf_bytes(&b), "cyclonedx", &arena, &v, &err) < 0)
		if (err.code != ERR_LIMIT)
			abort();
	err_release(&err);
	buf_release(&a);
	buf_release(&b);
	arena_release(&arena);
	return 0;
}

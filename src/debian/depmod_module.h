#pragma once

/*
 * debian/depmod_module.h - what depmod reads of kernel modules, remembered by content.
 *
 * Spec: docs/formats/depmod.md. Private to debian/.
 */

#include <stdint.h>

#include "base/arena.h"
#include "compress/compress.h"
#include "tree/reader.h"

#define MODULE_FACTS_VERSION 1 /* of the encoding and of what is read */

struct module_facts {
	struct str *info; /* "alias=...", "softdep=...", "weakdep=...", in order */
	size_t n_info;
	struct str *exported;
	size_t n_exported;
	struct str *needed; /* undefined symbols, in order; from module_facts_learn(): only
			     * those that a module of the same set exports */
	size_t n_needed;
};

/* One module's text; all views go into @text. ERR_FORMAT if it is no module. */
int module_facts_read(struct bytes text, struct str name, struct arena *arena,
		      struct module_facts *ret, struct error *err) MUST_CHECK;

struct module_source {
	struct str name; /* "kernel/fs/ext4/ext4.ko.xz" */
	struct content content;
};

/* Facts of @n modules, in their order. */
int module_facts_learn(const struct content_reader *reader, const struct module_source *sources,
		       size_t n, struct arena *arena, struct module_facts **ret,
		       struct error *err) MUST_CHECK;

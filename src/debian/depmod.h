#pragma once

/*
 * debian/depmod.h - the modules of one kernel, for depmod's files.
 *
 * Spec: docs/formats/depmod.md. Private to debian/.
 */

#include "base/strtab.h"
#include "debian/depmod_module.h"
#include "debian/generators.h"

#define DEPMOD_TEXT_MAX (64u << 20) /* bytes of one text */

struct module {
	struct str path;  /* from the kernel's folder: "kernel/fs/ext4/ext4.ko.xz" */
	struct str plain; /* without the compression's ending */
	struct str name;  /* "ext4" */
	int64_t rank;     /* of modules.order: below 0; else 1 */
	uint32_t hash;
	const struct content *content;
	struct module_facts *facts;
	uint32_t *deps; /* modules by index, each once */
	size_t n_deps, deps_capacity;
	uint32_t users, order; /* topological number */
};

struct symbol {
	struct str name;
	uint32_t owner, hash;
};

struct depmod {
	struct debian *d;
	struct arena *arena; /* scratch */
	struct str version;
	char *folder; /* "/lib/modules/V" */
	unsigned kmod;
	cause_id cause;
	struct module *modules;
	size_t n_modules, modules_capacity;
	struct symbol *symbols;
	size_t n_symbols, symbols_capacity;
	struct strtab by_symbol;
};

/*
 * Finds and reads the modules below m->folder and numbers them as depmod does: in the
 * order of its files, and topologically. m->folder, kmod, arena are set.
 */
int depmod_find(struct depmod *m, struct node *top, struct error *err) MUST_CHECK;

/* "a/nf-x.ko.xz": the module "nf_x", plainly "a/nf-x.ko". False: no module. */
bool depmod_name(struct arena *arena, struct str path, struct module *ret);

/* A file of the kernel's folder; "" if there is none. */
int depmod_read(struct depmod *m, const char *name, struct str *ret, struct error *err) MUST_CHECK;

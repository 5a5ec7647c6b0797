#include <stdlib.h>

#include "attest/sbom.h"
#include "compress/compress.h"
#include "compress/lz4.h"
#include "format/cpio/cpio.h"
#include "format/erofs/erofs.h"
#include "format/ext4/ext4.h"
#include "format/fat/fat.h"
#include "format/gpt/gpt.h"
#include "format/pe/pe.h"
#include "format/tar/tar.h"
#include "format/verity/verity.h"
#include "image/disk.h"
#include "image/disk_convert.h"
#include "pipeline/statement_parts.h"

struct formats {
	struct arena *arena;
	struct provenance_version *list;
	size_t n, capacity;
};

static void add(struct formats *f, const char *name, int version)
{
	ARENA_GROW(f->arena, f->list, f->n, f->capacity);
	f->list[f->n++] = (struct provenance_version){ str_of(name), (uint32_t)version };
}

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct provenance_version *)a)->name,
			   ((const struct provenance_version *)b)->name);
}

static void add_root(struct formats *f, const struct recipe_target *t)
{
	if (t->root_type == ROOT_EXT4) {
		add(f, "ext4", EXT4_WRITER_VERSION);
		return;
	}
	add(f, "erofs", EROFS_WRITER_VERSION);
	if (t->root_compression == ROOT_LZ4)
		add(f, "lz4", LZ4_ENCODER_VERSION);
	if (t->root_verity)
		add(f, "verity", VERITY_WRITER_VERSION);
}

static void add_disk(struct formats *f, const struct recipe_target *t)
{
	add(f, "cpio", CPIO_WRITER_VERSION);
	add(f, "disk", DISK_WRITER_VERSION);
	add(f, "fat", FAT_WRITER_VERSION);
	add(f, "gpt", GPT_WRITER_VERSION);
	add(f, "uki", UKI_WRITER_VERSION);
	add_root(f, t);
	for (size_t i = 0; i < t->n_formats; i++) {
		enum disk_format format;

		if (disk_format_parse(t->formats[i], &format))
			add(f, arena_strdup(f->arena, t->formats[i]), disk_format_version(format));
	}
}

bool statement_is_compressed(const struct recipe_target *t)
{
	if (t->type == TARGET_OCI)
		return t->compression != COMPRESSION_NONE;
	for (size_t i = 0; i < t->n_formats; i++) {
		enum disk_format format;

		if (disk_format_parse(t->formats[i], &format) &&
		    (format == DISK_GCE || format == DISK_OVA))
			return true;
	}
	return false;
}

size_t statement_formats(const struct recipe_target *t, struct arena *arena,
			 struct provenance_version **ret)
{
	struct formats f = { .arena = arena };

	if (statement_is_compressed(t))
		add(&f, "compression", COMPRESS_VERSION);
	if (t->type == TARGET_OCI) {
		add(&f, "oci", OCI_WRITER_VERSION);
		add(&f, "tar", TAR_WRITER_VERSION);
	} else {
		add_disk(&f, t);
	}
	qsort(f.list, f.n, sizeof(*f.list), by_name);
	*ret = f.list;
	return f.n;
}

bool statement_has_package(const struct recipe_target *t, const struct lock_package *p)
{
	return lock_package_in(p, t->name) || (t->type == TARGET_DISK && p->boot);
}

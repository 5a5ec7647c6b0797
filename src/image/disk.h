#pragma once

/*
 * image/disk.h - a tree becomes a raw disk that UEFI boots.
 *
 * Spec: design.md, sections 7 and 9; docs/formats/disk.md. In order on disk: GPT, EFI
 * system partition with one unified kernel image, root (ext4, or EROFS and the hash
 * tree of dm-verity). Ids are HMAC-SHA-256(tree digest, role); the command line finds the
 * root. What depends on what, and never back: tree, file system and verity, ids of
 * partitions, command line, UKI, ESP, GPT.
 *
 * Everything is planned first; then the disk is written from its first byte to its last.
 */

#include "base/digest.h"
#include "base/error.h"
#include "compose/boot.h"
#include "format/gpt/gpt.h"
#include "format/pe/pe.h"
#include "io/sink.h"
#include "recipe/recipe.h"
#include "tree/reader.h"

#define DISK_WRITER_VERSION 1

struct disk_input {
	/*
	 * Frozen; borrowed, as all here, by the plan. For ext4 without the /lost+found that each
	 * ext4 has (empty, 0700, root's): compose() has taken it out.
	 */
	const struct tree *tree;
	const struct boot_parts *boot;
	const struct recipe_target *target;
	struct str architecture;           /* Debian name */
	int64_t epoch;
	const struct content_reader *reader;
	unsigned threads; /* that compress; 0: one */
};

struct disk;

/*
 * Reads the tree's contents once if there is a verity tree to make. Errors: those of the
 * writers; ERR_LIMIT with the numbers before anything is written. Owned, disk_free().
 */
int disk_plan(const struct disk_input *in, struct disk **ret, struct error *err) MUST_CHECK;
void disk_free(struct disk *d); /* NULL is allowed */
static inline void cleanup_disk(struct disk **d)
{
	disk_free(*d);
}
#define CLEANUP_DISK CLEANUP(cleanup_disk)

struct disk_facts {
	uint64_t size;                /* bytes */
	const struct gpt *gpt;
	struct bytes uki;             /* as it will be written */
	struct digest authenticode;   /* of the UKI: what a signature signs */
	bool is_signed;
	bool has_verity;
	struct digest root_hash;      /* of verity */
	uint64_t root_used, root_free; /* bytes of the root file system */
};
const struct disk_facts *disk_facts(const struct disk *d);

/* Puts a signature into the UKI, before disk_write(). */
int disk_sign(struct disk *d, struct bytes pkcs7, struct error *err) MUST_CHECK;

/*
 * disk_facts()->size bytes. @before (may be NULL) gets the disk as it was before disk_sign()
 * made it another, from its first byte on; the root is made once for both.
 */
int disk_write(const struct disk *d, struct sink *out, struct sink *before,
	       struct error *err) MUST_CHECK;

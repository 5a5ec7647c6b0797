#pragma once

/*
 * compose/boot_private.h - the parts of compose_boot(). Private to this room.
 *
 * Spec: docs/boot.md.
 */

#include "compose/boot.h"

#define BOOT_MODULE_MAX (64u << 20)  /* bytes of a kernel module; amdgpu.ko has 20 MiB */
#define BOOT_PROGRAM_MAX (64u << 20) /* bytes of a program or library; libcrypto has 6 MiB */

/* What all steps need. */
struct boot_work {
	const struct compose_input *in;
	const struct tree *root;
	struct arena *arena;
	struct str version; /* of the kernel */
};

/* A kernel module that the initrd loads. */
struct boot_module {
	struct str path;  /* below usr/lib/modules/VERSION, as it will be: "kernel/.../x.ko" */
	struct str needs; /* file names of those that must have been loaded: "a.ko b.ko" */
	const struct node *node; /* of the root tree, perhaps compressed */
};

/*
 * The modules of the root's kernel that it needs to reach a disk on any usual bus and
 * the root's file system, each after what it depends on. What is built in is none.
 * ERR_RECIPE_VALUE at the target: the kernel can't read the root's file system at all.
 */
int boot_modules(const struct boot_work *w, struct boot_module **ret, size_t *ret_n,
		 struct error *err) MUST_CHECK;

/* What an ELF program or library asks the dynamic loader for. In @arena. */
struct elf_needs {
	uint16_t machine;	/* e_machine */
	struct str interpreter; /* PT_INTERP, or "" */
	struct str *libraries;	/* DT_NEEDED, in order */
	size_t n_libraries;
};

/* ERR_FORMAT if @file is no 64-bit little-endian ELF program or library. */
int elf_needs_read(struct bytes file, const char *name, struct arena *arena, struct elf_needs *ret,
		   struct error *err) MUST_CHECK;

/*
 * Files of packages, found by path: links are followed, /bin, /sbin and /lib are /usr's.
 */
struct boot_files;
/* In @w->arena, but for a tree: boot_files_free(). */
int boot_files_new(const struct boot_work *w, const struct debian_package *packages, size_t n,
		   struct boot_files **ret, struct error *err) MUST_CHECK;
void boot_files_free(struct boot_files *f); /* NULL is allowed */
static inline void cleanup_boot_files(struct boot_files **f)
{
	boot_files_free(*f);
}
#define CLEANUP_BOOT_FILES CLEANUP(cleanup_boot_files)

/* NULL if there is none. The path is "usr/..." */
const struct content *boot_files_find(const struct boot_files *f, struct str path);

/*
 * Copies a program to the same path of @to, with its loader and all libraries that it
 * needs. ERR_RECIPE_VALUE at the target: one of them is in no package.
 */
int boot_program(const struct boot_work *w, const struct boot_files *f, struct tree *to,
		 struct str path, const char *package, struct error *err) MUST_CHECK;

/* The text of /init. */
void boot_init_text(const struct boot_work *w, const struct boot_module *modules, size_t n,
		    struct buf *to);

/* Programs of busybox that /init calls; ended by NULL. */
extern const char *const boot_applets[];

/* Owned, tree_free(). */
int boot_initrd(const struct boot_work *w, const struct boot_module *modules, size_t n,
		const struct boot_files *f, struct tree **ret, struct error *err) MUST_CHECK;

/* Whether the root is checked by dm-verity. */
bool boot_has_verity(const struct boot_work *w);
/* Whether the root is never written, and needs something on top that is. */
bool boot_has_overlay(const struct boot_work *w);

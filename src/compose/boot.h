#pragma once

/*
 * compose/boot.h - what boots a disk: kernel, stub, initrd, command line. Pure.
 *
 * Spec: design.md, sections 5 (packages `boot`), 7; docs/boot.md. The initrd is a tree of
 * files of locked packages (busybox-static; veritysetup and the libraries it needs; the
 * kernel's own modules with what they depend on, in the order of loading, decompressed)
 * and one generated text, /init. None where kernel and disk need none.
 */

#include "compose/compose.h"

struct boot_parts {
	struct content kernel;    /* the tree's /boot/vmlinuz-VERSION */
	struct str kernel_version; /* "6.12.48+deb13-cloud-amd64" */
	struct content stub;      /* of systemd-boot-efi */
	struct str stub_name;     /* "linuxx64.efi.stub" */
	struct str efi_name;      /* "BOOTX64.EFI" */
	struct content os_release; /* the tree's, links followed */
	struct tree *initrd;      /* owned by the caller: tree_free(); NULL: none */
	struct str cmdline;       /* of the recipe and of rules, without what finds the root */
};

/*
 * @boot: packs of the packages that the lock has for booting (lock_package.boot), also those
 * that the root has as well. @root: the composed tree. *ret lies in @arena but for the
 * initrd.
 *
 * Errors: ERR_RECIPE_VALUE at the target: no kernel in the tree, or several.
 */
int compose_boot(const struct compose_input *in, const struct tree *root,
		 const struct debian_package *boot, size_t n_boot, struct arena *arena,
		 struct boot_parts *ret, struct error *err) MUST_CHECK;

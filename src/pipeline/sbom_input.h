#pragma once

/*
 * pipeline/sbom_input.h - what the documents of attest/sbom.h say, from a build or an image.
 *
 * Spec: docs/sbom.md. All that is asked of packages is asked of the packages themselves, not of
 * the tree: what a recipe excludes (all of /usr/share/doc) is known nevertheless, and a recipe
 * that writes over a copyright file changes no licence.
 */

#include "attest/sbom.h"
#include "pipeline/assemble.h"

/*
 * For the output that @a was composed for. *ret lies in @arena, with views into the lock, the
 * recipe and @a. @lock_digest: of the lock's text.
 *
 * Errors: those of the stage; ERR_FORMAT a control member can't be read.
 */
int sbom_of_assembly(struct context *c, const struct recipe *r, const struct lock *lock,
		     const struct digest *lock_digest, const struct package_set *set,
		     const struct assembly *a, struct arena *arena, struct sbom *ret,
		     struct error *err) MUST_CHECK;

/*
 * For a tree alone, from dpkg's database in it: no digests of packages, no recipe. The caller
 * fills in name, version, architecture, seed, epoch. ERR_FORMAT; ERR_UNSUPPORTED if it has none.
 */
int sbom_of_tree(const struct tree *tree, const struct content_reader *reader, struct arena *arena,
		 struct sbom *ret, struct error *err) MUST_CHECK;

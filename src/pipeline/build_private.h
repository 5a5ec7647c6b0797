#pragma once

/*
 * pipeline/build_private.h - what building an image and building a disk share. Private.
 *
 * build.c settles the lock and goes through targets and architectures; each kind of
 * output has a file of its own.
 */

#include "io/file.h"
#include "pipeline/assemble.h"
#include "pipeline/build.h"

/* One run: what all steps need. */
struct building {
	struct context *context;
	const struct recipe *recipe;
	const struct build_options *options;
	struct lock *lock;
	struct digest lock_digest; /* of its text */
	struct inputs inputs;
	int outputs; /* open folder */
	struct build_result *result;
};

struct statement_texts;
struct oci_input;

/*
 * Until the target is done: its outputs, and statements about them, are replaced together. A
 * second time does nothing; nor is anything done for a build that keeps nothing.
 */
int build_lock_outputs(struct building *b, struct error *err) MUST_CHECK;
/* The same, and @draft gets its name. */
int build_publish(struct building *b, struct file_draft *draft, struct error *err) MUST_CHECK;

/*
 * Composes @t and writes the output that @out names; fills in the rest of @out, and @texts
 * from the tree.
 */
int build_image(struct building *b, const struct recipe_target *t, const struct package_set *set,
		struct build_output *out, struct statement_texts *texts,
		struct error *err) MUST_CHECK;

/*
 * The same for all formats of a disk; those that are up to date are left alone. If the raw
 * one is, nothing is composed: then @texts stay as they are.
 */
int build_disk(struct building *b, const struct recipe_target *t, const struct package_set *set,
	       struct build_output *outs, size_t n, struct statement_texts *texts,
	       struct error *err) MUST_CHECK;

/* The layers of an image, as oci_build() takes them; and the tree is frozen. In @arena. */
int build_slice(const struct assembly *a, struct arena *arena, struct oci_input *ret,
		struct error *err) MUST_CHECK;

/*
 * Whether the signature in the finished disk @out is the one that it would get now; else
 * *ret_same is false and the disk must be made again.
 */
int build_disk_is_signed_so(struct building *b, const struct recipe_target *t,
			    const struct build_output *out, bool *ret_same,
			    struct error *err) MUST_CHECK;

/*
 * What gc must keep so that the next build of @out is a warm one: packages, packs,
 * effects, and @more.
 */
int build_keep(struct building *b, const struct package_set *set, const struct build_output *out,
	       const struct digest *more, size_t n_more, struct error *err) MUST_CHECK;

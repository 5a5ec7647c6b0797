#pragma once

/* attest/diff_disks_private.h - what the files that compare two disks share. Private. */

#include "attest/diff_disks.h"

struct diff_disks_work {
	struct image_diff *d;
	const struct diff_disks_side *a, *b;
	struct arena arena;	      /* until the end */
	struct digest seed_a, seed_b; /* of the trees: what ids derive from */
	bool trees_differ;
	unsigned details;
};

/* Texts in w->arena or longer; "" for @name, @follows where there is none. */
struct difference *diff_disks_add(struct diff_disks_work *w, enum difference_area area,
				  enum difference_what what, const char *where, struct str a,
				  struct str b, const char *follows);

/* Two values; nothing if they are equal. */
void diff_disks_texts(struct diff_disks_work *w, enum difference_area area, const char *where,
		      struct str a, struct str b, const char *follows);
void diff_disks_numbers(struct diff_disks_work *w, enum difference_area area, const char *where,
			uint64_t a, uint64_t b, const char *follows);

/*
 * Two ids of @role (docs/determinism.md), @n bytes each. They follow from the trees if each
 * is what its own tree gives.
 */
void diff_disks_ids(struct diff_disks_work *w, enum difference_area area, const char *where,
		    const char *role, const uint8_t *a, const uint8_t *b, size_t n);

/* The partition table, and the files of the ESP but for the UKI. */
void diff_disks_table(struct diff_disks_work *w);
int diff_disks_esp(struct diff_disks_work *w, struct error *err) MUST_CHECK;

/* The partition of @g that is the same as @p: by its name, else by its id and place; or NULL. */
const struct gpt_partition *diff_disks_partner(const struct gpt *g, const struct gpt_partition *p);

/* diff_damaged.c: of disks that were read by disk_read_damaged(), one of which is ->broken */
int diff_disks_damaged(struct diff_disks_work *w, struct error *err) MUST_CHECK;
void diff_disks_tell_damages(struct diff_disks_work *w);

/* diff_uki.c */
int diff_disks_uki(struct diff_disks_work *w, struct error *err) MUST_CHECK;

/* Bytes [@offset_a, +@size_a) against those of the other disk, if they differ. */
int diff_disks_bytes(struct diff_disks_work *w, enum difference_area area, const char *where,
		     const struct gpt_partition *a, const struct gpt_partition *b,
		     struct error *err) MUST_CHECK;

/*
 * Disks of which one can't be looked into: by places that are known, those of the other one
 * where its own are not. What both can be read of is compared as in disks that are whole.
 */
#include "attest/diff_disks_private.h"

#define HEAD_MAX (34 * GPT_SECTOR) /* protective MBR, header and table, if nothing says more */

/* A place on both disks. */
struct span {
	uint64_t a, size_a, b, size_b; /* bytes */
};

static bool knows(const struct diff_disks_side *s, enum disk_step step)
{
	return s->disk->broken > step;
}

static bool both_know(const struct diff_disks_work *w, enum disk_step step)
{
	return knows(w->a, step) && knows(w->b, step);
}

/* Whichever was read farther. */
static const struct diff_disks_side *guide(const struct diff_disks_work *w)
{
	return w->b->disk->broken > w->a->disk->broken ? w->b : w->a;
}

/* A file that was cut off has less of it. */
static struct gpt_partition clamped(const struct diff_disks_side *s, uint64_t offset, uint64_t size)
{
	uint64_t end = s->file.size;
	uint64_t start = offset < end ? offset : end;

	return (struct gpt_partition){ .offset = start,
				       .size = size < end - start ? size : end - start };
}

static int compare_span(struct diff_disks_work *w, enum difference_area area, const char *where,
			const struct span *s, struct error *err)
{
	struct gpt_partition a = clamped(w->a, s->a, s->size_a);
	struct gpt_partition b = clamped(w->b, s->b, s->size_b);

	return diff_disks_bytes(w, area, where, &a, &b, err);
}

static int compare_same(struct diff_disks_work *w, enum difference_area area, const char *where,
			uint64_t start, uint64_t end, struct error *err)
{
	const struct span s = { start, end - start, start, end - start };

	return start < end ? compare_span(w, area, where, &s, err) : 0;
}

/* ---- the ESP ---- */

/* The file to boot in one piece: what we write, and every fresh volume. */
static bool find_uki(const struct diff_disks_side *s, uint64_t *ret_start)
{
	const struct fat_volume *v = &s->disk->esp;

	if (!knows(s, DISK_STEP_UKI))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const struct fat_entry *e = &v->entries[i];
		bool in_one_piece = e->n_clusters > 0;

		if (!str_equal(e->path, s->disk->uki_path))
			continue;
		for (size_t k = 1; k < e->n_clusters; k++)
			in_one_piece &= e->clusters[k] == e->clusters[0] + k;
		*ret_start = v->data_offset + (e->clusters[0] - 2ull) * v->cluster_size;
		return in_one_piece;
	}
	return false;
}

/* Bytes [@start, @end) of both ESPs. */
static int compare_in_esp(struct diff_disks_work *w, const struct span *esp, const char *what,
			  uint64_t start, uint64_t end, struct error *err)
{
	const struct span s = { esp->a + start, end - start, esp->b + start, end - start };

	return start < end ? compare_span(w, DIFFERENCE_ESP, what, &s, err) : 0;
}

static int compare_uki_spans(struct diff_disks_work *w, const struct disk_image *d,
			     const struct span *esp, uint64_t start, struct error *err)
{
	const char *file = arena_printf(&w->arena, "esp > " STR_FMT, STR_ARG(d->uki_path));
	uint64_t at = start, end = start + d->uki_bytes.len;

	for (size_t i = 0; i < d->uki.n_sections; i++) {
		const struct pe_section *s = &d->uki.sections[i];
		uint64_t from = start + (uint64_t)(s->data.ptr - d->uki_bytes.ptr);
		const char *where =
			arena_printf(&w->arena, "%s > " STR_FMT, file, STR_ARG(s->name));

		if (!s->data.len || from < at)
			continue;
		if (compare_in_esp(w, esp, arena_printf(&w->arena, "%s > headers", file), at, from,
				   err) < 0 ||
		    compare_in_esp(w, esp, where, from, from + s->data.len, err) < 0)
			return -1;
		at = from + s->data.len;
	}
	return compare_in_esp(w, esp, arena_printf(&w->arena, "%s > signature", file), at, end,
			      err);
}

/* In @esp of both, by what the guide has there. */
static int compare_esp_spans(struct diff_disks_work *w, const struct span *esp, struct error *err)
{
	const struct diff_disks_side *g = guide(w);
	uint64_t start, end, size = esp->size_a < esp->size_b ? esp->size_b : esp->size_a;

	if (!find_uki(g, &start))
		return compare_span(w, DIFFERENCE_ESP, "esp", esp, err);
	end = start + g->disk->uki_bytes.len;
	if (compare_in_esp(w, esp, "esp > file system", 0, start, err) < 0 ||
	    compare_uki_spans(w, g->disk, esp, start, err) < 0)
		return -1;
	return compare_in_esp(w, esp, "esp > behind the last file", end, size, err);
}

/* ---- all of it ---- */

static bool is_esp(const struct gpt_partition *p)
{
	struct guid type;

	return gpt_type(GPT_ESP, STR(""), &type) &&
	       memcmp(p->type.bytes, type.bytes, sizeof(type.bytes)) == 0;
}

static int compare_one(struct diff_disks_work *w, const struct gpt_partition *a,
		       const struct gpt_partition *b, struct error *err)
{
	const struct span s = { a->offset, a->size, b->offset, b->size };
	const char *where = arena_printf(&w->arena, "partition " STR_FMT, STR_ARG(a->name));

	if (!is_esp(a))
		return compare_span(w, DIFFERENCE_ROOT, where, &s, err);
	if (!both_know(w, DISK_STEP_UKI))
		return compare_esp_spans(w, &s, err);
	return diff_disks_esp(w, err) < 0 ? -1 : diff_disks_uki(w, err);
}

static int compare_partitions(struct diff_disks_work *w, const struct gpt *of_a,
			      const struct gpt *of_b, struct error *err)
{
	for (size_t i = 0; i < of_a->n; i++) {
		const struct gpt_partition *a = &of_a->partitions[i];
		const struct gpt_partition *b = diff_disks_partner(of_b, a);

		if (b && compare_one(w, a, b, err) < 0)
			return -1;
	}
	return 0;
}

/* What lies between the partitions of @g. */
static int compare_around(struct diff_disks_work *w, const struct gpt *g, struct error *err)
{
	uint64_t at = g->n ? g->partitions[0].offset : HEAD_MAX;

	if (compare_same(w, DIFFERENCE_TABLE, "partition table", 0, at, err) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		if (compare_same(w, DIFFERENCE_TABLE, "between the partitions", at,
				 g->partitions[i].offset, err) < 0)
			return -1;
		at = g->partitions[i].offset + g->partitions[i].size;
	}
	return compare_same(w, DIFFERENCE_TABLE, "second partition table", at, g->size, err);
}

static void tell_damage(struct diff_disks_work *w, const struct diff_disks_side *s,
			const char *side)
{
	const struct disk_image *d = s->disk;

	for (size_t i = 0; i < d->n_damages; i++) {
		const struct disk_damage *one = &d->damages[i];
		bool is_broken = one->step == d->broken && i + 1 == d->n_damages;

		image_diff_note(w->d, "%s is damaged in %s: " STR_FMT "%s", side,
				disk_step_names[one->step], STR_ARG(one->reason),
				is_broken ? "; from there on it is compared byte by byte" : "");
	}
}

void diff_disks_tell_damages(struct diff_disks_work *w)
{
	tell_damage(w, w->a, "A");
	tell_damage(w, w->b, "B");
	w->d->is_damaged = !both_know(w, DISK_STEP_ROOT);
}

int diff_disks_damaged(struct diff_disks_work *w, struct error *err)
{
	const struct gpt *of_a = &w->a->disk->gpt, *of_b = &w->b->disk->gpt;

	diff_disks_numbers(w, DIFFERENCE_FILE, "disk > size", w->a->file.size, w->b->file.size, "");
	if (both_know(w, DISK_STEP_TABLE)) {
		diff_disks_table(w);
		return compare_partitions(w, of_a, of_b, err);
	}
	if (!knows(guide(w), DISK_STEP_TABLE))
		return diff_disks_bytes(w, DIFFERENCE_FILE, "disk", NULL, NULL, err);
	of_a = of_b = &guide(w)->disk->gpt;
	return compare_around(w, of_a, err) < 0 ? -1 : compare_partitions(w, of_a, of_b, err);
}

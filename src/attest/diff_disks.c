#include "attest/diff_disks.h"

#include "attest/diff_content.h"
#include "attest/diff_disks_private.h"
#include "attest/diff_trees.h"
#include "base/endian.h"
#include "base/text.h"
#include "crypto/hash.h"

#define ESP_FILE_MAX (1u << 30) /* bytes: what firmware loads */

struct difference *diff_disks_add(struct diff_disks_work *w, enum difference_area area,
				  enum difference_what what, const char *where, struct str a,
				  struct str b, const char *follows)
{
	return image_diff_add(w->d, &(struct difference){ .area = area,
							  .what = what,
							  .where = str_of(where),
							  .a = a,
							  .b = b,
							  .follows = str_of(follows) });
}

void diff_disks_texts(struct diff_disks_work *w, enum difference_area area, const char *where,
		      struct str a, struct str b, const char *follows)
{
	if (!str_equal(a, b))
		diff_disks_add(w, area, DIFFERENCE_VALUE, where, a, b, follows);
}

static struct str number(struct diff_disks_work *w, uint64_t n)
{
	return str_of(arena_printf(&w->arena, "%llu", (unsigned long long)n));
}

void diff_disks_numbers(struct diff_disks_work *w, enum difference_area area, const char *where,
			uint64_t a, uint64_t b, const char *follows)
{
	if (a != b)
		diff_disks_add(w, area, DIFFERENCE_VALUE, where, number(w, a), number(w, b),
			       follows);
}

static struct str told_id(struct diff_disks_work *w, const uint8_t *id, size_t n)
{
	char text[GUID_TEXT_MAX];
	struct guid guid;

	if (n == 4)
		return str_of(arena_printf(&w->arena, "%08x", get_le32(id)));
	memcpy(guid.bytes, id, sizeof(guid.bytes));
	return str_of(arena_printf(&w->arena, "%s", guid_format(&guid, text)));
}

static bool is_derived(const struct digest *seed, const char *role, const uint8_t *id, size_t n)
{
	struct digest hmac = hash_hmac(BYTES_OF(seed->bytes), str_bytes(str_of(role)));
	struct guid guid = guid_of_bytes(hmac.bytes);

	return memcmp(id, n == 16 ? guid.bytes : hmac.bytes, n) == 0;
}

void diff_disks_ids(struct diff_disks_work *w, enum difference_area area, const char *where,
		    const char *role, const uint8_t *a, const uint8_t *b, size_t n)
{
	bool follow = w->trees_differ &&
		      is_derived(&w->seed_a, role, a, n) == is_derived(&w->seed_b, role, b, n);

	if (memcmp(a, b, n) != 0)
		diff_disks_add(w, area, DIFFERENCE_VALUE, where, told_id(w, a, n), told_id(w, b, n),
			       follow ? "the tree" : "");
}

int diff_disks_bytes(struct diff_disks_work *w, enum difference_area area, const char *where,
		     const struct gpt_partition *a, const struct gpt_partition *b,
		     struct error *err)
{
	const struct window *in_a = &w->a->file, *in_b = &w->b->file;
	struct content_diff *c = arena_alloc(&w->d->arena, sizeof(*c));
	struct str x, y;

	if (diff_sources(
		    source_of_fd(in_a->fd, a ? a->offset : 0, a ? a->size : in_a->size, in_a->name),
		    source_of_fd(in_b->fd, b ? b->offset : 0, b ? b->size : in_b->size, in_b->name),
		    &w->d->arena, c, err) < 0)
		return -1;
	if (!c->n_ranges && c->size_a == c->size_b)
		return 0;
	if (c->n_ranges)
		x = y = str_of(arena_printf(&w->arena, "%llu of %llu differ, the first at %llu",
					    (unsigned long long)c->n_differing,
					    (unsigned long long)c->size_a,
					    (unsigned long long)c->ranges[0].start));
	else {
		x = str_of(arena_printf(&w->arena, "%llu", (unsigned long long)c->size_a));
		y = str_of(arena_printf(&w->arena, "%llu", (unsigned long long)c->size_b));
	}
	diff_disks_add(w, area, DIFFERENCE_BYTES, where, x, y,
		       c->n_ranges || in_a->size == in_b->size ? "" : "the size of the disk")
		->detail = c;
	return 0;
}

/* ---- the partition table ---- */

static const char *partition(struct diff_disks_work *w, const struct gpt_partition *p,
			     const char *what)
{
	return arena_printf(&w->arena, "partition " STR_FMT "%s%s", STR_ARG(p->name),
			    *what ? " > " : "", what);
}

static bool same_guid(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* An id of a partition that verity's root hash gives, or the tree. */
static void compare_partition_ids(struct diff_disks_work *w, const struct gpt_partition *a,
				  const struct gpt_partition *b)
{
	const struct disk_image *x = w->a->disk, *y = w->b->disk;
	bool of_hash_a = x->has_verity && (a == x->root_partition || a == x->hash_partition);
	bool of_hash_b = y->has_verity && (b == y->root_partition || b == y->hash_partition);
	const char *where = partition(w, a, "id");

	if (same_guid(&a->id, &b->id))
		return;
	if (of_hash_a || of_hash_b)
		diff_disks_add(w, DIFFERENCE_TABLE, DIFFERENCE_VALUE, where,
			       told_id(w, a->id.bytes, 16), told_id(w, b->id.bytes, 16),
			       "the root hash");
	else
		diff_disks_ids(w, DIFFERENCE_TABLE, where,
			       a == x->esp_partition ? "esp partition" : "root partition",
			       a->id.bytes, b->id.bytes, 16);
}

static void compare_partition(struct diff_disks_work *w, const struct gpt_partition *a,
			      const struct gpt_partition *b)
{
	const struct disk_image *x = w->a->disk;
	bool type = x->root_type != w->b->disk->root_type;
	const char *size = a == x->esp_partition ? "the UKI"
			   : type		 ? "the root's type"
			   : w->trees_differ	 ? "the tree"
						 : "";

	compare_partition_ids(w, a, b);
	diff_disks_texts(w, DIFFERENCE_TABLE, partition(w, a, "name"), a->name, b->name, "");
	if (!same_guid(&a->type, &b->type))
		diff_disks_add(w, DIFFERENCE_TABLE, DIFFERENCE_VALUE, partition(w, a, "type"),
			       told_id(w, a->type.bytes, 16), told_id(w, b->type.bytes, 16), "");
	diff_disks_numbers(w, DIFFERENCE_TABLE, partition(w, a, "attributes"), a->attributes,
			   b->attributes, type ? "the root's type" : "");
	diff_disks_numbers(w, DIFFERENCE_TABLE, partition(w, a, "offset"), a->offset, b->offset,
			   "the partitions before");
	diff_disks_numbers(w, DIFFERENCE_TABLE, partition(w, a, "size"), a->size, b->size, size);
}

const struct gpt_partition *diff_disks_partner(const struct gpt *g, const struct gpt_partition *p)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_equal(g->partitions[i].name, p->name))
			return &g->partitions[i];
	for (size_t i = 0; i < g->n; i++)
		if (same_guid(&g->partitions[i].id, &p->id) && g->partitions[i].offset == p->offset)
			return &g->partitions[i];
	return NULL;
}

/* What both have the same part in, whatever they call it. */
static const struct gpt_partition *partner_of(const struct disk_image *x,
					      const struct disk_image *y,
					      const struct gpt_partition *p)
{
	bool both_esp = x->esp_partition && y->esp_partition;
	bool both_root = x->root_partition && y->root_partition;
	const struct gpt_partition *q = diff_disks_partner(&y->gpt, p);

	if (both_esp && p == x->esp_partition)
		return y->esp_partition;
	if (both_root && p == x->root_partition)
		return y->root_partition;
	if ((both_esp && q == y->esp_partition) || (both_root && q == y->root_partition))
		return NULL;
	return q;
}

void diff_disks_table(struct diff_disks_work *w)
{
	const struct disk_image *x = w->a->disk, *y = w->b->disk;
	const struct gpt *a = &x->gpt, *b = &y->gpt;
	const struct str none = { NULL, 0 };

	diff_disks_ids(w, DIFFERENCE_TABLE, "partition table > id", "disk", a->id.bytes,
		       b->id.bytes, 16);
	diff_disks_numbers(w, DIFFERENCE_TABLE, "partition table > size of the disk", a->size,
			   b->size, "the partitions");
	for (size_t i = 0; i < a->n; i++) {
		const struct gpt_partition *p = &a->partitions[i], *q = partner_of(x, y, p);

		if (q)
			compare_partition(w, p, q);
		else
			diff_disks_add(w, DIFFERENCE_TABLE, DIFFERENCE_PRESENCE,
				       partition(w, p, ""), number(w, p->size), none, "");
	}
	for (size_t i = 0; i < b->n; i++)
		if (!partner_of(y, x, &b->partitions[i]))
			diff_disks_add(w, DIFFERENCE_TABLE, DIFFERENCE_PRESENCE,
				       partition(w, &b->partitions[i], ""), none,
				       number(w, b->partitions[i].size), "");
}

/* ---- the ESP ---- */

static int load_file(const struct diff_disks_side *side, const struct fat_entry *e, struct buf *to,
		     struct error *err)
{
	const struct gpt_partition *p = side->disk->esp_partition;
	struct window esp;

	if (window_part(&side->file, p->offset, p->size, &esp, err) < 0)
		return -1;
	return fat_load(&esp, &side->disk->esp, e, to, err);
}

static struct str told_entry(struct diff_disks_work *w, const struct fat_entry *e)
{
	return e->is_folder ? STR("folder") : number(w, e->size);
}

static int compare_content(struct diff_disks_work *w, const char *where, const struct fat_entry *a,
			   const struct fat_entry *b, struct error *err)
{
	CLEANUP_BUF struct buf x = BUF_INIT(ESP_FILE_MAX), y = BUF_INIT(ESP_FILE_MAX);
	struct content_diff *c = arena_alloc(&w->d->arena, sizeof(*c));

	if (load_file(w->a, a, &x, err) < 0 || load_file(w->b, b, &y, err) < 0)
		return -1;
	if (bytes_equal(buf_bytes(&x), buf_bytes(&y)))
		return 0;
	if (content_diff(buf_bytes(&x), buf_bytes(&y), &w->d->arena, c, err) < 0)
		return -1;
	diff_disks_add(w, DIFFERENCE_ESP, DIFFERENCE_CONTENT, where, number(w, a->size),
		       number(w, b->size), "")
		->detail = c;
	return 0;
}

static int compare_entry(struct diff_disks_work *w, const struct fat_entry *a,
			 const struct fat_entry *b, struct error *err)
{
	const struct fat_entry *any = a ? a : b;
	const char *where = arena_printf(&w->arena, "esp > " STR_FMT, STR_ARG(any->path));
	const struct str none = { NULL, 0 };
	char time_a[TEXT_TIME_MAX], time_b[TEXT_TIME_MAX];
	bool is_uki = a && b && str_equal(a->path, w->a->disk->uki_path) &&
		      str_equal(b->path, w->b->disk->uki_path);

	if (!a || !b || a->is_folder != b->is_folder) {
		diff_disks_add(w, DIFFERENCE_ESP, DIFFERENCE_PRESENCE, where,
			       a ? told_entry(w, a) : none, b ? told_entry(w, b) : none, "");
		return 0;
	}
	diff_disks_texts(w, DIFFERENCE_ESP, arena_printf(&w->arena, "%s > mtime", where),
			 str_of(text_time(a->mtime, time_a)), str_of(text_time(b->mtime, time_b)),
			 "");
	if (a->is_folder || is_uki)
		return 0;
	return compare_content(w, where, a, b, err);
}

int diff_disks_esp(struct diff_disks_work *w, struct error *err)
{
	const struct fat_volume *a = &w->a->disk->esp, *b = &w->b->disk->esp;
	size_t i = 0, k = 0;
	uint8_t x[4], y[4];

	put_le32(x, a->volume_id);
	put_le32(y, b->volume_id);
	diff_disks_ids(w, DIFFERENCE_ESP, "esp > volume id", "esp volume", x, y, 4);
	diff_disks_texts(w, DIFFERENCE_ESP, "esp > label", str_of(a->label), str_of(b->label), "");
	diff_disks_numbers(w, DIFFERENCE_ESP, "esp > size", a->size, b->size, "the UKI");
	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: str_compare(a->entries[i].path, b->entries[k].path);

		if (compare_entry(w, order <= 0 ? &a->entries[i] : NULL,
				  order >= 0 ? &b->entries[k] : NULL, err) < 0)
			return -1;
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

/* ---- the root ---- */

static void compare_ext4(struct diff_disks_work *w)
{
	const struct ext4_facts *a = &w->a->disk->ext4, *b = &w->b->disk->ext4;
	const char *tree = w->trees_differ ? "the tree" : "";
	const char *size = a->size != b->size ? "the size of the root" : tree;

	diff_disks_ids(w, DIFFERENCE_ROOT, "root > ext4 > uuid", "root file system", a->uuid,
		       b->uuid, 16);
	diff_disks_texts(w, DIFFERENCE_ROOT, "root > ext4 > label", str_of(a->label),
			 str_of(b->label), "");
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > size", a->size, b->size, tree);
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > free blocks", a->free_blocks,
			   b->free_blocks, size);
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > inodes", a->inodes, b->inodes, size);
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > free inodes", a->free_inodes,
			   b->free_inodes, size);
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > journal", a->has_journal,
			   b->has_journal, "");
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > ext4 > clean", a->is_clean, b->is_clean, "");
}

static void compare_erofs(struct diff_disks_work *w)
{
	const struct erofs_facts *a = &w->a->disk->erofs, *b = &w->b->disk->erofs;
	const char *tree = w->trees_differ ? "the tree" : "";

	diff_disks_ids(w, DIFFERENCE_ROOT, "root > erofs > uuid", "root file system", a->uuid,
		       b->uuid, 16);
	diff_disks_texts(w, DIFFERENCE_ROOT, "root > erofs > label", str_of(a->label),
			 str_of(b->label), "");
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > erofs > size", a->size, b->size, tree);
	diff_disks_numbers(w, DIFFERENCE_ROOT, "root > erofs > inodes", a->inodes, b->inodes, tree);
}

static int compare_root(struct diff_disks_work *w, struct error *err)
{
	static const char *const types[] = { "", "ext4", "erofs" };
	const struct disk_image *a = w->a->disk, *b = w->b->disk;
	size_t before = w->d->n;

	if (a->root_type != b->root_type) {
		diff_disks_texts(w, DIFFERENCE_ROOT, "root > type", str_of(types[a->root_type]),
				 str_of(types[b->root_type]), "");
		return 0;
	}
	if (a->root_type == DISK_ROOT_EXT4)
		compare_ext4(w);
	else
		compare_erofs(w);
	if (w->trees_differ || w->d->n > before)
		return 0;
	return diff_disks_bytes(w, DIFFERENCE_ROOT,
				a->root_type == DISK_ROOT_EXT4 ? "root > ext4" : "root > erofs",
				a->root_partition, b->root_partition, err);
}

static void compare_verity(struct diff_disks_work *w)
{
	const struct disk_image *a = w->a->disk, *b = w->b->disk;
	char x[DIGEST_HEX_MAX], y[DIGEST_HEX_MAX];

	if (a->has_verity && b->has_verity && !digest_equal(&a->root_hash, &b->root_hash))
		diff_disks_add(w, DIFFERENCE_VERITY, DIFFERENCE_VALUE, "verity > root hash",
			       str_of(digest_hex(&a->root_hash, x)),
			       str_of(digest_hex(&b->root_hash, y)), "the root");
}

static int compare_trees(struct diff_disks_work *w, struct error *err)
{
	const struct disk_image *a = w->a->disk, *b = w->b->disk;
	const struct diff_trees_side in_a = { a->tree, block_files_reader(a->files), NULL };
	const struct diff_trees_side in_b = { b->tree, block_files_reader(b->files), NULL };
	const struct diff_trees_options o = {
		.area = DIFFERENCE_TREE, .place = "root", .owners = true, .details = w->details
	};

	return diff_trees(w->d, &in_a, &in_b, &o, err);
}

/* What no part of the disk has told: the spare parts of its structures. */
static int compare_rest(struct diff_disks_work *w, struct error *err)
{
	if (w->d->n)
		return 0;
	return diff_disks_bytes(w, DIFFERENCE_FILE, "disk", NULL, NULL, err);
}

/* ---- disks of other tools ---- */

static void tell_remarks(struct diff_disks_work *w, const struct disk_image *d, const char *side)
{
	for (size_t i = 0; i < d->n_remarks; i++)
		image_diff_note(w->d, "%s was made by another tool: " STR_FMT, side,
				STR_ARG(d->remarks[i]));
}

/* What nothing here reads: a boot loader's partition, /boot, swap. */
static int compare_others(struct diff_disks_work *w, struct error *err)
{
	const struct disk_image *x = w->a->disk, *y = w->b->disk;

	for (size_t i = 0; i < x->gpt.n; i++) {
		const struct gpt_partition *p = &x->gpt.partitions[i], *q = partner_of(x, y, p);

		if (!q || (p == x->esp_partition && y->esp_partition) || p == x->root_partition ||
		    p == x->hash_partition)
			continue;
		if (diff_disks_bytes(w, DIFFERENCE_FILE, partition(w, p, ""), p, q, err) < 0)
			return -1;
	}
	return 0;
}

/* Where only one has an EFI system partition, or a UKI in it, that is told already. */
static int compare_boot(struct diff_disks_work *w, struct error *err)
{
	const struct disk_image *a = w->a->disk, *b = w->b->disk;

	if (a->esp_partition && b->esp_partition && diff_disks_esp(w, err) < 0)
		return -1;
	if (a->uki_path.len && b->uki_path.len && diff_disks_uki(w, err) < 0)
		return -1;
	return a->is_foreign || b->is_foreign ? compare_others(w, err) : 0;
}

static int compare_whole(struct diff_disks_work *w, struct error *err)
{
	tell_remarks(w, w->a->disk, "A");
	tell_remarks(w, w->b->disk, "B");
	w->seed_a = tree_digest(w->a->disk->tree, INT64_MAX);
	w->seed_b = tree_digest(w->b->disk->tree, INT64_MAX);
	w->trees_differ = !digest_equal(&w->seed_a, &w->seed_b);
	diff_disks_table(w);
	if (compare_boot(w, err) < 0 || compare_root(w, err) < 0)
		return -1;
	compare_verity(w);
	return w->trees_differ && compare_trees(w, err) < 0 ? -1 : 0;
}

int diff_disks(struct image_diff *d, const struct diff_disks_side *a,
	       const struct diff_disks_side *b, unsigned details, struct error *err)
{
	struct diff_disks_work w = { .d = d, .a = a, .b = b, .details = details };
	int r;

	diff_disks_tell_damages(&w);
	r = d->is_damaged ? diff_disks_damaged(&w, err) : compare_whole(&w, err);
	if (r == 0)
		r = compare_rest(&w, err);
	arena_release(&w.arena);
	return r;
}

#include "image/disk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "image/disk_private.h"
#include "io/sink_both.h"

#define MIB (1ull << 20)

/*
 * The ESP holds this UKI and another as large, which a person may put beside it. In steps:
 * the root does not move with each new kernel, nor with a signature.
 */
#define ESP_STEP (64 * MIB)
#define ESP_EXTRA (4 * MIB) /* FATs, folders, a loader's configuration */

struct digest disk_id_of(const struct digest *seed, const char *role)
{
	return hash_hmac(BYTES_OF(seed->bytes), str_bytes(str_of(role)));
}

struct digest disk_id(const struct disk *d, const char *role)
{
	return disk_id_of(&d->seed, role);
}

struct guid disk_uuid(const struct disk *d, const char *role)
{
	struct digest id = disk_id(d, role);

	return guid_of_bytes(id.bytes);
}

static uint64_t round_up(uint64_t n, uint64_t step)
{
	return (n + step - 1) / step * step;
}

uint64_t disk_esp_size(uint64_t size)
{
	return round_up(2 * size + ESP_EXTRA, ESP_STEP);
}

/* Types, names and ids; sizes are known later. */
static int name_partitions(struct disk *d, struct error *err)
{
	static const struct {
		enum gpt_role role;
		struct str name;
	} rows[DISK_PARTS] = {
		[DISK_ESP] = { GPT_ESP, { "esp", 3 } },
		[DISK_ROOT] = { GPT_ROOT, { "root", 4 } },
		[DISK_VERITY] = { GPT_ROOT_VERITY, { "root-verity", 11 } },
	};
	const struct recipe_target *t = d->in.target;

	d->gpt.partitions = d->parts;
	d->gpt.n = t->root_verity ? DISK_PARTS : DISK_VERITY;
	d->gpt.id = disk_uuid(d, DISK_ROLE_DISK);
	for (size_t i = 0; i < d->gpt.n; i++) {
		d->parts[i].name = rows[i].name;
		if (!gpt_type(rows[i].role, d->in.architecture, &d->parts[i].type))
			return err_set(err, ERR_UNSUPPORTED,
				       "there is no type of partition for '" STR_FMT
				       "' on architecture '" STR_FMT "'",
				       STR_ARG(rows[i].name), STR_ARG(d->in.architecture));
	}
	d->parts[DISK_ESP].id = disk_uuid(d, DISK_ROLE_ESP);
	d->parts[DISK_ROOT].id = disk_uuid(d, DISK_ROLE_ROOT);
	if (d->facts.has_verity) {
		/* Discoverable Partitions: so the root hash finds both. */
		memcpy(d->parts[DISK_ROOT].id.bytes, d->facts.root_hash.bytes, 16);
		memcpy(d->parts[DISK_VERITY].id.bytes, d->facts.root_hash.bytes + 16, 16);
		d->parts[DISK_VERITY].attributes = GPT_READ_ONLY;
	}
	if (t->root_type == ROOT_EROFS)
		d->parts[DISK_ROOT].attributes = GPT_READ_ONLY;
	else if (t->root_grow)
		d->parts[DISK_ROOT].attributes = GPT_GROW_FS;
	return 0;
}

static int plan_esp(struct disk *d, const struct buf *uki, struct fat_plan **ret,
		    struct error *err)
{
	const struct fat_file file = {
		.path = str_of(arena_printf(&d->arena, "EFI/BOOT/" STR_FMT,
					    STR_ARG(d->in.boot->efi_name))),
		.data = buf_bytes(uki),
	};
	struct digest volume = disk_id(d, DISK_ROLE_VOLUME);
	const struct fat_options options = {
		.volume_id = get_le32(volume.bytes),
		.label = DISK_ESP_LABEL,
		.epoch = d->in.epoch,
		.size = disk_esp_size(uki->len),
	};

	if (fat_plan(&file, 1, &options, ret, err) < 0)
		return err_while(err, "planning the EFI system partition");
	return 0;
}

/* What follows from the UKI's bytes: ESP, places of the partitions. */
static int lay_out(struct disk *d, struct error *err)
{
	fat_plan_free(d->esp);
	d->esp = NULL;
	if (plan_esp(d, &d->uki, &d->esp, err) < 0)
		return -1;
	d->parts[DISK_ESP].size = fat_size(d->esp);
	/* Tools that look at a disk like whole megabytes. */
	d->parts[DISK_ROOT].size = round_up(
		d->in.target->root_size ? d->in.target->root_size : d->root_size, GPT_ALIGNMENT);
	if (d->verity)
		d->parts[DISK_VERITY].size = round_up(verity_size(d->root_size), GPT_ALIGNMENT);
	if (gpt_plan(&d->gpt, err) < 0 ||
	    pe_authenticode(buf_bytes(&d->uki), &d->facts.authenticode, err) < 0)
		return -1;
	d->facts.size = d->gpt.size;
	d->facts.uki = buf_bytes(&d->uki);
	return 0;
}

int disk_plan(const struct disk_input *in, struct disk **ret, struct error *err)
{
	CLEANUP_DISK struct disk *d = mem_alloc(sizeof(*d));

	assert(in->target->type == TARGET_DISK);
	d->in = *in;
	d->uki.max = LIMIT_UKI_SIZE;
	d->facts.gpt = &d->gpt;
	d->seed = tree_digest(in->tree, in->epoch);
	if (disk_plan_root(d, err) < 0 || name_partitions(d, err) < 0 ||
	    disk_make_uki(d, err) < 0 || lay_out(d, err) < 0)
		return -1;
	*ret = d;
	d = NULL;
	return 0;
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	ext4_plan_free(d->ext4);
	erofs_plan_free(d->erofs);
	verity_free(d->verity);
	fat_plan_free(d->esp);
	fat_plan_free(d->before.esp);
	buf_release(&d->uki);
	buf_release(&d->before.uki);
	arena_release(&d->arena);
	free(d);
}

const struct disk_facts *disk_facts(const struct disk *d)
{
	return &d->facts;
}

static int remember(struct disk *d, struct error *err)
{
	d->before.uki.max = LIMIT_UKI_SIZE;
	buf_add(&d->before.uki, d->uki.ptr, d->uki.len);
	memcpy(d->before.parts, d->parts, sizeof(d->parts));
	d->before.gpt = d->gpt;
	d->before.gpt.partitions = d->before.parts;
	return plan_esp(d, &d->before.uki, &d->before.esp, err);
}

int disk_sign(struct disk *d, struct bytes pkcs7, struct error *err)
{
	if (remember(d, err) < 0 || pe_attach(&d->uki, pkcs7, err) < 0)
		return -1;
	d->facts.is_signed = true;
	return lay_out(d, err);
}

/* One disk that is being written; it began at @start of the sink. */
struct track {
	const struct gpt *gpt;
	const struct gpt_partition *parts;
	const struct fat_plan *esp;
	struct sink *out;
	uint64_t start;
};

/* Zeros up to @offset of the disk. */
static int skip_to(const struct track *t, uint64_t offset, struct error *err)
{
	assert(t->out->failed || t->out->offset - t->start <= offset);
	return sink_hole(t->out, offset - (t->out->offset - t->start), err);
}

static int write_head(const struct track *t, struct error *err)
{
	if (gpt_write_head(t->gpt, t->out, err) < 0 ||
	    skip_to(t, t->parts[DISK_ESP].offset, err) < 0 || fat_write(t->esp, t->out, err) < 0)
		return -1;
	return skip_to(t, t->parts[DISK_ROOT].offset, err);
}

static int write_tail(const struct track *t, struct error *err)
{
	const struct gpt_partition *last = &t->parts[t->gpt->n - 1];

	if (skip_to(t, last->offset + last->size, err) < 0)
		return -1;
	return gpt_write_tail(t->gpt, t->out, err);
}

static int write_verity(const struct disk *d, const struct track *t, struct error *err)
{
	if (!d->verity)
		return 0;
	return skip_to(t, t->parts[DISK_VERITY].offset, err) < 0 ?
		       -1 :
		       verity_write(d->verity, t->out, err);
}

static int write_root(const struct disk *d, const struct track *t, size_t n, struct error *err)
{
	struct sink *both;

	if (n == 1)
		return disk_write_root(d, t[0].out, err);
	both = sink_to_both(t[0].out, t[1].out);
	if (disk_write_root(d, both, err) < 0)
		both->failed = true;
	return sink_close(both, err);
}

int disk_write(const struct disk *d, struct sink *out, struct sink *before, struct error *err)
{
	const struct track tracks[] = {
		{ &d->gpt, d->parts, d->esp, out, out->offset },
		{ &d->before.gpt, d->before.parts, d->before.esp, before,
		  before ? before->offset : 0 },
	};
	size_t n = before ? 2 : 1;

	assert(!before || d->before.esp);
	for (size_t i = 0; i < n; i++)
		if (write_head(&tracks[i], err) < 0)
			return -1;
	if (write_root(d, tracks, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (write_verity(d, &tracks[i], err) < 0 || write_tail(&tracks[i], err) < 0)
			return -1;
	assert(out->offset - tracks[0].start == d->facts.size);
	return 0;
}

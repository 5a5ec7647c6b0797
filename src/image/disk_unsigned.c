#include "image/disk_unsigned.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "image/disk_private.h"
#include "io/source.h"

struct undoing {
	const struct disk_image *d;
	int fd;
	const char *name;
	struct gpt gpt; /* with the ESP's size as it was */
	struct gpt_partition parts[DISK_PARTS];
	struct fat_plan *esp;
};

static void undoing_release(struct undoing *u)
{
	fat_plan_free(u->esp);
}

/* Partitions in our order; in the ESP nothing but folders and the UKI; sizes by our rule. */
static bool is_ours(const struct disk_image *d)
{
	const struct gpt_partition *p = d->gpt.partitions;

	if (d->gpt.n != (d->hash_partition ? DISK_PARTS : DISK_VERITY) ||
	    d->esp_partition != &p[DISK_ESP] || d->root_partition != &p[DISK_ROOT] ||
	    (d->hash_partition && d->hash_partition != &p[DISK_VERITY]) ||
	    p[DISK_ESP].size != disk_esp_size(d->uki_bytes.len))
		return false;
	for (size_t i = 0; i < d->esp.n; i++)
		if (!d->esp.entries[i].is_folder && !str_equal(d->esp.entries[i].path, d->uki_path))
			return false;
	return true;
}

static int64_t time_of_uki(const struct disk_image *d)
{
	for (size_t i = 0; i < d->esp.n; i++)
		if (str_equal(d->esp.entries[i].path, d->uki_path))
			return d->esp.entries[i].mtime;
	return 0;
}

static int plan(struct undoing *u, struct bytes uki, struct error *err)
{
	const struct fat_file file = { .path = u->d->uki_path, .data = uki };
	const struct fat_options o = {
		.volume_id = u->d->esp.volume_id,
		.label = DISK_ESP_LABEL,
		.epoch = time_of_uki(u->d),
		.size = disk_esp_size(uki.len),
	};

	u->gpt = u->d->gpt;
	u->gpt.partitions = u->parts;
	memcpy(u->parts, u->d->gpt.partitions, u->gpt.n * sizeof(*u->parts));
	if (fat_plan(&file, 1, &o, &u->esp, err) < 0)
		return -1;
	u->parts[DISK_ESP].size = fat_size(u->esp);
	return gpt_plan(&u->gpt, err);
}

/* A partition that stays as it is, maybe at another place. */
static int copy_part(const struct undoing *u, size_t i, struct sink *out, struct error *err)
{
	const struct gpt_partition *from = &u->d->gpt.partitions[i];
	CLEANUP_SOURCE struct source *source =
		source_of_fd(u->fd, from->offset, from->size, u->name);

	if (sink_hole(out, u->parts[i].offset - out->offset, err) < 0)
		return -1;
	return source_copy(source, out, err);
}

static int write_disk(const struct undoing *u, struct sink *out, struct error *err)
{
	if (gpt_write_head(&u->gpt, out, err) < 0 ||
	    sink_hole(out, u->parts[DISK_ESP].offset - out->offset, err) < 0 ||
	    fat_write(u->esp, out, err) < 0)
		return -1;
	for (size_t i = DISK_ROOT; i < u->gpt.n; i++)
		if (copy_part(u, i, out, err) < 0)
			return -1;
	return gpt_write_tail(&u->gpt, out, err);
}

int disk_unsigned(const struct disk_image *d, int fd, const char *name, struct digest *ret,
		  bool *ret_known, struct error *err)
{
	CLEANUP_BUF struct buf uki = BUF_INIT(LIMIT_UKI_SIZE);
	CLEANUP(undoing_release) struct undoing u = { .d = d, .fd = fd, .name = name };
	struct digest digest;
	struct sink *out;

	*ret_known = false;
	if (!d->uki.signature.ptr || !is_ours(d))
		return 0;
	buf_add(&uki, d->uki_bytes.ptr, d->uki_bytes.len);
	if (pe_detach(&uki, err) < 0 || plan(&u, buf_bytes(&uki), err) < 0)
		return -1;
	out = hash_sink(NULL, &digest);
	if (write_disk(&u, out, err) < 0)
		out->failed = true;
	if (sink_close(out, err) < 0)
		return err_while(err, "taking the signature off '%s'", name);
	*ret = digest;
	*ret_known = true;
	return 0;
}

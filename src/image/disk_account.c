#include "image/disk_account.h"

#include "image/disk_compare.h"
#include "image/disk_private.h"

static const struct fat_entry *uki_entry(const struct disk_image *d)
{
	const struct fat_entry *e = d->esp.entries;

	while (!str_equal(e->path, d->uki_path))
		e++; /* disk_read() has found it */
	return e;
}

int disk_account_esp(const struct disk_image *d, int fd, const char *name, struct error *err)
{
	const struct fat_file file = { .path = d->uki_path, .data = buf_bytes(&d->uki_bytes) };
	const struct fat_options options = {
		.volume_id = d->esp.volume_id,
		.label = DISK_ESP_LABEL,
		.epoch = uki_entry(d)->mtime,
		.size = d->esp.size,
	};
	const struct window there = { fd, name, d->esp_partition->offset, d->esp.size };
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	struct sink *out;

	if (fat_plan(&file, 1, &options, &plan, err) < 0)
		return err_while(err, "laying the EFI system partition of '%s' out again", name);
	out = disk_compare(&there,
			   "the EFI system partition is not what follows from the file that it "
			   "boots",
			   NULL);
	if (fat_write(plan, out, err) < 0)
		out->failed = true;
	return sink_close(out, err);
}

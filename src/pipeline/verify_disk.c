/* A raw disk, from its partition table to its root. */
#include "pipeline/verify_private.h"

#include "base/text.h"
#include "image/disk_account.h"
#include "image/disk_foreign.h"

static const char *const steps[] = {
	[DISK_STEP_TABLE] = "partition table",
	[DISK_STEP_ESP] = "EFI system partition",
	[DISK_STEP_UKI] = "UKI",
	[DISK_STEP_CMDLINE] = "command line",
	[DISK_STEP_VERITY] = "verity",
	[DISK_STEP_ROOT] = "root",
};

static void tell_boot(struct verify_result *told, const struct disk_image *d)
{
	char hex[DIGEST_TEXT_MAX];

	verify_add(told, steps[DISK_STEP_TABLE], VERIFY_OK,
		   "both copies and their sums, %zu partitions, zeros between them", d->gpt.n);
	verify_add(told, steps[DISK_STEP_ESP], VERIFY_OK,
		   "every byte: FAT32, " STR_FMT ", free space", STR_ARG(d->uki_path));
	verify_add(told, steps[DISK_STEP_UKI], VERIFY_OK, "Authenticode %s%s" STR_FMT,
		   digest_format(&d->authenticode, hex),
		   d->signer.len ? ", signed for Secure Boot by " : ", not signed for Secure Boot",
		   STR_ARG(d->signer));
}

static void tell_root(struct verify_result *told, const struct disk_image *d)
{
	char hex[DIGEST_TEXT_MAX];

	verify_add(told, steps[DISK_STEP_CMDLINE], VERIFY_OK, "it names this root%s",
		   d->has_verity ? " and this hash" : "");
	if (d->has_verity)
		verify_add(told, steps[DISK_STEP_VERITY], VERIFY_OK, "every block; root hash %s",
			   digest_format(&d->root_hash, hex));
	verify_add(told, steps[DISK_STEP_ROOT], VERIFY_OK, "%s: %s",
		   d->root_type == DISK_ROOT_EROFS ? "EROFS" : "ext4",
		   d->has_verity ? "under verity; the ids are those of its files"
				 : "every byte around its files; the ids are those of its files");
}

/* What can be known of it: that table and root are whole. */
static int look_at_foreign(struct verifying *v, struct verify_part *part, struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = NULL;
	struct verify_result *told = &part->told;

	verify_add(told, "origin", VERIFY_NOTE, VERIFY_FOREIGN);
	if (disk_foreign_read(v->fd, v->path, &d, err) < 0)
		return verify_failed(told, steps[DISK_STEP_ROOT], err);
	for (size_t i = 0; i < d->n_remarks; i++)
		verify_add(told, "boot", VERIFY_NOTE, STR_FMT, STR_ARG(d->remarks[i]));
	verify_add(told, steps[DISK_STEP_TABLE], VERIFY_OK,
		   "the first copy and its sums, %zu partition%s apart from each other", d->gpt.n,
		   d->gpt.n == 1 ? "" : "s");
	verify_add(told, steps[DISK_STEP_ROOT], VERIFY_OK,
		   "%s: its checksums and counts; what its files hold has no digest in it",
		   d->root_type == DISK_ROOT_EROFS ? "EROFS" : "ext4");
	told->architecture = arena_str(&told->arena, d->uki.machine);
	return 0;
}

int verify_disk(struct verifying *v, struct verify_part *part, struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = NULL;
	enum disk_step step = DISK_STEP_TABLE;

	part->told.kind = STR("disk");
	if (v->o->foreign && disk_is_foreign(v->fd, v->path))
		return look_at_foreign(v, part, err);
	if (disk_read_steps(v->fd, v->path, &d, &step, err) < 0) {
		if (disk_is_foreign(v->fd, v->path))
			(void)err_hint(err, VERIFY_HINT_FOREIGN, v->path);
		else if (step == DISK_STEP_TABLE && err->code == ERR_FORMAT)
			(void)err_hint(err, VERIFY_CUT_OFF);
		return verify_failed(&part->told, steps[step], err);
	}
	if (disk_account_esp(d, v->fd, v->path, err) < 0)
		return verify_failed(&part->told, steps[DISK_STEP_ESP], err);
	if (disk_account_uki(d, v->path, err) < 0)
		return verify_failed(&part->told, steps[DISK_STEP_UKI], err);
	if (disk_account_root(d, v->fd, v->path, err) < 0 ||
	    disk_account_ids(d, v->path, err) < 0)
		return verify_failed(&part->told, steps[DISK_STEP_ROOT], err);
	part->told.architecture = arena_str(&part->told.arena, d->uki.machine);
	tell_boot(&part->told, d);
	tell_root(&part->told, d);
	return identify_disk(d, v->fd, v->path, true, &part->told.identity, err);
}

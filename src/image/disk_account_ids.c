/* What a disk says twice: ids of its tree's digest, kernel and os-release of the UKI. */
#include "image/disk_account.h"

#include "base/endian.h"
#include "crypto/hash.h"
#include "image/disk_private.h"

/* ---- ids ---- */

struct id {
	const char *role, *told;
	const uint8_t *there;
	size_t n; /* 16: a UUID; else the first bytes */
};

static bool is_derived(const struct digest *seed, const struct id *id)
{
	struct digest hmac = disk_id_of(seed, id->role);
	struct guid guid = guid_of_bytes(hmac.bytes);

	return memcmp(id->there, id->n == 16 ? guid.bytes : hmac.bytes, id->n) == 0;
}

static int other_ids(const struct id *ids, size_t n, const struct digest *seed, const char *name,
		     struct error *err)
{
	const char *first = NULL;
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_derived(seed, &ids[i]))
			continue;
		first = first ? first : ids[i].told;
		wrong++;
	}
	if (!wrong)
		return 0;
	if (wrong < n)
		return err_set(err, ERR_DIGEST, "'%s': %s is not the one that its files give", name,
			       first);
	return err_set(err, ERR_DIGEST,
		       "'%s': its ids are not those that its files give: what a file of the root "
		       "holds, or its name, owner or time, is not what was built",
		       name);
}

int disk_account_ids(const struct disk_image *d, const char *name, struct error *err)
{
	struct digest seed = tree_digest(d->tree, INT64_MAX);
	bool is_ext4 = d->root_type == DISK_ROOT_EXT4;
	uint8_t volume[4];
	struct id ids[6] = {
		{ DISK_ROLE_DISK, "the id of the partition table", d->gpt.id.bytes, 16 },
		{ DISK_ROLE_ESP, "the id of the EFI system partition",
		  d->esp_partition->id.bytes, 16 },
		{ DISK_ROLE_VOLUME, "the volume id of the EFI system partition", volume, 4 },
		{ DISK_ROLE_FILES, "the id of the root file system",
		  is_ext4 ? d->ext4.uuid : d->erofs.uuid, 16 },
	};
	size_t n = 4;

	put_le32(volume, d->esp.volume_id);
	if (!d->has_verity)
		ids[n++] = (struct id){ DISK_ROLE_ROOT, "the id of the root partition",
					d->root_partition->id.bytes, 16 };
	if (is_ext4)
		ids[n++] = (struct id){ DISK_ROLE_HASH_SEED, "the seed of its hashes of names",
					d->ext4.hash_seed, 16 };
	return other_ids(ids, n, &seed, name, err);
}

/* ---- the UKI ---- */

/* What the root has under @path is what section @section has. */
static int check_section(const struct disk_image *d, const char *section, struct str path,
			 const char *name, struct error *err)
{
	const struct pe_section *s = pe_section_of(&d->uki, str_of(section));
	const struct node *node = tree_resolve(d->tree, path, true);
	struct digest digest;

	/* A recipe may leave it out of the root. */
	if (!s || !node || node->inode->kind != NODE_FILE || !node->inode->content.size)
		return 0;
	digest = hash_bytes(s->data);
	if (node->inode->content.size == s->data.len &&
	    digest_equal(&digest, &node->inode->content.digest))
		return 0;
	return err_set(err, ERR_DIGEST, "'%s': %s of the UKI is not the root's '/" STR_FMT "'",
		       name, section, STR_ARG(path));
}

/* What fills a section of ours up; what the stub came with is the stub's. */
static int check_slack(const struct disk_image *d, const char *name, struct error *err)
{
	static const char *const ours[] = { ".osrel", ".cmdline", ".uname", ".initrd", ".linux" };

	for (size_t i = 0; i < d->uki.n_sections; i++) {
		const struct pe_section *s = &d->uki.sections[i];
		bool is_ours = false;

		for (size_t k = 0; k < sizeof(ours) / sizeof(*ours); k++)
			is_ours |= str_equal_cstr(s->name, ours[k]);
		for (size_t k = 0; is_ours && k < d->uki.slack[i]; k++)
			if (s->data.ptr[s->data.len + k])
				return err_set(err, ERR_UNACCOUNTED,
					       "'%s': section " STR_FMT " of the UKI goes on "
					       "behind its end",
					       name, STR_ARG(s->name));
	}
	return 0;
}

int disk_account_uki(const struct disk_image *d, const char *name, struct error *err)
{
	CLEANUP_BUF struct buf kernel = BUF_INIT(1u << 12);

	if (pe_check_sum(buf_bytes(&d->uki_bytes), err) < 0)
		return err_while(err, "reading '" STR_FMT "' of '%s'", STR_ARG(d->uki_path), name);
	if (check_slack(d, name, err) < 0)
		return -1;
	if (d->kernel_version.len > 256)
		return 0;
	buf_printf(&kernel, "boot/vmlinuz-" STR_FMT, STR_ARG(d->kernel_version));
	if (check_section(d, ".linux", buf_str(&kernel), name, err) < 0)
		return -1;
	return check_section(d, ".osrel", STR("etc/os-release"), name, err);
}

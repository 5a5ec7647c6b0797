#include "image/disk_foreign.h"

#include <strings.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "image/disk_read_private.h"

#define EFI_FILES_MAX 32u /* that are looked into for a kernel */

static const char *const architectures[] = {
	"amd64", "arm64", "armhf", "i386", "loong64", "riscv64"
};
#define N_ARCHITECTURES (sizeof(architectures) / sizeof(*architectures))

static void remark(struct disk_image *d, const char *text, const struct error *why)
{
	if (d->n_remarks < DISK_REMARKS_MAX)
		d->remarks[d->n_remarks++] = str_of(arena_printf(
			&d->arena, "%s%s%s", text, why ? ": " : "", why ? why->message : ""));
}

static bool has_type(const struct gpt_partition *p, enum gpt_role role, const char *architecture)
{
	struct guid type;

	return gpt_type(role, str_of(architecture), &type) &&
	       memcmp(p->type.bytes, type.bytes, sizeof(type.bytes)) == 0;
}

/* ---- what a partition holds ---- */

enum holds { HOLDS_UNKNOWN, HOLDS_EXT, HOLDS_EROFS, HOLDS_OTHER };

static const struct {
	const char *name;
	uint64_t offset;
	const char *magic;
	size_t len;
	enum holds holds;
} contents[] = {
	{ "ext4", 1080, "\x53\xef", 2, HOLDS_EXT },
	{ "EROFS", 1024, "\xe2\xe1\xf5\xe0", 4, HOLDS_EROFS },
	{ "btrfs", 65600, "_BHRfS_M", 8, HOLDS_OTHER },
	{ "XFS", 0, "XFSB", 4, HOLDS_OTHER },
	{ "an LVM physical volume", 512, "LABELONE", 8, HOLDS_OTHER },
	{ "an encrypted volume (LUKS)", 0, "LUKS\xba\xbe", 6, HOLDS_OTHER },
	{ "SquashFS", 0, "hsqs", 4, HOLDS_OTHER },
	{ "F2FS", 1024, "\x10\x20\xf5\xf2", 4, HOLDS_OTHER },
	{ "an md array (RAID)", 4096, "\xfc\x4e\x2b\xa9", 4, HOLDS_OTHER },
};

/* *ret_name: of what it is, or NULL. What can't be read there is unknown. */
static enum holds content_of(const struct disk_reader *r, const struct gpt_partition *p,
			     const char **ret_name)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	struct window part;
	uint8_t found[8];

	*ret_name = NULL;
	if (window_part(&r->whole, p->offset, p->size, &part, &ignored) < 0)
		return HOLDS_UNKNOWN;
	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		if (contents[i].offset + contents[i].len > part.size ||
		    window_read(&part, contents[i].offset, found, contents[i].len, &ignored) < 0 ||
		    memcmp(found, contents[i].magic, contents[i].len) != 0)
			continue;
		*ret_name = contents[i].name;
		return contents[i].holds;
	}
	return HOLDS_UNKNOWN;
}

static int hint_tree(struct error *err, const char *name)
{
	return err_hint(err,
			"make a tar of its files and compare trees: 'losetup -fP --show %s', mount "
			"its root, 'tar --xattrs --numeric-owner -C MOUNTED -cf FILE .'",
			name);
}

/* ---- the root ---- */

static bool is_root_type(const struct gpt_partition *p, const char **ret_architecture)
{
	for (size_t i = 0; i < N_ARCHITECTURES; i++)
		if (has_type(p, GPT_ROOT, architectures[i])) {
			*ret_architecture = architectures[i];
			return true;
		}
	return false;
}

/* Discoverable Partitions: by type. Of two (A and B of an update) nobody says which. */
static int find_by_type(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	const char *architecture = "", *of_this = "";

	for (size_t i = 0; i < d->gpt.n; i++) {
		const struct gpt_partition *p = &d->gpt.partitions[i];

		if (!is_root_type(p, &of_this))
			continue;
		if (d->root_partition)
			return err_set(err, ERR_UNSUPPORTED,
				       "the disk has two partitions of the type of a root, at "
				       "bytes %llu and %llu",
				       (unsigned long long)d->root_partition->offset,
				       (unsigned long long)p->offset);
		d->root_partition = p;
		architecture = of_this;
	}
	if (d->root_partition && !d->uki.machine.len)
		d->uki.machine = str_of(architecture);
	return 0;
}

static int refuse_many(const struct disk_reader *r, size_t n, const struct gpt_partition *p,
		       struct error *err)
{
	(void)err_set(err, ERR_UNSUPPORTED,
		      "the disk has %zu Linux file systems, and no partition of the type of a "
		      "root says which one it is",
		      n);
	return err_hint(err,
			"say it in a copy of the disk: 'sgdisk -t N:8304 %s' (8304: amd64, 8305: "
			"arm64); the last one begins at byte %llu",
			r->whole.name, (unsigned long long)p->offset);
}

/* No type says it, and so it is the only file system that could be one. */
static int find_by_content(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	const struct gpt_partition *last = NULL;
	const char *other = NULL, *name;
	size_t n = 0;

	for (size_t i = 0; i < d->gpt.n; i++) {
		const struct gpt_partition *p = &d->gpt.partitions[i];
		enum holds c = content_of(r, p, &name);

		if (c == HOLDS_EXT || c == HOLDS_EROFS) {
			last = p;
			n++;
		} else if (name) {
			other = name;
		}
	}
	if (n > 1)
		return refuse_many(r, n, last, err);
	if (n == 1) {
		d->root_partition = last;
		return 0;
	}
	(void)err_set(err, ERR_UNSUPPORTED,
		      "no partition holds a root that can be read: ext4 or EROFS is expected%s%s",
		      other ? ", and there is " : "", other ? other : "");
	return hint_tree(err, r->whole.name);
}

static int read_root(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	const char *name;

	if (find_by_type(r, err) < 0 || (!d->root_partition && find_by_content(r, err) < 0))
		return -1;
	if (content_of(r, d->root_partition, &name) == HOLDS_OTHER) {
		(void)err_set(err, ERR_UNSUPPORTED, "the root is %s; ext4 and EROFS can be read",
			      name);
		return hint_tree(err, r->whole.name);
	}
	if (window_part(&r->whole, d->root_partition->offset, d->root_partition->size,
			&r->part[GPT_ROOT], err) < 0)
		return -1;
	if (disk_read_root_tree(r, err) == 0)
		return 0;
	if (err->code == ERR_UNSUPPORTED)
		return hint_tree(err, r->whole.name);
	return err_hint(err, "was it mounted, or made by an older mke2fs? 'e2fsck -f' on a copy of "
			     "the partition says what is wrong, and mends it");
}

/* ---- what boots it ---- */

static bool is_efi(const struct fat_entry *e)
{
	return !e->is_folder && e->size && e->size <= LIMIT_UKI_SIZE && e->path.len > 4 &&
	       strncasecmp(e->path.ptr + e->path.len - 4, ".EFI", 4) == 0;
}

/* A kernel inside makes an EFI program a unified kernel image. */
static bool is_uki(struct disk_reader *r, const struct fat_entry *e, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error ignored = ERR_INIT;
	struct pe_file f = { 0 };

	buf_reset(to);
	return fat_load(&r->part[GPT_ESP], &r->d->esp, e, to, &ignored) == 0 &&
	       pe_read(buf_bytes(to), &arena, &f, &ignored) == 0 &&
	       pe_section_of(&f, STR(".linux"));
}

/* The only unified kernel image of the ESP, or NULL. */
static const struct fat_entry *find_uki(struct disk_reader *r)
{
	CLEANUP_BUF struct buf bytes = BUF_INIT(LIMIT_UKI_SIZE);
	const struct fat_volume *v = &r->d->esp;
	const struct fat_entry *found = NULL;
	unsigned looked_at = 0;

	for (size_t i = 0; i < v->n && looked_at < EFI_FILES_MAX; i++) {
		if (!is_efi(&v->entries[i]))
			continue;
		looked_at++;
		if (!is_uki(r, &v->entries[i], &bytes))
			continue;
		if (found) {
			remark(r->d, "it has several unified kernel images: as files only", NULL);
			return NULL;
		}
		found = &v->entries[i];
	}
	return found;
}

static void read_uki(struct disk_reader *r)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct disk_image *d = r->d;
	const struct fat_entry *found = find_uki(r);

	if (!found)
		return;
	d->uki_path = found->path;
	if (fat_load(&r->part[GPT_ESP], &d->esp, found, &d->uki_bytes, &why) == 0 &&
	    disk_read_uki(r, &why) == 0)
		return;
	remark(d, "its unified kernel image is compared as a file", &why);
	d->uki = (struct pe_file){ 0 };
	d->uki_path = d->cmdline = d->kernel_version = d->signer = STR("");
	tree_free(d->initrd);
	d->initrd = NULL;
}

/* A volume that can't be read is compared as bytes. */
static bool read_esp(struct disk_reader *r, const struct gpt_partition *p)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct disk_image *d = r->d;

	if (window_part(&r->whole, p->offset, p->size, &r->part[GPT_ESP], &why) == 0 &&
	    fat_read(&r->part[GPT_ESP], &d->arena, &d->esp, &why) == 0) {
		d->esp_partition = p;
		return true;
	}
	d->esp = (struct fat_volume){ 0 };
	remark(d, "its EFI system partition is not looked into", &why);
	return false;
}

static void read_boot(struct disk_reader *r)
{
	struct disk_image *d = r->d;
	const struct gpt_partition *p = NULL;

	for (size_t i = 0; i < d->gpt.n && !p; i++)
		if (has_type(&d->gpt.partitions[i], GPT_ESP, ""))
			p = &d->gpt.partitions[i];
	if (!p) {
		remark(d, "it has no EFI system partition", NULL);
		return;
	}
	if (!read_esp(r, p))
		return;
	read_uki(r);
	if (!d->uki_path.len && !d->n_remarks)
		remark(d,
		       "it boots no unified kernel image: its kernel is a file of the root or of "
		       "the EFI system partition",
		       NULL);
}

/* ---- whose is it? ---- */

static bool is_called(const struct gpt_partition *p, const char *name)
{
	return str_equal_cstr(p->name, name);
}

/* docs/formats/disk.md: "esp", "root", and "root-verity" if there is a hash tree. */
static bool is_named_as_ours(const struct gpt *g)
{
	return (g->n == 2 || (g->n == 3 && is_called(&g->partitions[2], "root-verity"))) &&
	       is_called(&g->partitions[0], "esp") && is_called(&g->partitions[1], "root") &&
	       has_type(&g->partitions[0], GPT_ESP, "");
}

bool disk_is_foreign(int fd, const char *name)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = mem_alloc(sizeof(*d));
	struct disk_reader r = disk_reader_of(fd, name, d);
	CLEANUP_ERR struct error ignored = ERR_INIT;

	if (gpt_read_any(&r.whole, &d->arena, &d->gpt, &ignored) < 0)
		return false;
	if (!is_named_as_ours(&d->gpt))
		return true;
	return read_esp(&r, &d->gpt.partitions[0]) && !find_uki(&r);
}

int disk_foreign_read(int fd, const char *name, struct disk_image **ret, struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = mem_alloc(sizeof(*d));
	struct disk_reader r = disk_reader_of(fd, name, d);

	d->is_foreign = true;
	d->uki_path = d->cmdline = d->kernel_version = d->signer = d->uki.machine = STR("");
	if (gpt_read_any(&r.whole, &d->arena, &d->gpt, err) < 0)
		return err_while(err, "reading the partition table");
	read_boot(&r);
	if (read_root(&r, err) < 0)
		return -1;
	*ret = TAKE_PTR(d);
	return 0;
}

int disk_read_any(int fd, const char *name, struct disk_image **ret, struct error *err)
{
	return disk_is_foreign(fd, name) ? disk_foreign_read(fd, name, ret, err)
					 : disk_read(fd, name, ret, err);
}

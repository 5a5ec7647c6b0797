#include "image/disk_read.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/authenticode.h"
#include "format/cpio/cpio.h"
#include "format/verity/verity.h"
#include "image/disk_read_private.h"

const char *const disk_step_names[DISK_STEP_COUNT] = {
	"the partition table",
	"the EFI system partition",
	"the unified kernel image",
	"the kernel's command line",
	"the hash tree",
	"the root file system",
};

/* Of the disk, not of reading it. */
static bool is_damage(const struct error *err)
{
	return err->code == ERR_FORMAT || err->code == ERR_DIGEST || err->code == ERR_SIGNATURE ||
	       err->code == ERR_UNSUPPORTED || err->code == ERR_LIMIT;
}

static void add_damage(struct disk_reader *r, const struct error *err)
{
	struct disk_image *d = r->d;

	if (d->n_damages < DISK_DAMAGES_MAX)
		d->damages[d->n_damages++] =
			(struct disk_damage){ r->step, arena_str(&d->arena, str_of(err->message)) };
}

/* What a check found, where reading can go on without it. */
static int passed(struct disk_reader *r, int result, struct error *err)
{
	if (result == 0 || !r->tolerant || !is_damage(err))
		return result;
	add_damage(r, err);
	err_release(err);
	return 0;
}

/* What the command line says about the root. */
struct root_words {
	struct str root, type, hash, hash_device;
};

/* Words at blanks; a value in quotes stays together, as the kernel reads it. */
static bool next_word(struct str *rest, struct str *ret)
{
	bool quoted = false;
	size_t n = 0;

	while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\n')) {
		rest->ptr++;
		rest->len--;
	}
	for (; n < rest->len && (quoted || (rest->ptr[n] != ' ' && rest->ptr[n] != '\n')); n++)
		quoted ^= rest->ptr[n] == '"';
	*ret = (struct str){ rest->ptr, n };
	rest->ptr += n;
	rest->len -= n;
	return n != 0;
}

static int set_word(struct str word, struct str key, struct str *to, struct error *err)
{
	if (!str_has_prefix(word, key))
		return 0;
	if (to->ptr)
		return err_set(err, ERR_FORMAT, "the kernel's command line has '" STR_FMT "' twice",
			       STR_ARG(key));
	*to = (struct str){ word.ptr + key.len, word.len - key.len };
	return 0;
}

static int read_words(struct str cmdline, struct root_words *ret, struct error *err)
{
	struct str rest = cmdline, word;
	struct root_words w = { 0 };

	while (next_word(&rest, &word))
		if (set_word(word, STR("root="), &w.root, err) < 0 ||
		    set_word(word, STR("rootfstype="), &w.type, err) < 0 ||
		    set_word(word, STR("roothash="), &w.hash, err) < 0 ||
		    set_word(word, STR("systemd.verity_root_hash="), &w.hash_device, err) < 0)
			return -1;
	*ret = w;
	return 0;
}

static int check_zeros(const struct window *w, uint64_t from, uint64_t to, struct error *err)
{
	uint8_t piece[65536];

	/* Holes need not be read. */
	for (uint64_t at = from; at < to && (at = window_next_data(w, at)) < to;
	     at += sizeof(piece)) {
		size_t n = to - at < sizeof(piece) ? (size_t)(to - at) : sizeof(piece), i = 0;

		if (window_read(w, at, piece, n, err) < 0)
			return -1;
		while (i < n && piece[i] == 0)
			i++;
		if (i < n)
			return err_set(err, ERR_FORMAT,
				       "byte %llu belongs to nothing, and is not zero",
				       (unsigned long long)(w->offset + at + i));
	}
	return 0;
}

/* Between the partitions, and between them and the tables (34 and 33 sectors). */
static int check_gaps(const struct disk_reader *r, struct error *err)
{
	const struct gpt *g = &r->d->gpt;
	uint64_t at = 34 * GPT_SECTOR;

	for (size_t i = 0; i < g->n; i++) {
		if (check_zeros(&r->whole, at, g->partitions[i].offset, err) < 0)
			return -1;
		at = g->partitions[i].offset + g->partitions[i].size;
	}
	return check_zeros(&r->whole, at, g->size - 33 * GPT_SECTOR, err);
}

/* The one partition of a role, or NULL. */
static int find_partition(struct disk_reader *r, enum gpt_role role, struct str architecture,
			  const struct gpt_partition **ret, struct error *err)
{
	const struct gpt *g = &r->d->gpt;
	const struct gpt_partition *found = NULL;
	struct guid type;

	*ret = NULL;
	if (!gpt_type(role, architecture, &type))
		return 0;
	for (size_t i = 0; i < g->n; i++) {
		if (memcmp(g->partitions[i].type.bytes, type.bytes, sizeof(type.bytes)) != 0)
			continue;
		if (found)
			return err_set(err, ERR_UNSUPPORTED,
				       "there are two partitions of one role");
		found = &g->partitions[i];
	}
	*ret = found;
	if (!found)
		return 0;
	return window_part(&r->whole, found->offset, found->size, &r->part[role], err);
}

static bool is_uki_path(struct str path)
{
	static const char folder[] = "EFI/BOOT/", suffix[] = ".EFI";
	size_t n = sizeof(folder) - 1;

	return path.len > n + 4 && strncasecmp(path.ptr, folder, n) == 0 &&
	       strncasecmp(path.ptr + path.len - 4, suffix, 4) == 0 &&
	       !memchr(path.ptr + n, '/', path.len - n);
}

static int load_uki(struct disk_reader *r, struct error *err)
{
	const struct fat_entry *found = NULL;
	struct fat_volume *v = &r->d->esp;

	for (size_t i = 0; i < v->n; i++) {
		if (v->entries[i].is_folder || !is_uki_path(v->entries[i].path))
			continue;
		if (found)
			return err_set(err, ERR_UNSUPPORTED,
				       "the EFI system partition has two files to boot");
		found = &v->entries[i];
	}
	if (!found)
		return err_set(err, ERR_FORMAT, "the EFI system partition has no EFI/BOOT/*.EFI");
	r->d->uki_path = found->path;
	return fat_load(&r->part[GPT_ESP], v, found, &r->d->uki_bytes, err);
}

static int read_esp(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;

	if (find_partition(r, GPT_ESP, STR(""), &d->esp_partition, err) < 0)
		return -1;
	if (!d->esp_partition)
		return err_set(err, ERR_FORMAT, "there is no EFI system partition");
	if (fat_read(&r->part[GPT_ESP], &d->arena, &d->esp, err) < 0)
		return -1;
	if (passed(r, check_zeros(&r->part[GPT_ESP], d->esp.size, d->esp_partition->size, err),
		   err) < 0)
		return -1;
	return load_uki(r, err);
}

/* The text of a section, without the NUL or line end that may follow it. */
static struct str section_text(const struct pe_file *f, struct str name)
{
	const struct pe_section *s = pe_section_of(f, name);
	struct str text = s ? bytes_str(s->data) : STR("");

	while (text.len && (text.ptr[text.len - 1] == 0 || text.ptr[text.len - 1] == '\n'))
		text.len--;
	return text;
}

static int check_signature(struct disk_image *d, struct error *err)
{
	CLEANUP_BUF struct buf signer = BUF_INIT(1u << 16);

	d->signer = STR("");
	if (!d->uki.signature.ptr)
		return 0;
	if (authenticode_check(&d->authenticode, d->uki.signature, (struct bytes){ NULL, 0 },
			       &signer, err) < 0)
		return -1;
	d->signer = arena_str(&d->arena, buf_str(&signer));
	return 0;
}

int disk_read_uki(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	const struct pe_section *initrd;

	if (pe_read(buf_bytes(&d->uki_bytes), &d->arena, &d->uki, err) < 0 ||
	    pe_authenticode(buf_bytes(&d->uki_bytes), &d->authenticode, err) < 0)
		return -1;
	if (!pe_section_of(&d->uki, STR(".linux")))
		return err_set(err, ERR_FORMAT, "there is no kernel in '" STR_FMT "'",
			       STR_ARG(d->uki_path));
	d->cmdline = section_text(&d->uki, STR(".cmdline"));
	d->kernel_version = section_text(&d->uki, STR(".uname"));
	if (memchr(d->cmdline.ptr, 0, d->cmdline.len))
		return err_set(err, ERR_FORMAT, "the kernel's command line goes on after its end");
	if (passed(r, check_signature(d, err), err) < 0)
		return -1;
	initrd = pe_section_of(&d->uki, STR(".initrd"));
	if (initrd && passed(r, cpio_read(initrd->data, &d->initrd, err), err) < 0)
		return err_while(err, "reading the initrd");
	return 0;
}

static int check_partuuid(struct str value, const struct gpt_partition *p, const char *key,
			  struct error *err)
{
	struct str prefix = STR("PARTUUID=");
	struct guid id;

	if (!str_has_prefix(value, prefix) ||
	    !guid_parse((struct str){ value.ptr + prefix.len, value.len - prefix.len }, &id))
		return err_set(err, ERR_UNSUPPORTED,
			       "the kernel's command line names no PARTUUID as %s", key);
	if (memcmp(id.bytes, p->id.bytes, sizeof(id.bytes)) != 0)
		return err_set(err, ERR_FORMAT,
			       "the kernel's command line names another partition as %s", key);
	return 0;
}

/* Discoverable Partitions Specification: each half of the root hash is an id. */
static int check_ids_of_hash(const struct disk_image *d, struct error *err)
{
	if (memcmp(d->root_partition->id.bytes, d->root_hash.bytes, 16) != 0 ||
	    memcmp(d->hash_partition->id.bytes, d->root_hash.bytes + 16, 16) != 0)
		return err_set(err, ERR_FORMAT,
			       "the ids of the root partitions are not those of the root hash");
	return 0;
}

/*
 * A partition may be longer than what the hash tree is over: the rest is zero, and from here
 * on not to be seen.
 */
static int narrow_root(struct disk_reader *r, struct error *err)
{
	struct window *root = &r->part[GPT_ROOT];
	uint8_t count[8];
	uint64_t blocks;

	if (window_read(&r->part[GPT_ROOT_VERITY], 72, count, sizeof(count), err) < 0)
		return -1;
	blocks = get_le64(count);
	if (blocks > root->size / VERITY_BLOCK_SIZE)
		return err_set(err, ERR_FORMAT,
			       "the hash tree is of %llu blocks, and the root has %llu bytes",
			       (unsigned long long)blocks, (unsigned long long)root->size);
	if (check_zeros(root, blocks * VERITY_BLOCK_SIZE, root->size, err) < 0)
		return -1;
	root->size = blocks * VERITY_BLOCK_SIZE;
	return 0;
}

static int read_verity(struct disk_reader *r, const struct root_words *w, struct error *err)
{
	struct disk_image *d = r->d;
	const struct window *hash = &r->part[GPT_ROOT_VERITY];

	r->step = DISK_STEP_VERITY;
	if (!w->hash.ptr && !d->hash_partition)
		return 0;
	if (!w->hash.ptr || !d->hash_partition)
		return err_set(err, ERR_FORMAT, "there is a %s without a %s",
			       w->hash.ptr ? "root hash" : "hash tree",
			       w->hash.ptr ? "hash tree" : "root hash");
	if (!digest_parse_hex(w->hash, &d->root_hash))
		return err_set(err, ERR_FORMAT, "the kernel's command line has no valid roothash=");
	if ((w->hash_device.ptr &&
	     passed(r, check_partuuid(w->hash_device, d->hash_partition, "the hash tree", err),
		    err) < 0) ||
	    passed(r, check_ids_of_hash(d, err), err) < 0 ||
	    passed(r, narrow_root(r, err), err) < 0 ||
	    passed(r, verity_check(&r->part[GPT_ROOT], hash, &d->root_hash, err), err) < 0 ||
	    passed(r, check_zeros(hash, verity_size(r->part[GPT_ROOT].size), hash->size, err),
		   err) < 0)
		return -1;
	d->has_verity = true;
	return 0;
}

int disk_read_root_tree(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	const struct window *in = &r->part[GPT_ROOT];
	uint8_t magic[4];
	int result;

	if (window_read(in, 1024, magic, sizeof(magic), err) < 0)
		return -1;
	d->files = block_files_new(in);
	d->root_type = get_le32(magic) == 0xe0f5e1e2 ? DISK_ROOT_EROFS : DISK_ROOT_EXT4;
	if (d->root_type == DISK_ROOT_EROFS)
		result = erofs_read(in, d->files, &d->erofs, &d->tree, err);
	else
		result = ext4_read(in, d->files, &d->ext4, &d->tree, err);
	return result < 0 ? err_while(err, "reading the root file system") : 0;
}

static int read_file_system(struct disk_reader *r, struct str type, struct error *err)
{
	struct disk_image *d = r->d;
	const struct window *in = &r->part[GPT_ROOT];
	uint64_t size;

	r->step = DISK_STEP_ROOT;
	if (disk_read_root_tree(r, err) < 0)
		return -1;
	if (type.ptr && !str_equal_cstr(type, d->root_type == DISK_ROOT_EXT4 ? "ext4" : "erofs") &&
	    passed(r,
		   err_set(err, ERR_FORMAT,
			   "the root is no " STR_FMT ", as the kernel's command line says",
			   STR_ARG(type)),
		   err) < 0)
		return -1;
	size = d->root_type == DISK_ROOT_EXT4 ? d->ext4.size : d->erofs.size;
	return passed(r, check_zeros(in, size, in->size, err), err);
}

static int read_root(struct disk_reader *r, struct error *err)
{
	struct disk_image *d = r->d;
	struct root_words w;

	r->step = DISK_STEP_CMDLINE;
	if (find_partition(r, GPT_ROOT, d->uki.machine, &d->root_partition, err) < 0 ||
	    find_partition(r, GPT_ROOT_VERITY, d->uki.machine, &d->hash_partition, err) < 0)
		return -1;
	if (!d->root_partition)
		return err_set(err, ERR_FORMAT,
			       "there is no root partition for the kernel, which is "
			       "for " STR_FMT,
			       STR_ARG(d->uki.machine));
	if (read_words(d->cmdline, &w, err) < 0)
		return -1;
	if (!w.root.ptr)
		return err_set(err, ERR_FORMAT, "the kernel's command line names no root");
	if (passed(r, check_partuuid(w.root, d->root_partition, "root", err), err) < 0 ||
	    read_verity(r, &w, err) < 0)
		return -1;
	return read_file_system(r, w.type, err);
}

static int read_disk(struct disk_reader *r, struct error *err)
{
	r->step = DISK_STEP_TABLE;
	if (gpt_read(&r->whole, &r->d->arena, &r->d->gpt, err) < 0 ||
	    passed(r, check_gaps(r, err), err) < 0)
		return err_while(err, "reading the partition table");
	r->step = DISK_STEP_ESP;
	if (read_esp(r, err) < 0)
		return err_while(err, "reading the EFI system partition");
	r->step = DISK_STEP_UKI;
	if (disk_read_uki(r, err) < 0)
		return err_while(err, "reading '" STR_FMT "'", STR_ARG(r->d->uki_path));
	return read_root(r, err);
}

bool disk_is_one(int fd)
{
	uint8_t magic[8];

	return pread(fd, magic, sizeof(magic), GPT_SECTOR) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "EFI PART", sizeof(magic)) == 0;
}

struct disk_reader disk_reader_of(int fd, const char *name, struct disk_image *d)
{
	off_t end = lseek(fd, 0, SEEK_END);

	d->uki_bytes.max = LIMIT_UKI_SIZE;
	d->broken = DISK_STEP_COUNT;
	return (struct disk_reader){ .whole = { fd, name, 0, end < 0 ? 0 : (uint64_t)end },
				     .d = d };
}

int disk_read_steps(int fd, const char *name, struct disk_image **ret, enum disk_step *ret_step,
		    struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = mem_alloc(sizeof(*d));
	struct disk_reader r = disk_reader_of(fd, name, d);
	int result;

	result = read_disk(&r, err);
	*ret_step = r.step;
	if (result < 0)
		return -1;
	*ret = TAKE_PTR(d);
	return 0;
}

int disk_read_damaged(int fd, const char *name, struct disk_image **ret, struct error *err)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = mem_alloc(sizeof(*d));
	struct disk_reader r = disk_reader_of(fd, name, d);

	r.tolerant = true;
	if (read_disk(&r, err) < 0) {
		if (!is_damage(err))
			return -1;
		add_damage(&r, err);
		d->broken = r.step;
		err_release(err);
	}
	*ret = TAKE_PTR(d);
	return 0;
}

int disk_read(int fd, const char *name, struct disk_image **ret, struct error *err)
{
	enum disk_step step;

	return disk_read_steps(fd, name, ret, &step, err);
}

void disk_image_free(struct disk_image *d)
{
	if (!d)
		return;
	tree_free(d->tree);
	tree_free(d->initrd);
	block_files_free(d->files);
	buf_release(&d->uki_bytes);
	arena_release(&d->arena);
	free(d);
}

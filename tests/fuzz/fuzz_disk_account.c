/*
 * Any bytes as a part of a disk, laid out again by our writers: a file system that can be read
 * is ours to the last byte, or what is not is told. The first byte chooses root (ext4 or EROFS,
 * by its magic), EFI system partition or UKI; behind it are three of a place where a byte is
 * changed in what was found to be ours: then something else must be found, or told.
 *
 * A root is its number of blocks (2 bytes) and those blocks that are not zero, each behind its
 * number (2 bytes): the smallest ext4 of ours has megabytes of an empty journal.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/mem.h"
#include "crypto/authenticode.h"
#include "crypto/hash.h"
#include "ext4_repair.h"
#include "image/disk_account.h"

#define HOLES_MAX (1u << 22) /* bytes; more would only take time */
#define ESP_SIZE (64u << 20)
#define FAT_SECTORS 1016 /* as our writer has them in a volume of that size */
#define EROFS_MAGIC 0xe0f5e1e2
#define PREFIX 4
#define BLOCK 4096u
#define BLOCKS_MAX 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(int r, const struct error *err)
{
	if ((r < 0) != (err->code != ERR_NONE))
		abort();
	return r == 0;
}

/* What a part says: of two with the same, one is not ours. */
struct said {
	bool ours;
	struct digest tree;
	uint8_t ids[40];
};

/* ---- the root ---- */

static void say_root(const struct disk_image *d, struct said *ret)
{
	ret->tree = tree_digest(d->tree, INT64_MAX);
	if (d->root_type == DISK_ROOT_EXT4) {
		memcpy(ret->ids, d->ext4.uuid, 16);
		memcpy(ret->ids + 16, d->ext4.hash_seed, 16);
		put_le64(ret->ids + 32, (uint64_t)d->ext4.made);
	} else {
		memcpy(ret->ids, d->erofs.uuid, 16);
		put_le64(ret->ids + 32, (uint64_t)d->erofs.made);
	}
}

static void account_root(int fd, size_t size, struct said *ret)
{
	const struct gpt_partition partition = { .offset = 0, .size = size };
	struct window in = { fd, "fuzz.raw", 0, size };
	struct disk_image d = { .root_partition = &partition,
				.esp_partition = &partition,
				.files = block_files_new(&in) };
	CLEANUP_ERR struct error err = ERR_INIT, other = ERR_INIT, ids = ERR_INIT;
	uint8_t magic[4] = { 0 };
	int r;

	(void)!pread(fd, magic, sizeof(magic), 1024);
	d.root_type = get_le32(magic) == EROFS_MAGIC ? DISK_ROOT_EROFS : DISK_ROOT_EXT4;
	block_files_limit(d.files, HOLES_MAX);
	r = d.root_type == DISK_ROOT_EROFS ? erofs_read(&in, d.files, &d.erofs, &d.tree, &err)
					   : ext4_read(&in, d.files, &d.ext4, &d.tree, &err);
	if (check(r, &err)) {
		ret->ours = check(disk_account_root(&d, fd, "fuzz.raw", &other), &other);
		if (!ret->ours && other.code != ERR_UNACCOUNTED && other.code != ERR_LIMIT &&
		    other.code != ERR_UNSUPPORTED)
			abort();
		(void)check(disk_account_ids(&d, "fuzz.raw", &ids), &ids);
		say_root(&d, ret);
	}
	tree_free(d.tree);
	block_files_free(d.files);
}

struct root {
	int fd;
	uint8_t *data; /* the file in memory */
	size_t size;
};

static struct root make_root(const uint8_t *data, size_t size)
{
	struct root r = { .fd = memfd_create("root", MFD_CLOEXEC),
			  .size = (get_le16(data) % BLOCKS_MAX + 1) * BLOCK };

	if (r.fd < 0 || ftruncate(r.fd, (off_t)r.size) < 0)
		abort();
	r.data = mmap(NULL, r.size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
	if (r.data == MAP_FAILED)
		abort();
	for (size_t at = 2; size - at > 2; at += 2 + BLOCK) {
		size_t block = get_le16(data + at), n = size - at - 2;

		if (block < r.size / BLOCK)
			memcpy(r.data + block * BLOCK, data + at + 2, n < BLOCK ? n : BLOCK);
		if (n < BLOCK)
			break;
	}
	return r;
}

static void repair(struct root *r)
{
	if (get_le32(r->data + 1024) != EROFS_MAGIC) {
		ext4_repair(r->data, r->size);
		return;
	}
	put_le32(r->data + 1028, 0);
	put_le32(r->data + 1028, crc32c_raw(~0u, (struct bytes){ r->data + 1024, 3072 }));
}

/* A place among what was given, more often than not. */
static size_t place_in(const uint8_t *data, size_t size, const struct root *r, size_t place)
{
	size_t at = 2 + place % ((size - 2) / (2 + BLOCK) + 1) * (2 + BLOCK);

	if (place % 4 == 0 || size - at < 2 || get_le16(data + at) >= r->size / BLOCK)
		return place * 2 % r->size;
	return get_le16(data + at) * (size_t)BLOCK + place / 16 % BLOCK;
}

static void try_root(const uint8_t *data, size_t size, size_t place)
{
	struct said first = { 0 }, second = { 0 };
	struct root r;
	uint8_t was;

	if (size < 2)
		return;
	r = make_root(data, size);
	repair(&r);
	account_root(r.fd, r.size, &first);
	place = place_in(data, size, &r, place);
	was = r.data[place];
	r.data[place] ^= (uint8_t)(1u << place % 7);
	if (first.ours) {
		repair(&r);
		account_root(r.fd, r.size, &second);
	}
	/* a checksum that was put right again is no change */
	if (second.ours && digest_equal(&first.tree, &second.tree) &&
	    memcmp(first.ids, second.ids, sizeof(first.ids)) == 0 && r.data[place] != was)
		abort();
	munmap(r.data, r.size);
	close(r.fd);
}

/* ---- the EFI system partition ---- */

/* As in fuzz_fat.c: reserved sectors, what both FATs start with, clusters. */
static int make_esp(const uint8_t *data, size_t size)
{
	static const struct {
		off_t at;
		size_t from, n;
	} parts[] = {
		{ 0, 0, 32 * 512 },
		{ 32 * 512, 32 * 512, 4096 },
		{ (32 + FAT_SECTORS) * 512, 32 * 512, 4096 },
		{ (32 + 2 * FAT_SECTORS) * 512, 32 * 512 + 4096, 1u << 20 },
	};
	int fd = memfd_create("volume", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, ESP_SIZE) < 0)
		abort();
	for (int i = 0; i < 4; i++) {
		size_t left = size > parts[i].from ? size - parts[i].from : 0;
		size_t n = left < parts[i].n ? left : parts[i].n;

		if (n && pwrite(fd, data + parts[i].from, n, parts[i].at) != (ssize_t)n)
			abort();
	}
	return fd;
}

static void account_esp(int fd, struct said *ret)
{
	const struct gpt_partition partition = { .offset = 0, .size = ESP_SIZE };
	const struct window in = { fd, "fuzz.raw", 0, ESP_SIZE };
	struct disk_image d = { .esp_partition = &partition, .uki_bytes = BUF_INIT(1u << 20) };
	CLEANUP_ERR struct error err = ERR_INIT, other = ERR_INIT;
	size_t i = 0;

	if (check(fat_read(&in, &d.arena, &d.esp, &err), &err)) {
		while (i < d.esp.n && d.esp.entries[i].is_folder)
			i++;
		if (i < d.esp.n &&
		    check(fat_load(&in, &d.esp, &d.esp.entries[i], &d.uki_bytes, &err), &err)) {
			d.uki_path = d.esp.entries[i].path;
			ret->ours = check(disk_account_esp(&d, fd, "fuzz.raw", &other), &other);
			ret->tree = hash_bytes(buf_bytes(&d.uki_bytes));
			put_le32(ret->ids, d.esp.volume_id);
			put_le64(ret->ids + 4, (uint64_t)d.esp.entries[i].mtime);
		}
	}
	buf_release(&d.uki_bytes);
	arena_release(&d.arena);
}

static void try_esp(const uint8_t *data, size_t size, size_t place)
{
	struct said first = { 0 }, second = { 0 };
	CLEANUP_CLOSE int fd = make_esp(data, size);
	uint8_t byte;

	account_esp(fd, &first);
	if (!first.ours)
		return;
	place = place % 3 ? place % (1u << 21) : place * 8 % ESP_SIZE;
	if (pread(fd, &byte, 1, (off_t)place) != 1)
		abort();
	byte ^= 1;
	if (pwrite(fd, &byte, 1, (off_t)place) != 1)
		abort();
	account_esp(fd, &second);
	if (second.ours && digest_equal(&first.tree, &second.tree) &&
	    memcmp(first.ids, second.ids, sizeof(first.ids)) == 0)
		abort();
}

/* ---- the UKI ---- */

static void try_uki(const uint8_t *data, size_t size)
{
	struct disk_image d = { .uki_bytes = BUF_INIT(1u << 20), .kernel_version = STR("6.1") };
	CLEANUP_BUF struct buf signer = BUF_INIT(1u << 16);
	CLEANUP_ERR struct error err = ERR_INIT, other = ERR_INIT, third = ERR_INIT;

	d.tree = tree_new();
	tree_freeze(d.tree);
	if (size <= d.uki_bytes.max)
		buf_add(&d.uki_bytes, data, size);
	if (check(pe_read(buf_bytes(&d.uki_bytes), &d.arena, &d.uki, &err), &err) &&
	    check(pe_authenticode(buf_bytes(&d.uki_bytes), &d.authenticode, &err), &err)) {
		(void)check(disk_account_uki(&d, "fuzz.raw", &other), &other);
		if (d.uki.signature.ptr)
			(void)check(authenticode_check(&d.authenticode, d.uki.signature,
						       (struct bytes){ NULL, 0 }, &signer, &third),
				    &third);
	}
	tree_free(d.tree);
	buf_release(&d.uki_bytes);
	arena_release(&d.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t place;

	if (size <= PREFIX)
		return 0;
	place = (size_t)data[1] | (size_t)data[2] << 8 | (size_t)data[3] << 16;
	switch (data[0] % 4) {
	case 0:
		try_esp(data + PREFIX, size - PREFIX, place);
		break;
	case 1:
		try_uki(data + PREFIX, size - PREFIX);
		break;
	default:
		try_root(data + PREFIX, size - PREFIX, place);
	}
	return 0;
}

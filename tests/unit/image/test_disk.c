#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/authenticode.h"
#include "crypto/hash.h"
#include "image/disk.h"
#include "image/disk_read.h"
#include "tools/golden.h"
#include "tools/tree_text.h"
#include "unit/crypto/key_fixture.h"
#include "unit/format/pe_fixture.h"

#define EPOCH 1700000000
#define MIB (1ull << 20)

/* A tree with one file in it that says @word. */
#define TREE(word)                                                                                  \
	"dir / 755 0 0\n"                                                                           \
	"dir etc 755 0 0\n"                                                                         \
	"file etc/os-release 644 0 0 1600000000 ID=test%0a\n"                                       \
	"dir usr 755 0 0\n"                                                                         \
	"dir usr/bin 755 0 0\n"                                                                     \
	"file usr/bin/ping 755 0 0 1600000000 {9000:" word "}\n"                                    \
	"xattr usr/bin/ping security.capability %01%00%00%02%00%20%00%00%00%00%00%00%00%00%00%00%0" \
	"0%00%00%00\n"                                                                              \
	"link usr/bin/ping6 usr/bin/ping\n"                                                         \
	"symlink bin 0 0 1600000000 usr/bin\n"                                                      \
	"zeros hole 600 33 33 1600000000 300000\n"

#define INITRD                                                                                     \
	"dir / 755 0 0\n"                                                                          \
	"file init 755 0 0 0 #!/bin/sh%0a\n"

/* What a disk is made of: a small tree, a stub and a kernel that nothing could start. */
struct world {
	struct tree *tree, *initrd;
	struct buf stub, kernel;
	struct boot_parts boot;
	struct recipe_target target;
	struct disk_input in;
	struct error err;
};

static struct tree *tree_of(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	tree_freeze(t);
	return t;
}

static void world_init(struct world *w, const char *tree, enum root_type type)
{
	*w = (struct world){
		.tree = tree_of(tree),
		.initrd = tree_of(INITRD),
		.stub = BUF_INIT(1u << 20),
		.kernel = BUF_INIT(1u << 20),
		.target = { .name = STR("vm"),
			    .type = TARGET_DISK,
			    .root_type = type,
			    .root_verity = type == ROOT_EROFS,
			    .root_grow = type == ROOT_EXT4 },
	};
	stub_make(&shape_13, &w->stub);
	buf_add_cstr(&w->kernel, "a kernel");
	buf_add_zeros(&w->kernel, 5000);
	w->boot = (struct boot_parts){
		.kernel = content_of_bytes(buf_bytes(&w->kernel)),
		.kernel_version = STR("6.12.1-test"),
		.stub = content_of_bytes(buf_bytes(&w->stub)),
		.stub_name = STR("linuxx64.efi.stub"),
		.efi_name = STR("BOOTX64.EFI"),
		.os_release = content_of_bytes(str_bytes(STR("ID=test\n"))),
		.initrd = w->initrd,
		.cmdline = STR("quiet"),
	};
	w->in = (struct disk_input){ .tree = w->tree,
				     .boot = &w->boot,
				     .target = &w->target,
				     .architecture = STR("amd64"),
				     .epoch = EPOCH };
}

static void world_release(struct world *w)
{
	tree_free(w->tree);
	tree_free(w->initrd);
	buf_release(&w->stub);
	buf_release(&w->kernel);
	err_release(&w->err);
}

static struct disk *plan(struct world *w)
{
	struct disk *d = NULL;

	cr_assert_eq(disk_plan(&w->in, &d, &w->err), 0, "%s", w->err.message);
	return d;
}

/* A file in memory with the disk in it; the caller closes it. */
static int write_disk(const struct disk *d)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);
	struct error err = ERR_INIT;
	struct sink *out = sink_to_fd(fd, "disk");

	cr_assert_geq(fd, 0);
	cr_assert_eq(disk_write(d, out, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(out->offset, disk_facts(d)->size);
	cr_assert_eq(sink_close(out, &err), 0, "%s", err.message);
	cr_assert_eq(lseek(fd, 0, SEEK_END), (off_t)disk_facts(d)->size);
	return fd;
}

static struct digest digest_of(const struct disk *d)
{
	struct error err = ERR_INIT;
	struct digest digest;
	struct sink *next = sink_to_nothing(), *out = hash_sink(next, &digest);

	cr_assert_eq(disk_write(d, out, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(next, &err), 0);
	return digest;
}

static void check_golden(const char *name, enum root_type type)
{
	CLEANUP_DISK struct disk *first = NULL, *second = NULL;
	struct digest one, two;
	struct world w;

	world_init(&w, TREE("a"), type);
	first = plan(&w);
	second = plan(&w);
	one = digest_of(first);
	two = digest_of(second);
	cr_assert(digest_equal(&one, &two));
	two = digest_of(first);
	cr_assert(digest_equal(&one, &two), "written twice by one plan");
	golden_check("disk", name, DISK_WRITER_VERSION, &one);
	world_release(&w);
}

Test(disk, the_same_tree_gives_the_same_bytes_that_it_always_gave)
{
	check_golden("ext4", ROOT_EXT4);
	check_golden("erofs-verity", ROOT_EROFS);
}

static struct disk_image *read_back(int fd)
{
	struct disk_image *image = NULL;
	struct error err = ERR_INIT;

	cr_assert(disk_is_one(fd));
	cr_assert_eq(disk_read(fd, "disk", &image, &err), 0, "%s: %s", err.message,
		     err.context[0] ? err.context[0] : "");
	return image;
}

static void check_content(const struct world *w, const struct disk *d,
			  const struct disk_image *image)
{
	struct digest a = tree_digest(w->tree, EPOCH), b = tree_digest(image->tree, EPOCH);
	struct digest c = tree_digest(w->initrd, EPOCH), e = tree_digest(image->initrd, EPOCH);

	cr_assert(digest_equal(&a, &b), "the root");
	cr_assert(digest_equal(&c, &e), "the initrd");
	cr_assert(str_equal_cstr(image->uki_path, "EFI/BOOT/BOOTX64.EFI"));
	cr_assert(str_equal_cstr(image->kernel_version, "6.12.1-test"));
	cr_assert(bytes_equal(buf_bytes(&image->uki_bytes), disk_facts(d)->uki));
	cr_assert(digest_equal(&image->authenticode, &disk_facts(d)->authenticode));
	cr_assert_eq(image->has_verity, disk_facts(d)->has_verity);
	cr_assert(str_has_suffix(image->cmdline, STR(" quiet")));
}

Test(disk, what_was_written_is_read_back)
{
	static const enum root_type types[] = { ROOT_EXT4, ROOT_EROFS };

	for (size_t i = 0; i < 2; i++) {
		CLEANUP_DISK struct disk *d = NULL;
		CLEANUP_DISK_IMAGE struct disk_image *image = NULL;
		CLEANUP_CLOSE int fd = -1;
		struct world w;

		world_init(&w, TREE("a"), types[i]);
		d = plan(&w);
		fd = write_disk(d);
		image = read_back(fd);
		cr_assert_eq(image->root_type,
			     types[i] == ROOT_EXT4 ? DISK_ROOT_EXT4 : DISK_ROOT_EROFS);
		cr_assert_eq(image->signer.len, 0);
		check_content(&w, d, image);
		world_release(&w);
	}
}

/* ---- sizes ---- */

Test(disk, a_size_that_is_too_small_is_refused_with_the_numbers_before_a_byte_is_written)
{
	CLEANUP_DISK struct disk *d = NULL;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	w.target.root_size = 1 * MIB;
	w.target.root_size_pos = (struct src_pos){ "recipes/vm.yaml", 7, 3 };
	cr_assert_eq(disk_plan(&w.in, &d, &w.err), -1);
	cr_assert_null(d);
	cr_assert_eq(w.err.code, ERR_RECIPE_VALUE);
	cr_assert_eq(w.err.pos.line, 7);
	cr_assert(strstr(w.err.message, "its size is 1048576 bytes (1.0 MiB)"), "%s",
		  w.err.message);
	cr_assert(strstr(w.err.message, "the root of target 'vm' needs "), "%s", w.err.message);
	world_release(&w);
}

Test(disk, the_size_that_the_refusal_names_fits_exactly)
{
	CLEANUP_DISK struct disk *d = NULL;
	unsigned long long needed = 0;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	w.target.root_size = 1 * MIB;
	cr_assert_eq(disk_plan(&w.in, &d, &w.err), -1);
	cr_assert_eq(sscanf(w.err.message, "the root of target 'vm' needs %llu", &needed), 1);
	err_release(&w.err);
	w.target.root_size = needed - 4096;
	cr_assert_eq(disk_plan(&w.in, &d, &w.err), -1);
	err_release(&w.err);
	w.target.root_size = needed;
	d = plan(&w);
	cr_assert_eq(disk_facts(d)->root_used + disk_facts(d)->root_free, needed);
	world_release(&w);
}

Test(disk, a_fixed_size_is_kept_and_the_partition_ends_at_the_next_mebibyte)
{
	CLEANUP_DISK struct disk *d = NULL;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	w.target.root_size = 40 * MIB + 4096;
	d = plan(&w);
	cr_assert_eq(disk_facts(d)->root_used + disk_facts(d)->root_free, 40 * MIB + 4096);
	cr_assert_eq(disk_facts(d)->gpt->partitions[1].size, 41 * MIB);
	world_release(&w);
}

Test(disk, a_command_line_that_the_kernel_would_cut_is_refused)
{
	CLEANUP_DISK struct disk *d = NULL;
	char words[2048];
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	memset(words, 'x', sizeof(words));
	w.boot.cmdline = (struct str){ words, sizeof(words) - 20 };
	cr_assert_eq(disk_plan(&w.in, &d, &w.err), -1);
	cr_assert_eq(w.err.code, ERR_RECIPE_VALUE);
	cr_assert(strstr(w.err.message, "the kernel takes 2047"), "%s", w.err.message);
	world_release(&w);
}

/* ---- ids ---- */

static void check_ids(const struct disk_image *a, const struct disk_image *b)
{
	cr_assert_eq(a->gpt.n, b->gpt.n);
	cr_assert_eq(a->gpt.size, b->gpt.size);
	cr_assert_neq(memcmp(&a->gpt.id, &b->gpt.id, sizeof(a->gpt.id)), 0);
	cr_assert_neq(a->esp.volume_id, b->esp.volume_id);
	for (size_t i = 0; i < a->gpt.n; i++) {
		const struct gpt_partition *p = &a->gpt.partitions[i], *q = &b->gpt.partitions[i];

		cr_assert_neq(memcmp(&p->id, &q->id, sizeof(p->id)), 0, "partition %zu", i);
		cr_assert_eq(memcmp(&p->type, &q->type, sizeof(p->type)), 0);
		cr_assert(str_equal(p->name, q->name));
		cr_assert_eq(p->offset, q->offset);
		cr_assert_eq(p->size, q->size);
		cr_assert_eq(p->attributes, q->attributes);
	}
	cr_assert_eq(a->cmdline.len, b->cmdline.len);
	cr_assert_not(str_equal(a->cmdline, b->cmdline), "it names the partition");
}

Test(disk, one_byte_of_a_file_changes_every_id_and_no_place)
{
	static const enum root_type types[] = { ROOT_EXT4, ROOT_EROFS };

	for (size_t i = 0; i < 2; i++) {
		CLEANUP_DISK_IMAGE struct disk_image *a = NULL, *b = NULL;
		CLEANUP_CLOSE int one = -1, two = -1;
		CLEANUP_DISK struct disk *d = NULL, *e = NULL;
		struct world w, v;

		world_init(&w, TREE("a"), types[i]);
		world_init(&v, TREE("b"), types[i]);
		d = plan(&w);
		e = plan(&v);
		one = write_disk(d);
		two = write_disk(e);
		a = read_back(one);
		b = read_back(two);
		check_ids(a, b);
		if (types[i] == ROOT_EXT4)
			cr_assert_neq(memcmp(a->ext4.uuid, b->ext4.uuid, 16), 0);
		else
			cr_assert_not(digest_equal(&a->root_hash, &b->root_hash));
		world_release(&w);
		world_release(&v);
	}
}

Test(disk, ids_depend_on_neither_kernel_nor_command_line)
{
	CLEANUP_DISK struct disk *d = NULL, *e = NULL;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	d = plan(&w);
	w.boot.cmdline = STR("");
	w.boot.kernel = content_of_bytes(str_bytes(STR("another kernel")));
	e = plan(&w);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(memcmp(&disk_facts(d)->gpt->partitions[i],
				    &disk_facts(e)->gpt->partitions[i], 2 * sizeof(struct guid)),
			     0);
	world_release(&w);
}

/* ---- signature ---- */

static void sign(struct disk *d, EVP_PKEY *key)
{
	CLEANUP_BUF struct buf pem = BUF_INIT(KEY_TEXT_MAX), certificate = BUF_INIT(KEY_TEXT_MAX);
	CLEANUP_BUF struct buf p7s = BUF_INIT(KEY_TEXT_MAX);
	struct error err = ERR_INIT;

	fixture_key_pem(key, NULL, &pem);
	fixture_certificate(key, "a test", FIXTURE_PEM, &certificate);
	cr_assert_eq(authenticode_sign(&disk_facts(d)->authenticode, buf_bytes(&pem), NULL,
				       buf_bytes(&certificate), EPOCH, &p7s, &err),
		     0, "%s", err.message);
	cr_assert_eq(disk_sign(d, buf_bytes(&p7s), &err), 0, "%s", err.message);
}

/* With a verity tree and without: all partitions go to both. */
Test(disk, a_signed_disk_tells_what_it_was_before)
{
	static const enum root_type types[] = { ROOT_EXT4, ROOT_EROFS };
	EVP_PKEY *key = fixture_rsa(2048);

	for (int i = 0; i < 2; i++) {
		CLEANUP_DISK struct disk *d = NULL, *plain = NULL;
		struct sink *out = sink_to_nothing(), *before;
		struct digest unsigned_one, got;
		struct world w;

		world_init(&w, TREE("a"), types[i]);
		plain = plan(&w);
		d = plan(&w);
		unsigned_one = digest_of(plain);
		sign(d, key);
		before = hash_sink(NULL, &got);
		cr_assert_eq(disk_write(d, out, before, &w.err), 0, "%s", w.err.message);
		cr_assert_eq(out->offset, disk_facts(d)->size);
		cr_assert_eq(sink_close(before, &w.err), 0);
		cr_assert_eq(sink_close(out, &w.err), 0);
		cr_assert(digest_equal(&got, &unsigned_one));
		unsigned_one = digest_of(d);
		cr_assert_not(digest_equal(&got, &unsigned_one));
		world_release(&w);
	}
	EVP_PKEY_free(key);
}

/* All that verify looks at of a signed UKI. */
static bool is_sound(struct bytes uki, bool with_sum)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest digest;
	struct pe_file f;

	return pe_read(uki, &arena, &f, &err) == 0 && f.signature.ptr &&
	       pe_authenticode(uki, &digest, &err) == 0 &&
	       authenticode_check(&digest, f.signature, (struct bytes){ NULL, 0 }, NULL, &err) ==
		       0 &&
	       (!with_sum || pe_check_sum(uki, &err) == 0);
}

/*
 * The table is not signed. Its certificate is by itself: another name of it only the checksum
 * tells, for it might be by somebody of that name.
 */
Test(disk, each_byte_of_the_certificate_table_counts)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_DISK struct disk *d = NULL;
	CLEANUP_BUF struct buf uki = BUF_INIT(1u << 20);
	EVP_PKEY *key = fixture_rsa(2048);
	size_t n_by_sum = 0;
	struct pe_file f;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	d = plan(&w);
	sign(d, key);
	buf_add(&uki, disk_facts(d)->uki.ptr, disk_facts(d)->uki.len);
	cr_assert(is_sound(buf_bytes(&uki), true));
	cr_assert_eq(pe_read(buf_bytes(&uki), &arena, &f, &w.err), 0);
	for (size_t i = (size_t)(f.signature.ptr - uki.ptr) - 8; i < uki.len; i++) {
		uki.ptr[i] ^= 1;
		n_by_sum += is_sound(buf_bytes(&uki), false);
		cr_expect_not(is_sound(buf_bytes(&uki), true), "byte %zu", i);
		uki.ptr[i] ^= 1;
	}
	cr_expect_leq(n_by_sum, 12, "%zu bytes are told by the checksum alone", n_by_sum);
	EVP_PKEY_free(key);
	world_release(&w);
}

Test(disk, a_signature_changes_the_uki_only)
{
	CLEANUP_DISK struct disk *d = NULL, *plain = NULL;
	CLEANUP_DISK_IMAGE struct disk_image *image = NULL;
	CLEANUP_CLOSE int fd = -1;
	EVP_PKEY *key = fixture_rsa(2048);
	struct digest before;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	plain = plan(&w);
	d = plan(&w);
	before = disk_facts(d)->authenticode;
	sign(d, key);
	cr_assert(disk_facts(d)->is_signed);
	cr_assert(digest_equal(&before, &disk_facts(d)->authenticode));
	cr_assert_eq(disk_facts(d)->size, disk_facts(plain)->size);
	fd = write_disk(d);
	image = read_back(fd);
	check_content(&w, d, image);
	cr_assert(str_equal_cstr(image->signer, "CN=a test"), STR_FMT, STR_ARG(image->signer));
	cr_assert_eq(memcmp(image->gpt.partitions[1].id.bytes,
			    disk_facts(plain)->gpt->partitions[1].id.bytes, 16),
		     0);
	EVP_PKEY_free(key);
	world_release(&w);
}

/* ---- what is not a disk of ours ---- */

static enum err_code read_error(int fd)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct disk_image *image = NULL;

	cr_assert_eq(disk_read(fd, "disk", &image, &err), -1);
	cr_assert_null(image);
	return err.code;
}

static void flip(int fd, uint64_t offset)
{
	uint8_t byte;

	cr_assert_eq(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 1;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

Test(disk, a_flipped_bit_is_found_wherever_it_is)
{
	CLEANUP_DISK struct disk *d = NULL;
	CLEANUP_CLOSE int fd = -1;
	const struct gpt_partition *p;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EROFS);
	d = plan(&w);
	p = disk_facts(d)->gpt->partitions;
	fd = write_disk(d);
	const struct {
		uint64_t offset;
		enum err_code code;
	} rows[] = {
		{ 520, ERR_FORMAT },			     /* the first partition table */
		{ 900 * 1024, ERR_FORMAT },		     /* the gap before the ESP */
		{ p[0].offset + 3 * 512 / 2, ERR_FORMAT },   /* FSInfo */
		{ p[1].offset + 1024 + 20, ERR_DIGEST },     /* the root's superblock */
		{ p[1].offset + 4096 + 11, ERR_DIGEST },     /* the root's content */
		{ p[2].offset + 4096 + 5, ERR_DIGEST },	     /* the hash tree */
		{ p[2].offset + p[2].size - 1, ERR_FORMAT }, /* behind the hash tree */
		{ disk_facts(d)->size - 3, ERR_FORMAT },     /* the second table */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		flip(fd, rows[i].offset);
		cr_expect_eq(read_error(fd), rows[i].code, "offset %llu",
			     (unsigned long long)rows[i].offset);
		flip(fd, rows[i].offset);
	}
	disk_image_free(read_back(fd));
	world_release(&w);
}

Test(disk, a_disk_that_was_cut_is_refused)
{
	CLEANUP_DISK struct disk *d = NULL;
	CLEANUP_CLOSE int fd = -1;
	struct world w;

	world_init(&w, TREE("a"), ROOT_EXT4);
	d = plan(&w);
	fd = write_disk(d);
	cr_assert_eq(ftruncate(fd, (off_t)(disk_facts(d)->size - 512)), 0);
	cr_assert_eq(read_error(fd), ERR_FORMAT);
	cr_assert_eq(ftruncate(fd, 0), 0);
	cr_assert_eq(read_error(fd), ERR_FORMAT);
	world_release(&w);
}

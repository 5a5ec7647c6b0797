#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "image/disk_convert.h"
#include "image/disk_ova.h"
#include "tools/golden.h"

#define MIB (1u << 20)
#define NAME "web-1.4.0-vm-amd64"

static const enum disk_format all[] = { DISK_QCOW2, DISK_VMDK, DISK_VHD, DISK_GCE, DISK_OVA };
#define N_ALL (sizeof(all) / sizeof(*all))

static int disk(uint64_t size)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void put(int fd, uint64_t offset, const char *text)
{
	size_t n = strlen(text);

	cr_assert_eq(pwrite(fd, text, n, (off_t)offset), (ssize_t)n);
}

/* 600 blocks apart: two L2 tables of nobody, two grain tables; the last byte counts. */
static int usual_disk(void)
{
	int fd = disk(40 * MIB);

	put(fd, 0, "first block");
	put(fd, 65536 * 7 + 65535, "over the edge of a block");
	put(fd, 65536 * 600, "in another table");
	put(fd, 40 * MIB - 1, "e");
	return fd;
}

static struct disk_convert_options usual(void)
{
	return (struct disk_convert_options){ .seed = hash_bytes(str_bytes(STR("seed"))),
					      .name = STR(NAME) };
}

static enum err_code convert(enum disk_format f, int fd, uint64_t size,
			     const struct disk_convert_options *o, struct buf *to)
{
	struct window raw = { fd, "disk", 0, size };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	if (disk_convert(f, &raw, o, out, &err) < 0)
		out->failed = true;
	cr_assert_eq(sink_close(out, &err) < 0, err.code != ERR_NONE);
	return err.code;
}

static struct digest unpacked_digest(const struct buf *gzip)
{
	CLEANUP_SOURCE struct source *in =
		decompress(source_of_bytes(buf_bytes(gzip)), COMPRESS_GZIP, 1u << 30, "tar");
	struct error err = ERR_INIT;
	struct digest digest;
	struct sink *out = hash_sink(NULL, &digest);

	cr_assert_eq(source_copy(in, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	return digest;
}

/* What another zlib may write otherwise is left out: it is no part of an identity. */
static void golden(enum disk_format f, const char *name, int fd, uint64_t size)
{
	static const char *const folders[] = { [DISK_QCOW2] = "qcow2",
					       [DISK_VMDK] = "vmdk",
					       [DISK_VHD] = "vhd",
					       [DISK_GCE] = "gce",
					       [DISK_OVA] = "ova" };
	CLEANUP_BUF struct buf got = BUF_INIT(64 * MIB);
	struct disk_convert_options o = usual();
	struct digest digest;

	cr_assert_eq(convert(f, fd, size, &o, &got), ERR_NONE);
	digest = f == DISK_GCE ? unpacked_digest(&got) : hash_bytes(buf_bytes(&got));
	golden_check(folders[f], name, disk_format_version(f), &digest);
}

Test(disk_convert, golden_disks_keep_their_bytes)
{
	CLEANUP_CLOSE int fd = usual_disk(), zeros = disk(2 * MIB);

	for (size_t i = 0; i < N_ALL; i++) {
		if (all[i] != DISK_OVA)
			golden(all[i], "usual", fd, 40 * MIB);
		golden(all[i], "zeros", zeros, 2 * MIB);
	}
}

Test(disk_convert, the_machine_in_an_ova_keeps_its_bytes)
{
	CLEANUP_BUF struct buf xml = BUF_INIT(1u << 16);
	struct digest digest;

	ovf_write(STR(NAME), 123456, 1u << 30, &xml);
	digest = hash_bytes(buf_bytes(&xml));
	golden_check("ova", "descriptor", OVA_WRITER_VERSION, &digest);
}

Test(disk_convert, threads_and_holes_do_not_count)
{
	CLEANUP_CLOSE int fd = usual_disk(), other = usual_disk();
	CLEANUP_FREE uint8_t *zeros = mem_alloc(3 * MIB);

	cr_assert_eq(pwrite(other, zeros, 3 * MIB, 5 * MIB + 17), 3 * MIB);
	for (size_t i = 0; i < N_ALL; i++) {
		CLEANUP_BUF struct buf one = BUF_INIT(64 * MIB), two = BUF_INIT(64 * MIB);
		struct disk_convert_options o = usual();

		cr_assert_eq(convert(all[i], fd, 40 * MIB, &o, &one), ERR_NONE);
		o.threads = 4;
		cr_assert_eq(convert(all[i], other, 40 * MIB, &o, &two), ERR_NONE);
		cr_assert(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	}
}

Test(disk_convert, ids_follow_from_the_seed)
{
	CLEANUP_CLOSE int fd = disk(MIB);
	struct disk_convert_options o = usual(), p = usual();

	p.seed = hash_bytes(str_bytes(STR("another")));
	for (size_t i = 0; i < N_ALL; i++) {
		CLEANUP_BUF struct buf one = BUF_INIT(8 * MIB), two = BUF_INIT(8 * MIB);
		bool has_ids = all[i] != DISK_QCOW2 && all[i] != DISK_GCE;

		cr_assert_eq(convert(all[i], fd, MIB, &o, &one), ERR_NONE);
		cr_assert_eq(convert(all[i], fd, MIB, &p, &two), ERR_NONE);
		cr_assert_neq(bytes_equal(buf_bytes(&one), buf_bytes(&two)), has_ids);
	}
}

Test(disk_convert, a_vhd_has_an_id_of_version_4)
{
	CLEANUP_CLOSE int fd = disk(MIB);
	CLEANUP_BUF struct buf got = BUF_INIT(2 * MIB);
	struct disk_convert_options o = usual();
	const uint8_t *id;

	cr_assert_eq(convert(DISK_VHD, fd, MIB, &o, &got), ERR_NONE);
	cr_assert_eq(got.len, MIB + 512);
	id = got.ptr + MIB + 68;
	cr_assert_eq(id[6] >> 4, 4);
	cr_assert_eq(id[8] >> 6, 2);
}

Test(disk_convert, what_no_format_can_say_is_refused)
{
	CLEANUP_CLOSE int fd = disk(MIB);
	CLEANUP_BUF struct buf got = BUF_INIT(MIB);
	static const char *const bad[] = {
		"", "a b", "a/b", "a\"", "a<b", "a&b", "\xc3\xa4", "a\n"
	};

	for (size_t i = 0; i < N_ALL; i++) {
		struct disk_convert_options o = usual();

		cr_assert_eq(convert(all[i], fd, 0, &o, &got), ERR_UNSUPPORTED);
		cr_assert_eq(convert(all[i], fd, MIB - 512, &o, &got), ERR_UNSUPPORTED);
		for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
			o.name = str_of(bad[k]);
			cr_assert_eq(convert(all[i], fd, MIB, &o, &got), ERR_UNSUPPORTED, "'%s'",
				     bad[k]);
		}
		cr_assert_eq(got.len, 0);
	}
}

static enum err_code convert_hole(enum disk_format f, uint64_t size)
{
	CLEANUP_CLOSE int fd = disk(size);
	struct window raw = { fd, "disk", 0, size };
	struct disk_convert_options o = usual();
	CLEANUP_ERR struct error err = ERR_INIT, second = ERR_INIT;
	struct sink *out = sink_to_nothing();
	int r = disk_convert(f, &raw, &o, out, &err);

	cr_assert_eq(r < 0, err.code != ERR_NONE);
	if (r < 0)
		cr_assert_eq(out->offset, 0, "refused before a byte is written");
	cr_assert_eq(sink_close(out, &second), 0);
	return err.code;
}

Test(disk_convert, disks_at_the_limit_of_a_format)
{
	cr_assert_eq(convert_hole(DISK_VHD, 2040ull << 30), ERR_NONE);
	cr_assert_eq(convert_hole(DISK_VHD, (2040ull << 30) + MIB), ERR_LIMIT);
	cr_assert_eq(convert_hole(DISK_VMDK, 2000ull << 30), ERR_NONE);
	cr_assert_eq(convert_hole(DISK_VMDK, (2000ull << 30) + MIB), ERR_LIMIT);
	cr_assert_eq(convert_hole(DISK_QCOW2, 3ull << 40), ERR_NONE);
	cr_assert_eq(convert_hole(DISK_GCE, 3ull << 40), ERR_NONE);
}

Test(disk_convert, a_failing_sink_fails_every_writer)
{
	CLEANUP_CLOSE int fd = usual_disk();
	struct disk_convert_options o = usual();

	for (size_t i = 0; i < N_ALL; i++) {
		CLEANUP_BUF struct buf whole = BUF_INIT(64 * MIB);

		cr_assert_eq(convert(all[i], fd, 40 * MIB, &o, &whole), ERR_NONE);
		for (unsigned part = 0; part < 8; part++) {
			CLEANUP_BUF struct buf to = BUF_INIT(whole.len / 8 * part);

			cr_assert_eq(convert(all[i], fd, 40 * MIB, &o, &to), ERR_LIMIT);
		}
	}
}

Test(disk_convert, a_raw_disk_that_is_shorter_than_it_should_fails)
{
	CLEANUP_CLOSE int fd = disk(2 * MIB - 1);
	struct disk_convert_options o = usual();

	put(fd, 2 * MIB - 2, "x");
	for (size_t i = 0; i < N_ALL; i++) {
		CLEANUP_BUF struct buf to = BUF_INIT(8 * MIB);

		cr_assert_eq(convert(all[i], fd, 2 * MIB, &o, &to), ERR_FORMAT);
	}
}

Test(disk_convert, formats_have_names_and_endings)
{
	static const char *const names[] = { "qcow2", "vmdk", "vhd", "gce", "ova" };
	static const char *const endings[] = { ".qcow2", ".vmdk", ".vhd", ".gce.tar.gz", ".ova" };
	enum disk_format f;

	for (size_t i = 0; i < N_ALL; i++) {
		cr_assert(disk_format_parse(str_of(names[i]), &f));
		cr_assert_eq(f, all[i]);
		cr_assert_str_eq(disk_format_ending(f), endings[i]);
		cr_assert_gt(disk_format_version(f), 0);
	}
	cr_assert_not(disk_format_parse(STR("raw"), &f));
	cr_assert_not(disk_format_parse(STR(""), &f));
	cr_assert_not(disk_format_parse(STR("qcow"), &f));
}

#include <criterion/criterion.h>

#include "compress/compress.h"
#include "unit/pack/make_archive.h"

Test(pack_tar, a_tarball_keeps_ids_and_has_no_md5)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);
	struct trial t;

	tar_add(&tar, &(struct tar_spec){ .name = "tool-2.1/", .type = '5', .uid = 1000, .gid = 1001 });
	tar_add(&tar, &(struct tar_spec){ .name = "tool-2.1/run", .mode = 0755, .uid = 1000,
					  .gid = 1001, .data = BYTES_OF("#!") });
	tar_end(&tar);
	trial_open(&t);
	for (int round = 0; round < 2; round++) {
		trial_decode(&t, PACK_TAR, buf_bytes(&tar));
		cr_assert(t.pack, "%s", t.err.message);
		cr_assert_eq(t.was_hit, round == 1);
		cr_assert_eq(t.pack->n_members, 2);
		cr_assert_eq(t.pack->n_controls, 0);
		cr_assert_eq(t.pack->members[1].uid, 1000);
		cr_assert_eq(t.pack->members[1].gid, 1001);
		cr_assert_eq(t.pack->members[1].md5.len, 0);
		cr_assert_eq(t.pack->members[1].content.size, 3);
	}
	trial_close(&t);
	buf_release(&tar);
}

Test(pack_tar, compressed_tarballs_are_recognised)
{
	for (int zstd = 0; zstd < 2; zstd++) {
		struct buf tar = BUF_INIT(ARCHIVE_MAX), small = BUF_INIT(ARCHIVE_MAX);
		struct sink *below = sink_to_buf(&small);
		struct sink *out = zstd ? compress_zstd(below, UINT64_MAX) : compress_gzip(below);
		struct trial t;

		tar_add(&tar, &(struct tar_spec){ .name = "a" });
		tar_end(&tar);
		trial_open(&t);
		cr_assert_eq(sink_write(out, buf_bytes(&tar), &t.err), 0);
		cr_assert_eq(sink_close(out, &t.err), 0);
		cr_assert_eq(sink_close(below, &t.err), 0);
		trial_decode(&t, PACK_TAR, buf_bytes(&small));
		cr_assert(t.pack, "%s", t.err.message);
		cr_assert_eq(t.pack->n_members, 1);
		trial_close(&t);
		buf_release(&tar);
		buf_release(&small);
	}
}

Test(pack_tar, an_empty_archive_is_an_archive)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);
	struct trial t;

	buf_add_zeros(&tar, 10240);
	trial_open(&t);
	trial_decode(&t, PACK_TAR, buf_bytes(&tar));
	cr_assert(t.pack, "%s", t.err.message);
	cr_assert_eq(t.pack->n_members, 0);
	trial_close(&t);
	buf_release(&tar);
}

Test(pack_tar, devices_and_other_formats_are_refused)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &(struct tar_spec){ .name = "dev/null", .type = '3', .major = 1, .minor = 3 });
	tar_end(&tar);
	expect_refused(PACK_TAR, buf_bytes(&tar), ERR_UNSUPPORTED, "device node");
	buf_reset(&tar);
	/* cpio, zip and the like are not tried. */
	buf_add_cstr(&tar, "0707010000000000000000");
	buf_add_zeros(&tar, 2000);
	expect_refused(PACK_TAR, buf_bytes(&tar), ERR_FORMAT, "not a sound tar archive");
	buf_release(&tar);
}

/* The envelope of a .deb: its three members, and control.tar. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "unit/pack/make_archive.h"

#define VERSION str_bytes(STR("2.0\n"))

static struct buf control_tar, data_tar;

static void setup(void)
{
	control_tar = (struct buf)BUF_INIT(ARCHIVE_MAX);
	data_tar = (struct buf)BUF_INIT(ARCHIVE_MAX);
	control_of(&control_tar, "Package: sample\nVersion: 1.0-1\nArchitecture: all\n"
				 "Description: text\n Version: not here\n");
	tar_add(&data_tar, &(struct tar_spec){ .name = "./", .type = '5' });
	tar_add(&data_tar, &(struct tar_spec){ .name = "./a", .data = BYTES_OF("abc") });
	tar_end(&data_tar);
}

static void teardown(void)
{
	buf_release(&control_tar);
	buf_release(&data_tar);
}

TestSuite(pack_deb, .init = setup, .fini = teardown);

struct ar_spec {
	const char *name;
	struct bytes data;
};

static void build(struct buf *deb, const struct ar_spec *members)
{
	ar_start(deb);
	for (; members->name; members++)
		ar_add(deb, members->name, members->data);
}

static void expect(const struct ar_spec *members, enum err_code code, const char *text)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);

	build(&deb, members);
	expect_refused(PACK_DEB, buf_bytes(&deb), code, text);
	buf_release(&deb);
}

static struct pack *open_ok(struct trial *t, const struct ar_spec *members)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);

	build(&deb, members);
	trial_open(t);
	trial_decode(t, PACK_DEB, buf_bytes(&deb));
	cr_assert(t->pack, "%s", t->err.message);
	buf_release(&deb);
	return t->pack;
}

static struct bytes compressed(struct buf *to, struct bytes plain, bool zstd)
{
	struct error err = ERR_INIT;
	struct sink *below = sink_to_buf(to);
	struct sink *out = zstd ? compress_zstd(below, UINT64_MAX) : compress_gzip(below);

	cr_assert_eq(sink_write(out, plain, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(sink_close(below, &err), 0);
	return buf_bytes(to);
}

Test(pack_deb, members_that_begin_with_an_underscore_are_passed_over)
{
	struct trial t;
	struct pack *p = open_ok(&t, (struct ar_spec[]){ { "debian-binary", VERSION },
							 { "_note", BYTES_OF("odd") },
							 { "control.tar/", buf_bytes(&control_tar) },
							 { "data.tar", buf_bytes(&data_tar) },
							 { "_gpgorigin", BYTES_OF("sig") },
							 { NULL, { 0 } } });

	cr_assert_eq(p->n_controls, 1);
	cr_assert_eq(p->n_members, 2);
	trial_close(&t);
}

Test(pack_deb, gzip_and_zstd_are_read_too)
{
	struct buf gzip = BUF_INIT(ARCHIVE_MAX), zstd = BUF_INIT(ARCHIVE_MAX);
	struct trial t;

	compressed(&gzip, buf_bytes(&control_tar), false);
	compressed(&zstd, buf_bytes(&data_tar), true);
	open_ok(&t, (struct ar_spec[]){ { "debian-binary", str_bytes(STR("2.7\n")) },
					{ "control.tar.gz", buf_bytes(&gzip) },
					{ "data.tar.zst", buf_bytes(&zstd) },
					{ NULL, { 0 } } });
	trial_close(&t);
	/* Garbage after the stream, and a stream that breaks off. */
	buf_add_cstr(&zstd, "garbage");
	expect((struct ar_spec[]){ { "debian-binary", VERSION },
				   { "control.tar.gz", buf_bytes(&gzip) },
				   { "data.tar.zst", buf_bytes(&zstd) }, { NULL, { 0 } } },
	       ERR_FORMAT, "data.tar.zst");
	zstd.len -= 20;
	expect((struct ar_spec[]){ { "debian-binary", VERSION },
				   { "control.tar.gz", buf_bytes(&gzip) },
				   { "data.tar.zst", buf_bytes(&zstd) }, { NULL, { 0 } } },
	       ERR_FORMAT, "data.tar.zst");
	/* The name decides, not the bytes. */
	expect((struct ar_spec[]){ { "debian-binary", VERSION },
				   { "control.tar.xz", buf_bytes(&gzip) }, { NULL, { 0 } } },
	       ERR_FORMAT, "control.tar.xz");
	buf_release(&gzip);
	buf_release(&zstd);
}

Test(pack_deb, the_order_of_members_is_fixed)
{
	struct ar_spec version = { "debian-binary", VERSION };
	struct ar_spec control = { "control.tar", buf_bytes(&control_tar) };
	struct ar_spec data = { "data.tar", buf_bytes(&data_tar) };
	struct ar_spec other = { "other", BYTES_OF("x") }, end = { NULL, { 0 } };
	struct ar_spec hidden = { "_first", BYTES_OF("x") };

	expect((struct ar_spec[]){ version, data, control, end }, ERR_FORMAT,
	       "ar member 'data.tar' where control.tar is due");
	expect((struct ar_spec[]){ control, version, data, end }, ERR_FORMAT,
	       "where debian-binary is due");
	expect((struct ar_spec[]){ hidden, version, control, data, end }, ERR_FORMAT,
	       "where debian-binary is due");
	expect((struct ar_spec[]){ version, control, data, data, end }, ERR_FORMAT,
	       "ar member 'data.tar' where the end is due");
	expect((struct ar_spec[]){ version, control, control, data, end }, ERR_FORMAT,
	       "where data.tar is due");
	expect((struct ar_spec[]){ version, control, other, data, end }, ERR_FORMAT,
	       "ar member 'other'");
	expect((struct ar_spec[]){ version, control, end }, ERR_FORMAT, "has no data.tar");
	expect((struct ar_spec[]){ version, end }, ERR_FORMAT, "has no control.tar");
	expect((struct ar_spec[]){ end }, ERR_FORMAT, "has no debian-binary");
}

Test(pack_deb, only_format_2_is_read)
{
	static const char *const versions[] = { "3.0\n", "2.0", "2.\n", "2.x\n", "\n", "",
						"2.0\nmore\n", "20\n" };

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		expect((struct ar_spec[]){ { "debian-binary", str_bytes(str_of(versions[i])) },
					   { NULL, { 0 } } },
		       ERR_UNSUPPORTED, "is not a .deb of format 2");
	expect((struct ar_spec[]){ { "debian-binary", VERSION },
				   { "control.tar.lzma", BYTES_OF("x") }, { NULL, { 0 } } },
	       ERR_UNSUPPORTED, "control.tar.lzma: this compression is not supported");
}

static void expect_control_refused(const struct tar_spec *members, size_t n, enum err_code code,
				   const char *text)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	for (size_t i = 0; i < n; i++)
		tar_add(&tar, &members[i]);
	tar_end(&tar);
	expect((struct ar_spec[]){ { "debian-binary", VERSION }, { "control.tar", buf_bytes(&tar) },
				   { "data.tar", buf_bytes(&data_tar) }, { NULL, { 0 } } },
	       code, text);
	buf_release(&tar);
}

Test(pack_deb, control_tar_holds_files_at_its_top_only)
{
	expect_control_refused(&(struct tar_spec){ .name = "./d/", .type = '5' }, 1, ERR_FORMAT,
			       "'./d/' is not a file at its top");
	expect_control_refused(&(struct tar_spec){ .name = "./d/control" }, 1, ERR_FORMAT,
			       "is not a file at its top");
	expect_control_refused(&(struct tar_spec){ .name = "../control" }, 1, ERR_FORMAT,
			       "is not a file at its top");
	expect_control_refused(&(struct tar_spec){ .name = "./control", .type = '2', .link = "/etc/passwd" },
			       1, ERR_FORMAT, "is not a file at its top");
	expect_control_refused((struct tar_spec[]){ { .name = "./control" }, { .name = "control" } },
			       2, ERR_FORMAT, "'control' occurs twice");
	expect_control_refused(&(struct tar_spec){ .name = "./postinst" }, 1, ERR_FORMAT,
			       "no member 'control'");
	expect_control_refused(&(struct tar_spec){ .name = "./big", .size = "00700000000" }, 1,
			       ERR_LIMIT, "more than 67108864 bytes");
}

Test(pack_deb, control_is_read_without_the_data)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);
	struct pack *p = NULL;
	struct digest digest;
	struct trial t;

	build(&deb, (struct ar_spec[]){ { "debian-binary", VERSION },
					{ "control.tar", buf_bytes(&control_tar) },
					{ "data.tar", BYTES_OF("garbage") }, { NULL, { 0 } } });
	trial_open(&t);
	cr_assert_eq(stage_put(t.stage, buf_bytes(&deb), &digest, &t.err), 0);
	cr_assert_eq(pack_open_control(t.stage, &digest, "sample.deb", &p, &t.err), 0);
	cr_assert_eq(p->n_members, 0);
	cr_assert(pack_control(p, STR("control")));
	cr_assert_null(pack_control(p, STR("postinst")));
	cr_assert_not(pack_is_decoded(t.stage, PACK_DEB, &digest));
	pack_free(p);
	trial_close(&t); /* and nothing was kept */
	buf_release(&deb);
}

Test(pack_deb, what_the_lock_says_must_be_in_control)
{
	struct error err = ERR_INIT;
	struct trial t;
	struct pack *p = open_ok(&t, (struct ar_spec[]){ { "debian-binary", VERSION },
							 { "control.tar", buf_bytes(&control_tar) },
							 { "data.tar", buf_bytes(&data_tar) },
							 { NULL, { 0 } } });

	cr_assert_eq(pack_check_identity(p, STR("sample"), STR("1.0-1"), STR("all"), &err), 0);
	cr_assert_lt(pack_check_identity(p, STR("sample"), STR("1.0-2"), STR("all"), &err), 0);
	cr_assert_str_eq(err.message, "package 'sample': its control file says Version '1.0-1', "
				      "expected '1.0-2'");
	err_release(&err);
	cr_assert_lt(pack_check_identity(p, STR("other"), STR("1.0-1"), STR("all"), &err), 0);
	err_release(&err);
	cr_assert_lt(pack_check_identity(p, STR("sample"), STR("1.0-1"), STR("amd64"), &err), 0);
	cr_assert_eq(err.code, ERR_FORMAT);
	err_release(&err);
	trial_close(&t);
}

Test(pack_deb, a_bomb_is_stopped_by_its_ratio, .timeout = 120)
{
	enum { FRAME = 16 << 20, FRAMES = 128 };
	struct buf bomb = BUF_INIT(ARCHIVE_MAX), frame = BUF_INIT(ARCHIVE_MAX);
	uint8_t *zeros = mem_alloc(FRAME);
	struct buf head = BUF_INIT(ARCHIVE_MAX);

	/* One file of 10 GiB, two of which are there. */
	tar_add(&head, &(struct tar_spec){ .name = "./zeros", .size = "120000000000" });
	compressed(&bomb, buf_bytes(&head), true);
	compressed(&frame, (struct bytes){ zeros, FRAME }, true);
	for (int i = 0; i < FRAMES; i++)
		buf_add(&bomb, frame.ptr, frame.len);
	cr_assert_lt(bomb.len, 400000); /* the cap is below 800 MB */
	expect((struct ar_spec[]){ { "debian-binary", VERSION },
				   { "control.tar", buf_bytes(&control_tar) },
				   { "data.tar.zst", buf_bytes(&bomb) }, { NULL, { 0 } } },
	       ERR_LIMIT, "data.tar.zst' holds more than");
	free(zeros);
	buf_release(&bomb);
	buf_release(&frame);
	buf_release(&head);
}

Test(pack_deb, an_archive_that_is_not_what_its_digest_says_is_not_decoded)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);
	struct digest digest;
	char path[200], hex[DIGEST_HEX_MAX];
	struct trial t;
	FILE *f;

	build(&deb, (struct ar_spec[]){ { "debian-binary", VERSION },
					{ "control.tar", buf_bytes(&control_tar) },
					{ "data.tar", buf_bytes(&data_tar) }, { NULL, { 0 } } });
	trial_open(&t);
	cr_assert_eq(stage_put(t.stage, buf_bytes(&deb), &digest, &t.err), 0);
	digest_hex(&digest, hex);
	snprintf(path, sizeof(path), "%s/stage/objects/%.2s/%s", t.folder, hex, hex + 2);
	f = fopen(path, "r+");
	if (!f) { /* 0444, and we are not root */
		cr_assert_eq(chmod(path, 0644), 0);
		f = fopen(path, "r+");
	}
	cr_assert(f);
	cr_assert_eq(fseek(f, 100, SEEK_SET), 0);
	fputc('X', f);
	fclose(f);
	cr_assert_lt(pack_open(t.stage, PACK_DEB, &digest, "sample.deb", &t.pack, NULL, &t.err), 0);
	cr_assert_eq(t.err.code, ERR_DIGEST, "%s", t.err.message);
	/* Moved to quarantine: the second time it is absent. */
	err_release(&t.err);
	cr_assert_lt(pack_open(t.stage, PACK_DEB, &digest, "sample.deb", &t.pack, NULL, &t.err), 0);
	cr_assert_eq(t.err.code, ERR_OFFLINE, "%s", t.err.message);
	stage_close(t.stage);
	err_release(&t.err);
	buf_release(&deb);
	snprintf(path, sizeof(path), "rm -rf '%s'", t.folder);
	cr_assert_eq(system(path), 0);
}

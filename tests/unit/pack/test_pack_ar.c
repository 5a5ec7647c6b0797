#include <criterion/criterion.h>

#include "unit/pack/make_archive.h"

/* A .deb whose bytes at @at are replaced by @text. */
static void expect_patched(size_t at, const char *text, enum err_code code, const char *message)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &(struct tar_spec){ .name = "./", .type = '5' });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	memcpy(deb.ptr + at, text, strlen(text));
	expect_refused(PACK_DEB, buf_bytes(&deb), code, message);
	buf_release(&tar);
	buf_release(&deb);
}

Test(pack_ar, headers_are_read_strictly)
{
	expect_patched(0, "!<arcH>\n", ERR_FORMAT, "is not an ar archive");
	expect_patched(0, "!<thin>\n", ERR_FORMAT, "is not an ar archive");
	expect_patched(8 + 58, "xx", ERR_FORMAT, "no ar header at offset 8");
	expect_patched(8, "                ", ERR_FORMAT, "bad member name at offset 8");
	expect_patched(8, "//              ", ERR_FORMAT, "bad member name at offset 8");
	expect_patched(8, "/12             ", ERR_FORMAT, "bad member name at offset 8");
	expect_patched(8, "#1/20           ", ERR_FORMAT, "bad member name at offset 8");
	expect_patched(8 + 48, "-4        ", ERR_FORMAT, "bad size '-4'");
	expect_patched(8 + 48, "0x4       ", ERR_FORMAT, "bad size '0x4'");
	expect_patched(8 + 48, "          ", ERR_FORMAT, "bad size ''");
	expect_patched(8 + 48, " 4        ", ERR_FORMAT, "bad size ' 4'");
	expect_patched(8 + 60 + 4 + 48, "9999999999", ERR_FORMAT, "ends early");
}

Test(pack_ar, a_member_may_not_reach_beyond_the_end)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);
	size_t len;

	tar_add(&tar, &(struct tar_spec){ .name = "./", .type = '5' });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	len = deb.len;
	/* Wherever it breaks off but at a member's end. */
	for (size_t cut = 1; cut < len; cut += 37) {
		deb.len = len - cut;
		expect_refused(PACK_DEB, buf_bytes(&deb), ERR_FORMAT, "");
	}
	deb.len = len;
	buf_add_cstr(&deb, "garbage");
	expect_refused(PACK_DEB, buf_bytes(&deb), ERR_FORMAT, "ends early");
	buf_add_zeros(&deb, 53);
	expect_refused(PACK_DEB, buf_bytes(&deb), ERR_FORMAT, "no ar header");
	buf_release(&tar);
	buf_release(&deb);
}

Test(pack_ar, odd_members_are_padded)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);

	ar_start(&deb);
	ar_add(&deb, "debian-binary", BYTES_OF("2.0\n"));
	deb.ptr[8 + 48] = '3'; /* one byte less: what follows is '\n', and no header */
	expect_refused(PACK_DEB, buf_bytes(&deb), ERR_UNSUPPORTED, "format 2");
	buf_reset(&deb);
	ar_start(&deb);
	ar_add(&deb, "debian-binary", str_bytes(STR("2.10\n")));
	deb.ptr[deb.len - 1] = 'x';
	expect_refused(PACK_DEB, buf_bytes(&deb), ERR_FORMAT, "no padding after member");
	deb.len--;
	expect_refused(PACK_DEB, buf_bytes(&deb), ERR_FORMAT, "no padding after member");
	buf_release(&deb);
}
